"""Limits and alerts: what may not be passed, and who is told before it is."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from palier.alerts import AUDIT_METRICS, CATALOGUE
from palier.alerts.model import Alert
from palier.budget.limits import Limit, load_beside
from palier.phases import PHASES
from tools.pages import ROOT, PlanOf
from tools.pages.markdown import count, table

MINUTE_S: Final = 60


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
    parts = []
    if limit.value is not None:
        parts.append(f"{_number(limit.value)} {limit.unit}")
    if limit.steps:
        steps = ", ".join(
            f"{count(value)} to {count(users)} users" for users, value in limit.steps
        )
        parts.append(f"of revenue a month: {steps}" if parts else f"{steps} ({limit.unit})")
    return " ".join(parts) or f"below the phase before it ({limit.unit})"


def _number(value: Decimal) -> str:
    return format(value, "f")


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
