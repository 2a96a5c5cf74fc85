"""A plan as Markdown: for a page, a wiki or a pull request."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from palier.cost.estimate import BOUNDS
from palier.plan import Plan
from palier.report.document import money, number, unit_cost
from palier.report.text import printable

WORDS: Final = {"pass": "✅ pass", "fail": "❌ fail", "inconclusive": "❔ inconclusive"}


def render(plan: Plan) -> str:
    """The plan as text."""
    estimate = plan.estimate
    users = f", {plan.users} users" if plan.users is not None else ""
    parts = [f"# {plan.phase or plan.stack}{users}: {WORDS[plan.status]}"]
    if plan.source is not None:
        parts.append(
            f"The {plan.source.kind} `{printable(plan.source.file)}` of stack {plan.stack},"
            f" project {plan.source.project}."
        )
    parts += [
        f"{plan.region}, 1 $ = {plan.usd_rate:f} € ({plan.rate_date}),"
        f" {len(plan.facts.resources)} resources, priced {estimate.priced} of {estimate.total}.",
        _table(
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
        parts += ["## Not priced", _table(("resource", "kind", "why"), gaps)]
    parts += map(printable, plan.notes)
    return "\n\n".join(parts) + "\n"


def _verdicts(plan: Plan) -> str:
    return _table(
        ("rule", "level", "status", "arithmetic", "source"),
        [
            (verdict.rule, verdict.level, WORDS[verdict.status], verdict.message, verdict.source)
            for verdict in plan.verdicts
        ],
    )


def _lines(plan: Plan) -> str:
    return _table(
        ("resource", "item", "quantity", "unit", "$/unit", "€/month"),
        [
            (line.resource, line.item, number(round(line.quantity, 3)), line.unit,
             number(line.unit_price_usd), money(line.monthly))
            for line in plan.estimate.lines
            if line.bound == "expected"
        ],
    )  # fmt: skip


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(map(_cell, line)) + " |" for line in lines)


def _cell(text: str) -> str:
    return printable(text).replace("|", "\\|")
