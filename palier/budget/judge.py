"""The judge: an estimate against the limits, with three verdicts and the arithmetic shown.

Pure and monotonic: adding a resource or lowering a limit never turns a failure into a pass. That is
why shares are taken of the phase's reference bill and not of the bill at hand, which would grow
with whatever is added. What is not fully priced can fail, for the rest only makes it dearer, but it
can never pass: it is inconclusive.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from palier.budget.limits import Limit, Limits, monthly_cap
from palier.budget.measures import MEASURES
from palier.cost.estimate import Estimate
from palier.cost.items import OBSERVABILITY
from palier.currency import PARITY
from palier.phases import get, preceding
from palier.reference import Reference
from palier.verdicts import Status, Verdict

LARGEST: Final = 3
UNIT_COST_PLACES: Final = Decimal("0.00001")


@dataclass(frozen=True, kw_only=True)
class Case:
    """What is judged: a platform's estimate now, and at the cap of its phase."""

    phase: str
    users: int
    revenue_eur: Decimal | None
    estimate: Estimate
    at_cap: Estimate | str
    """Or why there is none: then what is judged there is inconclusive."""
    reference: Reference

    @property
    def cap_users(self) -> int:
        """Users at the phase's cap."""
        return get(self.phase).max_users


@dataclass(frozen=True, kw_only=True)
class _Finding:
    """A measured value against its limit, and the estimate it was read from."""

    value: Decimal
    limit: Decimal
    arithmetic: str
    estimate: Estimate
    strict: bool = False


@dataclass(frozen=True, kw_only=True)
class _NotKnown:
    """A limit without anything to measure, and why."""

    limit: Decimal
    why: str


def judge(case: Case, limits: Limits) -> list[Verdict]:
    """Judge a platform by every limit of its phase."""
    verdicts = []
    for limit in limits.of(case.phase):
        finding = _FINDINGS[limit.measure](case, limit, limits)
        if finding is not None:
            verdicts.append(_verdict(limit, finding))
    return verdicts


def _verdict(limit: Limit, finding: _Finding | _NotKnown) -> Verdict:
    if isinstance(finding, _NotKnown):
        return _said(limit, "inconclusive", finding.why, None, finding.limit)
    over = finding.value >= finding.limit if finding.strict else finding.value > finding.limit
    gaps = finding.estimate.gaps
    status: Status = "fail" if over else "inconclusive" if gaps else "pass"
    message = finding.arithmetic
    if status == "fail":
        message += f"; largest: {_largest(finding.estimate)}"
    elif gaps:
        first = gaps[0]
        message += f"; not all is priced: {first.resource}: {first.reason}"
        message += f" (and {len(gaps) - 1} more)" if len(gaps) > 1 else ""
    return _said(limit, status, message, finding.value, finding.limit)


def _said(
    limit: Limit, status: Status, message: str, value: Decimal | None, figure: Decimal
) -> Verdict:
    return Verdict(
        rule=limit.id, title=limit.title, family=MEASURES[limit.measure].family, level=limit.level,
        status=status, message=message, source=str(limit.source), value=value, limit=figure,
    )  # fmt: skip


def _largest(estimate: Estimate) -> str:
    """The dearest resources, net of credits: where to look first."""
    totals: dict[str, Decimal] = {}
    for line in estimate.lines:
        if line.bound == "expected":
            totals[line.resource] = totals.get(line.resource, Decimal(0)) + line.monthly
    dearest = sorted(totals.items(), key=lambda item: -item[1])[:LARGEST]
    return ", ".join(f"{resource} {monthly:.2f} €" for resource, monthly in dearest)


def _monthly(case: Case, limit: Limit, _: Limits) -> _Finding | None:
    cap = monthly_cap(limit, case.users, case.revenue_eur)
    if cap is None:
        return None
    bill = case.estimate.sum("expected")
    arithmetic = f"{bill:.2f} € a month of {cap:.2f} € allowed"
    if limit.measure == "share_of_revenue" and limit.value is not None:
        revenue = cap / limit.value
        said = "declared" if case.revenue_eur is not None else "the lowest documented reading"
        arithmetic = (
            f"{bill:.2f} € a month is {bill / revenue:.1%} of {revenue:.0f} € revenue ({said}),"
            f" {limit.value:.0%} allowed"
        )
    return _Finding(value=bill, limit=cap, arithmetic=arithmetic, estimate=case.estimate)


