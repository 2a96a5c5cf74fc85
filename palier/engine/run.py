"""The CLI, run: what it said, and what the engine told event by event."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

Event = Mapping[str, Any]
EVENT_LOG: Final = "--event-log"


@dataclass(frozen=True, kw_only=True)
class Said:
    """What a command said, and its exit code."""

    command: tuple[str, ...]
    code: int
    out: str
    err: str

    @property
    def why(self) -> str:
        """The lines that tell why a command failed: its errors, or else its last words."""
        lines = [line.strip() for line in (self.out + "\n" + self.err).splitlines()]
        told = [line for line in lines if line.startswith("error:")]
        return "\n".join(dict.fromkeys(told)) or "\n".join(lines[-5:])


@dataclass(frozen=True, kw_only=True)
class Pulumi:
    """The CLI in a folder, with an environment."""

    program: Path
    folder: Path
    environment: Mapping[str, str]

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a command in a process group of its own, so that all of it can be ended."""
        return subprocess.Popen(  # noqa: S603 the engine that was found
            [str(self.program), *arguments, "--non-interactive"],
            cwd=self.folder, env={**os.environ, **self.environment}, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            start_new_session=True,
        )  # fmt: skip

    def run(self, *arguments: str) -> Said:
        """Run a command to its end."""
        process = self.start(*arguments)
        try:
            out, err = process.communicate()
        except BaseException:
            kill(process)
            raise
        return Said(command=arguments, code=process.returncode, out=out, err=err)


def kill(process: subprocess.Popen[str], signal_: signal.Signals = signal.SIGKILL) -> None:
    """End a command with all it started, at once."""
    try:
        os.killpg(process.pid, signal_)
    except ProcessLookupError:
        return
    process.wait()
