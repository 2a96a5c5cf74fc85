"""Teardown: asked for by name, it lifts every protection and changes nothing else."""

from __future__ import annotations

from typing import Any

import builders
import known_cloud
import pytest

from palier.errors import PalierError
from palier.facts import Fact, Facts

PROTECTIONS = ("deletionProtection", "deletionPolicy", "settings.deletionProtectionEnabled")


def torn(phase: str) -> Facts:
    """A phase whose stack asks for its teardown."""
    config = builders.stack_config(phase, teardown=known_cloud.PROJECT)
    return builders.record_with(phase, config)


def protections(fact: Fact) -> dict[str, Any]:
    """What would refuse to delete a resource."""
    found = {path: fact.read(path) for path in PROTECTIONS}
    return {path: value for path, value in found.items() if value in (True, "PREVENT")}


@pytest.mark.parametrize("phase", builders.PHASES)
def test_nothing_refuses_to_be_deleted(phase: str) -> None:
    refusing = [fact.urn for fact in torn(phase) if fact.protect or protections(fact)]
    assert refusing == []
    usual = [fact for fact in builders.recorded(phase) if fact.protect or protections(fact)]
    assert len(usual) >= 20, "there was something to lift"


@pytest.mark.parametrize("phase", builders.PHASES)
def test_nothing_else_changes(phase: str) -> None:
    before, after = builders.recorded(phase), torn(phase)
    assert list(before.by_urn) == list(after.by_urn)
    changed = set()
    for fact in before.resources:
        one, other = fact.inputs, after.by_urn[fact.urn].inputs
        changed |= {key for key in one.keys() | other.keys() if one.get(key) != other.get(key)}
    assert changed == {"deletionProtection", "deletionPolicy", "settings"}


def test_what_holds_something_is_not_emptied() -> None:
    forced = [fact.name for fact in torn("scale") if fact.read("forceDestroy")]
    assert forced == [], "buckets and zones are emptied by hand"


def test_the_peering_goes_though_google_would_keep_it() -> None:
    peering = builders.only(torn("mvp"), "servicenetworking/connection:Connection")
    assert peering.read("deletionPolicy") == "REMOVE_PEERING", "the network could not go"


def test_the_root_says_so_for_whoever_judges() -> None:
    assert builders.only(torn("mvp"), "Platform").recorded("teardown") is True
    assert builders.only(builders.recorded("mvp"), "Platform").recorded("teardown") is False


@pytest.mark.parametrize("value", ["true", "other-project", ""])
def test_the_stack_has_to_name_its_own_project(value: str) -> None:
    config = builders.stack_config("mvp", teardown=value)
    with pytest.raises(PalierError, match="palier:teardown: expected the project 'acme-platform'"):
        builders.record_with("mvp", config)
