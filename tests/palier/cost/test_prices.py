"""The price book: every figure has a source, exactly one row answers, and nothing is guessed."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from io import StringIO

import pytest

from palier.cost import prices
from palier.cost.prices import CONFIDENCES, MissingPrice, PriceBook
from palier.errors import PalierError

HEADER = "service,sku,attributes,region,unit,price_usd,source,source_date,confidence"
GOOD = "Cloud NAT,data-processed,,global,GiB,0.045,a price list,2026-07-30,high"


def book(*rows: str, header: str = HEADER) -> PriceBook:
    """A book of these rows, in a file that messages call `book.csv`."""
    return prices.read(StringIO("\n".join((header, *rows)) + "\n"), "book.csv")


def redis_row(region: str, price: str, attributes: str = "tier=BASIC;capacity_tier=M1") -> str:
    return f"Redis,capacity,{attributes},{region},GiB-hour,{price},a price list,2026-07-30,high"


def test_every_row_of_the_shipped_book_says_where_its_figure_comes_from() -> None:
    shipped = prices.default()
    assert len(shipped.rows) > 2000, "the shipped book must hold the whole price list"
    for row in (*shipped.rows, *shipped.evidence):
        assert row.source.strip(), f"a price without a source is a rumour: {row}"
        assert row.day, f"a price without a date cannot be checked again: {row}"
        assert row.confidence in CONFIDENCES, f"a price must say how sure it is: {row}"


def test_the_shipped_book_prices_whole_platforms_in_the_seven_regions_it_lists() -> None:
    offered = prices.default().regions()
    assert offered == [
        "europe-west1", "europe-west3", "europe-west4", "europe-west9",
        "us-central1", "us-east1", "us-east4",
    ], "what is offered must have the prices of pods, spot ones too"  # fmt: skip


def test_a_row_that_disagrees_is_kept_as_evidence_and_never_answers() -> None:
    shipped = prices.default()
    assert shipped.evidence, "the shipped book keeps what other sources said"
    for row in shipped.rows:
        said = f"{dict(row.attributes)}"
        assert "disagrees" not in said, f"evidence must not be among the prices: {row}"
    disk = shipped.price(
        "Cloud SQL for PostgreSQL", "storage", "europe-west1", edition="ENTERPRISE",
        availability="ZONAL", type="PD_SSD",
    )  # fmt: skip
    assert disk.usd == Decimal("0.17"), "the row that says 0.187 disagrees, and is no price"


def test_evidence_alone_is_no_price() -> None:
    only_evidence = book(redis_row("europe-west1", "0.049", "note=disagrees with 0.051"))
    with pytest.raises(MissingPrice):
        only_evidence.price("Redis", "capacity", "europe-west1")


def test_a_region_answers_for_itself_and_never_for_its_neighbour() -> None:
    one_region = book(redis_row("europe-west1", "0.051"))
    assert one_region.price("Redis", "capacity", "europe-west1").usd == Decimal("0.051")
    for neighbour in ("europe-west2", "europe-west10", "europe-west", "europe"):
        with pytest.raises(MissingPrice, match=rf" in {neighbour}$"):
            one_region.price("Redis", "capacity", neighbour)


def test_a_global_row_answers_everywhere_unless_the_region_has_its_own() -> None:
    both = book(redis_row("global", "0.05"), redis_row("europe-west1", "0.06"))
    assert both.price("Redis", "capacity", "us-east1").usd == Decimal("0.05")
    assert both.price("Redis", "capacity", "europe-west1").usd == Decimal("0.06")


def test_a_price_is_asked_for_by_some_of_its_attributes() -> None:
    two = book(
        redis_row("global", "0.05", "tier=BASIC;capacity_tier=M1"),
        redis_row("global", "0.03", "tier=BASIC;capacity_tier=M2"),
    )
    assert two.price("Redis", "capacity", "us-east1", capacity_tier="M2").usd == Decimal("0.03")


def test_a_question_that_two_rows_answer_names_what_was_asked_and_where() -> None:
    two = book(
        redis_row("europe-west1", "0.05", "tier=BASIC;capacity_tier=M1"),
        redis_row("europe-west1", "0.03", "tier=BASIC;capacity_tier=M2"),
    )
    with pytest.raises(MissingPrice) as missing:
        two.price("Redis", "capacity", "europe-west1", tier="BASIC")
    said = str(missing.value)
    assert said.startswith("2 rows answer"), "taking the first of two rows would be a guess"
    for part in ("Redis", "capacity", "tier BASIC", "europe-west1"):
        assert part in said, f"{part} was asked for and must be named: {said}"


def test_a_question_that_no_row_answers_names_what_was_asked_and_where() -> None:
    with pytest.raises(MissingPrice) as missing:
        book(GOOD).price("Redis", "capacity", "europe-north1", tier="BASIC", capacity_tier="M1")
    said = str(missing.value)
    for part in ("Redis", "capacity", "tier BASIC", "capacity_tier M1", "europe-north1"):
        assert part in said, f"{part} was asked for and must be named: {said}"


@dataclass(frozen=True)
class Broken:
    """A row that no book may have, and what the message must say of it."""

    row: str
    says: str


BROKEN = {
    "a price that is a word": Broken(GOOD.replace("0.045", "cheap"), "'cheap'"),
    "no price": Broken(GOOD.replace("0.045", ""), "price_usd"),
    "a negative price": Broken(GOOD.replace("0.045", "-0.045"), "'-0.045'"),
    "a price that is not a number": Broken(GOOD.replace("0.045", "NaN"), "'NaN'"),
    "an infinite price": Broken(GOOD.replace("0.045", "Infinity"), "'Infinity'"),
    "no source": Broken(GOOD.replace("a price list", ""), "source"),
    "no date": Broken(GOOD.replace("2026-07-30", ""), "source_date"),
    "a date that is a word": Broken(GOOD.replace("2026-07-30", "lately"), "'lately'"),
    "a confidence of its own": Broken(GOOD.replace("high", "sure"), "high, med or low"),
    "no region": Broken(GOOD.replace("global", ""), "region"),
    "too few columns": Broken("Cloud NAT,data-processed", "region"),
    "too many columns": Broken(GOOD + ",more", "more"),
    "the same row again": Broken(GOOD, "two rows of Cloud NAT data-processed in global"),
    "the same row at another price": Broken(
        GOOD.replace("0.045", "0.05"), "two rows of Cloud NAT data-processed in global"
    ),
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN.keys())
def test_a_row_no_book_may_have_is_refused_with_its_file_and_line(broken: Broken) -> None:
    with pytest.raises(PalierError) as refused:
        book(GOOD, broken.row)
    said = str(refused.value)
    assert said.startswith("book.csv line 3: "), f"the reader must find the row: {said}"
    assert broken.says in said, f"the message must say what is wrong there: {said}"
    assert "\n" not in said, "a user's mistake is one line"


@pytest.mark.parametrize(
    "header",
    [
        HEADER.replace("confidence", "trust"),
        HEADER.removesuffix(",confidence"),
        HEADER + ",note",
        "",
    ],
    ids=["renamed", "missing", "one more", "empty file"],
)
def test_a_file_with_other_columns_is_refused_with_the_columns_it_needs(header: str) -> None:
    with pytest.raises(PalierError) as refused:
        prices.read(StringIO(header + "\n" if header else ""), "book.csv")
    said = str(refused.value)
    assert said.startswith("book.csv line 1: "), f"the reader must find the header: {said}"
    assert "source_date" in said, "the message must list the columns"
    assert "\n" not in said, "a user's mistake is one line"


def test_a_month_a_year_or_no_known_day_are_dates_a_source_can_have() -> None:
    for day in ("2026", "2026-08", "2026-08-22", "2024..2026", "undated"):
        kept = book(GOOD.replace("2026-07-30", day)).rows[0].day
        assert kept == day, "a date is kept as the source gives it, never made more precise"


def test_the_same_attributes_in_another_order_are_the_same_row() -> None:
    with pytest.raises(PalierError, match="two rows of Redis capacity"):
        book(
            redis_row("global", "0.05", "tier=BASIC;capacity_tier=M1"),
            redis_row("global", "0.06", "capacity_tier=M1; tier=BASIC"),
        )


def test_rules_and_fractions_are_told_from_prices() -> None:
    shipped = prices.default()
    discount = shipped.price("Compute Engine", "sustained-use-discount", "global", family="n2d")
    assert discount.is_rule, "a fraction off is no amount of dollars"
    hourly = shipped.price("Google Kubernetes Engine", "cluster-management-fee", "global")
    assert not hourly.is_rule
