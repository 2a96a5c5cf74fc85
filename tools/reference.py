"""Write `palier/reference.json`: the shipped phases' bills, and where each climb breaks even.

Run with `make reference` after a change of a size, a price or the load model. Every figure comes
from the program itself, recorded and priced as `palier plan` does.
"""

from __future__ import annotations

import json
import math
import sys
from decimal import Decimal
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from palier import phases, recorder
from palier.cost import prices
from palier.cost.estimate import BOUNDS, Estimate, estimate
from palier.phases import Phase
from palier.project import find

ROOT: Final = Path(__file__).parent.parent
FILE: Final = ROOT / "palier" / "reference.json"
CENT: Final = Decimal("0.01")
GRID: Final = 28
"""Points tried, evenly in log(users), to find on which sides of a crossing to look."""
NEAR: Final = Decimal("0.02")
FINE: Final = 12
"""Points tried between those sides, and wherever the cost is that near."""


@cache
def bill(phase: str, users: int) -> Estimate:
    """The estimate of a ready-made stack, in dollars."""
    project = find(ROOT)
    config = project.config(phase) | {"palier:users": str(users)}
    facts = recorder.record_project(project, phase, config)
    return estimate(facts, prices.default(), "USD", Decimal(1))


def unit_cost(phase: str, users: int) -> Decimal:
    """Expected dollars a user."""
    return bill(phase, users).sum("expected") / users


def point(phase: Phase, users: int) -> dict[str, Any]:
    """One row of the table."""
    made = bill(phase.name, users)
    sums = {f"{bound}_usd": str(made.sum(bound).quantize(CENT)) for bound in BOUNDS}
    return {"phase": phase.name, "users": users, **sums}


def crossings(phase: Phase, below: Phase) -> tuple[int, int]:
    """The first and the last number of users from which `phase` is cheaper per user.

    Cheaper than `below` at its cap. Tiers step up in between, so there can be several crossings.
    """
    level = unit_cost(below.name, below.max_users)
    low, high = phase.min_users, phase.max_users
    grid = sorted(
        {
            *(round(low * (high / low) ** (step / GRID)) for step in range(GRID + 1)),
            *(near for step in phase.steps for near in (step - 1, step) if low <= near <= high),
        }
    )
    found = [
        _bisect(phase, level, dear, cheap)
        for ends in pairwise(grid)
        if _near(phase, level, *ends)
        for dear, cheap in _turns(phase, level, _between(*ends))
    ]
    if unit_cost(phase.name, low) < level:
        found.insert(0, low)
    if not found or unit_cost(phase.name, high) >= level:
        sys.exit(f"{phase.name} never becomes cheaper per user than {below.name} at its cap")
    return found[0], found[-1]


def _near(phase: Phase, level: Decimal, low: int, high: int) -> bool:
    """Whether a crossing may lie between: a node more is a step up, and can be crossed again."""
    costs = [unit_cost(phase.name, users) / level for users in (low, high)]
    return min(costs) < 1 <= max(costs) or any(abs(cost - 1) < NEAR for cost in costs)


def _turns(phase: Phase, level: Decimal, grid: list[int]) -> list[tuple[int, int]]:
    """Neighbours on a grid of which the first is dearer than a level and the second cheaper."""
    return [
        (dear, cheap)
        for dear, cheap in pairwise(grid)
        if unit_cost(phase.name, dear) >= level > unit_cost(phase.name, cheap)
    ]


def _between(low: int, high: int) -> list[int]:
    """A finer grid from one number of users to another."""
    return sorted({low + (high - low) * step // FINE for step in range(FINE + 1)})


def _bisect(phase: Phase, level: Decimal, dear: int, cheap: int) -> int:
    while cheap - dear > max(1, math.floor(dear / 1000)):
        middle = (dear + cheap) // 2
        if unit_cost(phase.name, middle) < level:
            cheap = middle
        else:
            dear = middle
    return cheap


def main() -> None:
    """Compute the table and write it."""
    rows = list(phases.PHASES.values())
    points = [
        point(phase, users) for phase in rows for users in (phase.min_users, *phase.checkpoints)
    ]
    break_evens = []
    for below, phase in pairwise(rows):
        first, last = crossings(phase, below)
        break_evens.append({"phase": phase.name, "first": first, "last": last})
    project = find(ROOT)
    table = {
        "region": project.config("mvp")["gcp:region"],
        "points": points,
        "break_evens": break_evens,
    }
    FILE.write_text(json.dumps(table, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
