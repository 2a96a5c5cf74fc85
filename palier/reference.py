"""The reference table: what the shipped phases cost, so that one phase can be held to another.

Generated from the program itself (`make reference`), for the region, the rate and the load that
it names; a test recomputes it. It answers what a plan of one phase cannot: the unit cost of the
phase below, the price of the phase above, and from how many users that one is cheaper per user.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Final

REFERENCE_FILE: Final = "reference.json"


@dataclass(frozen=True, kw_only=True)
class Point:
    """The bill of a phase at a number of users, US dollars a month."""

    phase: str
    users: int
    floor_usd: Decimal
    expected_usd: Decimal
    ceiling_usd: Decimal


@dataclass(frozen=True, kw_only=True)
class BreakEven:
    """From how many users on a phase costs less per user than the cap of the one below.

    `first` is the first crossing; tiers step up after it, so `last` is the one that lasts.
    """

    phase: str
    first: int
    last: int


@dataclass(frozen=True, kw_only=True)
class Reference:
    """The whole table."""

    region: str
    points: tuple[Point, ...]
    break_evens: tuple[BreakEven, ...]

    def at_cap(self, phase: str) -> Point:
        """The point of a phase with the most users."""
        return max(self._of(phase), key=lambda point: point.users)

    def at_entry(self, phase: str) -> Point:
        """The point of a phase with the fewest users: just after the climb."""
        return min(self._of(phase), key=lambda point: point.users)

    def below(self, phase: str, users: int) -> Point:
        """The point of a phase with the most users that are not above `users`."""
        points = [point for point in self._of(phase) if point.users <= users]
        return max(points, key=lambda point: point.users) if points else self.at_entry(phase)

    def break_even(self, phase: str) -> BreakEven | None:
        """The break-even of the climb to a phase."""
        return next((item for item in self.break_evens if item.phase == phase), None)

    def _of(self, phase: str) -> list[Point]:
        return [point for point in self.points if point.phase == phase]


@cache
def default() -> Reference:
    """The table that ships with palier."""
    text = files("palier").joinpath(REFERENCE_FILE).read_text(encoding="utf-8")
    content = json.loads(text)
    return Reference(
        region=content["region"],
        points=tuple(
            Point(
                phase=point["phase"], users=point["users"],
                **{key: Decimal(point[key]) for key in ("floor_usd", "expected_usd",
                                                        "ceiling_usd")},
            )
            for point in content["points"]
        ),
        break_evens=tuple(BreakEven(**item) for item in content["break_evens"]),
    )  # fmt: skip
