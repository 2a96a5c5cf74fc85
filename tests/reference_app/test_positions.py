"""The lag of a replica, told by where the primary was."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as some
from reference_app.lag import Positions, number


def positions(*seen: tuple[float, str], tolerance_s: float = 5) -> Positions:
    made = Positions(tolerance_s)
    for at, position in seen:
        made.note(at, position)
    return made


def test_positions_are_compared_as_numbers_and_not_as_texts() -> None:
    assert number("0/9000000") < number("0/10000000") < number("1/0") < number("A/0")


def test_a_replica_is_as_old_as_the_last_answer_of_the_primary_that_it_has_reached() -> None:
    seen = positions((100, "0/10"), (101, "0/20"), (102, "0/30"), (103, "0/40"))
    assert seen.lag("0/40") == 0
    assert seen.lag("0/3F") == 1
    assert seen.lag("0/25") == 2
    assert seen.lag("0/F") == math.inf


def test_a_replica_of_a_primary_that_writes_nothing_is_never_late() -> None:
    seen = positions(*((at, "0/10") for at in range(100, 200)))
    assert seen.lag("0/10") == 0


def test_a_replica_that_stands_still_while_the_primary_goes_on_gets_late() -> None:
    seen = positions((100, "0/10"))
    fresh = []
    for at in range(101, 110):
        seen.note(at, f"0/{at}")
        fresh.append(seen.fresh("0/10"))
    assert fresh == [True] * 5 + [False] * 4


def test_a_primary_is_never_late_and_a_replica_of_an_unknown_primary_always() -> None:
    assert positions().fresh(None)
    assert not positions().fresh("0/10")


def test_while_the_primary_does_not_answer_the_last_answer_counts() -> None:
    assert positions((100, "0/10")).fresh("0/10")


@given(some.lists(some.integers(0, 2**40), min_size=1, max_size=50), some.integers(0, 2**40))
def test_who_is_further_is_never_later(steps: list[int], reached: int) -> None:
    made = Positions(5)
    for at, step in enumerate(sorted(steps)):
        made.note(at, f"{step >> 32:X}/{step & 0xFFFFFFFF:X}")
    here, further = (f"{one >> 32:X}/{one & 0xFFFFFFFF:X}" for one in (reached, reached + 1))
    assert made.lag(further) <= made.lag(here)


def test_what_nobody_asks_for_any_more_is_forgotten() -> None:
    made = positions(*((at, f"0/{at:X}") for at in range(10_000)))
    assert len(made._seen) <= 21


@pytest.mark.parametrize("tolerance_s", [0.0, 1.0])
def test_the_tolerance_decides(tolerance_s: float) -> None:
    seen = positions((100, "0/10"), (101, "0/20"), tolerance_s=tolerance_s)
    assert seen.fresh("0/10") == (tolerance_s == 1)
