"""Stacks, gates and waivers by hand, for tests of verdicts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from typing import Any, Final

import builders
import fact_builders as facts

from palier import reference
from palier.budget.judge import Case
from palier.budget.limits import Limit, Limits, Source, load_beside
from palier.cost import prices
from palier.cost.estimate import Estimate, Gap, estimate
from palier.currency import EUR_PER_USD
from palier.facts import Fact, Facts
from palier.gate.gate import Gate, Stack
from palier.gate.waivers import Waiver
from palier.verdicts import Finding, Verdict, worst

TODAY: Final = date(2026, 11, 22)
TPU: Final = "gcp:tpu/node:Node"


def gap(name: str = "tpu", reason: str = "no price") -> Gap:
    """A resource that the price book does not have."""
    return Gap(
        resource=name, urn=facts.resource(TPU, name).urn, type=TPU, reason=reason, kind="unpriced"
    )


def verdict(status: str = "pass", level: str = "mandatory", **other: Any) -> Verdict:
    """What a rule says."""
    fields: dict[str, Any] = {
        "rule": "rule", "title": "A title", "family": "guardrails", "level": level,
        "status": status, "message": "", "source": "A document: page 1",
    }  # fmt: skip
    return Verdict(**fields | other)


def found(verdicts: Iterable[Verdict], rule: str) -> Verdict:
    """The one verdict of a rule."""
    (own,) = [one for one in verdicts if one.rule == rule]
    return own


def finding(name: str, status: str = "fail", **other: Any) -> Finding:
    """What a rule says of a resource."""
    fields: dict[str, Any] = {"status": status, "name": name, "message": "is wrong"}
    return Finding(**fields | other)


def waiver(rule: str, resource: str = "stack", **other: Any) -> Waiver:
    """A waiver in force, of the stack `test`."""
    fields: dict[str, Any] = {
        "rule": rule, "resource": resource, "stacks": ("test",), "owner": "jane@acme.example",
        "reason": "it is a trial", "expires": TODAY + timedelta(days=30),
    }  # fmt: skip
    return Waiver(**fields | other)


def limit(id_: str = "monthly", value: str | None = "100", **other: Any) -> Limit:
    """A limit of a month in mvp."""
    fields: dict[str, Any] = {
        "id": id_, "title": "The bill stays small", "measure": "monthly_cost", "phases": ("mvp",),
        "level": "mandatory", "unit": "EUR/month",
        "value": None if value is None else Decimal(value),
        "source": Source(document="A document", passage="page 1"),
    }  # fmt: skip
    return Limit(**fields | other)


def gate(*limits: Limit, **other: Any) -> Gate:
    """A gate with these limits, on a day that does not change; one of 100 € where none is given."""
    fields: dict[str, Any] = {"limits": Limits(limits or (limit(),)), "today": TODAY}
    return Gate(**fields | other)


def stack(*resources: Fact, euros: str | None = "50", **other: Any) -> Stack:
    """A stack in mvp that costs so many euros a month; `None` prices its resources."""
    everything = Facts.of(resources)
    bill = other.pop("estimate", None) or (
        facts.bill(facts.line(euros)) if euros else priced(everything)
    )
    case = Case(
        phase="mvp", users=50, revenue_eur=None, estimate=bill, at_cap=bill,
        reference=reference.default(),
    )  # fmt: skip
    fields: dict[str, Any] = {
        "name": "test", "facts": everything, "estimate": bill, "case": case,
    }  # fmt: skip
    return Stack(**fields | other)


def priced(everything: Facts) -> Estimate:
    """The bill of some resources."""
    return estimate(everything, prices.default(), "EUR", EUR_PER_USD)


def with_findings(*findings: Finding, **other: Any) -> Verdict:
    """A verdict that these findings make, as a preview's operations have it."""
    status = worst(one.status for one in findings)
    return verdict(status, findings=findings, message="something is wrong.", **other)


@cache
def shipped() -> Limits:
    """The limits of this repository."""
    return load_beside(builders.ROOT)
