"""Fixtures every test may ask for."""

from __future__ import annotations

import gc
from collections.abc import Callable

import builders
import pytest

from palier.facts import Facts

# Recordings are kept for the whole run, and are many small objects: looking through them again and
# again for garbage would take a third of the time.
gc.set_threshold(200_000, 50, 50)


@pytest.fixture
def deploy() -> Callable[..., Facts]:
    """`deploy(lambda: Network("network", args))` returns what was registered."""
    return builders.deploy
