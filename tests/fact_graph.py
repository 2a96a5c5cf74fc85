"""Who waits for whom: the dependencies of recorded resources, followed to their ends."""

from __future__ import annotations

from palier.facts import Fact, Facts


def awaited(facts: Facts, fact: Fact) -> set[str]:
    """Urns of everything a resource waits for, directly or through others.

    Who waits for a component waits for all that is in it.
    """
    children: dict[str | None, list[str]] = {}
    for item in facts:
        children.setdefault(item.parent, []).append(item.urn)
    seen: set[str] = set()
    waiting = list(fact.dependencies)
    while waiting:
        urn = waiting.pop()
        if urn in seen or urn not in facts.by_urn:
            continue
        seen.add(urn)
        waiting += facts.by_urn[urn].dependencies
        if not facts.by_urn[urn].custom:
            waiting += children.get(urn, [])
    return seen


def components(facts: Facts) -> dict[str, set[str]]:
    """Which component waits for which others, by name."""
    graph: dict[str, set[str]] = {}
    for fact in facts.resources:
        own = facts.component_of(fact)
        others = {facts.component_of(facts.by_urn[urn]) for urn in fact.dependencies}
        graph.setdefault(own, set()).update(others - {own})
    return graph
