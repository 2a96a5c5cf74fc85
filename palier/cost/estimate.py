"""The estimate: facts in, line items and totals out, in three bounds.

Floor, expected and ceiling each have their own lines, and each total is the sum of its lines.
What no pricer knows is *unpriced*, what a pricer could not read is *unknown*, what costs nothing
is *free* for a stated reason: three lists, never a zero. Amounts are computed in dollars, turned
into the asked currency line by line, and rounded only when printed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

from palier.cost.items import Bound, Item, UnreadableInput
from palier.cost.pricers import FREE, PRICERS
from palier.cost.prices import MissingPrice, PriceBook
from palier.cost.stack import Stack
from palier.facts import PLATFORM_TYPE, Fact, Facts

BOUNDS: Final[tuple[Bound, ...]] = ("floor", "expected", "ceiling")


@dataclass(frozen=True, kw_only=True)
class LineItem:
    """One line of the bill: quantity × unit price, in one bound. Money is per month."""

    resource: str
    type: str
    component: str
    item: str
    quantity: Decimal
    unit: str
    unit_price_usd: Decimal
    monthly_usd: Decimal
    monthly: Decimal
    bound: Bound
    usage_based: bool
    family: str
    source: str
    priced_on: str
    confidence: str


@dataclass(frozen=True, kw_only=True)
class Gap:
    """A resource without a full price, and why."""

    resource: str
    urn: str
    type: str
    reason: str
    kind: Literal["unpriced", "unknown"]


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """What a stack costs in a month."""

    currency: str
    usd_rate: Decimal
    lines: tuple[LineItem, ...]
    free: dict[str, str]
    gaps: tuple[Gap, ...]
    priced: int
    total: int

    def sum(self, bound: Bound, family: str | None = None) -> Decimal:
        """Monthly sum of a bound's lines, in the estimate's currency."""
        return sum(
            (
                line.monthly
                for line in self.lines
                if line.bound == bound and family in (None, line.family)
            ),
            Decimal(0),
        )

    def sum_usd(self, bound: Bound) -> Decimal:
        """Monthly sum of a bound's lines, in dollars."""
        return sum((line.monthly_usd for line in self.lines if line.bound == bound), Decimal(0))

    @property
    def complete(self) -> bool:
        """Whether every resource has its full price."""
        return not self.gaps

    def gaps_of(self, kind: str) -> list[Gap]:
        """Gaps of one kind."""
        return [gap for gap in self.gaps if gap.kind == kind]


def estimate(facts: Facts, book: PriceBook, currency: str, usd_rate: Decimal) -> Estimate:
    """Price every resource of a stack.

    Args:
        facts: what would exist.
        book: the prices.
        currency: code of the currency that amounts are turned into.
        usd_rate: units of that currency for one dollar.
    """
    stack = Stack(facts, book)
    lines: list[LineItem] = []
    gaps: dict[str, Gap] = {}
    free: dict[str, str] = {}
    resources = facts.resources
    for fact in [*facts.of_type(PLATFORM_TYPE), *resources]:
        if fact.type in FREE:
            free[fact.type] = FREE[fact.type]
            continue
        component = fact.name if fact.type == PLATFORM_TYPE else facts.component_of(fact)
        try:
            for item in _items(stack, fact):
                lines += _lines(fact, component, item, usd_rate)
        except MissingPrice as missing:
            gaps[fact.urn] = _gap(fact, str(missing), "unpriced")
        except UnreadableInput as unreadable:
            gaps[fact.urn] = _gap(fact, str(unreadable), "unknown")
    return Estimate(
        currency=currency,
        usd_rate=usd_rate,
        lines=tuple(lines),
        free=dict(sorted(free.items())),
        gaps=tuple(gaps.values()),
        priced=sum(1 for fact in resources if fact.urn not in gaps),
        total=len(resources),
    )


def _items(stack: Stack, fact: Fact) -> Iterable[Item]:
    pricer = PRICERS.get(fact.type)
    if pricer is None:
        raise MissingPrice(f"palier has no price for {fact.type}")
    return pricer(stack, fact)


def _gap(fact: Fact, reason: str, kind: Literal["unpriced", "unknown"]) -> Gap:
    return Gap(resource=fact.name, urn=fact.urn, type=fact.type, reason=reason, kind=kind)


def _lines(fact: Fact, component: str, item: Item, usd_rate: Decimal) -> list[LineItem]:
    unit_price = item.unit_price
    lines = []
    for bound in BOUNDS:
        quantity = item.quantity(bound)
        if not quantity:
            continue
        monthly_usd = quantity * unit_price
        lines.append(
            LineItem(
                resource=fact.name, type=fact.type, component=component, item=item.name,
                quantity=quantity, unit=item.price.unit, unit_price_usd=unit_price,
                monthly_usd=monthly_usd, monthly=monthly_usd * usd_rate, bound=bound,
                usage_based=item.usage_based, family=item.family, source=item.source,
                priced_on=item.price.day, confidence=item.confidence,
            )
        )  # fmt: skip
    return lines
