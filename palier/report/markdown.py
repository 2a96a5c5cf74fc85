"""A plan as Markdown: for a page or a wiki."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from palier.cost.estimate import BOUNDS
from palier.plan import Plan
from palier.report.document import money, number, unit_cost
from palier.report.findings import holding, holds
from palier.report.text import escaped

WORDS: Final = {"pass": "✅ pass", "fail": "❌ fail", "inconclusive": "❔ inconclusive"}


def render(plan: Plan) -> str:
    """The plan as text."""
    estimate = plan.estimate
    users = f", {plan.users} users" if plan.users is not None else ""
    parts = [
        f"# {escaped(plan.phase or plan.stack)}{users}: {WORDS[plan.status]}",
        f"{escaped(plan.region)}, 1 $ = {plan.usd_rate:f} € ({plan.rate_date}),"
        f" {len(plan.facts.resources)} resources, priced {estimate.priced} of {estimate.total}.",
        table(
            ("", *BOUNDS),
            [
                ("€ a month", *(money(estimate.sum(bound)) for bound in BOUNDS)),
                ("$ a month", *(money(estimate.sum_usd(bound)) for bound in BOUNDS)),
            ],
        ),
    ]
    if plan.per_user is not None:
        at_cap = plan.per_user_at_cap
        known = "not known" if at_cap is None else f"{unit_cost(at_cap)} €"
        parts.append(f"A user costs {unit_cost(plan.per_user)} € now, {known} at the phase's cap.")
    if plan.verdicts:
        parts += ["## Verdicts", _verdicts(plan)]
    parts += ["## Lines", _lines(plan)]
    if estimate.gaps:
        gaps = [(gap.resource, gap.kind, gap.reason) for gap in estimate.gaps]
        parts += ["## Not priced", table(("resource", "kind", "why"), gaps)]
    parts += map(escaped, plan.notes)
    return "\n\n".join(parts) + "\n"


def _verdicts(plan: Plan) -> str:
    """All limits; rules only where something is to be said, and how many of them hold."""
    said = [
        (verdict.rule, verdict.level, WORDS[verdict.status], verdict.message, verdict.source)
        for verdict in plan.verdicts
        if verdict.limit is not None or not holds(verdict)
    ]
    rest = "; ".join(f"{family}: {count}" for family, count in holding(plan.verdicts))
    return f"{table(('rule', 'level', 'status', 'arithmetic', 'source'), said)}\n\n✅ {rest}."


def _lines(plan: Plan) -> str:
    return table(
        ("resource", "item", "quantity", "unit", "$/unit", "€/month"),
        [
            (line.resource, line.item, number(round(line.quantity, 3)), line.unit,
             number(line.unit_price_usd), money(line.monthly))
            for line in plan.estimate.lines
            if line.bound == "expected"
        ],
    )  # fmt: skip


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], most: int | None = None) -> str:
    """A table of plain texts: whatever is in a cell stays there.

    Args:
        heads: of the columns.
        rows: a cell a column.
        most: letters of a cell that are shown.
    """
    lines = [heads, ["---"] * len(heads)]
    cells = ([escaped(cell, most) for cell in row] for row in rows)
    return "\n".join("| " + " | ".join(line) + " |" for line in (*lines, *cells))
