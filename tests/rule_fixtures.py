"""Fixtures of all rules. The resources are written by hand, from the benchmarks, not by palier."""

from __future__ import annotations

from typing import Final

import cost_hygiene_fixtures
import data_safety_fixtures
import guardrail_fixtures

from palier.testing.fixtures import Fixture

FIXTURES: Final[tuple[Fixture, ...]] = (
    *data_safety_fixtures.FIXTURES,
    *guardrail_fixtures.FIXTURES,
    *cost_hygiene_fixtures.FIXTURES,
)
