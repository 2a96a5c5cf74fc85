"""A plan as a table for a terminal of 100 columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from rich import box
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from palier.cost.estimate import BOUNDS, Estimate, LineItem
from palier.plan import Plan
from palier.report.document import money, number, unit_cost
from palier.report.findings import holding, holds
from palier.report.text import printable
from palier.verdicts import Status, Verdict

WIDTH: Final = 100
MARKS: Final = {"pass": ("✔", "green"), "fail": ("✘", "red"), "inconclusive": ("?", "yellow")}
THERE: Final = {
    "preview": "would exist after the update", "export": "exist", "checkpoint": "exist",
}  # fmt: skip
LOW: Final = "~"
"""Marks a line whose price is of low confidence."""


def render(plan: Plan, console: Console, more: Sequence[RenderableType] = ()) -> None:
    """Print a plan, and what else there is to say before it is judged."""
    console.print(Group(*_parts(plan, more)), soft_wrap=False)


def _parts(plan: Plan, more: Sequence[RenderableType]) -> list[RenderableType]:
    parts: list[RenderableType] = [_title(plan), _resources(plan), _lines(plan.estimate)]
    parts += _gaps(plan.estimate)
    parts.append(_bounds(plan))
    parts += more
    if plan.verdicts:
        parts.append(_verdicts(plan))
    parts += [_plain(remark) for remark in plan.notes]
    parts.append(_status(plan))
    return [Padding(part, (0, 0, 1, 0)) for part in parts]


def _title(plan: Plan) -> Text:
    text = Text(style="bold")
    if plan.source is not None:
        text.append(f"{printable(plan.source.file)} · {plan.source.kind} · ")
    text.append(f"{plan.phase or plan.stack}")
    if plan.users is not None:
        text.append(f" · {plan.users:,} users".replace(",", " "))
    text.append(f" · {plan.region} · 1 $ = {plan.usd_rate:f} € ({plan.rate_date})")
    if plan.phase is not None and plan.stack != plan.phase:
        text.append(f" · stack {plan.stack}")
    return text


def titled(title: str) -> Table:
    """A table as all of them are."""
    return Table(
        title=title, box=box.SIMPLE_HEAD, title_justify="left", title_style="bold",
        pad_edge=False, width=WIDTH,
    )  # fmt: skip


def add(table: Table, *cells: str | Text) -> None:
    """Add a row of plain texts: a bracket in a name is no style."""
    table.add_row(*(_plain(cell) if isinstance(cell, str) else cell for cell in cells))


def _plain(cell: str) -> Text:
    return Text("\n".join(map(printable, cell.split("\n"))))


def _resources(plan: Plan) -> Table:
    """What would be created, counted by component and type."""
    by_component: dict[str, Counter[str]] = {}
    for fact in plan.facts.resources:
        component = plan.facts.component_of(fact)
        short = fact.type.rsplit(":", 1)[-1]
        by_component.setdefault(component, Counter())[short] += 1
    words = THERE[plan.source.kind] if plan.source else "would be created"
    table = titled(f"{len(plan.facts.resources)} resources {words}")
    table.add_column("component")
    table.add_column("resources")
    table.add_column("n", justify="right")
    for component, types in sorted(by_component.items()):
        listed = ", ".join(
            f"{count} {name}" if count > 1 else name for name, count in sorted(types.items())
        )
        add(table, component, listed, str(types.total()))
    return table


def _lines(estimate: Estimate) -> Table:
    table = titled("Expected month, line by line")
    table.add_column("component")
    table.add_column("item", ratio=1)
    table.add_column("quantity", justify="right", no_wrap=True)
    table.add_column("unit", no_wrap=True)
    table.add_column("$/unit", justify="right", no_wrap=True)
    table.add_column("€/month", justify="right", no_wrap=True)
    low = False
    for line in _merged(estimate):
        mark = LOW if line.confidence == "low" else ""
        low = low or bool(mark)
        add(
            table, line.component, line.item, number(round(line.quantity, 3)), line.unit,
            f"{mark}{number(line.unit_price_usd)}", money(line.monthly),
        )  # fmt: skip
    if low:
        table.caption = f"{LOW} a price of low confidence; --format json has every price's source"
        table.caption_justify = "left"
    return table


def _merged(estimate: Estimate) -> list[LineItem]:
    """Expected lines; those of one component, item and price (thirty alert policies) as one."""
    merged: dict[tuple[object, ...], LineItem] = {}
    for line in estimate.lines:
        if line.bound != "expected":
            continue
        key = (line.component, line.item, line.unit, line.unit_price_usd)
        if key in merged:
            line = _sum(merged[key], line)  # noqa: PLW2901 the running sum takes its place
        merged[key] = line
    return sorted(merged.values(), key=lambda line: line.component)


def _sum(one: LineItem, other: LineItem) -> LineItem:
    return replace(
        one,
        quantity=one.quantity + other.quantity,
        monthly_usd=one.monthly_usd + other.monthly_usd,
        monthly=one.monthly + other.monthly,
    )


def _gaps(estimate: Estimate) -> list[RenderableType]:
    if estimate.complete:
        return []
    table = titled("Not priced: no total below is complete")
    table.add_column("resource")
    table.add_column("why", ratio=1)
    table.add_column("kind")
    for gap in estimate.gaps:
        add(table, gap.resource, gap.reason, gap.kind)
    return [table]


def _bounds(plan: Plan) -> Table:
    estimate = plan.estimate
    table = titled("Total a month")
    table.add_column("")
    for bound in BOUNDS:
        table.add_column(bound, justify="right")
    add(table, "€", *[money(estimate.sum(bound)) for bound in BOUNDS])
    add(table, "$", *[money(estimate.sum_usd(bound)) for bound in BOUNDS])
    if plan.per_user is not None:
        at_cap = plan.per_user_at_cap
        add(table, "€/user now", "", unit_cost(plan.per_user), "")
        add(table, "€/user at the cap", "", "?" if at_cap is None else unit_cost(at_cap), "")
    table.caption = (
        f"priced {estimate.priced} of {estimate.total} resources, {len(estimate.free)} types are"
        " free; floor: nothing but the minimum runs, ceiling: everything at its maximum"
    )
    table.caption_justify = "left"
    return table


def _verdicts(plan: Plan) -> Table:
    """All limits; rules only where something is to be said, and how many of them hold."""
    table = titled("Verdicts")
    table.add_column("")
    table.add_column("rule", no_wrap=True)
    table.add_column("arithmetic", ratio=1)
    for verdict in plan.verdicts:
        if verdict.limit is not None or not holds(verdict):
            add(table, _mark(verdict.status), _named(verdict),
                f"{verdict.message}\n{verdict.source}")  # fmt: skip
    for said in holding(plan.verdicts):
        add(table, _mark("pass"), *said)
    return table


def _named(verdict: Verdict) -> str:
    advisory = "" if verdict.level == "mandatory" else " (advisory)"
    waived = verdict.status == "pass" and any(finding.waived for finding in verdict.findings)
    return f"{verdict.rule}{advisory}{' (waived)' if waived else ''}"


def _mark(status: Status) -> Text:
    mark, style = MARKS[status]
    return Text(mark, style=style)


def _status(plan: Plan) -> Text:
    mark, style = MARKS[plan.status]
    return Text(f"{mark} {plan.status}", style=f"bold {style}")
