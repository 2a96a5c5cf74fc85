"""Who waits for whom, of recorded facts: `palier.graph` for tests that ask one question."""

from __future__ import annotations

from palier.facts import Fact, Facts
from palier.graph import Graph


def awaited(facts: Facts, fact: Fact) -> set[str]:
    """Urns of everything a resource waits for, directly or through others."""
    return Graph.of(facts).awaited(fact)


def components(facts: Facts) -> dict[str, set[str]]:
    """Which component waits for which others, by name."""
    return Graph.of(facts).components()
