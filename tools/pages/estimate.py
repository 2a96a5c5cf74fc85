"""Prices: what the book holds, which types are priced and how, which cost nothing."""

from __future__ import annotations

import inspect
from collections import Counter
from typing import Final

from palier.cost import prices
from palier.cost.pricers import FREE, PRICERS
from palier.report.document import money, number
from tools.pages import PlanOf
from tools.pages.markdown import code, count, table

WORKED: Final = ("postgres-eu-1", "db-g1-small, zonal")
"""The line that the page works out by hand: the database of mvp."""


def worked_line(plan_of: PlanOf) -> str:
    """One line of a bill, with its arithmetic and where its price comes from."""
    plan = plan_of("mvp")
    line = next(
        line
        for line in plan.estimate.lines
        if (line.resource, line.item) == WORKED and line.bound == "expected"
    )
    return code(
        f"{line.resource}, {line.item}\n"
        f"{number(line.quantity)} {line.unit} x {number(line.unit_price_usd)} $"
        f" = {money(line.monthly_usd)} $\n"
        f"{money(line.monthly_usd)} $ x {plan.usd_rate} = {money(line.monthly)} € a month\n"
        f"price: {line.source}, {line.priced_on}, confidence {line.confidence}"
    )


def price_book(_: PlanOf) -> str:
    """Rows of the price book by service, with their days and confidence."""
    book = prices.default()
    services: dict[str, list[prices.Price]] = {}
    for row in book.rows:
        services.setdefault(row.service, []).append(row)
    rows = []
    for service, of_service in sorted(services.items()):
        confidence = Counter(row.confidence for row in of_service)
        days = sorted(row.day for row in of_service if row.day[:1].isdigit())
        rows.append(
            (
                service,
                count(len(of_service)),
                *(count(confidence[word]) for word in prices.CONFIDENCES),
                days[-1] if days else "undated",
            )
        )
    heads = ("service", "rows>", *(f"{word}>" for word in prices.CONFIDENCES), "newest source")
    said = (
        f"{count(len(book.rows))} rows. {len(book.evidence)} more are set aside because their"
        f" sources disagree with another row. A whole platform can be priced at home in"
        f" {', '.join(region for region in book.regions() if region.startswith(('europe', 'us')))}."
    )
    return f"{said}\n\n{table(heads, rows)}"


def priced_types(_: PlanOf) -> str:
    """Types that cost something, with what is charged."""
    rows = [
        (f"`{type_}`", (inspect.getdoc(pricer) or "").splitlines()[0])
        for type_, pricer in PRICERS.items()
    ]
    return table(("type", "what is charged"), rows)


def free_types(_: PlanOf) -> str:
    """Types that cost nothing, and why."""
    return table(("type", "why"), [(f"`{type_}`", reason) for type_, reason in FREE.items()])
