"""`palier rehearse`, as a new user runs it; what they see is what the docs show.

`python tests/engine/test_rehearse.py` writes the page anew.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.engine

ROOT = Path(__file__).parent.parent.parent
PAGE = ROOT / "docs" / "rehearsal.md"
BLOCK = re.compile(r"(<!-- rehearsal: mvp -->\n\n```text\n)(.*?)(\n```\n\n<!-- end -->)", re.DOTALL)
HERE = re.compile(r"\d+\.\d s(?=\n)")
"""Seconds of this machine, which no page can know."""

FOREIGN = """
import pulumi
import pulumi_gcp as gcp

api = gcp.projects.Service("compute", service="compute.googleapis.com", project="acme-platform")
gcp.storage.Bucket("data", name="acme-data", location="EU", project="acme-platform")
after = pulumi.ResourceOptions(depends_on=[api])
gcp.compute.Network("net", name="acme-net", project="acme-platform", opts=after)
"""


def palier(*arguments: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run palier as a user does, in a pipe."""
    environment = {**os.environ, "NO_COLOR": "1", "PYTHONPATH": str(ROOT)}
    return subprocess.run(  # noqa: S603 our own command
        [sys.executable, "-m", "palier", *arguments],
        cwd=folder, capture_output=True, text=True, check=False, env=environment,
    )  # fmt: skip


def shown(out: str) -> str:
    """What a page shows of an output: no trailing blanks, and no time of this machine."""
    lines = [line.rstrip() for line in out.splitlines()]
    text = "\n".join(
        line for line, after in zip(lines, [*lines[1:], ""], strict=True) if line or after
    )
    return HERE.sub("  … s", text + "\n").strip("\n")


def words(text: str) -> list[list[str]]:
    """Lines word by word: a column is as wide as this machine is slow."""
    return [line.split() for line in text.splitlines()]


def test_a_new_users_rehearsal_is_what_the_page_shows() -> None:
    done = palier("rehearse", "mvp")
    assert (done.returncode, done.stderr) == (0, ""), "silent in a pipe"
    block = BLOCK.search(PAGE.read_text(encoding="utf-8"))
    assert block, f"{PAGE.name} has no place for it"
    assert words(block[2]) == words(shown(done.stdout)), (
        f"run python {Path(__file__).relative_to(ROOT)}"
    )


def test_a_kept_rehearsal_is_a_workspace_for_plain_pulumi_commands(tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    text = "name: acme\nruntime: python\n"
    (project / "Pulumi.yaml").write_text(text, encoding="utf-8")
    (project / "Pulumi.dev.yaml").write_text("config: {}\n", encoding="utf-8")
    (project / "__main__.py").write_text(FOREIGN, encoding="utf-8")
    folder = tmp_path / "kept"
    done = palier("rehearse", "dev", "--keep", "--in", str(folder), folder=project)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "No surprise" in done.stdout
    assert sorted(path.name for path in project.iterdir()) == [
        "Pulumi.dev.yaml", "Pulumi.yaml", "__main__.py",
    ], "the project is left as it was"  # fmt: skip
    commands = (
        f"cd {shlex.quote(str(folder))} && . .rehearsal/environment"
        " && pulumi preview --stack dev --expect-no-changes --non-interactive"
        " && pulumi destroy --stack dev --yes --non-interactive"
    )
    played = subprocess.run(  # noqa: S603 the lines that the rehearsal printed
        ["/bin/sh", "-c", commands], capture_output=True, text=True, check=False
    )
    assert played.returncode == 0, played.stdout + played.stderr
    assert '"resources": {' in (folder / ".rehearsal" / "cloud.json").read_text(encoding="utf-8")


def test_what_goes_wrong_is_one_line_and_leaves_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "gone"
    fault = "create gcp:compute/network:* 1 503"
    done = palier("rehearse", "mvp", "--in", str(folder), "--fault", fault)
    assert done.returncode == 2
    assert "googleapi: Error 503: The service is currently unavailable." in done.stderr
    assert "Traceback" not in done.stderr
    assert not folder.exists()


def main() -> None:
    """Write what a new user sees into the page."""
    done = palier("rehearse", "mvp")
    assert done.returncode == 0, done.stderr
    page = PAGE.read_text(encoding="utf-8")
    written = BLOCK.sub(lambda found: found[1] + shown(done.stdout) + found[3], page)
    PAGE.write_text(written, encoding="utf-8")


if __name__ == "__main__":
    main()
