"""Each phase on the real engine: previewed, brought up, left alone, drifted, taken down."""

from __future__ import annotations

import builders
import pytest
from journeys import FIREWALL, SQL, Journeys, each_phase
from platforms import named

from palier.facts import STACK_TYPE

pytestmark = pytest.mark.engine


@each_phase
def test_the_first_preview_creates_what_the_plan_tells(journey: Journeys, phase: str) -> None:
    steps = journey(phase).preview["steps"]
    assert {step["op"] for step in steps} == {"create"}
    made = {step["urn"] for step in steps if step["newState"]["type"] != STACK_TYPE}
    assert made == set(builders.recorded(phase).by_urn)


@each_phase
def test_the_first_update_makes_all_of_it(journey: Journeys, phase: str) -> None:
    deployment = journey(phase).export["deployment"]
    made = {one["urn"] for one in deployment["resources"] if one["type"] != STACK_TYPE}
    beside = made - set(builders.recorded(phase).by_urn)
    assert {named(urn).partition("_")[0] for urn in beside} == {
        "pulumi:providers:random default"
    }, "the engine adds the providers that nobody wrote"
    assert made >= set(builders.recorded(phase).by_urn)
    assert not deployment.get("pending_operations")


@each_phase
def test_a_second_update_would_change_nothing(journey: Journeys, phase: str) -> None:
    assert journey(phase).again == {}


@each_phase
def test_a_refresh_shows_the_drift_that_was_made_and_no_other(
    journey: Journeys, phase: str
) -> None:
    seen = {named(urn).split()[0]: op for urn, op in journey(phase).drift.items()}
    assert seen == {SQL: "update", FIREWALL: "create"}
    assert len(journey(phase).drift) == 2


@each_phase
def test_a_teardown_lifts_protections_in_place(journey: Journeys, phase: str) -> None:
    assert set(journey(phase).teardown.values()) == {"update"}


@each_phase
def test_destroy_leaves_neither_a_state_nor_a_bill(journey: Journeys, phase: str) -> None:
    assert journey(phase).state_after == []
    assert journey(phase).cloud_after == []
