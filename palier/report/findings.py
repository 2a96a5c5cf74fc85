"""Findings of a verdict, and where in the program their resources are made."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from palier.report.text import counted
from palier.verdicts import FAMILIES, Finding, Verdict

if TYPE_CHECKING:
    from palier.check import Check
    from palier.feeds.places import Place


def findings(verdict: Verdict) -> tuple[Finding, ...]:
    """What is not as it should be. A limit that is passed is one finding about the stack."""
    if verdict.findings or verdict.status == "pass":
        return verdict.findings
    return (Finding(status=verdict.status, message=verdict.message),)


def holds(verdict: Verdict) -> bool:
    """Whether it is a pass that nobody answers for."""
    return verdict.status == "pass" and not verdict.findings


def holding(verdicts: Iterable[Verdict]) -> list[tuple[str, str]]:
    """How many rules of each family hold, limits apart."""
    families = [verdict.family for verdict in verdicts if verdict.limit is None and holds(verdict)]
    counts = [(family, families.count(family)) for family in FAMILIES if family in families]
    return [(family, counted(count, "rule holds", "rules hold")) for family, count in counts]


def place_of(check: Check, finding: Finding) -> Place | None:
    """The line that makes a resource; else that of the nearest one above it."""
    urn, seen = finding.urn, set[str]()
    while urn is not None and urn not in seen:
        if urn in check.places:
            return check.places[urn]
        seen.add(urn)  # a forged file may have a circle of parents
        fact = check.plan.facts.by_urn.get(urn)
        urn = fact.parent if fact else None
    return None
