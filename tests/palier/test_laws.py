"""Laws across phases: what a growing startup may rely on, tried on the phases as they are shipped.

Cost is read at each phase's first and last number of users and at the reference points between.
"""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from statistics import correlation, linear_regression, median
from typing import Final

import builders
import fact_builders as facts
import pytest

from palier import phases
from palier.cost.estimate import BOUNDS

CAPS: Final = tuple((phase.name, phase.max_users) for phase in phases.PHASES.values())
POINTS: Final = {
    phase.name: (phase.min_users, *(users for name, users in builders.PHASE_USERS
                                    if name == phase.name))
    for phase in phases.PHASES.values()
}  # fmt: skip
"""User counts at which each phase is tried, rising."""
CEILING_PHASES: Final = ("mvp", "traction", "scale")
CEILING_OVER_CAP: Final = Decimal("1.2")
MONTHLY_CAPS: Final = {
    ("mvp", 50): "100",
    ("traction", 100): "200",
    ("scale", 50_000): "500",
    ("growth", 1_000_000): "21666.7",
    ("hypergrowth", 11_000_000): "62500",
}
"""What the documents allow at the caps, euros a month."""
AFFINE_FROM: Final = 50_000
LEAST_R2: Final = 0.98
STEEPEST_OVER_MEDIAN: Final = 2.5


def expected(phase: str, users: int) -> Decimal:
    return facts.euros(phase, users).sum("expected")


def unit_cost(phase: str, users: int) -> Decimal:
    return expected(phase, users) / users


def test_the_checkpoints_end_where_their_phase_ends() -> None:
    for phase, users in CAPS:
        assert POINTS[phase][-1] == users, f"{phase} must be tried at its cap"


# --- law 1: cost never falls --------------------------------------------------------------------


def test_cost_never_falls_from_the_cap_of_a_phase_to_the_cap_of_the_next() -> None:
    for below, above in pairwise(CAPS):
        assert expected(*above) >= expected(*below), f"{above} costs less than {below}"


@pytest.mark.parametrize("phase", builders.PHASES)
def test_cost_never_falls_within_a_phase_as_users_grow(phase: str) -> None:
    for bound in BOUNDS:
        bills = [(users, facts.euros(phase, users).sum(bound)) for users in POINTS[phase]]
        for (few, before), (many, after) in pairwise(bills):
            assert after >= before, f"{phase}: {bound} falls between {few} and {many} users"


def test_cost_never_falls_at_a_climb() -> None:
    for below, above in pairwise(phases.PHASES.values()):
        before = expected(below.name, below.max_users)
        after = expected(above.name, above.min_users)
        assert after >= before, f"the climb to {above.name} buys more, and costs more"


NEVER_LESS: Final = ("total", "web", "sql", "disk", "redis")


def needs(phase: str, users: int) -> dict[str, Decimal]:
    """Quantities a platform needs in all: resources, pods and nodes, memory and disk of data."""
    made = facts.recorded(phase, users)
    sql = made.of_type(facts.SQL)
    workloads = made.of_type("palier:platform:Workloads")[0]
    return {
        "total": Decimal(len(made.resources)),
        "web": Decimal(str(workloads.recorded("web_peak"))),
        "sql": Decimal(len(sql)),
        "disk": sum((Decimal(str(item.read("settings.diskSize"))) for item in sql), Decimal(0)),
        "redis": sum(
            (Decimal(str(item.read("memorySizeGb"))) for item in made.of_type(facts.REDIS)),
            Decimal(0),
        ),
    }


def test_the_total_needed_of_anything_never_falls_from_cap_to_cap() -> None:
    for below, above in pairwise(CAPS):
        before, after = needs(*below), needs(*above)
        for what in NEVER_LESS:
            assert after[what] >= before[what], f"{above} has less {what} than {below}"


# --- law 2: cost per user falls -----------------------------------------------------------------


