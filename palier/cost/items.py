"""Items: what a pricer says of one resource, before bounds and currency.

An item is a quantity at each bound, a price, and what is taken off it. Units are the price book's:
an hourly price is multiplied by `HOURS_PER_MONTH`, once, here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

from palier.cost.prices import Price

HOURS_PER_MONTH: Final = Decimal(730)
"""Hours Google bills in an average month."""

Bound = Literal["floor", "expected", "ceiling"]
OBSERVABILITY: Final = "observability"

_CONFIDENCE_ORDER: Final = ("high", "med", "low")


class UnreadableInput(LookupError):  # noqa: N818 a finding, not a fault
    """A price needs a value that is not known, or that nobody declared."""


@dataclass(frozen=True, kw_only=True)
class Item:
    """One item of a resource. Quantities are per month, in the price's unit."""

    name: str
    price: Price
    floor: Decimal
    expected: Decimal
    ceiling: Decimal
    usage_based: bool = False
    discount: Price | None = None
    family: str = ""
    credit: Decimal | None = None
    """Dollars given back for each unit, in place of a price."""

    def quantity(self, bound: Bound) -> Decimal:
        """The quantity at a bound."""
        return {"floor": self.floor, "expected": self.expected, "ceiling": self.ceiling}[bound]

    @property
    def unit_price(self) -> Decimal:
        """Dollars for one unit, after the discount."""
        if self.credit is not None:
            return -self.credit
        off = self.discount.usd if self.discount else Decimal(0)
        return self.price.usd * (1 - off)

    @property
    def source(self) -> str:
        """Where the figure comes from, the discount's source with it."""
        return self.price.source + (f" | {self.discount.source}" if self.discount else "")

    @property
    def confidence(self) -> str:
        """The weaker confidence of price and discount."""
        confidences = [price.confidence for price in (self.price, self.discount) if price]
        return max(confidences, key=_CONFIDENCE_ORDER.index)


def fixed(name: str, price: Price, quantity: Decimal, **more: object) -> Item:
    """An item that is the same in all three bounds."""
    return Item(
        name=name, price=price, floor=quantity, expected=quantity, ceiling=quantity,
        **more,  # type: ignore[arg-type]
    )  # fmt: skip


def usage(name: str, price: Price, quantity: Decimal, **more: object) -> Item:
    """An item that traffic makes: no line at the floor, as expected at the ceiling."""
    return Item(
        name=name, price=price, floor=Decimal(0), expected=quantity, ceiling=quantity,
        usage_based=True, **more,  # type: ignore[arg-type]
    )  # fmt: skip


def tiered(
    name: str, quantity: Decimal, tiers: Sequence[tuple[Decimal | None, Price]]
) -> Iterator[Item]:
    """Usage items of a price that falls with volume.

    Args:
        name: what is sold.
        quantity: the month's volume, in the prices' unit.
        tiers: upper limit of each tier (`None` for the last) and its price, lowest first.
    """
    below = Decimal(0)
    for limit, price in tiers:
        upper = quantity if limit is None else min(quantity, limit)
        if upper > below:
            yield usage(name, price, upper - below)
        below = max(below, upper)
