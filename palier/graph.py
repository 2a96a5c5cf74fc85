"""The graph of a stack: which resource waits for which others, told from its facts.

An engine does everything at once but for what has to wait. So the waits decide how long an update
takes (the heaviest chain of them), and what can be taken away on its own: a cluster is swapped
under its data only as long as no data waits for it.

Nodes are what a cloud would hold. A provider is none, for it makes nothing: who uses one waits for
all that the provider waits for. A component is none either: who waits for one waits for all that
is in it, and what is in it waits for all that the component was told to wait for.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from graphlib import CycleError, TopologicalSorter

from palier.errors import PalierError
from palier.facts import PROVIDER_PREFIX, Fact, Facts


@dataclass(frozen=True)
class Path:
    """A chain of resources, each waiting for the one before it, and how long it takes."""

    facts: tuple[Fact, ...]
    seconds: float

    def __str__(self) -> str:
        return " → ".join(fact.name for fact in self.facts)


@dataclass(frozen=True)
class Graph:
    """Waits between resources, by urn: each with those it waits for directly, in order."""

    facts: Facts
    waits: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, facts: Facts) -> Graph:
        """Read the waits of any feed's facts. What is not among them is not there to wait for."""
        children: dict[str | None, list[str]] = {}
        for fact in facts:
            children.setdefault(fact.parent, []).append(fact.urn)
        return cls(
            facts,
            {
                fact.urn: tuple(sorted(_behind(facts, children, _told(facts, fact))))
                for fact in facts.resources
            },
        )

    def cycle(self) -> tuple[Fact, ...]:
        """Resources of a circle, each waiting for the next and the last for the first, if any."""
        return tuple(self.facts.by_urn[urn] for urn in cycle_of(self.waits))

    def awaited(self, *facts: Fact) -> set[str]:
        """Urns of all that some resources wait for, directly or through others."""
        found: set[str] = set()
        waiting = [urn for fact in facts for urn in self.waits[fact.urn]]
        while waiting:
            urn = waiting.pop()
            if urn not in found:
                found.add(urn)
                waiting += self.waits[urn]
        return found

    def waits_for(self, one: Fact, other: Fact) -> bool:
        """Whether a resource waits for another one, directly or through others."""
        return other.urn in self.awaited(one)

    def quotient(self, group: Callable[[Fact], str]) -> dict[str, set[str]]:
        """Which group of resources waits directly for which other groups."""
        groups = {fact.urn: group(fact) for fact in self.facts.resources}
        found: dict[str, set[str]] = {name: set() for name in sorted(groups.values())}
        for urn, waits in self.waits.items():
            found[groups[urn]].update(groups[other] for other in waits)
        return {name: others - {name} for name, others in found.items()}

    def components(self) -> dict[str, set[str]]:
        """Which component waits for which others, by name."""
        return self.quotient(self.facts.component_of)

    def longest_chain(self) -> tuple[Fact, ...]:
        """The most resources that can only come one after another, first to last."""
        return self.critical_path(lambda _: 1.0).facts

    def critical_path(self, seconds: Callable[[Fact], float]) -> Path:
        """The chain that takes longest: no update can be faster, however much it does at once.

        Args:
            seconds: how long one resource takes to be made, 0 or more.

        Raises:
            PalierError: the waits go in a circle.
        """
        by_urn = self.facts.by_urn
        ends: dict[str, tuple[float, int]] = {}
        before: dict[str, str | None] = {}
        for urn in self._order:
            latest = max(self.waits[urn], key=ends.__getitem__, default=None)
            start, place = ends[latest] if latest else (0.0, 0)
            ends[urn] = (start + seconds(by_urn[urn]), place + 1)
            before[urn] = latest
        last = here = max(self.waits, key=ends.__getitem__, default=None)
        chain: list[Fact] = []
        while here:
            chain.append(by_urn[here])
            here = before[here]
        return Path(tuple(reversed(chain)), ends[last][0] if last else 0.0)

    @cached_property
    def _order(self) -> tuple[str, ...]:
        """Every resource after all that it waits for."""
        if circle := self.cycle():
            names = " → ".join(fact.name for fact in (*circle, circle[0]))
            raise PalierError(f"resources wait for each other in a circle: {names}")
        return tuple(TopologicalSorter(self.waits).static_order())


def cycle_of(waits: Mapping[str, Collection[str]]) -> tuple[str, ...]:
    """Names of a circle, each waiting for the next and the last for the first; none if none is."""
    try:
        TopologicalSorter(waits).prepare()
    except CycleError as error:
        return tuple(reversed(error.args[1][1:]))
    return ()


def _told(facts: Facts, fact: Fact) -> Iterator[str]:
    """What a resource was told to wait for: itself, by its provider, and by what it is in.

    A parent is told to the engine before its children are. That is no wait for a component, which
    is there at once, but for what the component waits for, and for a parent that is a resource.
    """
    yield from fact.dependencies
    if fact.provider:
        yield fact.provider
    for parent in facts.above(fact):
        if parent.custom:
            yield parent.urn
            return
        yield from parent.dependencies


def _behind(
    facts: Facts, children: Mapping[str | None, list[str]], urns: Iterable[str]
) -> set[str]:
    """The resources that some urns stand for: a component's own, a provider's waits."""
    found: set[str] = set()
    seen: set[str] = set()
    waiting = list(urns)
    while waiting:
        urn = waiting.pop()
        fact = facts.by_urn.get(urn)
        if fact is None or urn in seen:
            continue
        seen.add(urn)
        if fact.type.startswith(PROVIDER_PREFIX):
            waiting += _told(facts, fact)
        elif fact.custom:
            found.add(urn)
        else:
            waiting += children.get(urn, [])
    return found
