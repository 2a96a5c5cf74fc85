"""The reference table is fresh, and a phase pays off where it says.

`palier/reference.json` is generated from the program. When one of these tests fails after a change
of a size, a price or the load, `make reference` writes it anew; read what changed.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any, Final

import builders
import fact_builders as facts
import pytest

from palier import phases, reference
from palier.cost.estimate import BOUNDS
from palier.reference import BreakEven, Point, Reference

REFRESH: Final = "palier/reference.json is stale: run `make reference` and review what changed"
CLIMBED: Final = builders.PHASES[1:]
BEFORE_BREAK_EVEN: Final = Decimal("0.98")
CENT: Final = Decimal("0.01")


def stored() -> Any:
    return json.loads((builders.ROOT / "palier" / "reference.json").read_text(encoding="utf-8"))


def test_the_table_has_every_phase_from_its_first_to_its_last_user() -> None:
    table = reference.default()
    for name in builders.PHASES:
        phase = phases.get(name)
        assert table.at_entry(name).users == phase.min_users, REFRESH
        assert table.at_cap(name).users == phase.max_users, REFRESH
    checkpoints = {(point.phase, point.users) for point in table.points}
    assert set(builders.PHASE_USERS) <= checkpoints, REFRESH


def test_the_table_is_for_the_region_the_ready_made_stacks_are_in() -> None:
    for phase in builders.PHASES:
        assert builders.stack_config(phase)["gcp:region"] == reference.default().region, REFRESH


@pytest.mark.parametrize("phase", builders.PHASES)
@pytest.mark.parametrize("end", ["at_entry", "at_cap"])
def test_a_stored_bill_is_what_the_program_costs_today(phase: str, end: str) -> None:
    point: Point = getattr(reference.default(), end)(phase)
    row = next(
        row for row in stored()["points"] if (row["phase"], row["users"]) == (phase, point.users)
    )
    made = facts.euros(phase, point.users)
    assert {bound: row[f"{bound}_usd"] for bound in BOUNDS} == {
        bound: str(made.sum_usd(bound).quantize(CENT)) for bound in BOUNDS
    }, f"{phase} at {point.users} users: {REFRESH}"


def test_stored_amounts_are_plain_decimal_texts() -> None:
    for row in stored()["points"]:
        for bound in BOUNDS:
            text = row[f"{bound}_usd"]
            assert isinstance(text, str), "a float would not keep the cents"
            assert re.fullmatch(r"\d+\.\d\d", text), f"expected dollars and cents, got {text}"


# --- break-evens --------------------------------------------------------------------------------


def break_even(phase: str) -> BreakEven:
    even = reference.default().break_even(phase)
    assert even is not None, f"the climb to {phase} must say when it pays off"
    return even


def unit_cost(phase: str, users: int) -> Decimal:
    return facts.euros(phase, users).sum("expected") / users


def cap_below(phase: str) -> Decimal:
    below = phases.preceding(phases.get(phase))
    assert below is not None
    return unit_cost(below.name, below.max_users)


@pytest.mark.parametrize("phase", CLIMBED)
def test_from_its_break_even_on_a_phase_is_cheaper_per_user_than_the_cap_below(phase: str) -> None:
    even = break_even(phase)
    assert unit_cost(phase, even.last) < cap_below(phase), REFRESH


@pytest.mark.parametrize("phase", CLIMBED)
def test_just_before_its_break_even_a_phase_is_not_cheaper_yet(phase: str) -> None:
    users = int(break_even(phase).first * BEFORE_BREAK_EVEN)
    assert unit_cost(phase, users) >= cap_below(phase), REFRESH


@pytest.mark.parametrize("phase", CLIMBED)
def test_a_break_even_lies_within_its_phase(phase: str) -> None:
    even, row = break_even(phase), phases.get(phase)
    assert row.min_users <= even.first <= even.last <= row.max_users, REFRESH


def test_the_lowest_phase_has_no_climb_to_pay_off() -> None:
    assert reference.default().break_even("mvp") is None


# --- the table itself ---------------------------------------------------------------------------


def point(phase: str, users: int) -> Point:
    return Point(
        phase=phase, users=users, floor_usd=Decimal(1), expected_usd=Decimal(users),
        ceiling_usd=Decimal(9),
    )  # fmt: skip


TABLE: Final = Reference(
    region="europe-west1",
    points=(point("scale", 50_000), point("scale", 101), point("scale", 10_000), point("mvp", 50)),
    break_evens=(BreakEven(phase="scale", first=296, last=300),),
)


def test_entry_and_cap_are_the_ends_whatever_the_order_of_the_file() -> None:
    assert TABLE.at_entry("scale").users == 101
    assert TABLE.at_cap("scale").users == 50_000


@pytest.mark.parametrize(
    ("users", "found"),
    [(50, 101), (101, 101), (9_999, 101), (10_000, 10_000), (49_999, 10_000), (60_000, 50_000)],
)
def test_the_point_below_some_users_is_the_nearest_that_is_not_above_them(
    users: int, found: int
) -> None:
    assert TABLE.below("scale", users).users == found


def test_a_break_even_is_found_by_its_phase() -> None:
    assert TABLE.break_even("scale") == BreakEven(phase="scale", first=296, last=300)
    assert TABLE.break_even("mvp") is None
