"""What an update does, as parts of a check's table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.table import Table
from rich.text import Text

from palier.report import changes
from palier.report.document import money
from palier.report.table import add, titled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import RenderableType

    from palier.check import Update
    from palier.operations import Safety, Touched
    from palier.plan import Plan

STYLES: Final[dict[Safety, str]] = {"untouched": "green", "in place": "yellow", "at risk": "red"}
MOST: Final = 50
"""Rows that a table has before it counts the rest."""


def parts(plan: Plan, update: Update) -> list[RenderableType]:
    """What changes in cost and in resources, and what happens to data."""
    told: list[RenderableType] = [_cost(plan, update)]
    stateful = changes.stateful(update.touched)
    counted = f"Resources of the update: {changes.counted(update.touched)}"
    told.append(_stateful(stateful, counted) if stateful else Text(f"{counted}."))
    safety = Text(f"Data: {update.safety}", style=f"bold {STYLES[update.safety]}")
    return [*told, safety.append(f" ({changes.SAFETY[update.safety]})", style="not bold default")]


def _cost(plan: Plan, update: Update) -> Table:
    table = titled("What the update changes, € a month expected")
    table.add_column("component", ratio=1)
    for name in ("now", "after", "change"):
        table.add_column(name, justify="right", no_wrap=True)
    found = changes.components(plan, update)
    for name, one in found[:MOST]:
        add(table, name, money(one.before), money(one.after), changes.signed(one.amount))
    _add_rest(table, len(found))
    total = changes.bill(plan, update)
    add(table, "in all", money(total.before), money(total.after), changes.signed(total.amount))
    if not (update.before.complete and plan.estimate.complete):
        table.caption = "not all is priced: this is the change of what is"
        table.caption_justify = "left"
    return table


def _stateful(stateful: Sequence[Touched], counted: str) -> Table:
    table = titled(f"{counted}; these hold data")
    table.add_column("resource")
    table.add_column("type", style="dim")
    table.add_column("what happens", ratio=1)
    for one in stateful[:MOST]:
        add(table, one.name, one.type.rsplit(":", 1)[-1], changes.told(one))
    _add_rest(table, len(stateful))
    return table


def _add_rest(table: Table, rows: int) -> None:
    if rows > MOST:
        add(table, f"and {rows - MOST} more")