def _per_user_at_cap(case: Case, limit: Limit, _: Limits) -> _Finding | _NotKnown | None:
    if limit.value is None:
        return None
    if isinstance(case.at_cap, str):
        return _NotKnown(limit=limit.value, why=_no_cap(case.at_cap))
    bill = case.at_cap.sum("expected")
    unit = bill / case.cap_users
    return _Finding(
        value=unit,
        limit=limit.value,
        arithmetic=(
            f"{bill:.2f} € / {case.cap_users} users = {_unit(unit)} € of {_unit(limit.value)} €"
            " allowed, at the cap"
        ),
        estimate=case.at_cap,
    )


def _no_cap(why: str) -> str:
    return f"the cost at the cap is not known: {why}"


def _unit_cost_falls(case: Case, _limit: Limit, _limits: Limits) -> _Finding | _NotKnown | None:
    below = _cap_below(case)
    if below is None:
        return None
    name, before = below
    if isinstance(case.at_cap, str):
        return _NotKnown(limit=before, why=_no_cap(case.at_cap))
    bill = case.at_cap.sum("expected")
    unit = bill / case.cap_users
    return _Finding(
        value=unit,
        limit=before,
        strict=True,
        arithmetic=f"{_unit(unit)} € a user at the cap, {_unit(before)} € at the cap of {name}",
        estimate=case.at_cap,
    )


def _unit_cost_now(case: Case, _limit: Limit, _limits: Limits) -> _Finding | None:
    below = _cap_below(case)
    if below is None:
        return None
    name, before = below
    unit = case.estimate.sum("expected") / case.users
    even = case.reference.break_even(case.phase)
    said = ""
    if even is not None:
        said = f"; after a climb it rises for a while, break-even at {even.last} users"
        if even.first != even.last:
            said += f" (first crossed at {even.first})"
    return _Finding(
        value=unit,
        limit=before,
        strict=True,
        arithmetic=(
            f"{_unit(unit)} € a user at {case.users} users, {_unit(before)} € at the cap of"
            f" {name}{said}"
        ),
        estimate=case.estimate,
    )


def _cap_below(case: Case) -> tuple[str, Decimal] | None:
    """The phase below and its unit cost at its cap, in the estimate's own currency."""
    below = preceding(get(case.phase))
    if below is None:
        return None
    point = case.reference.at_cap(below.name)
    return below.name, point.expected_usd * case.estimate.usd_rate / point.users


def _ceiling(case: Case, limit: Limit, limits: Limits) -> _Finding | None:
    if limit.value is None:
        return None
    cap = limits.monthly_cap(case.phase, case.users, case.revenue_eur)
    most = case.estimate.sum("ceiling")
    return _Finding(
        value=most / cap,
        limit=limit.value,
        arithmetic=(
            f"{most:.2f} € with everything at its maximum is {most / cap:.2f} × the cap of"
            f" {cap:.0f} €, {limit.value} × allowed"
        ),
        estimate=case.estimate,
    )


def _parity(case: Case, _limit: Limit, limits: Limits) -> _Finding | None:
    cap = limits.monthly_cap(case.phase, case.users, case.revenue_eur)
    bill = case.estimate.sum_usd("expected") * PARITY
    return _Finding(
        value=bill,
        limit=cap,
        arithmetic=f"{bill:.2f} € a month at 1 $ = 1 €, of {cap:.2f} € allowed",
        estimate=case.estimate,
    )


def _observability(case: Case, limit: Limit, _: Limits) -> _Finding | None:
    if limit.value is None:
        return None
    point = case.reference.below(case.phase, case.users)
    bill = point.expected_usd * case.estimate.usd_rate
    watched = case.estimate.sum("expected", OBSERVABILITY)
    return _Finding(
        value=watched / bill,
        limit=limit.value,
        arithmetic=(
            f"{watched:.2f} € for logs, metrics and alerts is {watched / bill:.1%} of the"
            f" reference bill of {bill:.2f} € at {point.users} users, {limit.value:.0%} allowed"
        ),
        estimate=case.estimate,
    )


def _unit(value: Decimal) -> str:
    """A cost per user: four significant digits at least, never rounded to nothing."""
    return f"{value:.3f}" if value >= Decimal("0.1") else str(value.quantize(UNIT_COST_PLACES))


_FINDINGS: Final = {
    "monthly_cost": _monthly,
    "share_of_revenue": _monthly,
    "cost_per_user_at_cap": _per_user_at_cap,
    "unit_cost_falls": _unit_cost_falls,
    "unit_cost_now": _unit_cost_now,
    "ceiling": _ceiling,
    "monthly_cost_at_parity": _parity,
    "observability_share": _observability,
}
