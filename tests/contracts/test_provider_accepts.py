"""Everything that a phase registers passes the Check of the real provider, as its schema tells it.

In a preview one unknown silences every check of the object it is in, so each phase is looked at
twice: as a preview shows it, and as an update does, with ids and addresses known.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import builders
import known_cloud
import pytest

from palier.facts import UNKNOWN, Fact, Facts
from palier.provider import schema

STACKS: tuple[tuple[str, int | None], ...] = (
    *((phase, None) for phase in builders.PHASES),
    ("hypergrowth", 5_000_000),
)
each_stack = pytest.mark.parametrize(("phase", "users"), STACKS)


def recorded(phase: str, users: int | None) -> Facts:
    """A stack in a preview; the shared recording where it has one."""
    return builders.recorded(phase) if users is None else builders.recorded(phase, users)


def updated(phase: str, users: int | None) -> Facts:
    """A stack in an update."""
    return known_cloud.updated(phase) if users is None else known_cloud.updated(phase, users)


def refused(facts: Facts) -> list[str]:
    """What the provider would refuse, with the resource it refuses it of."""
    return [
        f"{fact.type} {fact.name}: {failure.path}: {failure.reason}"
        for fact in facts.resources
        if fact.type.startswith("gcp:")
        for failure in schema.check(fact.type, fact.inputs)
    ]


def unknowns(value: Any, path: str) -> Iterator[str]:
    """Paths below which nothing is known."""
    if value is UNKNOWN:
        yield path
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from unknowns(item, f"{path}.{key}")
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from unknowns(item, f"{path}[{place}]")


@each_stack
def test_the_provider_accepts_a_phase_in_a_preview(phase: str, users: int | None) -> None:
    assert refused(recorded(phase, users)) == []


@each_stack
def test_the_provider_accepts_a_phase_in_an_update(phase: str, users: int | None) -> None:
    assert refused(updated(phase, users)) == []


@each_stack
def test_nothing_is_unknown_in_an_update(phase: str, users: int | None) -> None:
    left = [
        path
        for fact in updated(phase, users).resources
        for path in unknowns(fact.inputs, fact.name)
    ]
    assert left == [], "an unknown silences the checks of all that is around it"


@each_stack
def test_every_type_is_one_the_schema_knows(phase: str, users: int | None) -> None:
    used = {fact.type for fact in recorded(phase, users).resources if fact.type.startswith("gcp:")}
    assert used - schema.types() == set()


def test_all_that_a_stack_may_leave_out_is_accepted_too() -> None:
    facts = known_cloud.with_options()
    assert refused(facts) == []
    assert builders.names(facts, "gcp:billing/budget:Budget") == ["budget-month"]
    assert len(builders.names(facts, "NotificationChannel")) == 3


def test_a_platform_may_start_on_the_other_continent() -> None:
    config = builders.stack_config("mvp") | {"gcp:region": "us-east1"}
    facts = known_cloud.after("mvp", config).facts()
    assert refused(facts) == []
    assert builders.names(facts, "DatabaseInstance") == ["postgres-us-1"]


def primary() -> Fact:
    """The database of the first phase, with everything known."""
    return builders.only(known_cloud.updated("mvp"), "DatabaseInstance")


def broken(settings: dict[str, Any], **changes: Any) -> Facts:
    """That database with something changed."""
    inputs = {**primary().inputs, **changes}
    inputs["settings"] = {**primary().inputs["settings"], **settings}
    return Facts.of([Fact(**{**vars(primary()), "inputs": inputs})])


@pytest.mark.parametrize(
    ("settings", "changes", "path"),
    [
        ({"diskTyp": "PD_SSD"}, {}, "settings.diskTyp"),
        ({"availabilityType": "ZONE"}, {}, "settings.availabilityType"),
        ({"tier": None}, {}, "settings.tier"),
        ({"ipConfiguration": {"sslMode": "TLS"}}, {}, "settings.ipConfiguration.sslMode"),
        ({}, {"regoin": "europe-west1"}, "regoin"),
    ],
)
def test_a_typo_would_be_caught(
    settings: dict[str, Any], changes: dict[str, Any], path: str
) -> None:
    [failure] = refused(broken(settings, **changes))
    assert failure.startswith(f"gcp:sql/databaseInstance:DatabaseInstance postgres-eu-1: {path}:")


def test_a_typo_beside_an_unknown_is_found_only_in_an_update() -> None:
    unknown = broken({"availabilityType": "ZONE", "ipConfiguration": {"privateNetwork": UNKNOWN}})
    assert refused(unknown) == []
    assert refused(broken({"availabilityType": "ZONE"})) != []
