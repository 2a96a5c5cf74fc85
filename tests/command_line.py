"""The command line, run in the process of the tests; the fixture `palier` calls it."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from palier import cli


@dataclass(frozen=True, kw_only=True)
class Ran:
    """What a command left: its exit code and what it wrote."""

    code: int
    out: str
    err: str


Run = Callable[..., Ran]
"""Runs a command; takes its arguments, and as `cwd` the folder it is typed in."""


def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], cwd: Path, *args: str
) -> Ran:
    """Run `palier` with arguments."""
    monkeypatch.chdir(cwd)
    monkeypatch.setattr(sys, "argv", ["palier", *args])
    capsys.readouterr()
    try:
        with pytest.raises(SystemExit) as left:
            cli.main()
    finally:
        gc.enable()  # main runs without collection, for a process that ends with it
    written = capsys.readouterr()
    return Ran(code=int(left.value.code or 0), out=written.out, err=written.err)


def assert_refused(ran: Ran, *says: str) -> None:
    """A mistake is one line on standard error, exit code 2, and nothing on standard output."""
    assert "Traceback" not in ran.err, f"a traceback reached the user: {ran.err}"
    assert ran.code == 2, f"a mistake is exit code 2, got {ran.code}: {ran.err or ran.out[:200]}"
    assert ran.out == "", "nothing half said"
    lines = ran.err.splitlines()
    assert len(lines) == 1, f"a mistake is one line: {ran.err}"
    assert lines[0].startswith("palier: "), f"whose message is this? {lines[0]}"
    for part in says:
        assert part in lines[0], f"the message must say {part!r}: {lines[0]}"
