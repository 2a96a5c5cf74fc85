"""A stack as pricers see it: its facts, the prices, and what the root component recorded.

Pricers read every property through here, so that an unknown or undeclared value becomes a gap in
the estimate and never a zero. An unknown size is taken at its ceiling, where the resource declares
one.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any, Final

from palier.cost.items import UnreadableInput
from palier.cost.prices import Price, PriceBook
from palier.facts import (
    PLATFORM_TYPE,
    UNKNOWN,
    WORKLOADS_TYPE,
    Fact,
    Facts,
    decimal,
    read,
)

AT_CEILING: Final = ", at its ceiling: the size is not known yet"


@dataclass(frozen=True, kw_only=True)
class Size:
    """How large something is; `note` ends the names of items that its ceiling stands in."""

    amount: Decimal
    note: str = ""


class Stack:
    """Facts and prices of one stack, with what every pricer asks of them."""

    def __init__(self, facts: Facts, book: PriceBook) -> None:
        self.facts = facts
        self.book = book
        self.root = facts.only(PLATFORM_TYPE)
        self._workloads = facts.only(WORKLOADS_TYPE)

    @cached_property
    def provider_region(self) -> str | None:
        """Region of the stack's GCP provider."""
        return self.facts.provider_region

    def price(self, service: str, sku: str, region: str = "global", **attributes: str) -> Price:
        """A price of the book.

        Raises:
            MissingPrice: the book has none.
        """
        return self.book.price(service, sku, region, **attributes)

    def text(self, fact: Fact, path: str, default: str | None = None) -> str:
        """An input that must be known.

        Raises:
            UnreadableInput: it is unknown, or absent without a default.
        """
        value = fact.read(path)
        if value is None and default is not None:
            return default
        if value is UNKNOWN or value is None:
            raise UnreadableInput(_unreadable(path, value))
        return str(value)

    def number(self, fact: Fact, path: str, default: int | None = None) -> Decimal:
        """A numeric input that must be known.

        Raises:
            UnreadableInput: it is unknown, no number, or absent without a default.
        """
        try:
            value = fact.number(path)
        except ValueError as error:
            raise UnreadableInput(f"{path}: {error}") from None
        if value is None and default is not None:
            return Decimal(default)
        if not isinstance(value, Decimal):
            raise UnreadableInput(_unreadable(path, value))
        return value

    def size(self, fact: Fact, path: str, ceiling: str, default: int | None = None) -> Size:
        """A number that must be known, or else the one at `ceiling`, which it cannot pass.

        Raises:
            UnreadableInput: it is no number, or absent without a default; or it is unknown, and
                no ceiling above 0 is declared.
        """
        if fact.read(path) is UNKNOWN and isinstance(fact.read(ceiling), int | float | str):
            most = self.number(fact, ceiling)
            if most > 0:
                return Size(amount=most, note=AT_CEILING)
        return Size(amount=self.number(fact, path, default))

    def flag(self, fact: Fact, path: str) -> bool:
        """A boolean input; absent is false.

        Raises:
            UnreadableInput: it is unknown.
        """
        value = fact.read(path)
        if value is UNKNOWN:
            raise UnreadableInput(_unreadable(path, value))
        return bool(value)

    def region(self, fact: Fact) -> str:
        """Region of a resource: its own, its zone's, or the provider's.

        Raises:
            UnreadableInput: none of them is known.
        """
        for path in ("region", "location"):
            if fact.read(path) is not None:
                place = self.text(fact, path)
                return "-".join(place.split("-")[:2])
        if self.provider_region is None:
            raise UnreadableInput("region: neither the resource nor its provider names one")
        return self.provider_region

    def region_or_zone(self, fact: Fact) -> list[str]:
        """Words of a resource's location: two for a region, three for a zone."""
        return str(fact.read("location") or self.region(fact)).split("-")

    def home_region(self) -> str:
        """Region that answers users at home, as the root component recorded it.

        Raises:
            UnreadableInput: none is recorded, and the provider names none.
        """
        region = self.provider_region
        if self.root:
            region = self.root.recorded(f"regions.{self.root.recorded('home')}")
        if not isinstance(region, str):
            raise UnreadableInput("no home region is recorded")
        return region

    def load(self, name: str) -> Decimal:
        """A figure of the recorded load.

        Raises:
            UnreadableInput: no root component recorded it.
        """
        value = self.root.recorded(f"load.{name}") if self.root else None
        number = decimal(value)
        if not isinstance(number, Decimal):
            raise UnreadableInput(f"usage is not declared (load.{name})")
        return number

    def committed(self, what: str) -> bool:
        """Whether a one-year commitment is recorded for compute, sql or redis."""
        return bool(self.root) and self.root.recorded(f"commitments.{what}") == "1y"  # type: ignore[union-attr]

    def quota(self, cluster: str) -> tuple[Decimal, Decimal]:
        """Recorded vCPU and GiB quota of a cluster generation.

        Raises:
            UnreadableInput: none is recorded.
        """
        quota = self.root.recorded(f"quotas.{cluster}") if self.root else None
        vcpu, memory = (decimal(read(quota, key)) for key in ("vcpu", "memory_gib"))
        if not isinstance(vcpu, Decimal) or not isinstance(memory, Decimal):
            raise UnreadableInput(f"no quota is recorded for cluster {cluster}")
        return vcpu, memory

    @cached_property
    def pods(self) -> list[dict[str, Any]]:
        """Recorded workloads."""
        return list((self._workloads and self._workloads.recorded("pods")) or [])

    @cached_property
    def nodes(self) -> dict[tuple[str, str], dict[str, Any]]:
        """Recorded node counts by cluster generation and pool."""
        counts = (self._workloads and self._workloads.recorded("nodes")) or []
        return {(count["cluster"], count["pool"]): count for count in counts}

    @property
    def web_peak(self) -> Decimal:
        """Web replicas of the peak minute."""
        value = decimal(self._workloads.recorded("web_peak")) if self._workloads else None
        return value if isinstance(value, Decimal) else Decimal(0)

    def generation(self, name: str) -> str | None:
        """The recorded cluster generation that a cluster's name ends in."""
        recorded = {pod["cluster"] for pod in self.pods}
        if self.root:
            recorded |= set(self.root.recorded("quotas") or ())
        return next((key for key in sorted(recorded) if name.endswith(f"-{key}")), None)

    @cached_property
    def _places(self) -> dict[str, int]:
        return {
            fact.urn: place
            for same in self.facts.by_type.values()
            for place, fact in enumerate(same)
        }

    def place(self, fact: Fact) -> int:
        """Place among the resources of its type: some are priced together, or free at first."""
        return self._places[fact.urn]

    def share(self, fact: Fact) -> Decimal:
        """The part of a total that falls to one of several resources of a type."""
        return 1 / Decimal(len(self.facts.of_type(fact.type)))


def _unreadable(path: str, value: object) -> str:
    return f"{path} is not known yet" if value is UNKNOWN else f"{path} is not set"
