"""Fixtures every test may ask for."""

from __future__ import annotations

from collections.abc import Callable

import builders
import pytest

from palier.facts import Facts


@pytest.fixture
def deploy() -> Callable[..., Facts]:
    """`deploy(lambda: Network("network", args))` returns what was registered."""
    return builders.deploy
