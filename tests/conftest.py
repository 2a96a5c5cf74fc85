"""Fixtures every test may ask for."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable
from pathlib import Path

import builders
import command_line
import pytest
from hypothesis import settings

from palier.facts import Facts

# Recordings are kept for the whole run, and are many small objects: looking through them again and
# again for garbage would take a third of the time.
gc.set_threshold(200_000, 50, 50)


# Here and there a property is tried with other examples each time; a gate must not change its mind.
settings.register_profile("gate", derandomize=True, deadline=None)
settings.register_profile("explore", deadline=None)
settings.load_profile("gate" if os.environ.get("CI") else "explore")


@pytest.fixture
def deploy() -> Callable[..., Facts]:
    """`deploy(lambda: Network("network", args))` returns what was registered."""
    return builders.deploy


@pytest.fixture
def palier(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> command_line.Run:
    """`palier("plan", "mvp", cwd=folder)` runs the command and returns what it left."""

    def run(*args: str, cwd: Path = builders.ROOT) -> command_line.Ran:
        return command_line.run(monkeypatch, capsys, cwd, *args)

    return run
