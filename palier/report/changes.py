"""What an update changes, in figures and words: for the table, the comment and the JSON alike."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final, get_args

from palier.operations import Change, Safety, Touched
from palier.report.document import money

if TYPE_CHECKING:
    from palier.check import Update
    from palier.cost.estimate import Estimate
    from palier.plan import Plan

CHANGES: Final[tuple[Change, ...]] = get_args(Change)
WORST_FIRST: Final[tuple[Change, ...]] = ("replaced", "deleted", "changed", "created")
SAFETY: Final[dict[Safety, str]] = {
    "untouched": "nothing that holds data is touched",
    "in place": "what holds data is changed in place, and kept",
    "at risk": "something that holds data is replaced or deleted",
}
"""What an update does to data, in words."""


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A month now and after the update, to the cent that is printed, so that they subtract."""

    before: Decimal
    after: Decimal

    @property
    def amount(self) -> Decimal:
        """What the update adds."""
        return self.after - self.before

    @property
    def percent(self) -> Decimal | None:
        """The same as a share of what is now; of nothing there is none."""
        return 100 * self.amount / self.before if self.before else None


def difference(before: Decimal, after: Decimal) -> Difference:
    """The difference of two amounts."""
    return Difference(before=Decimal(money(before)), after=Decimal(money(after)))


def bill(plan: Plan, update: Update) -> Difference:
    """The expected month, now and after the update."""
    return difference(update.before.sum("expected"), plan.estimate.sum("expected"))


def per_user(plan: Plan, update: Update) -> tuple[Decimal | None, Decimal | None]:
    """What a user costs, now and after the update, where users are known."""
    users = update.before_users
    before = update.before.sum("expected") / users if users else None
    return before, plan.per_user


def components(plan: Plan, update: Update) -> list[tuple[str, Difference]]:
    """Components whose expected month changes, the largest change first."""
    before, after = _by_component(update.before), _by_component(plan.estimate)
    found = [
        (name, difference(before.get(name, Decimal(0)), after.get(name, Decimal(0))))
        for name in sorted({*before, *after})
    ]
    changed = [(name, one) for name, one in found if one.amount]
    return sorted(changed, key=lambda item: -abs(item[1].amount))


def _by_component(estimate: Estimate) -> dict[str, Decimal]:
    totals: dict[str, Decimal] = {}
    for line in estimate.lines:
        if line.bound == "expected":
            totals[line.component] = totals.get(line.component, Decimal(0)) + line.monthly
    return totals


def counted(touched: Iterable[Touched]) -> str:
    """How many resources are created, changed, replaced and deleted."""
    changes = [one.change for one in touched]
    told = [f"{changes.count(change)} {change}" for change in CHANGES if change in changes]
    return ", ".join(told) or "none"


def stateful(touched: Iterable[Touched]) -> list[Touched]:
    """Resources that hold data, those that would lose them first."""
    found = [one for one in touched if one.stateful]
    return sorted(found, key=lambda one: WORST_FIRST.index(one.change))


def told(one: Touched) -> str:
    """What happens to a resource, and why."""
    why = f" for {', '.join(one.reasons)}" if one.reasons else ""
    return f"{one.change}{why}{' (protected)' if one.protect else ''}"


def signed(amount: Decimal) -> str:
    """An amount that is added, or taken away."""
    return f"{'+' if amount >= 0 else ''}{money(amount)}"
