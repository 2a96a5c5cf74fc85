"""Stacks of any size: copies of a real stack's resources, each with a urn of its own."""

from __future__ import annotations

from dataclasses import replace

from palier.facts import Facts


def copies(facts: Facts, size: int) -> Facts:
    """As many resources as asked; components are there once."""
    cloud = facts.resources
    rest = [fact for fact in facts if fact not in cloud]
    more = [
        replace(cloud[place % len(cloud)], urn=f"{cloud[place % len(cloud)].urn}-{place}")
        for place in range(size)
    ]
    return Facts.of([*rest, *more])
