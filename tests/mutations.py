"""Mutations: whole platforms, broken in one place, and the rule that guards the place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import builders
from rule_fixtures import FIXTURES

from palier.facts import Facts
from palier.testing.fixtures import Added, Change, Removed


@dataclass(frozen=True, kw_only=True)
class Mutation:
    """One change of one phase, and the rule that must notice."""

    rule: str
    phase: str
    change: Change | Added | Removed
    facts: Facts

    def __str__(self) -> str:
        return f"{self.rule} in {self.phase}: {self.change}"


@cache
def mutations() -> tuple[Mutation, ...]:
    """Every violating change of every fixture, in every phase that has what it changes."""
    return tuple(_mutations())


def _mutations() -> Iterator[Mutation]:
    for fixture in FIXTURES:
        for change in fixture.violating:
            for phase in builders.PHASES:
                facts = change.applied(builders.recorded(phase))
                if facts is not None:
                    yield Mutation(rule=fixture.rule, phase=phase, change=change, facts=facts)
