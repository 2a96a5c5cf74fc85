"""What holds data, or what data stands on: protected twice, never replaced, free of clusters.

What the provider replaces and what protects is read from gcp-replacement.json, so that a type or a
property added there is held to it here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from ipaddress import ip_network
from itertools import pairwise
from typing import Any

import builders
import known_cloud
import pytest

from palier.facts import Fact, Facts, read
from palier.ledger import (
    BUCKET,
    DATABASE,
    REDIS,
    SECRET,
    SQL,
    STATEFUL,
    SUBNET,
    is_stateful,
    protections,
)

CLIMBS: tuple[tuple[tuple[Any, ...], tuple[Any, ...]], ...] = (
    *pairwise((phase,) for phase in builders.PHASES),
    (("growth",), ("hypergrowth", 5_000_000)),
    (("hypergrowth", 5_000_000), ("hypergrowth",)),
)
"""From each phase at its cap to the next one, and growth inside the last."""
each_phase = pytest.mark.parametrize("phase", builders.PHASES)
each_type = pytest.mark.parametrize("type_", STATEFUL, ids=lambda type_: type_.rsplit(":", 1)[1])
each_climb = pytest.mark.parametrize(
    ("lower", "upper"), CLIMBS, ids=lambda stack: "-".join(map(str, stack))
)


def by_place(facts: Facts) -> dict[str, Fact]:
    """Resources by urn without the stack's name: project, parents, type and logical name."""
    return {fact.urn.split("::", 1)[1]: fact for fact in facts.resources}


def stateful(facts: Facts) -> dict[str, Fact]:
    """Stateful resources by place."""
    return {place: fact for place, fact in by_place(facts).items() if is_stateful(fact)}


def all_of(type_: str) -> list[tuple[str, Fact]]:
    """Stateful resources of a type in every phase."""
    return [
        (phase, fact)
        for phase in builders.PHASES
        for fact in builders.recorded(phase).of_type(type_)
        if is_stateful(fact)
    ]


@each_type
def test_pulumi_refuses_to_delete_it(type_: str) -> None:
    found = all_of(type_)
    assert found, "no phase has one: the list is out of date"
    assert [f"{phase}: {fact.name}" for phase, fact in found if not fact.protect] == []


def unguarded(fact: Fact) -> list[str]:
    """Ways in which the provider could still delete a resource and what it holds."""
    known = known_cloud.replacement()[fact.type].get("deletionProtection", ())
    open_ = [path for path, wanted in protections(fact.type) if fact.read(path) != wanted]
    if "forceDestroy" in known and fact.read("forceDestroy"):
        open_.append("forceDestroy")
    wanted_true = ("settings.retainBackupsOnDelete", "settings.finalBackupConfig.enabled")
    open_ += [
        path
        for path in wanted_true
        if path.removesuffix(".enabled") in known and fact.read(path) is not True
    ]
    return open_


@each_type
def test_the_provider_refuses_to_delete_it(type_: str) -> None:
    left = {f"{phase}: {fact.name}": open_ for phase, fact in all_of(type_)
            if (open_ := unguarded(fact))}  # fmt: skip
    assert left == {}


@pytest.mark.parametrize(
    ("type_", "change"),
    [
        (SQL, {"deletionProtection": False}),
        (BUCKET, {"forceDestroy": True}),
        (BUCKET, {"deletionPolicy": None}),
        (SECRET, {"deletionProtection": None}),
        (REDIS, {"deletionProtection": False}),
        (DATABASE, {"deletionPolicy": "DELETE"}),
    ],
)
def test_a_protection_taken_away_would_be_found(type_: str, change: dict[str, Any]) -> None:
    _, fact = all_of(type_)[0]
    assert unguarded(replace(fact, inputs={**fact.inputs, **change})) == [*change]


def values(value: Any, path: str) -> list[Any]:
    """What stands at a path; at `x[].y` the `y` of every element, in order."""
    head, list_, tail = path.partition("[]")
    found = read(value, head)
    if not list_ or not isinstance(found, list):
        return [found]
    if not tail:
        return list(found)
    return [item for element in found for item in values(element, tail.removeprefix("."))]


def replaced_by(old: Fact, new: Fact) -> list[str]:
    """Paths whose change makes the provider replace a resource."""
    rules = known_cloud.replacement()[old.type]
    kept = rules.get("keptWhenUnset", ())
    paths = []
    for path in rules.get("replacesOn", ()):
        before, after = values(old.inputs, path), values(new.inputs, path)
        dropped = all(item is None for item in after) and path in kept
        if before != after and not dropped:
            paths.append(path)
    for path in rules.get("replacesOnAddOrRemove", ()):
        if (old.read(path) is None) != (new.read(path) is None):
            paths.append(path)
    return [*paths, *_by_own_rule(old, new)]


def _by_own_rule(old: Fact, new: Fact) -> Iterator[str]:
    """Rules of single types, which no list of properties can say (`conditional` in the file)."""
    if old.type == SUBNET:
        before, after = (ip_network(fact.read("ipCidrRange")) for fact in (old, new))
        if not before.subnet_of(after):  # type: ignore[arg-type]
            yield "ipCidrRange"
    if old.type == REDIS and new.read("redisVersion") < old.read("redisVersion"):
        yield "redisVersion"
    private = "settings.ipConfiguration.privateNetwork"
    if old.type == SQL and old.read(private) and not new.read(private):
        yield private


