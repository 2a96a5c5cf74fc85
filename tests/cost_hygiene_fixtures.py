"""Fixtures of the rules of this family."""

from __future__ import annotations

from typing import Final

from palier.testing.fixtures import Fixture

FIXTURES: Final[tuple[Fixture, ...]] = ()