def test_cost_per_user_falls_strictly_at_the_caps() -> None:
    for below, above in pairwise(CAPS):
        assert unit_cost(*above) < unit_cost(*below), (
            f"a user of {above} must cost less than a user of {below}: the documents demand it"
        )


def test_cost_per_user_falls_strictly_at_the_reference_points() -> None:
    for below, above in pairwise(builders.PHASE_USERS):
        before, after = unit_cost(*below), unit_cost(*above)
        assert after < before, f"{above}: {after:.5f} €, and {before:.5f} € at {below}"


def test_cost_per_user_rises_just_after_a_climb_and_nobody_hides_it() -> None:
    for below, above in pairwise(phases.PHASES.values()):
        before = unit_cost(below.name, below.max_users)
        after = unit_cost(above.name, above.min_users)
        assert after > before, f"{above.name} pays off at once: say so, and drop its break-even"


# --- law 3: every phase within its own budget ---------------------------------------------------


@pytest.mark.parametrize(("phase", "users"), CAPS)
def test_a_phase_at_its_cap_is_within_the_documents_budget(phase: str, users: int) -> None:
    bill, cap = expected(phase, users), Decimal(MONTHLY_CAPS[phase, users])
    assert bill <= cap, f"{phase} costs {bill:.2f} € at {users} users, {cap} € are allowed"


@pytest.mark.parametrize(("phase", "users"), builders.PHASE_USERS)
def test_a_phase_passes_every_mandatory_limit_with_the_config_it_ships_with(
    phase: str, users: int
) -> None:
    plan = facts.planned(phase, users)
    failed = [
        f"{verdict.rule}: {verdict.message}"
        for verdict in plan.verdicts
        if verdict.level == "mandatory" and verdict.status != "pass"
    ]
    assert not failed, f"{phase} at {users} users breaks its own budget: {failed}"
    assert plan.status == "pass"
    assert any(verdict.level == "mandatory" for verdict in plan.verdicts)


@pytest.mark.parametrize("phase", CEILING_PHASES)
def test_the_worst_month_is_at_most_a_fifth_over_the_cap(phase: str) -> None:
    users = phases.get(phase).max_users
    worst = facts.euros(phase, users).sum("ceiling")
    cap = Decimal(MONTHLY_CAPS[phase, users])
    assert worst <= cap * CEILING_OVER_CAP, f"{phase}: {worst:.2f} € of {cap} € × 1.2"


@pytest.mark.parametrize("phase", builders.PHASES)
def test_the_shipped_config_of_a_phase_is_for_its_cap(phase: str) -> None:
    users = builders.stack_config(phase)["palier:users"]
    assert users == str(phases.get(phase).max_users), "the ready-made bill is that of the cap"


# --- the curve is affine ------------------------------------------------------------------------


def _curve() -> tuple[list[float], list[float]]:
    points = [(phase, users) for phase, users in builders.PHASE_USERS if users >= AFFINE_FROM]
    users = [float(count) for _, count in points]
    return users, [float(expected(*point)) for point in points]


def test_cost_is_an_affine_function_of_users_from_fifty_thousand_on() -> None:
    users, euros = _curve()
    slope, intercept = linear_regression(users, euros)
    r2 = correlation(users, euros) ** 2
    assert r2 >= LEAST_R2, f"cost ≈ {intercept:.0f} € + {slope:.5f} € × users fits with R² {r2:.4f}"
    assert slope > 0
    assert intercept > 0, "a fixed part is what makes a user cheaper as users come"


def test_no_step_of_the_curve_is_far_steeper_than_the_others() -> None:
    users, euros = _curve()
    slopes = [
        (after - before) / (many - few)
        for (few, many), (before, after) in zip(pairwise(users), pairwise(euros), strict=True)
    ]
    assert max(slopes) <= STEEPEST_OVER_MEDIAN * median(slopes), f"€ a further user: {slopes}"
