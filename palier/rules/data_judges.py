"""Judges of data safety that are more than a list of requirements."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import chain
from typing import Final

from palier import ledger
from palier.facts import PLATFORM_TYPE, Facts
from palier.ledger import SQL
from palier.phases import PHASES
from palier.rules.judges import about, each
from palier.rules.model import Judge
from palier.rules.requirements import (
    Answer,
    absent,
    none_of,
    one_of,
)
from palier.verdicts import Finding

HOLDS_NOTHING: Final = "ON_PREMISES_INSTANCE"
"""Kind of a SQL instance that stands for a database elsewhere."""
PRIMARY: Final = (absent("masterInstanceName"), none_of("instanceType", *ledger.COPIES,
                                                        HOLDS_NOTHING))  # fmt: skip
"""Conditions: no copy of another instance."""


def lifted_on_purpose(judge: Judge) -> Judge:
    """The same findings; while a teardown is under way each says so."""

    def told(facts: Facts) -> Iterator[Finding]:
        root = facts.only(PLATFORM_TYPE)
        teardown = root is not None and root.recorded("teardown") is True
        for finding in judge(facts):
            more = " (a teardown is under way: palier:teardown lifts it)"
            is_said = teardown and finding.status != "pass"
            yield replace(finding, message=finding.message + more) if is_said else finding

    return told


def refused(facts: Facts) -> Iterator[Finding]:
    """The provider refuses to delete it, by whatever its type has for that."""
    judges = [
        each(type_, *(one_of(path, *ledger.accepted(type_, path))
                      for path, _ in ledger.protections(type_)), where=PRIMARY)
        for type_ in ledger.STATEFUL
    ]  # fmt: skip
    return chain.from_iterable(judge(facts) for judge in judges)


def known(facts: Facts) -> Iterator[Finding]:
    """What holds data is of a type in the ledger; a set of pods only holds what it claims."""
    claims = absent("spec.volumeClaimTemplates")
    for fact in facts:
        if fact.type in ledger.STATEFUL:
            yield about(fact, answer=True, message="")
        elif fact.type in ledger.OUTSIDE:
            answer: Answer = fact.type == ledger.STATEFUL_SET and claims.of(fact)
            message = f"{fact.type} holds data, and nothing here keeps them"
            yield about(fact, answer, message if answer is False else claims.told(fact, answer))


def highly_available(facts: Facts) -> Iterator[Finding]:
    """Only where palier's root component says which phase it is, and that phase has a standby."""
    root = facts.only(PLATFORM_TYPE)
    phase = root.recorded("phase") if root else None
    if isinstance(phase, str) and phase in PHASES and _has_standby(phase):
        yield from each(SQL, one_of("settings.availabilityType", "REGIONAL"), where=PRIMARY)(facts)


@cache
def _has_standby(name: str) -> bool:
    phase = PHASES[name]
    size = phase.size(phase.load(phase.max_users), "eu")
    return all(shard.ha for shard in size.postgres.shards.values())