def lost(lower: Facts, upper: Facts) -> dict[str, list[str]]:
    """Stateful resources that a climb deletes, moves or replaces, and by what."""
    above = by_place(upper)
    found = {}
    for place, fact in stateful(lower).items():
        paths = replaced_by(fact, above[place]) if place in above else ["gone"]
        if paths:
            found[fact.name] = paths
    return found


@each_climb
def test_a_climb_keeps_everything_that_holds_data(
    lower: tuple[Any, ...], upper: tuple[Any, ...]
) -> None:
    assert lost(known_cloud.updated(*lower), known_cloud.updated(*upper)) == {}


@each_climb
def test_physical_names_stay_as_they_are(lower: tuple[Any, ...], upper: tuple[Any, ...]) -> None:
    above = by_place(known_cloud.updated(*upper))
    for place, fact in stateful(known_cloud.updated(*lower)).items():
        for key in ("name", "repositoryId", "secretId"):
            assert above[place].read(key) == fact.read(key)


@each_climb
def test_only_replicas_of_databases_may_go(lower: tuple[Any, ...], upper: tuple[Any, ...]) -> None:
    below, above = (by_place(known_cloud.updated(*stack)) for stack in (lower, upper))
    gone = [fact for place, fact in below.items() if fact.type == SQL and place not in above]
    assert {fact.read("instanceType") for fact in gone} <= {"READ_REPLICA_INSTANCE"}


def test_the_replicas_of_one_region_go_when_each_continent_has_its_own() -> None:
    below, above = known_cloud.updated("growth"), known_cloud.updated("hypergrowth")
    gone = {fact.name for fact in below.of_type(SQL)} - {fact.name for fact in above.of_type(SQL)}
    assert gone == {"postgres-eu-1-r1", "postgres-eu-1-r2"}, "the documented exception, and no more"


def changed(type_: str, name: str, change: Mapping[str, Any]) -> Facts:
    """The third phase with one resource changed; a nested change replaces the inner object."""
    facts = known_cloud.updated("scale")
    fact = builders.only(facts, type_, name)
    inputs = {**fact.inputs, **change}
    return Facts.of([replace(item, inputs=inputs) if item is fact else item for item in facts])


@pytest.mark.parametrize(
    ("type_", "name", "change", "paths"),
    [
        (SQL, "postgres-eu-1", {"region": "europe-west4"}, ["region"]),
        (SQL, "postgres-eu-1", {"encryptionKeyName": "other"}, ["encryptionKeyName"]),
        (SQL, "postgres-eu-1", {"settings": {"collation": "fr"}},
         ["settings.collation", "settings.ipConfiguration.privateNetwork"]),
        (REDIS, "redis-eu", {"tier": "BASIC"}, ["tier"]),
        (REDIS, "redis-eu", {"redisVersion": "REDIS_7_0"}, ["redisVersion"]),
        (SUBNET, "network-eu", {"ipCidrRange": "10.0.0.0/21"}, ["ipCidrRange"]),
        (SUBNET, "network-eu", {"description": "for people"}, ["description"]),
        (BUCKET, "cdn-static", {"location": "US"}, ["location"]),
        ("gcp:kms/cryptoKey:CryptoKey", "keys-europe-west1-sql",
         {"versionTemplate": {"protectionLevel": "HSM"}}, ["versionTemplate.protectionLevel"]),
        (SECRET, "secrets-database-eu-1",
         {"replication": {"userManaged": {"replicas": [{"location": "us-east1"}]}}},
         ["replication.userManaged.replicas[].location"]),
        (SECRET, "secrets-database-eu-1",
         {"replication": {"auto": {}}},
         ["replication.userManaged.replicas[].location", "replication.auto",
          "replication.userManaged", "replication.userManaged.replicas"]),
        ("gcp:dns/managedZone:ManagedZone", "dns-zone", {"dnsName": "example.org."}, ["dnsName"]),
    ],
)  # fmt: skip
def test_a_replacement_would_be_caught(
    type_: str, name: str, change: dict[str, Any], paths: list[str]
) -> None:
    found = lost(known_cloud.updated("scale"), changed(type_, name, change))
    assert {key: sorted(value) for key, value in found.items()} == {name: sorted(paths)}


def test_a_resource_that_is_gone_or_renamed_would_be_caught() -> None:
    facts = known_cloud.updated("scale")
    without = Facts.of(fact for fact in facts if fact.name != "redis-eu")
    assert lost(facts, without) == {"redis-eu": ["gone"]}


@pytest.mark.parametrize(
    ("type_", "name", "change"),
    [
        (SUBNET, "network-eu", {"ipCidrRange": "10.0.0.0/19"}),
        (REDIS, "redis-eu", {"memorySizeGb": 5}),
        (SQL, "postgres-eu-1", {"region": None}),
        (BUCKET, "cdn-static", {"labels": {}}),
    ],
)
def test_what_the_provider_changes_in_place_is_no_replacement(
    type_: str, name: str, change: dict[str, Any]
) -> None:
    assert lost(known_cloud.updated("scale"), changed(type_, name, change)) == {}
