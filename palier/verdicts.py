"""Verdicts: what a rule says of a stack, in one of three words, and what they add up to.

A rule judges resource by resource, and each judgement is a finding. The verdict is that of the
worst finding that nobody waived. A limit judges the stack as a whole: its verdict has a value
and a limit, and no findings.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal, get_args

from palier.errors import ExitCode

Status = Literal["pass", "fail", "inconclusive"]
Level = Literal["mandatory", "advisory"]
Family = Literal[
    "budget", "unit-cost", "data-safety", "guardrails", "cost-hygiene", "waivers"
]  # fmt: skip
FAMILIES: Final[tuple[Family, ...]] = get_args(Family)
WORST: Final[tuple[Status, ...]] = ("fail", "inconclusive", "pass")
"""Statuses, the one that decides first."""
EXIT_CODES: Final = {
    "pass": ExitCode.PASS,
    "fail": ExitCode.FAIL,
    "inconclusive": ExitCode.INCONCLUSIVE,
}
STACK: Final = "stack"
"""What a finding, and a waiver, is about when it is about no single resource."""
NAMED: Final = 3
"""Findings that a message names before it counts the rest."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What a rule says of one resource, or of the stack."""

    status: Status
    message: str
    name: str = STACK
    """Logical name of the resource."""
    urn: str | None = None
    waivable: bool = True
    """Whether somebody can answer for it: not for a rule that crashed."""
    waived: str | None = None
    """By whom, until when and why, where a waiver covers it: then it decides nothing."""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What one rule says. `value` and `limit` are a limit's, in its own unit."""

    rule: str
    title: str
    family: Family
    level: Level
    status: Status
    message: str
    source: str
    """The document, benchmark or guide that asks for it."""
    value: Decimal | None = None
    limit: Decimal | None = None
    findings: tuple[Finding, ...] = ()
    """Of every resource that is not as the rule wants it, waived ones with the others."""


def told(findings: Sequence[Finding]) -> str:
    """The first findings in words, and how many more there are."""
    said = "; ".join(f"{finding.name}: {finding.message}" for finding in findings[:NAMED])
    more = len(findings) - NAMED
    return said + (f" (and {more} more)" if more > 0 else "")


def worst(statuses: Iterable[Status]) -> Status:
    """The status that decides; of none at all it is a pass."""
    return min(statuses, key=WORST.index, default="pass")


def overall(verdicts: Iterable[Verdict]) -> Status:
    """One status for all: advisory rules never change it; no verdict at all is no pass."""
    mandatory = [verdict.status for verdict in verdicts if verdict.level == "mandatory"]
    return worst(mandatory) if mandatory else "inconclusive"
