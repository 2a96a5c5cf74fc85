"""Phases: the documented table, whom each serves, and what users may never make smaller."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from palier import phases, workloads
from palier.errors import PalierError
from palier.load import Load
from palier.overrides import leaves
from palier.phases import PHASES, Phase, following, for_users, preceding
from palier.sites import SITES, Site, other_site
from palier.sizes import ClusterSize, PlatformSize
from palier.sql_tiers import parse_tier

CAP = 11_000_000
MACHINE = re.compile(r"n2d-standard-(2|4|8|16|32|48|64|80|96|128|224)")
each_phase = pytest.mark.parametrize("phase", PHASES.values(), ids=lambda phase: phase.name)
any_users = st.integers(1, CAP)
any_home = st.sampled_from(SITES)


@st.composite
def phase_and_users(draw: st.DrawFn, count: int = 1) -> tuple[Phase, list[int]]:
    """A phase, and rising numbers of users that it serves."""
    phase = draw(st.sampled_from(list(PHASES.values())))
    users = st.integers(phase.min_users, phase.max_users)
    return phase, sorted(draw(st.lists(users, min_size=count, max_size=count)))


def size(users: int, home: Site = "eu") -> PlatformSize:
    """The platform of the phase that is made for these users."""
    phase = for_users(users)
    return phase.size(phase.load(users), home)


def shard(users: int, name: str = "eu-1") -> Any:
    return size(users).postgres.shards[name]


def cluster(users: int) -> ClusterSize:
    """The only cluster of a platform on one continent."""
    (found,) = size(users).gke.generations.values()
    return found


# Whom a phase serves


def test_there_are_five_phases_in_the_order_of_the_climb() -> None:
    assert list(PHASES) == ["mvp", "traction", "scale", "growth", "hypergrowth"]
    assert {name: phase.name for name, phase in PHASES.items()} == {name: name for name in PHASES}


@pytest.mark.parametrize(
    ("name", "least", "most", "counter", "checkpoints"),
    [
        ("mvp", 1, 50, "active accounts", (50,)),
        ("traction", 51, 100, "active accounts", (100,)),
        ("scale", 101, 50_000, "monthly active users", (10_000, 50_000)),
        (
            "growth",
            50_001,
            1_000_000,
            "monthly active users",
            (125_000, 500_000, 750_000, 1_000_000),
        ),
        (
            "hypergrowth",
            1_000_001,
            11_000_000,
            "monthly active users",
            (2_000_000, 5_000_000, 11_000_000),
        ),
    ],
)
def test_a_phase_serves_the_users_of_the_documents(
    name: str, least: int, most: int, counter: str, checkpoints: tuple[int, ...]
) -> None:
    phase = phases.get(name)
    assert (phase.min_users, phase.max_users) == (least, most)
    assert phase.counter == counter
    assert phase.checkpoints == checkpoints


@each_phase
def test_checkpoints_rise_within_the_phase_and_end_at_its_cap(phase: Phase) -> None:
    assert list(phase.checkpoints) == sorted(set(phase.checkpoints))
    assert phase.checkpoints[0] >= phase.min_users
    assert phase.checkpoints[-1] == phase.max_users, "the cap is where unit cost is judged"


def test_no_user_is_between_two_phases_or_in_both() -> None:
    rows = list(PHASES.values())
    for below, above in pairwise(rows):
        assert above.min_users == below.max_users + 1
    assert (rows[0].min_users, rows[-1].max_users) == (1, CAP)


@given(any_users)
@settings(max_examples=200, deadline=None)
def test_every_number_of_users_has_one_phase_and_only_that_one_takes_it(users: int) -> None:
    phase = for_users(users)
    assert phase.min_users <= users <= phase.max_users
    phase.check_users(users)
    for other in PHASES.values():
        if other is not phase:
            with pytest.raises(PalierError, match=f"the phase for that is {phase.name}$"):
                other.check_users(users)


@pytest.mark.parametrize("users", [0, -1, -50, CAP + 1, 10**15])
@each_phase
def test_a_number_that_no_phase_serves_is_refused_without_a_false_hope(
    phase: Phase, users: int
) -> None:
    message = f"palier:users: {phase.name} serves {phase.min_users} to {phase.max_users} users"
    with pytest.raises(PalierError, match=f"^{message}, got {users}$"):
        phase.check_users(users)


@pytest.mark.parametrize("users", [0, -1, CAP + 1])
def test_users_without_a_phase_are_refused(users: int) -> None:
    with pytest.raises(PalierError, match=f"^users: expected 1 to 11000000, got {users}$"):
        for_users(users)


@pytest.mark.parametrize(
    ("name", "users", "right"),
    [
        ("mvp", 51, "traction"),
        ("mvp", 11_000_000, "hypergrowth"),
        ("traction", 50, "mvp"),
        ("traction", 101, "scale"),
        ("scale", 100, "traction"),
        ("scale", 50_001, "growth"),
        ("growth", 50_000, "scale"),
        ("growth", 1_000_001, "hypergrowth"),
        ("hypergrowth", 1_000_000, "growth"),
        ("hypergrowth", 1, "mvp"),
    ],
)
def test_a_neighbours_users_are_refused_with_the_right_phase(
    name: str, users: int, right: str
) -> None:
    phase = phases.get(name)
    with pytest.raises(PalierError, match=f"got {users}; the phase for that is {right}$"):
        phase.load(users)


@each_phase
def test_a_phase_takes_both_its_borders(phase: Phase) -> None:
    assert for_users(phase.min_users) is for_users(phase.max_users) is phase
    assert phase.load(phase.min_users).users == phase.min_users
    assert phase.load(phase.max_users).users == phase.max_users


def test_each_phase_follows_the_one_below_it() -> None:
    names = list(PHASES)
    for index, phase in enumerate(PHASES.values()):
        above, below = following(phase), preceding(phase)
        assert (above.name if above else None) == (names[index + 1] if index < 4 else None)
        assert (below.name if below else None) == (names[index - 1] if index else None)


@pytest.mark.parametrize("name", ["", "MVP", "seed", "hyper-growth", "mvp "])
def test_an_unknown_phase_is_refused_with_the_known_ones(name: str) -> None:
    message = "phase: expected mvp, traction, scale, growth or hypergrowth, got"
    with pytest.raises(PalierError, match=f"^{message} {name!r}$"):
        phases.get(name)


# The table of the reference design


@pytest.mark.parametrize(
    ("users", "vcpu", "memory_gib"),
    [(50, "1.2", 3), (100, "2", 5), (10_000, "6", 12), (500_000, "120", 240)],
)
def test_the_quotas_of_autopilot_are_those_of_the_table(
    users: int, vcpu: str, memory_gib: int
) -> None:
    found = cluster(users)
    assert found.mode == "autopilot"
    assert found.quota_vcpu == Decimal(vcpu)
    assert found.quota_memory_gib == memory_gib


@pytest.mark.parametrize(
    ("users", "cpu_m", "memory_mib", "limits"),
    [
        (50, 200, 448, {"eu": (2, 3, 1)}),
        (100, 250, 512, {"eu": (2, 4, 1)}),
        (10_000, 250, 512, {"eu": (3, 12, 2)}),
        (500_000, 500, 1_024, {"eu": (6, 140, 4)}),
        (5_000_000, 500, 1_024, {"eu": (12, 600, 6), "us": (8, 400, 4)}),
    ],
)
def test_the_web_tier_is_that_of_the_table(
    users: int, cpu_m: int, memory_mib: int, limits: dict[str, tuple[int, int, int]]
) -> None:
    web = size(users).web
    assert (web.cpu_m, web.memory_mib) == (cpu_m, memory_mib)
    found = {
        site: (item.minimum, item.maximum, item.on_demand) for site, item in web.limits.items()
    }
    assert found == limits


@pytest.mark.parametrize(
    ("users", "tier", "ha", "disk_gib", "backups", "replicas"),
    [
        (50, "db-g1-small", False, 10, 7, 0),
        (100, "db-custom-1-3840", False, 20, 14, 0),
        (10_000, "db-custom-2-7680", True, 25, 14, 0),
        (50_000, "db-custom-2-7680", True, 45, 14, 0),
        (50_001, "db-custom-2-7680", True, 100, 30, 1),
        (125_000, "db-custom-2-13312", True, 100, 30, 1),
        (500_000, "db-custom-4-15360", True, 150, 30, 2),
        (750_000, "db-custom-6-23040", True, 200, 30, 2),
        (1_000_000, "db-custom-8-30720", True, 250, 30, 2),
    ],
)
def test_the_database_of_one_continent_is_that_of_the_table(
    users: int, tier: str, ha: bool, disk_gib: int, backups: int, replicas: int
) -> None:
    found = shard(users)
    assert list(size(users).postgres.shards) == ["eu-1"]
    assert (found.edition, found.tier, found.ha) == ("ENTERPRISE", tier, ha)
    assert (found.disk_gib, found.backups, len(found.replicas)) == (disk_gib, backups, replicas)
    assert found.replica_tier == (tier if replicas else ""), "replicas are as large as the primary"
    assert found.log_retention_days == 7, "the most that ENTERPRISE keeps"


@pytest.mark.parametrize(
    ("users", "tiers", "pool"),
    [
        (2_000_000, {"eu-1": 8, "us-1": 2}, (0, 0)),
        (5_000_000, {"eu-1": 8, "eu-2": 8, "us-1": 8}, (1, 3)),
        (11_000_000, {"eu-1": 16, "eu-2": 16, "us-1": 16}, (1, 3)),
    ],
)
def test_the_shards_of_two_continents_are_those_of_the_table(
    users: int, tiers: dict[str, int], pool: tuple[int, int]
) -> None:
    shards = size(users).postgres.shards
    assert {name: item.tier for name, item in shards.items()} == {
        name: f"db-perf-optimized-N-{vcpu}" for name, vcpu in tiers.items()
    }
    for name, item in shards.items():
        assert item.edition == "ENTERPRISE_PLUS"
        assert item.ha, "the primary survives a zone"
        assert item.disaster_recovery, "and the data survive a region"
        assert item.managed_pooling
        assert (item.backups, item.log_retention_days) == (30, 14)
        assert (item.read_pool_nodes, item.read_pool_max_nodes) == pool
        assert name.startswith(item.site), "data stay on the continent the name says"


@pytest.mark.parametrize(
    ("users", "memory"),
    [
        (50, {}),
        (100, {}),
        (10_000, {"eu": 1}),
        (50_000, {"eu": 1}),
        (125_000, {"eu": 2}),
        (750_000, {"eu": 2}),
        (1_000_000, {"eu": 3}),
        (2_000_000, {"eu": 5, "us": 2}),
        (11_000_000, {"eu": 16, "us": 11}),
    ],
)
def test_the_caches_are_those_of_the_table(users: int, memory: dict[str, int]) -> None:
    instances = size(users).redis.instances
    assert {site: item.memory_gib for site, item in instances.items()} == memory


@pytest.mark.parametrize(
    ("users", "armor_rules", "alerts", "argocd", "caches", "poolers"),
    [
        (50, 2, 12, "core", 1, 0),
        (100, 4, 20, "single", 2, 1),
        (10_000, 6, 25, "single", 0, 2),
        (500_000, 12, 30, "ha", 0, 3),
        (5_000_000, 20, 60, "ha", 0, 0),
    ],
)
def test_rules_alerts_and_cluster_services_are_those_of_the_table(
    users: int, armor_rules: int, alerts: int, argocd: str, caches: int, poolers: int
) -> None:
    found = size(users)
    assert found.cdn.armor_rules == armor_rules
    assert found.observability.alerts == alerts
    assert found.argocd.mode == argocd
    replicas = Counter({name: pod.replicas for name, pod in found.pods.items()})
    assert replicas["valkey"] == caches, "in the cluster only while it is no managed instance"
    assert replicas["pgbouncer"] == poolers, "Enterprise Plus pools by itself"


def test_the_clusters_of_two_continents_are_those_of_the_table() -> None:
    generations = size(5_000_000).gke.generations
    assert list(generations) == ["eu-g2", "us-g1"]
    for name, machine, baseline, burst, provisioning in (
        ("eu-g2", "n2d-standard-8", (3, 40), (0, 40), 640),
        ("us-g1", "n2d-standard-4", (3, 50), (0, 25), 400),
    ):
        found = generations[name]
        pools = found.pools
        assert found.mode == "standard"
        assert pools["baseline"].machine_type == machine
        assert (pools["baseline"].min_nodes, pools["baseline"].max_nodes) == baseline
        assert pools["burst"].machine_type == "n2d-standard-8"
        assert (pools["burst"].min_nodes, pools["burst"].max_nodes) == burst
        assert (pools["baseline"].spot, pools["burst"].spot) == (False, True)
        assert found.provisioning_vcpu == provisioning


def test_only_hypergrowth_commits_for_a_year() -> None:
    terms = {name: phase.size(phase.load(phase.max_users), "eu").commitments
             for name, phase in PHASES.items()}  # fmt: skip
    assert {name for name, term in terms.items() if term.sql != "none"} == {"hypergrowth"}
    assert {name for name, term in terms.items() if term.compute != "none"} == {"hypergrowth"}
    assert {name for name, term in terms.items() if term.redis != "none"} == {"hypergrowth"}


# Steps inside a phase


@pytest.mark.parametrize(
    ("users", "before", "after", "what"),
    [
        (100_000, "7.5", "13", lambda users: parse_tier(shard(users).tier).memory_gib),
        (250_000, 2, 4, lambda users: parse_tier(shard(users).tier).vcpu),
        (250_000, 0, 8, lambda users: sum("-service" in name for name in size(users).pods)),
        (400_000, 1, 2, lambda users: len(shard(users).replicas)),
        (3_000_000, 1, 2, lambda users: sum(s.site == "eu" for s in _shards(users))),
        (3_000_000, 1, 1, lambda users: sum(s.site == "us" for s in _shards(users))),
        (3_000_000, 0, 3, lambda users: sum(s.read_pool_nodes for s in _shards(users))),
    ],
    ids=["memory", "cores", "services", "replica", "home shards", "away shards", "read pools"],
)
def test_a_documented_step_is_taken_at_its_users(
    users: int, before: str | int, after: str | int, what: Callable[[int], Any]
) -> None:
    assert what(users - 1) == Decimal(before)
    assert what(users) == Decimal(after)


def _shards(users: int) -> list[Any]:
    return list(size(users).postgres.shards.values())


# Laws


def totals(phase: Phase, users: int, home: Site) -> dict[str, Decimal]:
    """Everything that a platform needs, added up over its clusters, shards and copies."""
    load = phase.load(users)
    built = phase.size(load, home)
    planned = workloads.plan(built, load, home)
    found: defaultdict[str, Decimal] = defaultdict(Decimal)
    found["web peak"] += planned.web_peak
    for instance in built.redis.instances.values():
        found["redis GB"] += instance.memory_gib
    for item in built.postgres.shards.values():
        copies = (2 if item.ha else 1) + len(item.replicas) + item.read_pool_nodes
        copies += item.disaster_recovery
        tier = parse_tier(item.tier)
        found["SQL vCPU"] += copies * (tier.vcpu or 0)
        found["SQL GiB"] += copies * tier.memory_gib
        found["SQL disk"] += copies * item.disk_gib
    for bound in ("floor", "expected", "ceiling"):
        for pod in planned.pods:
            replicas = getattr(pod, f"replicas_{bound}")
            found[f"vCPU, {bound}"] += replicas * pod.cpu_m
            found[f"MiB, {bound}"] += replicas * pod.memory_mib
            found[f"web replicas, {bound}"] += replicas if pod.name in {"web", "web-spot"} else 0
            found[f"vCPU on demand, {bound}"] += 0 if pod.spot else replicas * pod.cpu_m
        found[f"nodes, {bound}"] += sum(getattr(node, bound) for node in planned.nodes)
    return found


def rates(load: Load) -> dict[str, Decimal]:
    names = ("rps_average", "rps_peak", "db_reads_s", "db_writes_s", "cache_ops_s")
    return {name: getattr(load, name) for name in names}


def fallen(less: dict[str, Decimal], more: dict[str, Decimal]) -> dict[str, Any]:
    return {key: (less[key], more.get(key)) for key in less if more.get(key, 0) < less[key]}


@given(phase_and_users(count=2), any_home)
@example((PHASES["hypergrowth"], [1_019_999, 1_023_332]), "eu")
@example((PHASES["hypergrowth"], [6_092_826, 6_096_158]), "eu")
@settings(max_examples=200, deadline=None)
def test_within_a_phase_more_users_never_need_less_of_anything_in_total(
    drawn: tuple[Phase, list[int]], home: Site
) -> None:
    phase, (few, many) = drawn
    assert fallen(totals(phase, few, home), totals(phase, many, home)) == {}


@each_phase
def test_one_step_of_users_never_needs_less_in_total(phase: Phase) -> None:
    """Rounding shows between near neighbours, which two random numbers seldom are."""
    span = phase.max_users - phase.min_users
    steps = {phase.min_users + span * index // 250 for index in range(251)}
    before: dict[str, Decimal] = {}
    for users in sorted(steps):
        now = totals(phase, users, "eu")
        assert fallen(before, now) == {}, f"{phase.name} at {users} users"
        before = now


@given(phase_and_users(count=2))
@settings(max_examples=200, deadline=None)
def test_within_a_phase_more_users_never_ask_less_a_second(drawn: tuple[Phase, list[int]]) -> None:
    phase, (few, many) = drawn
    if phase.name == "scale":
        few, many = min(few, PEAK_OF_SCALE), min(many, PEAK_OF_SCALE)
    assert fallen(rates(phase.load(few)), rates(phase.load(many))) == {}


PEAK_OF_SCALE = 33_000
"""The published curves (daily users, peak factor) fall faster than users rise from here to 50 K."""


def test_the_published_curves_of_scale_dip_before_its_cap_and_nothing_shrinks_for_it() -> None:
    scale = PHASES["scale"]
    highest, cap = scale.load(PEAK_OF_SCALE), scale.load(scale.max_users)
    assert cap.rps_peak < highest.rps_peak, "if this fails, the law above holds without exception"
    assert cap.rps_peak > highest.rps_peak * Decimal("0.94"), "61.2 to 57.9 requests a second"
    assert cap.rps_average > highest.rps_average
    assert workloads.plan(scale.size(highest, "eu"), highest, "eu").web_peak == 7
    assert workloads.plan(scale.size(cap, "eu"), cap, "eu").web_peak == 7


@given(phase_and_users(), any_home)
@settings(max_examples=200, deadline=None)
def test_any_users_get_a_platform_that_gcp_would_accept(
    drawn: tuple[Phase, list[int]], home: Site
) -> None:
    phase, (users,) = drawn
    built = phase.size(phase.load(users), home)
    for item in built.postgres.shards.values():
        assert parse_tier(item.tier).edition == item.edition
        if item.replica_tier:
            assert parse_tier(item.replica_tier).edition == item.edition
    for found in built.gke.generations.values():
        assert all(MACHINE.fullmatch(pool.machine_type) for pool in found.pools.values())
    assert built.network.sites[0] == home, "users of the first continent are served at home"
    assert set(built.network.sites) == set(built.registry.sites)


def mirrored(text: str) -> str:
    """The same path or text with the two continents changed for each other."""
    return re.sub(r"\b(eu|us)\b", lambda match: "us" if match[1] == "eu" else "eu", text)


@given(phase_and_users())
@settings(max_examples=100, deadline=None)
def test_an_american_platform_is_the_european_one_mirrored(
    drawn: tuple[Phase, list[int]],
) -> None:
    phase, (users,) = drawn
    europe, america = (
        {path: str(value) for path, value in leaves(phase.size(phase.load(users), home))}
        for home in SITES
    )
    assert {mirrored(path): mirrored(value) for path, value in europe.items()} == america


@pytest.mark.parametrize("home", SITES)
def test_a_climb_only_adds_places_of_data(home: Site) -> None:
    shards: set[str] = set()
    caches: set[str] = set()
    for phase in PHASES.values():
        for users in (phase.min_users, *phase.checkpoints):
            built = phase.size(phase.load(users), home)
            assert shards <= set(built.postgres.shards), "a lost name is a lost database"
            assert caches <= set(built.redis.instances)
            shards, caches = set(built.postgres.shards), set(built.redis.instances)
    assert shards == {f"{home}-1", f"{home}-2", f"{other_site(home)}-1"}


@each_phase
def test_cheap_never_means_without_backups(phase: Phase) -> None:
    for users in (phase.min_users, phase.max_users):
        for item in phase.size(phase.load(users), "eu").postgres.shards.values():
            assert item.backups >= 7
            assert item.log_retention_days >= 7, "a week to go back to any second"


# A team's own measurements


def test_a_measurement_changes_the_size_of_a_phase() -> None:
    growth = PHASES["growth"]
    measured = growth.load(500_000, {"db_writes_per_vcpu": 100})
    tier = parse_tier(growth.size(measured, "eu").postgres.shards["eu-1"].tier)
    assert tier.vcpu == 8, "(289 / 100 + 0.2 x 260 / 700) x 1.5 x 1.3 x 1.25 = 7.2, then even"


@pytest.mark.parametrize(
    ("name", "users", "measured", "message"),
    [
        ("growth", 500_000, {"cache_kb_per_active_user": 10_000}, "memory_gib: 1 to 300"),
        ("growth", 500_000, {"db_writes_per_request": 50}, "vCPU must be 1 or even, at most 96"),
        ("hypergrowth", 5_000_000, {"db_writes_per_request": 50}, "shard at eu needs .* has 128"),
        ("scale", 10_000, {"cache_kb_per_active_user": 100_000}, "memory_gib: 1 to 300"),
    ],
)
def test_a_load_beyond_what_gcp_offers_is_refused_by_its_phase(
    name: str, users: int, measured: dict[str, object], message: str
) -> None:
    phase = PHASES[name]
    load = phase.load(users, measured)
    with pytest.raises(PalierError, match=f"^{name} cannot carry this load: .*{message}"):
        phase.size(load, "eu")


def test_an_unknown_measurement_is_refused_before_anything_is_sized() -> None:
    with pytest.raises(PalierError, match=r"load.request_size: unknown"):
        PHASES["mvp"].load(50, {"request_size": 4})
