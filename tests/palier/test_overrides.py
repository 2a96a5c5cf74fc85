"""Overrides: any field of a size by its dotted path, read as its type or refused by name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from palier.data_sizes import RedisInstanceSize
from palier.errors import PalierError
from palier.overrides import assign, leaves, override, to_inputs
from palier.phases import PHASES
from palier.sizes import PlatformSize


def size(phase: str) -> PlatformSize:
    row = PHASES[phase]
    return row.size(row.load(row.max_users), "eu")


SIZES = {phase: size(phase) for phase in PHASES}
GROWTH = SIZES["growth"]
HYPERGROWTH = SIZES["hypergrowth"]
MVP = SIZES["mvp"]


def at(of: PlatformSize, path: str) -> object:
    return dict(leaves(of))[path]


# What can be set


@pytest.mark.parametrize(
    ("path", "value", "read"),
    [
        ("web.cpu_m", "600", 600),
        ("web.cpu_m", 600, 600),
        ("web.limits.eu.minimum", "8", 8),
        ("web.on_demand_share", "0.5", Decimal("0.5")),
        ("web.on_demand_share", 0.5, Decimal("0.5")),
        ("web.worker_share", Decimal("0.3"), Decimal("0.3")),
        ("cdn.log_sample", 1, Decimal(1)),
        ("postgres.shards.eu-1.ha", "false", False),
        ("postgres.shards.eu-1.ha", "True", True),
        ("postgres.shards.eu-1.ha", False, False),
        ("postgres.shards.eu-1.disk_gib", 500, 500),
        ("postgres.shards.eu-1.replicas", "r1", ("r1",)),
        ("postgres.shards.eu-1.replicas", ["r1", "r2", "r3"], ("r1", "r2", "r3")),
        ("postgres.shards.eu-1.replicas", "r1,r2,", ("r1", "r2")),
        ("network.sites", "eu,us", ("eu", "us")),
        ("network.sites", ["eu", "us"], ("eu", "us")),
        ("argocd.mode", "single", "single"),
        ("commitments.sql", "1y", "1y"),
        ("gke.generations.eu-g1.quota_vcpu", "60", Decimal(60)),
        ("gke.generations.eu-g1.backup", "true", True),
        ("redis.instances.eu.memory_gib", "5", 5),
        ("pods.pgbouncer.replicas", "4", 4),
    ],
)
def test_a_value_is_read_as_the_type_of_its_field(path: str, value: object, read: object) -> None:
    changed = at(override(GROWTH, {path: value}), path)
    assert changed == read
    assert type(changed) is type(read)


def test_an_override_changes_its_field_and_no_other() -> None:
    changed = dict(leaves(override(GROWTH, {"postgres.shards.eu-1.backups": 60})))
    before = dict(leaves(GROWTH))
    assert {key for key in before if before[key] != changed[key]} == {
        "postgres.shards.eu-1.backups"
    }


def test_a_size_is_not_changed_in_place() -> None:
    before = dict(leaves(MVP))
    override(MVP, {"pods.worker.replicas": 3, "web.limits.eu.maximum": 5})
    assert dict(leaves(MVP)) == before


def test_no_change_is_the_same_size() -> None:
    assert override(GROWTH, {}) == GROWTH


@pytest.mark.parametrize("phase", sorted(PHASES))
def test_every_field_of_every_phase_can_be_set_to_what_it_is(phase: str) -> None:
    changes = {path: to_inputs(value) for path, value in leaves(SIZES[phase])}
    assert override(SIZES[phase], changes) == SIZES[phase]
    for path, value in changes.items():
        assert override(SIZES[phase], {path: value}) == SIZES[phase], path


@pytest.mark.parametrize("phase", sorted(PHASES))
def test_every_field_can_be_given_as_the_text_of_a_command_line(phase: str) -> None:
    for path, value in leaves(SIZES[phase]):
        text = ",".join(value) if isinstance(value, tuple) else str(value)
        assert override(SIZES[phase], {path: text}) == SIZES[phase], path


# Several at once


def test_edition_and_tier_change_together() -> None:
    shard = "postgres.shards.eu-1"
    plus = {
        f"{shard}.edition": "ENTERPRISE_PLUS",
        f"{shard}.tier": "db-perf-optimized-N-8",
        f"{shard}.replica_tier": "db-perf-optimized-N-8",
    }
    changed = override(GROWTH, plus).postgres.shards["eu-1"]
    assert (changed.edition, changed.tier) == ("ENTERPRISE_PLUS", "db-perf-optimized-N-8")
    for path, value in plus.items():
        with pytest.raises(PalierError, match="is not one of edition"):
            override(GROWTH, {path: value})


def test_a_minimum_and_a_maximum_that_only_fit_together_change_together() -> None:
    limits = {"web.limits.eu.minimum": 200, "web.limits.eu.maximum": 300}
    assert override(GROWTH, limits).web.limits["eu"].minimum == 200
    with pytest.raises(PalierError, match=r"web.limits.eu: 1 <= on_demand <= minimum <= maximum"):
        override(GROWTH, {"web.limits.eu.minimum": 200})


def test_the_shares_of_two_pools_change_together() -> None:
    pools = "gke.generations.eu-g2.pools"
    both: Mapping[str, object] = {f"{pools}.baseline.share": "0.5", f"{pools}.burst.share": "0.5"}
    changed = override(HYPERGROWTH, both).gke.generations["eu-g2"].pools
    assert {pool.share for pool in changed.values()} == {Decimal("0.5")}
    with pytest.raises(PalierError, match=r"gke.generations.eu-g2: the shares .* add up to 1"):
        override(HYPERGROWTH, {f"{pools}.baseline.share": "0.5"})


def test_the_order_of_changes_does_not_matter() -> None:
    changes = {"web.cpu_m": 1_000, "web.memory_mib": 4_096, "redis.instances.eu.memory_gib": 9}
    backwards = dict(reversed(changes.items()))
    assert override(GROWTH, changes) == override(GROWTH, backwards)


@pytest.mark.parametrize(
    "changes",
    [
        {"web": {"cpu_m": 600}, "web.memory_mib": 1_024},
        {"web.memory_mib": 1_024, "web": {"cpu_m": 600}},
        {"web": 5, "web.cpu_m": 600},
        {"web.cpu_m": 600, "web": 5},
        {"postgres.shards.eu-1": {}, "postgres.shards.eu-1.ha": True},
        {"postgres": {}, "postgres.shards.eu-1.ha": True},
    ],
)
def test_a_field_set_as_a_whole_and_in_part_is_refused(changes: dict[str, object]) -> None:
    before = json.dumps(changes)
    with pytest.raises(PalierError, match="is set as a whole and in part"):
        override(GROWTH, changes)
    assert json.dumps(changes) == before, "the caller's own values stay as they are"


def test_fields_can_be_given_nested() -> None:
    nested = {"web": {"cpu_m": 600, "limits": {"eu": {"minimum": 8}}}}
    dotted = {"web.cpu_m": 600, "web.limits.eu.minimum": 8}
    assert override(GROWTH, nested) == override(GROWTH, dotted) != GROWTH


# What is refused


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("nonsense", 1, "^nonsense: unknown, allowed are network, gke, .* or commitments$"),
        ("", 1, "^: unknown, allowed are network"),
        ("web.", 1, r"^web\.: unknown, allowed are cpu_m"),
        (".web", 1, "^: unknown, allowed are"),
        ("web.cpu", 1, r"^web.cpu: unknown, allowed are cpu_m, memory_mib, limits"),
        ("Web.cpu_m", 1, "^Web: unknown, allowed are"),
        (
            "web.limits.us.minimum",
            1,
            "^web.limits.us: .* there is eu; to add it, set maximum, on_demand as well$",
        ),
        (
            "pods.web.replicas",
            1,
            "^pods.web: not in this phase, there is pgbouncer, .* set namespace, cpu_m, memory_mib",
        ),
        (
            "postgres.shards.eu-2.ha",
            True,
            "^postgres.shards.eu-2: .* eu-1; to add it, set site, edition, tier, disk_gib, backups",
        ),
        ("postgres.shards.eu-2", 5, r"^postgres.shards.eu-2: expected fields \(site, .*, got 5$"),
        ("redis.instances.us.memory_gib", 2, "^redis: at eu or us, but network.sites has only eu"),
        ("redis.instances.mars.memory_gib", 2, "^redis: at eu or mars, but network.sites has"),
        ("redis.instances.us.memory_gib", 0, "^redis.instances.us: memory_gib: 1 to 300"),
        ("redis.instances.us.memory_gib", "x", "^redis.instances.us.memory_gib: expected a whole"),
        ("redis.instances.us", {"memory_gib": 2, "tier": "BASIC"}, "instances.us.tier: unknown"),
        ("web.limits.us", {"minimum": 1, "maximum": 2, "on_demand": 1}, "^web.limits: at eu or us"),
        ("pods.Web", {"namespace": "a"}, "^pods.Web: .* set replicas, cpu_m, memory_mib as well$"),
        ("web", 5, r"^web: expected fields \(cpu_m, memory_mib, limits, .*\), got 5"),
        ("web", None, "^web: expected fields"),
        ("pods", "all", r"^pods: expected fields \(pgbouncer, .*\), got 'all'"),
        ("web.limits.eu", "8", r"^web.limits.eu: expected fields \(minimum, maximum or on_demand"),
        ("web.cpu_m", "many", "^web.cpu_m: expected a whole number, got 'many'"),
        ("web.cpu_m", "600.0", "^web.cpu_m: expected a whole number, got '600.0'"),
        ("web.cpu_m", 600.0, "^web.cpu_m: expected a whole number, got 600.0"),
        ("web.cpu_m", True, "^web.cpu_m: expected a whole number, got True"),
        ("web.cpu_m", None, "^web.cpu_m: expected a whole number, got None"),
        ("web.cpu_m", [600], r"^web.cpu_m: expected a whole number, got \[600\]"),
        ("web.cpu_m", "9999999999", "^web.cpu_m: expected a whole number, got '9999999999'"),
        ("web.cpu_m", "6e2", "^web.cpu_m: expected a whole number"),
        ("web.cpu_m", " 600", "^web.cpu_m: expected a whole number"),
        ("web.cpu_m", {"m": 1}, "^web.cpu_m: expected a whole number"),
        ("web.cpu_m.deep", 1, "^web.cpu_m: expected a whole number"),
        ("cdn.log_sample", "half", "^cdn.log_sample: expected a number, got 'half'"),
        ("cdn.log_sample", "1e-1", "^cdn.log_sample: expected a number, got '1e-1'"),
        ("cdn.log_sample", "NaN", "^cdn.log_sample: expected a number, got 'NaN'"),
        ("cdn.log_sample", float("nan"), "^cdn.log_sample: expected a number, got nan"),
        ("cdn.log_sample", False, "^cdn.log_sample: expected a number, got False"),
        ("cdn.log_sample", "2", "^cdn: cdn.log_sample: 0 to 1"),
        ("postgres.shards.eu-1.ha", "yes", "eu-1.ha: expected true or false, got 'yes'"),
        ("postgres.shards.eu-1.ha", 1, "eu-1.ha: expected true or false, got 1"),
        ("postgres.shards.eu-1.ha", None, "eu-1.ha: expected true or false, got None"),
        ("postgres.shards.eu-1.tier", 2, "eu-1.tier: expected a text, got 2"),
        ("postgres.shards.eu-1.tier", "big", "^postgres.shards.eu-1: tier 'big': allowed are"),
        ("postgres.shards.eu-1.edition", "enterprise", "expected ENTERPRISE or ENTERPRISE_PLUS"),
        ("postgres.shards.eu-1.edition", ["ENTERPRISE"], "expected ENTERPRISE or ENTERPRISE_PLUS"),
        ("postgres.shards.eu-1.replicas", 2, "eu-1.replicas: expected a list, got 2"),
        ("postgres.shards.eu-1.replicas", [1], "eu-1.replicas: expected a text, got 1"),
        ("postgres.shards.eu-1.replicas", {"r1": 1}, "eu-1.replicas: expected a list, got"),
        ("network.sites", "eu,asia", "^network.sites: expected eu or us, got 'asia'"),
        ("network.sites", [["eu"]], r"^network.sites: expected eu or us, got \['eu'\]"),
        ("network.sites", "", "^network: network.sites: at least one"),
        ("argocd.mode", "HA", "^argocd.mode: expected core, single or ha, got 'HA'"),
        ("commitments.sql", "3y", "^commitments.sql: expected none or 1y, got '3y'"),
        ("redis.instances.eu.version", "REDIS_6_X", "expected REDIS_7_0 or REDIS_7_2"),
        ("redis.instances.eu.memory_gib", -1, "^redis.instances.eu: memory_gib: 1 to 300"),
        ("registry.sites", "us", "^registry: at us, but network.sites has only eu"),
    ],
)
def test_a_wrong_change_is_refused_by_its_path(path: str, value: object, message: str) -> None:
    with pytest.raises(PalierError, match=message):
        override(GROWTH, {path: value})


# What a phase does not have yet


def test_a_new_entry_needs_only_what_has_no_default() -> None:
    found = override(MVP, {"redis.instances.eu.memory_gib": "2"}).redis.instances
    assert found == {"eu": RedisInstanceSize(memory_gib=2)}


def test_a_new_entry_leaves_the_others_as_they_are() -> None:
    shard = "postgres.shards.eu-2"
    changes = {"site": "eu", "edition": "ENTERPRISE", "tier": "db-custom-2-7680", "ha": "true",
               "disk_gib": "50", "backups": "30"}  # fmt: skip
    dotted = override(GROWTH, {f"{shard}.{key}": value for key, value in changes.items()})
    assert list(dotted.postgres.shards) == ["eu-1", "eu-2"]
    assert dotted.postgres.shards["eu-1"] == GROWTH.postgres.shards["eu-1"]
    assert dotted.postgres.shards["eu-2"].disk_gib == 50
    assert override(GROWTH, {shard: changes}) == dotted, "nested is the same"


def test_a_cluster_of_nodes_is_added_beside_the_one_that_serves() -> None:
    newer = to_inputs(HYPERGROWTH.gke.generations["eu-g2"])
    changed = override(GROWTH, {"gke.generations.eu-g2": newer}).gke.generations
    assert changed == {**GROWTH.gke.generations, "eu-g2": HYPERGROWTH.gke.generations["eu-g2"]}


@pytest.mark.parametrize(
    ("pools", "message"),
    [
        (5, r"^gke.generations.eu-g2.pools: expected fields \(none\), got 5$"),
        ({"baseline": 5}, r"^gke.generations.eu-g2.pools.baseline: expected fields \(machine_type"),
        ({"baseline": {"share": 1}}, "eu-g2.pools.baseline: .* set machine_type, min_nodes, max_n"),
        ({}, "^gke.generations.eu-g2: a standard cluster needs at least one pool$"),
    ],
)
def test_a_new_cluster_with_wrong_pools_is_refused_by_their_path(
    pools: object, message: str
) -> None:
    newer = to_inputs(HYPERGROWTH.gke.generations["eu-g2"]) | {"pools": pools}
    with pytest.raises(PalierError, match=message):
        override(GROWTH, {"gke.generations.eu-g2": newer})


junk: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)
paths = st.one_of(
    st.sampled_from([path for path, _ in leaves(GROWTH)]),
    st.sampled_from([path for path, _ in leaves(GROWTH)]).map(lambda path: path.rpartition(".")[0]),
    st.text(max_size=8),
)


@given(st.dictionaries(paths, junk, max_size=3))
@settings(max_examples=200, deadline=None)
def test_any_junk_is_a_size_or_a_clear_refusal(changes: dict[str, Any]) -> None:
    changed, refused = GROWTH, False
    try:
        changed = override(GROWTH, changes)
    except PalierError:
        refused = True
    assert refused or isinstance(changed, PlatformSize)


# Nested fields, leaves, inputs


@pytest.mark.parametrize(
    ("nested", "path", "value", "result"),
    [
        ({}, "web", 1, {"web": 1}),
        ({}, "web.cpu_m", 1, {"web": {"cpu_m": 1}}),
        ({}, "a.b.c", 1, {"a": {"b": {"c": 1}}}),
        ({"web": {"cpu_m": 1}}, "web.memory_mib", 2, {"web": {"cpu_m": 1, "memory_mib": 2}}),
        ({"web": {"cpu_m": 1}}, "web.cpu_m", 2, {"web": {"cpu_m": 2}}),
        ({"web": {"cpu_m": 1}}, "web", {"cpu_m": 3}, {"web": {"cpu_m": 3}}),
        ({"cdn": 1}, "web.cpu_m", 2, {"cdn": 1, "web": {"cpu_m": 2}}),
    ],
)
def test_a_dotted_path_is_assigned_among_nested_fields(
    nested: dict[str, Any], path: str, value: object, result: dict[str, Any]
) -> None:
    before = json.dumps(nested)
    assert assign(nested, path, value) == result
    assert json.dumps(nested) == before, "a config is read again for the phase's cap"


def test_a_part_of_what_is_no_object_cannot_be_assigned() -> None:
    with pytest.raises(PalierError, match=r"web.cpu_m: web is set as a whole and in part"):
        assign({"web": 5}, "web.cpu_m", 1)


def test_leaves_are_dotted_paths_in_the_order_of_the_fields() -> None:
    found = dict(leaves(MVP))
    assert next(iter(found)) == "network.sites"
    assert found["postgres.shards.eu-1.tier"] == "db-g1-small"
    assert found["web.limits.eu.minimum"] == 2
    assert found["pods.valkey.volume_gib"] == 1
    assert "postgres.shards" not in found, "an object is no leaf"


@pytest.mark.parametrize("phase", sorted(PHASES))
def test_inputs_are_plain_json(phase: str) -> None:
    inputs = to_inputs(SIZES[phase])
    assert json.loads(json.dumps(inputs)) == inputs, "every feed must read back what was recorded"


def test_inputs_spell_decimals_as_texts_and_tuples_as_lists() -> None:
    inputs = to_inputs(GROWTH)
    assert inputs["cdn"]["log_sample"] == "0.1"
    assert inputs["postgres"]["shards"]["eu-1"]["replicas"] == ["r1", "r2"]
    assert inputs["postgres"]["shards"]["eu-1"]["ha"] is True
