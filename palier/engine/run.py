"""The CLI, run: what it said, and what the engine told event by event."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

Event = Mapping[str, Any]
ERROR: Final = "error:"
DETAIL: Final = "* "
"""How a line begins that tells more of the error before it."""
EVENT: Final = '{"sequence"'
"""How the line of an event begins."""


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
        lines = [line.strip() for line in (self.out + "\n" + self.err).splitlines() if line.strip()]
        told = [line for line in lines if line.startswith((ERROR, DETAIL))] or _diagnosed(self.out)
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

    def follow(self, told: Callable[[Event], None], *arguments: str) -> Said:
        """Run a command to its end, and pass on each event of the engine as it comes."""
        said: list[str] = []
        errors: list[str] = []
        with self.start(*arguments) as process:
            drain = threading.Thread(target=lambda: errors.extend(process.stderr or ()))
            drain.start()
            try:
                for line in process.stdout or ():
                    event = _event(line)
                    if event is None:
                        said.append(line)
                    else:
                        told(event)
                        said += _errors_of(event)
                process.wait()
            except BaseException:
                kill(process)
                raise
            finally:
                drain.join()
        return Said(
            command=("pulumi", *arguments), code=process.returncode, out="".join(said),
            err="".join(errors),
        )  # fmt: skip

    def run(self, *arguments: str) -> Said:
        """Run a command to its end."""
        with self.start(*arguments) as process:
            try:
                out, err = process.communicate()
            except BaseException:
                kill(process)
                raise
        return Said(command=("pulumi", *arguments), code=process.returncode, out=out, err=err)


def _diagnosed(out: str) -> list[str]:
    """The errors among the diagnostics of a preview that was written as JSON."""
    try:
        document, _ = json.JSONDecoder().raw_decode(out.strip())
        found = document.get("diagnostics") or []
        return [_diagnosis(one) for one in found if one.get("severity") == "error"]
    except (ValueError, AttributeError, KeyError):
        return []


def _diagnosis(told: Mapping[str, Any]) -> str:
    """One of them; what is wrong with the program itself has no urn."""
    name = str(told.get("urn", "")).rsplit("::", 1)[-1]
    message = " ".join(told["message"].removeprefix(ERROR).split())
    return " ".join(filter(None, (ERROR, name and f"{name}:", message)))


def _event(line: str) -> Event | None:
    """The event that a line is, if it is one; the last may have been cut off."""
    try:
        event: Event | None = json.loads(line) if line.startswith(EVENT) else None
    except ValueError:
        return None
    return event


def _errors_of(event: Event) -> list[str]:
    """The errors of an event, as the CLI would print them."""
    told = event.get("diagnosticEvent") or {}
    message = " ".join(str(told.get("message", "")).split())
    return [f"{ERROR} {message}\n"] if told.get("severity") == "error" else []


def kill(process: subprocess.Popen[str], signal_: signal.Signals = signal.SIGKILL) -> None:
    """End a command with all it started, at once."""
    try:
        os.killpg(process.pid, signal_)
    except ProcessLookupError:
        return
    process.wait()
