"""Limits and alerts: what may not be passed, and who is told before it is."""

from __future__ import annotations

from typing import Final

from palier.alerts import AUDIT_METRICS, CATALOGUE
from palier.alerts.model import Alert
from palier.budget.limits import Limit, load_beside
from palier.phases import PHASES
from tools.pages import ROOT, PlanOf
from tools.pages.markdown import count, table

MINUTE_S: Final = 60
OTHERS: Final = {
    "unit_cost_falls": "below that of the phase before",
    "unit_cost_now": "below that of the phase before, at its cap",
    "monthly_cost_at_parity": "the month's cap",
}
"""What limits without a figure of their own are held to."""


def limits(_: PlanOf) -> str:
    """Every row of policies/limits.yaml."""
    rows = [
        (
            f"`{limit.id}`", ", ".join(limit.phases), limit.title, _value(limit), limit.level,
            limit.source.document, limit.source.passage,
        )
        for limit in load_beside(ROOT).rows
    ]  # fmt: skip
    heads = ("id", "phases", "what it says", "value", "level", "document", "passage")
    return table(heads, rows)


def _value(limit: Limit) -> str:
    """What is allowed, in words: a figure, figures by users, or another figure of the plan."""
    steps = ", ".join(
        f"{count(value)} € up to {count(users)} users" for users, value in limit.steps
    )
    if limit.measure == "share_of_revenue" and limit.value is not None:
        without = f"; where none is declared, of {steps}" if steps else ""
        return f"{limit.value:.0%} of a month's revenue{without}"
    if limit.value is not None:
        return f"{format(limit.value.normalize(), 'f')} {limit.unit}"
    return f"{steps} ({limit.unit})" if steps else OTHERS[limit.measure]


def alerts(_: PlanOf) -> str:
    """The catalogue, in the order in which phases take it."""
    rows = [
        (str(place), _first_phase(place), f"`{alert.key}`", alert.title, _held(alert),
         alert.severity, ", ".join(alert.channels), alert.source, alert.runbook)
        for place, alert in enumerate(CATALOGUE, start=1)
    ]  # fmt: skip
    heads = (
        "n>", "from", "key", "told when", "held for", "severity", "by", "threshold from",
        "what to do",
    )  # fmt: skip
    return table(heads, rows)


def _first_phase(place: int) -> str:
    """The lowest phase that takes so many alerts."""
    for phase in PHASES.values():
        size = phase.size(phase.load(phase.max_users), "eu")
        if place <= size.observability.alerts:
            return phase.name
    return "none"


def _held(alert: Alert) -> str:
    if not alert.duration_s:
        return "at once"
    minutes, seconds = divmod(alert.duration_s, MINUTE_S)
    return f"{minutes} min" if not seconds else f"{alert.duration_s} s"


def audit_alerts(_: PlanOf) -> str:
    """The audit trail's own alerts."""
    rows = [
        (metric.control, f"`{metric.key}`", metric.title, f"`{metric.filter}`")
        for metric in AUDIT_METRICS
    ]
    return table(("CIS", "key", "told when", "log filter"), rows)
