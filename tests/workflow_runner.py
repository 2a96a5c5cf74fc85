"""Runs a step of a workflow here, as GitHub would; other programs are played."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from workflow_files import shipped

PLAYED = """#!{python}
import json, os, sys
with open({log!r}, "a", encoding="utf-8") as log:
    given = "" if sys.stdin.isatty() or "--input" not in sys.argv else sys.stdin.read()
    print(json.dumps([sys.argv[1:], given]), file=log)
{body}
"""


def step_of(name: str, job: str, beginning: str) -> Mapping[str, Any]:
    """A step by the first words of its name."""
    steps = shipped()[name].jobs[job]["steps"]
    (found,) = [step for step in steps if step.get("name", "").startswith(beginning)]
    return dict(found)


class Runner:
    """A machine of GitHub's, in a folder: what a step leaves is its summary and its outputs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bin, self.temp = folder / "bin", folder / "temp"
        self.bin.mkdir()
        self.temp.mkdir()
        self.log = folder / "log"
        self.said = ""

    def plays(self, program: Path, body: str = "") -> None:
        """Put a program there that notes what it is asked."""
        program.parent.mkdir(parents=True, exist_ok=True)
        text = PLAYED.format(python=sys.executable, log=str(self.log), body=body)
        program.write_text(text, encoding="utf-8")
        program.chmod(0o755)

    def run(self, step: Mapping[str, Any], cwd: Path, **environment: str) -> int:
        """Run a step as GitHub does; its exit code."""
        script = self.temp / "script"
        script.write_text(step["run"], encoding="utf-8")
        shell = {"bash": ["bash", "-eo", "pipefail"], "python3 {0}": [sys.executable]}
        ran = subprocess.run(  # noqa: S603 our own steps
            [*shell.get(step.get("shell", ""), ["bash", "-e"]), str(script)], cwd=cwd,
            capture_output=True, text=True, check=False, env=environment | self.given(),
        )  # fmt: skip
        self.said = ran.stdout + ran.stderr
        return ran.returncode

    def given(self) -> dict[str, str]:
        """What every step finds."""
        return {
            "PATH": f"{self.bin}{os.pathsep}{os.environ['PATH']}",
            "RUNNER_TEMP": str(self.temp),
            "GITHUB_OUTPUT": str(self.folder / "output"),
            "GITHUB_STEP_SUMMARY": str(self.folder / "summary"),
            "GITHUB_SERVER_URL": "https://github.com",
            "GITHUB_REPOSITORY": "acme/platform",
            "GITHUB_RUN_ID": "7",
        }

    @property
    def outputs(self) -> dict[str, str]:
        """What steps handed on."""
        lines = (self.folder / "output").read_text(encoding="utf-8").splitlines()
        return dict(line.split("=", 1) for line in lines)

    @property
    def summary(self) -> str:
        """What is on the page of the run."""
        return (self.folder / "summary").read_text(encoding="utf-8")

    @property
    def asked(self) -> list[tuple[list[str], str]]:
        """What the played programs were asked: arguments, and what they were given to read."""
        return [tuple(json.loads(line)) for line in self.log.read_text("utf-8").splitlines()]
