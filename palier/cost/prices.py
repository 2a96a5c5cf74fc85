"""The price book: list prices with their source, day and confidence, kept in `prices.csv`.

Rows whose attributes say `disagrees` are evidence that a source differs: kept apart, never a
price. Rows with a unit of `rule`, `fraction-off` and the like are rules. A price is asked for by
service, sku, region and attributes, and exactly one row must answer: nothing is ever guessed from
a neighbouring region.
"""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from functools import cache
from importlib.resources import files
from typing import IO, Final

from palier.errors import PalierError, one_of

COLUMNS: Final = (
    "service", "sku", "attributes", "region", "unit", "price_usd", "source", "source_date",
    "confidence",
)  # fmt: skip
CONFIDENCES: Final = ("high", "med", "low")
RULE_UNITS: Final = ("rule", "fraction-off", "fraction-on-top")
GLOBAL: Final = "global"
UNDATED: Final = ("undated", "n/a")
DAY: Final = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?(\.\.\d{4})?")


class MissingPrice(LookupError):  # noqa: N818 a finding, not a fault
    """No row, or more than one, answers: the resource is unpriced."""


@dataclass(frozen=True, kw_only=True)
class Price:
    """One row: dollars for one unit, and where that figure comes from."""

    service: str
    sku: str
    attributes: Mapping[str, str] = field(hash=False)
    region: str
    unit: str
    usd: Decimal
    source: str
    day: str
    confidence: str

    @property
    def is_rule(self) -> bool:
        """Whether the figure is a fraction or a rule, and no price."""
        return self.unit in RULE_UNITS


@dataclass(frozen=True, kw_only=True)
class PriceBook:
    """All rows, and those set apart as evidence."""

    rows: tuple[Price, ...]
    evidence: tuple[Price, ...]
    _index: dict[tuple[str, str], list[Price]] = field(repr=False)

    def price(self, service: str, sku: str, region: str, **attributes: str) -> Price:
        """The one price of a sku in a region; a row for `global` holds everywhere.

        Raises:
            MissingPrice: no row, or more than one, has these attributes.
        """
        named = self._index.get((service, sku), [])
        for place in (region, GLOBAL):
            found = [
                row for row in named if row.region == place and attributes.items()
                <= row.attributes.items()
            ]  # fmt: skip
            if len(found) == 1:
                return found[0]
            if found:
                raise MissingPrice(
                    f"{len(found)} rows answer {_asked(service, sku, attributes)} in {region}"
                )
        raise MissingPrice(f"no price of {_asked(service, sku, attributes)} in {region}")

    def regions(self) -> list[str]:
        """Regions with a price of Autopilot pods, on demand and spot.

        Those are the regions a whole platform can be priced in.
        """
        rows = self._index.get(("Google Kubernetes Engine", "autopilot-vcpu"), [])
        by_model = [
            {row.region for row in rows if row.attributes.get("model") == model}
            for model in ("ondemand", "spot")
        ]
        return sorted(set.intersection(*by_model))


def _asked(service: str, sku: str, attributes: Mapping[str, str]) -> str:
    details = ", ".join(f"{key} {value}" for key, value in attributes.items())
    return f"{service} {sku}" + (f" ({details})" if details else "")


@cache
def default() -> PriceBook:
    """The book that ships with palier."""
    with files("palier.cost").joinpath("prices.csv").open(encoding="utf-8") as file:
        return read(file, "prices.csv")


def read(file: IO[str], name: str) -> PriceBook:
    """Read and check a price book.

    Raises:
        PalierError: a column is missing, a row is incomplete, or a figure is none.
    """
    reader = csv.DictReader(file)
    if tuple(reader.fieldnames or ()) != COLUMNS:
        raise PalierError(f"{name} line 1: expected the columns {', '.join(COLUMNS)}")
    numbered = [(f"{name} line {reader.line_num}", row) for row in reader]
    placed = [(_row(row, where), where) for where, row in numbered]
    rows = [row for row, _ in placed]
    good = [row for row in rows if not _disagrees(row)]
    _refuse_twins((row, where) for row, where in placed if not _disagrees(row))
    index: dict[tuple[str, str], list[Price]] = defaultdict(list)
    for row in good:
        index[row.service, row.sku].append(row)
    return PriceBook(
        rows=tuple(good),
        evidence=tuple(row for row in rows if _disagrees(row)),
        _index=dict(index),
    )


def _disagrees(row: Price) -> bool:
    return any("disagrees" in key or "disagrees" in value for key, value in row.attributes.items())


def _row(row: dict[str, str], where: str) -> Price:
    missing = [column for column in COLUMNS if column != "attributes" and not row.get(column)]
    if missing:
        raise PalierError(f"{where}: incomplete row, missing {one_of(missing)}")
    if None in row:
        raise PalierError(f"{where}: more fields than the {len(COLUMNS)} columns")
    if row["confidence"] not in CONFIDENCES:
        raise PalierError(
            f"{where}: confidence must be {one_of(CONFIDENCES)}, got {row['confidence']!r}"
        )
    if not DAY.fullmatch(row["source_date"]) and row["source_date"] not in UNDATED:
        raise PalierError(f"{where}: source_date must be a day, got {row['source_date']!r}")
    try:
        usd = Decimal(row["price_usd"])
    except InvalidOperation:
        usd = Decimal("NaN")
    if not usd.is_finite() or usd < 0:
        raise PalierError(f"{where}: price_usd must be 0 or more, got {row['price_usd']!r}")
    return Price(
        service=row["service"], sku=row["sku"], attributes=_attributes(row["attributes"]),
        region=row["region"], unit=row["unit"], usd=usd, source=row["source"],
        day=row["source_date"], confidence=row["confidence"],
    )  # fmt: skip


def _attributes(text: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in text.split(";") if part.strip())
    return {key.strip(): value.strip() for key, _, value in pairs}


def _refuse_twins(rows: Iterable[tuple[Price, str]]) -> None:
    seen: set[tuple[str, ...]] = set()
    for row, where in rows:
        attributes = ";".join(f"{key}={value}" for key, value in sorted(row.attributes.items()))
        key = (row.service, row.sku, attributes, row.region)
        if key in seen:
            raise PalierError(f"{where}: two rows of {row.service} {row.sku} in {row.region}")
        seen.add(key)
