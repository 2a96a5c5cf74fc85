"""Checks of several files: schema `palier.check/1`, or one table after another.

`docs/check.schema.json` describes the document; a test holds the two together.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from functools import partial
from typing import Any, Final

from rich.console import Console

from palier.check import Check, Update, worst
from palier.cost.estimate import BOUNDS, Estimate
from palier.cost.items import Bound
from palier.plan import Plan
from palier.report import changes, document, pull_request, update
from palier.report import table as tables
from palier.report.document import money
from palier.report.findings import place_of
from palier.rules.model import Entry

SCHEMA: Final = "palier.check/1"
WIDTH: Final = tables.WIDTH


def to_dict(checks: Sequence[Check]) -> dict[str, Any]:
    """The document of some checks."""
    return {
        "schema": SCHEMA,
        "checks": [
            {
                "source": check.plan.source and asdict(check.plan.source),
                "plan": document.to_dict(check.plan, partial(place_of, check)),
                "update": check.update and _update(check.plan, check.update),
            }
            for check in checks
        ],
        "status": worst(checks),
    }


def _update(plan: Plan, made: Update) -> dict[str, Any]:
    return {
        "before": {
            "phase": made.before_phase,
            "users": made.before_users,
            **_totals(made.before),
            "priced": f"{made.before.priced} of {made.before.total}",
        },
        "delta": {bound: _delta(plan, made, bound) for bound in BOUNDS},
        "components": [
            {
                "component": name,
                "before": money(one.before),
                "after": money(one.after),
                "delta": money(one.amount),
            }
            for name, one in changes.components(plan, made)
        ],
        "touched": [
            {
                "change": one.change,
                "resource": one.name,
                "type": one.type,
                "urn": one.urn,
                "stateful": one.stateful,
                "protect": one.protect,
                "reasons": list(one.reasons),
            }
            for one in made.touched
        ],
        "safety": made.safety,
    }


def _delta(plan: Plan, made: Update, bound: Bound) -> str:
    return money(changes.difference(made.before.sum(bound), plan.estimate.sum(bound)).amount)


def _totals(estimate: Estimate) -> dict[str, str]:
    return {bound: money(estimate.sum(bound)) for bound in BOUNDS}


def json_text(checks: Sequence[Check]) -> str:
    """The document as text."""
    return json.dumps(to_dict(checks), ensure_ascii=False, indent=2) + "\n"


def markdown_text(checks: Sequence[Check], entries: Iterable[Entry] = ()) -> str:
    """The comments of the checks, one after another; what to do is said by the catalogue."""
    return pull_request.render(checks, entries)


def table(checks: Sequence[Check], console: Console) -> None:
    """Print the checks, one after another."""
    for check in checks:
        more = update.parts(check.plan, check.update) if check.update else []
        tables.render(check.plan, console, more)
