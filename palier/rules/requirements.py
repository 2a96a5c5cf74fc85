"""Requirements: what a property must be, answered with yes, no, or not known.

Every rule reads through here. A value that only an update would tell is neither right nor wrong,
and a list with such a value in it may yet be either: then the answer is `UNKNOWN`, and the rule is
inconclusive. A property that a platform refers to (`present`) is there even while it is unknown.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from palier.facts import UNKNOWN, Fact, Facts, Unknown, Value, decimal
from palier.verdicts import Finding, Status

Answer = bool | Unknown
Test = Callable[[Value], Answer]
LONGEST: Final = 60
"""Letters of a value that a message repeats."""


@dataclass(frozen=True, kw_only=True)
class Requirement:
    """What stands at a path must answer a test."""

    path: str
    test: Test
    wanted: str
    """What it must be, as a message says it."""

    def of(self, fact: Fact) -> Answer:
        """Whether it holds for a resource."""
        return self.test(fact.read(self.path))

    def told(self, fact: Fact, answer: Answer) -> str:
        """What is wrong, in words."""
        if answer is UNKNOWN:
            return f"{self.path} is not known yet, and must be {self.wanted}"
        return f"{self.path} is {_shown(fact.read(self.path))}, and must be {self.wanted}"


def _shown(value: Value) -> str:
    if value is None:
        return "not set"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float | Decimal):
        text = str(value)
        return text if len(text) <= LONGEST else text[:LONGEST] + "…"
    return "another"


def holds_unknown(value: Value) -> bool:
    """Whether a value is unknown, or has an unknown anywhere inside."""
    if isinstance(value, Mapping):
        return any(map(holds_unknown, value.values()))
    if isinstance(value, list):
        return any(map(holds_unknown, value))
    return value is UNKNOWN


def both(answers: Iterable[Answer]) -> Answer:
    """All of several: one no decides, one unknown leaves it open."""
    told = list(answers)
    if False in told:
        return False
    return UNKNOWN if UNKNOWN in told else True


def either(answers: Iterable[Answer]) -> Answer:
    """One of several: one yes decides, one unknown leaves it open."""
    told = list(answers)
    if True in told:
        return True
    return UNKNOWN if UNKNOWN in told else False


def negated(answer: Answer) -> Answer:
    """The opposite of an answer."""
    return answer if isinstance(answer, Unknown) else not answer


def equal(value: Value, expected: Value) -> Answer:
    """Whether a value is as expected; `1` and `true` are different."""
    if isinstance(expected, Mapping) and isinstance(value, Mapping):
        return both(equal(value.get(key), item) for key, item in expected.items())
    if holds_unknown(value):
        return UNKNOWN
    return bool(value == expected) and isinstance(value, bool) == isinstance(expected, bool)


def one_of(path: str, *allowed: Value) -> Requirement:
    """The value is one of these; `None` allows it to be absent."""
    words = " or ".join(_shown(value) for value in allowed)

    def test(value: Value) -> Answer:
        return either(equal(value, item) for item in allowed)

    return Requirement(path=path, test=test, wanted=words)


def none_of(path: str, *refused: Value) -> Requirement:
    """The value is none of these."""
    words = "anything but " + " or ".join(_shown(value) for value in refused)

    def test(value: Value) -> Answer:
        return negated(either(equal(value, item) for item in refused))

    return Requirement(path=path, test=test, wanted=words)


def present(path: str) -> Requirement:
    """There is a value, known or not: what refers to a resource that is not made yet is there."""

    def test(value: Value) -> Answer:
        return value is UNKNOWN or not _empty(value)

    return Requirement(path=path, test=test, wanted="set")


def absent(path: str) -> Requirement:
    """There is no value."""

    def test(value: Value) -> Answer:
        return UNKNOWN if value is UNKNOWN else _empty(value)

    return Requirement(path=path, test=test, wanted="absent")


def _empty(value: Value) -> bool:
    return value is None or bool(value in ("", [], {}))


def between(path: str, least: Decimal | int, most: Decimal | int | None = None) -> Requirement:
    """A number within bounds; an absent one is not."""
    words = f"{least} or more" if most is None else f"from {least} to {most}"

    def test(value: Value) -> Answer:
        try:
            number = decimal(value)
        except ValueError:
            return False
        if isinstance(number, Unknown):
            return UNKNOWN
        return number is not None and least <= number and (most is None or number <= most)

    return Requirement(path=path, test=test, wanted=words)


def matching(path: str, pattern: str, wanted: str) -> Requirement:
    """A text that a pattern describes as a whole."""
    compiled = re.compile(pattern, re.ASCII)

    def test(value: Value) -> Answer:
        if value is UNKNOWN:
            return UNKNOWN
        return isinstance(value, str) and compiled.fullmatch(value) is not None

    return Requirement(path=path, test=test, wanted=wanted)


def having(path: str, wanted: str, *items: Mapping[str, Value] | str) -> Requirement:
    """A list, or an object, that contains each of these."""

    def test(value: Value) -> Answer:
        return both(either(_items_equal(value, item)) for item in items)

    return Requirement(path=path, test=test, wanted=wanted)


def lacking(path: str, wanted: str, *items: Mapping[str, Value] | str) -> Requirement:
    """A list, or an object, that contains none of these."""

    def test(value: Value) -> Answer:
        return negated(either(answer for item in items for answer in _items_equal(value, item)))

    return Requirement(path=path, test=test, wanted=wanted)


def _items_equal(value: Value, item: Value) -> Iterator[Answer]:
    """Whether each element of a value is this one; an unknown list may have any."""
    if value is UNKNOWN:
        yield UNKNOWN
    elements = value if isinstance(value, list) else [] if value is None else [value]
    for element in elements:
        yield equal(element, item)


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
