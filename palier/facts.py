"""Facts: what would be created, as every feed tells it.

A fact is one resource: its type, its name, its parent, the inputs the program gave. The recorder,
a preview, an exported state and the policy analyzer all end here, so that one core can price and
judge them. A value that is not known yet is `UNKNOWN`: neither absent nor zero.

This module knows nothing of prices or of phases.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from enum import Enum
from functools import cached_property
from typing import Any, Final

STACK_TYPE: Final = "pulumi:pulumi:Stack"
PROVIDER_PREFIX: Final = "pulumi:providers:"
PLATFORM_TYPE: Final = "palier:platform:Platform"
"""Type of the root component: phase, users, load and quotas are read there."""
WORKLOADS_TYPE: Final = "palier:platform:Workloads"
"""Type of the component that records every planned pod and node."""


class Unknown(Enum):
    """A value that only an update would tell."""

    UNKNOWN = "unknown"

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown.UNKNOWN
MOST_DIGITS: Final = 30
"""No size is farther from 1: a text such as 1e999999999 in a file is meant to take all day."""

Value = Any
"""A JSON value, or `UNKNOWN` in the place of one, at any depth."""


def read(value: Value, path: str) -> Value:
    """Read `path` (`settings.ipConfiguration.sslMode`, lists by index) from a nested value.

    Returns the value, `UNKNOWN` when it or anything above it is unknown, `None` when it is absent.
    """
    here = value
    for key in path.split("."):
        if here is UNKNOWN:
            return UNKNOWN
        if isinstance(here, Mapping):
            here = here.get(key)
        elif isinstance(here, list) and key.isdecimal() and int(key) < len(here):
            here = here[int(key)]
        else:
            return None
    return here


def decimal(value: Value) -> Decimal | Unknown | None:
    """Turn a JSON number, or a text that spells one, into a `Decimal`; unknown and absent stay.

    Raises:
        ValueError: the value is neither a number nor a text that spells one.
    """
    if value is None or value is UNKNOWN:
        return value
    try:
        number = Decimal(str(value)) if not isinstance(value, bool) else _refuse(value)
    except InvalidOperation:
        return _refuse(value)
    sane = number.is_finite() and abs(number.adjusted()) <= MOST_DIGITS
    return number if sane else _refuse(value)


def _refuse(value: Value) -> Decimal:
    message = f"expected a number, got {value!r}"
    raise ValueError(message)


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One resource that would exist.

    `inputs` are what the program gave; `outputs` are what a component registered (empty for other
    resources). `parent` is the urn of the parent, or `None` for the stack itself; `provider` that
    of the provider which makes it, or `None` when the program named none.
    """

    urn: str
    type: str
    name: str
    parent: str | None
    custom: bool
    inputs: Mapping[str, Value]
    outputs: Mapping[str, Value] = field(default_factory=dict)
    protect: bool = False
    ignore_changes: tuple[str, ...] = ()
    dependencies: tuple[str, ...] = ()
    provider: str | None = None

    def read(self, path: str) -> Value:
        """Read an input: its value, `UNKNOWN`, or `None` when absent."""
        return read(self.inputs, path)

    def number(self, path: str) -> Decimal | Unknown | None:
        """Read an input as a `Decimal`, `UNKNOWN` or `None`.

        Raises:
            ValueError: what is there does not spell a number.
        """
        return decimal(self.read(path))

    def recorded(self, path: str) -> Value:
        """Read what a component recorded: its registered outputs, the only thing all feeds see."""
        return read(self.outputs, path)


@dataclass(frozen=True)
class Facts:
    """All resources of one stack, in an order that does not depend on the feed."""

    items: tuple[Fact, ...]

    @classmethod
    def of(cls, facts: Iterable[Fact]) -> Facts:
        """Sort by urn: registration order is not stable."""
        return cls(tuple(sorted(facts, key=lambda fact: fact.urn)))

    def __iter__(self) -> Iterator[Fact]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    @cached_property
    def by_urn(self) -> Mapping[str, Fact]:
        """Every fact under its urn."""
        return {fact.urn: fact for fact in self.items}

    @cached_property
    def by_type(self) -> Mapping[str, list[Fact]]:
        """Facts under their type, in order."""
        found: dict[str, list[Fact]] = {}
        for fact in self.items:
            found.setdefault(fact.type, []).append(fact)
        return found

    def of_type(self, type_: str) -> list[Fact]:
        """Every fact of one type."""
        return self.by_type.get(type_, [])

    def only(self, type_: str) -> Fact | None:
        """The first fact of a type that a stack has at most once."""
        found = self.of_type(type_)
        return found[0] if found else None

    @property
    def provider_region(self) -> str | None:
        """Region of the stack's GCP provider, where it is known."""
        regions = (fact.read("region") for fact in self.of_type(f"{PROVIDER_PREFIX}gcp"))
        return next((region for region in regions if isinstance(region, str)), None)

    @property
    def resources(self) -> list[Fact]:
        """What a cloud would hold: custom resources, without providers and components."""
        return [
            fact for fact in self.items if fact.custom and not fact.type.startswith(PROVIDER_PREFIX)
        ]

    def parent_of(self, fact: Fact) -> Fact | None:
        """The parent of a resource, or `None` when that is the stack itself."""
        return self.by_urn.get(fact.parent) if fact.parent else None

    def above(self, fact: Fact) -> Iterator[Fact]:
        """The parents of a resource, nearest first. A forged circle ends where it closes."""
        seen = {fact.urn}
        parent = self.parent_of(fact)
        while parent is not None and parent.urn not in seen:
            yield parent
            seen.add(parent.urn)
            parent = self.parent_of(parent)

    def component_of(self, fact: Fact) -> str:
        """Name of the nearest component a resource lives in, or `-` when it lives in none."""
        own = (one.name for one in self.above(fact) if not one.custom and one.type != STACK_TYPE)
        return next(own, "-")
