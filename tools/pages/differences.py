"""Where the estimate differs from the reference design's own model, line group by line group."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Final

from palier.phases import PHASES
from palier.plan import Plan
from palier.project import read_yaml
from tools.pages import PlanOf
from tools.pages.markdown import amount, signed, table

FILE: Final = Path(__file__).parent / "differences.yaml"
SHOWN_FROM_USD: Final = Decimal("0.10")
"""A smaller difference is rounding."""


@dataclass(frozen=True, kw_only=True)
class Group:
    """Lines that the reference design has as one, with its figure at each phase's cap."""

    name: str
    lines: re.Pattern[str]
    usd: dict[str, Decimal]
    why: str


def totals() -> dict[str, Decimal]:
    """The reference design's own totals."""
    return {phase: Decimal(str(usd)) for phase, usd in read_yaml(FILE)["totals"].items()}


def groups() -> list[Group]:
    """All groups, in the order in which lines are offered to them."""
    return [
        Group(
            name=row["name"],
            lines=re.compile(row["lines"]),
            usd={phase: Decimal(str(usd)) for phase, usd in row["usd"].items()},
            why=row.get("why", ""),
        )
        for row in read_yaml(FILE)["groups"]
    ]


def found(plan: Plan, known: list[Group]) -> dict[str, Decimal]:
    """A plan's expected dollars by group."""
    sums = {group.name: Decimal(0) for group in known}
    for line in plan.estimate.lines:
        if line.bound == "expected":
            text = f"{line.resource} / {line.item}"
            group = next(group for group in known if group.lines.search(text))
            sums[group.name] += line.monthly_usd
    return sums


def differences(plan_of: PlanOf) -> str:
    """Every group that differs by a dime or more, and each phase's total."""
    known = groups()
    rows = []
    for phase in PHASES:
        sums = found(plan_of(phase), known)
        for group in known:
            theirs, ours = group.usd.get(phase, Decimal(0)), sums[group.name]
            if abs(ours - theirs) >= SHOWN_FROM_USD:
                rows.append((phase, group.name, theirs, ours, group.why))
        rows.append((phase, "**total**", totals()[phase], sum(sums.values(), Decimal(0)), ""))
    return table(
        ("phase", "lines", "reference $>", "palier $>", "difference $>", "why"),
        [
            (phase, name, amount(theirs), amount(ours), signed(ours - theirs), why)
            for phase, name, theirs, ours, why in rows
        ],
    )
