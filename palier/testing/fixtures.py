"""Fixtures of rules: resources that hold, one change that breaks them, one that leaves it open.

A fixture's changes are also what the mutation test does to whole platforms: so each names the type
that it changes, and not a name of the fixture.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any, Final

from palier.facts import UNKNOWN, Fact, Facts, Value

PROJECT: Final = "acme"
STACK: Final = "test"


@dataclass(frozen=True, kw_only=True)
class Resource:
    """A resource of a fixture. A component has outputs, and is not custom."""

    type: str
    name: str
    inputs: Mapping[str, Value] = field(default_factory=dict)
    outputs: Mapping[str, Value] = field(default_factory=dict)
    protect: bool = False
    custom: bool = True

    @property
    def urn(self) -> str:
        """As the engine would name it, below the stack itself."""
        return f"urn:pulumi:{STACK}::{PROJECT}::{self.type}::{self.name}"

    def fact(self) -> Fact:
        """As every feed would tell it."""
        return Fact(
            urn=self.urn, type=self.type, name=self.name, parent=None, custom=self.custom,
            inputs=self.inputs, outputs=self.outputs, protect=self.protect,
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Change:
    """A value put into the first resource of a type, or taken out of it (`None`).

    `where` narrows the resources down by inputs. `at` is the path of an input, or `protect`.
    """

    type: str
    at: str
    to: Value
    where: Mapping[str, Value] = field(default_factory=dict)

    def applied(self, facts: Facts) -> Facts | None:
        """The facts with the change in them, or `None` where there is no such resource."""
        found = next((fact for fact in facts.of_type(self.type) if self._meant(fact)), None)
        if found is None:
            return None
        return Facts.of(self._changed(fact) if fact is found else fact for fact in facts)

    def _meant(self, fact: Fact) -> bool:
        return all(fact.read(path) == value for path, value in self.where.items())

    def _changed(self, fact: Fact) -> Fact:
        if self.at == "protect":
            return replace(fact, protect=bool(self.to))
        return replace(fact, inputs=put(fact.inputs, self.at, self.to))


@dataclass(frozen=True, kw_only=True)
class Added:
    """A resource more."""

    resource: Resource

    def applied(self, facts: Facts) -> Facts:
        """The facts with the resource among them."""
        return Facts.of([*facts, self.resource.fact()])


@dataclass(frozen=True, kw_only=True)
class Removed:
    """Every resource of a type less."""

    type: str

    def applied(self, facts: Facts) -> Facts | None:
        """The facts without them, or `None` where there is none."""
        kept = [fact for fact in facts if fact.type != self.type]
        return Facts.of(kept) if len(kept) < len(facts) else None


@dataclass(frozen=True, kw_only=True)
class Fixture:
    """What a rule says yes to, what it says no to, and what it leaves open."""

    rule: str
    passing: Sequence[Resource]
    violating: Sequence[Change | Added | Removed]
    """Each, alone, makes the passing resources fail."""
    unknown: Sequence[Change]
    """Each, alone, makes them inconclusive."""

    def facts(self) -> Facts:
        """The passing resources."""
        return Facts.of(resource.fact() for resource in self.passing)


def unknown(type_: str, at: str, **where: Value) -> Change:
    """A value that only an update would tell."""
    return Change(type=type_, at=at, to=UNKNOWN, where=where)


def put(values: Mapping[str, Value], path: str, value: Value) -> dict[str, Value]:
    """A copy of nested values with another value at a path; `None` takes it out.

    Objects that are not there yet are made; an index has to be there.
    """
    copied = deepcopy(dict(values))
    *above, last = path.split(".")
    here: Any = copied
    for key in above:
        here = here[int(key)] if isinstance(here, list) else here.setdefault(key, {})
    if isinstance(here, list):
        here[int(last)] = value
    elif value is None:
        here.pop(last, None)
    else:
        here[last] = value
    return copied


def missing(rules: Iterable[str], fixtures: Iterable[Fixture]) -> list[str]:
    """What fixtures lack of a set of rules: a sentence for each gap."""
    by_rule = {fixture.rule: fixture for fixture in fixtures}
    known = list(rules)
    gaps = [f"{rule}: no fixture" for rule in known if rule not in by_rule]
    gaps += [f"{rule}: no such rule" for rule in by_rule if rule not in known]
    for rule, fixture in by_rule.items():
        parts = {"passing": fixture.passing, "violating": fixture.violating,
                 "unknown": fixture.unknown}  # fmt: skip
        gaps += [f"{rule}: no {part} fixture" for part, values in parts.items() if not values]
    return gaps
