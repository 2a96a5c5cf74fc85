"""Requirements: what a property must be, answered with yes, no, or not known.

Every rule reads through here. A value that only an update would tell is neither right nor wrong,
and a list with such a value in it may yet be either: then the answer is `UNKNOWN`, and the rule is
inconclusive. A property that a platform refers to (`present`) is there even while it is unknown.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from palier.facts import UNKNOWN, Fact, Unknown, Value, decimal, read
from palier.project import SECRET

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
        return self.test(seen(fact, self.path))

    def told(self, fact: Fact, answer: Answer) -> str:
        """What is wrong, in words."""
        if answer is UNKNOWN:
            return f"{self.path} is not known yet, and must be {self.wanted}"
        return f"{self.path} is {_shown(seen(fact, self.path))}, and must be {self.wanted}"


def _shown(value: Value) -> str:
    if value is None:
        return "not set"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float | Decimal):
        text = str(value)
        return text if len(text) <= LONGEST else text[:LONGEST] + "…"
    return "a list" if isinstance(value, list) else "an object"


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


@dataclass(frozen=True, kw_only=True)
class Present(Requirement):
    """There is a value, known or not. What stands in an object that is unknown is not there yet."""

    def of(self, fact: Fact) -> Answer:
        """Whether it is there."""
        value = seen(fact, self.path)
        above = self.path.rpartition(".")[0]
        if isinstance(value, Unknown) and above and isinstance(seen(fact, above), Unknown):
            return UNKNOWN
        return self.test(value)


def present(path: str) -> Requirement:
    """There is a value, known or not: what refers to a resource that is not made yet is there."""

    def test(value: Value) -> Answer:
        return isinstance(value, Unknown) or not _empty(value)

    return Present(path=path, test=test, wanted="set")


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
        if isinstance(value, Unknown):
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
class AnyOf(Requirement):
    """One of several requirements is enough."""

    options: tuple[Requirement, ...]

    def of(self, fact: Fact) -> Answer:
        """Whether one of them holds."""
        return either(option.of(fact) for option in self.options)

    def told(self, fact: Fact, answer: Answer) -> str:
        """What is wrong with each; of one and the same property only once."""
        if len({option.path for option in self.options}) == 1:
            return super().told(fact, answer)
        return ", or ".join(option.told(fact, option.of(fact)) for option in self.options)


def some(*options: Requirement) -> Requirement:
    """At least one of these holds: with a condition turned round, "if this, then that"."""
    first = options[0]
    words = " or ".join(option.wanted for option in options)
    return AnyOf(path=first.path, test=first.test, wanted=words, options=options)


@dataclass(frozen=True, kw_only=True)
class Protected(Requirement):
    """Pulumi's own protection. It is an option of the resource, and every feed knows it."""

    def of(self, fact: Fact) -> Answer:
        """Whether it is set."""
        return fact.protect

    def told(self, fact: Fact, answer: Answer) -> str:  # noqa: ARG002 it has no value to show
        """What is wrong, in words."""
        return "the option protect is not set, and must be"


PROTECTED: Final = Protected(path="protect", test=bool, wanted="set")


@dataclass(frozen=True, kw_only=True)
class MoreThan(Requirement):
    """A number above that of another property, which may have a default."""

    other: str
    default: int

    def of(self, fact: Fact) -> Answer:
        """Whether it is above; both must be numbers."""
        try:
            number, bound = decimal(seen(fact, self.path)), decimal(seen(fact, self.other))
        except ValueError:
            return False
        if isinstance(number, Unknown) or isinstance(bound, Unknown):
            return UNKNOWN
        least = Decimal(self.default) if bound is None else bound
        return number is not None and bool(number > least)


def more_than(path: str, other: str, default: int) -> Requirement:
    """A number above that of another property, or above that property's default."""
    return MoreThan(path=path, test=bool, wanted=f"more than {other}", other=other, default=default)


def lasting(path: str, least_s: int, words: str) -> Requirement:
    """A time of at least so many seconds, as `86400s`."""

    def test(value: Value) -> Answer:
        if isinstance(value, Unknown):
            return UNKNOWN
        spelt = isinstance(value, str) and re.fullmatch(r"\d{1,12}s", value, re.ASCII)
        return bool(spelt) and int(str(value).removesuffix("s")) >= least_s

    return Requirement(path=path, test=test, wanted=words)


def seen(fact: Fact, path: str) -> Value:
    """An input as a rule may know it: what is a secret is as good as unknown.

    A file shows a mark in the place of a secret, and nothing below it: a rule that took the mark
    for a value would find nothing wrong there.
    """
    value = fact.read(path)
    if value is None and any(fact.read(above) == SECRET for above in _above(path)):
        return UNKNOWN
    return _without_marks(value)


def _above(path: str) -> Iterator[str]:
    """Every path that leads to a path."""
    keys = path.split(".")
    for depth in range(1, len(keys)):
        yield ".".join(keys[:depth])


def _without_marks(value: Value) -> Value:
    if isinstance(value, Mapping):
        return {key: _without_marks(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_marks(item) for item in value]
    return UNKNOWN if value == SECRET else value


def elements(value: Value) -> list[Value]:
    """What is in a list; a value that is none is alone in one, an absent one is in none."""
    if isinstance(value, list):
        return value
    return [] if value is None else [value]


def every(path: str, wanted: str, *options: Requirement) -> Requirement:
    """Each element of a list meets one of these, whose paths begin at the element."""

    def test(value: Value) -> Answer:
        if isinstance(value, Unknown):
            return UNKNOWN
        return both(
            either(option.test(read(element, option.path)) for option in options)
            for element in elements(value)
        )

    return Requirement(path=path, test=test, wanted=wanted)
