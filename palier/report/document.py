"""A plan as JSON: schema `palier.plan/1`, decimals as texts, stable order.

`docs/plan.schema.json` describes it; a test holds the two together.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any, Final

from palier.cost.estimate import Estimate, LineItem
from palier.feeds.places import Place
from palier.plan import CURRENCY, Plan, resources
from palier.verdicts import Finding, Verdict

SCHEMA: Final = "palier.plan/1"
CENT: Final = Decimal("0.01")
UNIT_COST: Final = Decimal("0.001")
WIDE: Final = Context(prec=100)
"""Digits enough for the cents of any amount that a load or a rate can make."""
DIGITS: Final = 9
"""Significant digits of quantities and shares; money keeps cents."""

PlaceOf = Callable[[Finding], Place | None]
"""Where in the program the resource of a finding is made."""


def money(value: Decimal) -> str:
    """An amount, rounded once, to the cent."""
    return str(value.quantize(CENT, ROUND_HALF_UP, WIDE))


def number(value: Decimal) -> str:
    """A quantity or a share, without a false precision, never in powers of ten."""
    return format(Decimal(f"{value:.{DIGITS}g}").normalize(), "f")


def unit_cost(value: Decimal) -> str:
    """A cost per user: three decimals, or four significant digits when it is small."""
    if value >= UNIT_COST * 100:
        return str(value.quantize(UNIT_COST, ROUND_HALF_UP))
    return format(Decimal(f"{value:.4g}"), "f")


def to_dict(plan: Plan, place_of: PlaceOf = lambda _: None) -> dict[str, Any]:
    """The document of a plan. Only a file's facts may tell where a resource is made."""
    return {
        "schema": SCHEMA,
        "stack": plan.stack,
        "phase": plan.phase,
        "users": plan.users,
        "region": plan.region,
        "currency": {
            "code": CURRENCY,
            "usd_rate": format(plan.usd_rate, "f"),
            "declared_on": plan.rate_date,
        },
        "resources": resources(plan),
        "estimate": _estimate(plan.estimate),
        "per_user": {
            "expected": unit_cost(plan.per_user) if plan.per_user is not None else None,
            "at_cap": unit_cost(plan.per_user_at_cap) if plan.per_user_at_cap is not None else None,
        },
        "verdicts": [_verdict(verdict, place_of) for verdict in plan.verdicts],
        "notes": list(plan.notes),
        "status": plan.status,
    }


def _verdict(verdict: Verdict, place_of: PlaceOf) -> dict[str, Any]:
    return {
        "rule": verdict.rule,
        "title": verdict.title,
        "family": verdict.family,
        "level": verdict.level,
        "status": verdict.status,
        "value": number(verdict.value) if verdict.value is not None else None,
        "limit": number(verdict.limit) if verdict.limit is not None else None,
        "message": verdict.message,
        "source": verdict.source,
        "findings": [_finding(finding, place_of(finding)) for finding in verdict.findings],
    }


def _finding(finding: Finding, place: Place | None) -> dict[str, Any]:
    told = {
        "status": finding.status,
        "resource": finding.name,
        "urn": finding.urn,
        "message": finding.message,
        "waived": finding.waived,
    }
    return told | ({"place": asdict(place)} if place else {})


def _estimate(estimate: Estimate) -> dict[str, Any]:
    return {
        "currency": estimate.currency,
        **{bound: money(estimate.sum(bound)) for bound in ("floor", "expected", "ceiling")},
        "expected_usd": money(estimate.sum_usd("expected")),
        "priced": f"{estimate.priced} of {estimate.total}",
        "lines": [_line(line) for line in estimate.lines],
        "free": [{"type": type_, "reason": reason} for type_, reason in estimate.free.items()],
        **{
            kind: [
                {"resource": gap.resource, "type": gap.type, "reason": gap.reason}
                for gap in estimate.gaps_of(kind)
            ]
            for kind in ("unpriced", "unknown")
        },
    }


def _line(line: LineItem) -> dict[str, Any]:
    return {
        "resource": line.resource,
        "type": line.type,
        "item": line.item,
        "quantity": number(line.quantity),
        "unit": line.unit,
        "unit_price_usd": number(line.unit_price_usd),
        "monthly_usd": number(line.monthly_usd),
        "monthly": number(line.monthly),
        "bound": line.bound,
        "usage_based": line.usage_based,
        "source": line.source,
        "priced_on": line.priced_on,
        "confidence": line.confidence,
    }


def render(plan: Plan) -> str:
    """The document as text."""
    return json.dumps(to_dict(plan), ensure_ascii=False, indent=2) + "\n"
