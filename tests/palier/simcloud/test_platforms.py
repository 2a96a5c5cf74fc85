"""Every phase in the simulated cloud: brought up whole, taken down whole, and in any order.

What a resource needs it must also wait for: an engine makes everything at once but for its waits.
So each is also tried with nothing there but what it waits for, and deleted with everything there
but what waits for it.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import builders
import known_cloud
import pytest
from cloud_builders import Thing, change, drop, make, open_cloud, things_of

from palier.graph import Graph
from palier.provider.tree import replacement_of
from palier.simcloud import deletion, refusals
from palier.simcloud.cloud import Cloud, ServiceError
from palier.simcloud.kinds import ETERNAL, SERVICE
from palier.simcloud.quotas import needs
from palier.simcloud.records import Record, made

PROTECTIONS = {"deletionProtection": False}
each_phase = pytest.mark.parametrize("phase", builders.PHASES)


@dataclass(frozen=True)
class Platform:
    """A phase: what it makes with Google, and who waits for whom; by urn."""

    things: Mapping[str, Thing]
    waits: Mapping[str, set[str]]
    records: Mapping[str, Record]

    def order(self) -> list[Thing]:
        """Everything after all that it waits for."""
        return [self.things[urn] for urn in TopologicalSorter(self.waits).static_order()]

    def cloud_of(self, urns: Collection[str]) -> dict[str, dict[str, Record]]:
        """Some of it, as a cloud that has nothing else."""
        held: dict[str, dict[str, Record]] = {}
        for urn in urns:
            record = self.records[urn]
            held.setdefault(record.type, {})[record.id] = record
        return held


def recorded(thing: Thing) -> Record:
    """One resource as the cloud keeps it."""
    return made(thing.type, thing.id, thing.inputs, thing.inputs)


@cache
def platform(phase: str) -> Platform:
    """A phase as an update sees it."""
    facts = known_cloud.updated(phase)
    things, graph = things_of(facts), Graph.of(facts)
    waits = {urn: graph.awaited(facts.by_urn[urn]) & things.keys() for urn in things}
    return Platform(things, waits, {urn: recorded(thing) for urn, thing in things.items()})


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Path], Cloud]:
    """A cloud in a folder in which a phase is up; it is brought up once."""
    files: dict[str, Path] = {}

    def up(phase: str, folder: Path) -> Cloud:
        if phase not in files:
            first = tmp_path_factory.mktemp(phase)
            make(open_cloud(first, enabled=refusals.ENABLED), *platform(phase).order())
            files[phase] = first / "cloud.json"
        shutil.copy(files[phase], folder / "cloud.json")
        return open_cloud(folder, enabled=refusals.ENABLED)

    return up


@pytest.fixture(autouse=True)
def _quick_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing here is about what outlives a power cut."""
    monkeypatch.setattr("palier.simcloud.store.os.fsync", lambda _: None)


def unprotected(thing: Thing) -> Thing:
    """The same after an update that lifts its protections."""
    inputs = {key: value for key, value in thing.inputs.items() if value != "PREVENT"}
    if PROTECTIONS.keys() & replacement_of(thing.type).get("deletionProtection", ()):
        inputs |= PROTECTIONS
    if "settings" in inputs:
        inputs["settings"] = {**inputs["settings"], "deletionProtectionEnabled": False}
    return Thing(type=thing.type, inputs=inputs, name=thing.name)


@each_phase
def test_a_phase_is_brought_up_and_taken_down_again(
    tmp_path: Path, standing: Callable[[str, Path], Cloud], phase: str
) -> None:
    cloud, things = standing(phase, tmp_path), platform(phase).order()
    for thing in reversed(things):
        free = unprotected(thing)
        if free.inputs != thing.inputs:
            change(cloud, free)
        drop(cloud, free)
    left = {type_ for type_, ids in cloud.store.records("gcp").items() if ids}
    assert left == ETERNAL | {SERVICE}, "only what Google never deletes, and what stays enabled"


@each_phase
def test_a_phase_that_is_up_cannot_be_deleted_as_it_is(
    tmp_path: Path, standing: Callable[[str, Path], Cloud], phase: str
) -> None:
    cloud = standing(phase, tmp_path)
    kept = {thing.type.rsplit(":", 1)[1] for thing in platform(phase).order() if held(cloud, thing)}
    assert {"DatabaseInstance", "Bucket", "Network", "Cluster", "ManagedZone"} <= kept


def held(cloud: Cloud, thing: Thing) -> bool:
    """Whether a deletion is refused."""
    try:
        drop(cloud, thing)
    except ServiceError:
        return True
    return False


@each_phase
def test_a_phase_waits_for_all_that_it_needs(phase: str) -> None:
    whole = platform(phase)
    refused = []
    for urn, waits in whole.waits.items():
        try:
            refusals.refuse_create(whole.cloud_of(waits), whole.records[urn], refusals.ENABLED)
        except ServiceError as error:
            refused.append(f"{whole.things[urn].name}: {error}")
    assert refused == []


@each_phase
def test_nothing_is_deleted_before_what_stands_on_it(phase: str) -> None:
    whole = platform(phase)
    refused = []
    for urn, thing in whole.things.items():
        free = unprotected(thing)
        left = [other for other, waits in whole.waits.items() if urn not in waits]
        try:
            if not deletion.stays(free.type, free.inputs):
                deletion.refuse(whole.cloud_of(left), recorded(free), free.inputs)
        except ServiceError as error:
            refused.append(f"{thing.name}: {error}")
    assert refused == []


def exceeded(phase: str) -> set[str]:
    """Quotas of a new project that a phase is too large for."""
    whole = platform(phase)
    return {need.metric for need in needs(whole.cloud_of(whole.records))}


@pytest.mark.parametrize("phase", builders.PHASES[:-1])
def test_a_new_project_has_room_for_a_phase(phase: str) -> None:
    assert exceeded(phase) == set()


def test_hypergrowth_needs_more_cpus_than_a_new_project_has() -> None:
    assert exceeded("hypergrowth") == {"CPUS_ALL_REGIONS"}
