"""What guardrails share: durations, references, and requirements on parts of a resource."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Final

from palier.facts import UNKNOWN, Fact, Facts, Unknown, Value
from palier.rules.judges import about
from palier.rules.model import Judge
from palier.rules.requirements import (
    Answer,
    Requirement,
    both,
    seen,
)
from palier.verdicts import Finding

DURATION: Final = re.compile(r"(\d{1,12}(?:\.\d{1,9})?)s", re.ASCII)


def within(path: str, most_s: int, words: str) -> Requirement:
    """A time of so many seconds at most, as `7776000s`; an absent one is not."""

    def test(value: Value) -> Answer:
        if isinstance(value, Unknown):
            return UNKNOWN
        found = DURATION.fullmatch(value) if isinstance(value, str) else None
        return found is not None and bool(0 < Decimal(found[1]) <= most_s)

    return Requirement(path=path, test=test, wanted=words)


def below(prefix: str, requirement: Requirement) -> Requirement:
    """The same requirement, on an object further down."""
    return replace(requirement, path=prefix + requirement.path)


def refers(fact: Fact, value: Value, target: Fact) -> Answer:
    """Whether a value among a resource's inputs is the name, or the id, of another resource.

    What a resource waits for is what its inputs come from. That tells of an id that is not known
    yet, and of a name that the provider makes up; a name in the program is compared.
    """
    if target.urn in fact.dependencies:
        return True
    if value is UNKNOWN:
        return False if fact.dependencies else UNKNOWN
    return named(value, target)


def named(value: Value, target: Fact) -> Answer:
    """Whether a value is the name, or the id, that a program gives to a resource."""
    name = seen(target, "name")
    if not isinstance(value, str) or not isinstance(name, str):
        return UNKNOWN
    return value.rsplit("/", 1)[-1] == name


def met(fact: Fact, must: Iterable[tuple[Requirement, Answer]]) -> Finding:
    """A finding about one resource, of requirements that are for it, are not, or may be."""
    wrong: list[tuple[Requirement, Answer]] = []
    for requirement, concerned in must:
        answer = requirement.of(fact)
        if answer is not True and concerned is not False:
            wrong.append((requirement, answer if concerned is True else UNKNOWN))
    told = "; ".join(requirement.told(fact, answer) for requirement, answer in wrong)
    return about(fact, both(answer for _, answer in wrong), told)


def several(*judges: Judge) -> Judge:
    """A judge of all that several judge."""

    def judge(facts: Facts) -> Iterator[Finding]:
        for one in judges:
            yield from one(facts)

    return judge
