"""Judges: a requirement asked of every resource that a rule is about, and the findings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from palier.facts import UNKNOWN, Fact, Facts
from palier.rules.requirements import Answer, Requirement, both
from palier.verdicts import Finding, Status


@dataclass(frozen=True, kw_only=True)
class Each:
    """A judge: every resource of some types (under conditions) meets all requirements."""

    types: tuple[str, ...]
    must: tuple[Requirement, ...]
    where: tuple[Requirement, ...] = ()

    def __call__(self, facts: Facts) -> Iterator[Finding]:
        """One finding a resource that it is about."""
        for type_ in self.types:
            for fact in facts.of_type(type_):
                concerned = both(condition.of(fact) for condition in self.where)
                if concerned is not False:
                    yield self._finding(fact, concerned)

    def _finding(self, fact: Fact, concerned: Answer) -> Finding:
        answers = [(requirement, requirement.of(fact)) for requirement in self.must]
        wrong = [(one, answer) for one, answer in answers if answer is not True]
        answer = both(answer for _, answer in answers)
        if answer is False and concerned is UNKNOWN:
            answer = UNKNOWN  # wrong, if the rule is about it at all
        return about(fact, answer, "; ".join(one.told(fact, answer) for one, answer in wrong))


def each(types: str | Sequence[str], *must: Requirement, where: Sequence[Requirement] = ()) -> Each:
    """Every resource of these types, where some conditions hold, meets all requirements."""
    listed = (types,) if isinstance(types, str) else tuple(types)
    return Each(types=listed, must=must, where=tuple(where))


STATUS: Final[dict[Answer, Status]] = {True: "pass", False: "fail", UNKNOWN: "inconclusive"}


def about(fact: Fact, answer: Answer, message: str) -> Finding:
    """A finding about one resource."""
    return Finding(
        status=STATUS[answer], name=fact.name, urn=fact.urn,
        message="" if answer is True else message,
    )  # fmt: skip
