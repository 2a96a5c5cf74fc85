"""What each application is told: rates, samples, connections, memory."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from functools import cache
from typing import Any

import builders
import pytest
from hypothesis import given
from hypothesis import strategies as st

from palier.errors import PalierError
from palier.kubernetes import SPOT
from palier.overlay import files, values
from palier.overlay.apps import FREE_SPANS, SPANS_PER_REQUEST, apps
from palier.overlay.objects import Object
from palier.overlay.values import Overlay
from palier.sql_tiers import parse_tier

POOLED = ("traction", "scale", "growth")
WORKER_POOL = 3
"""DATABASE_POOL of gitops/base/app/worker.yaml."""


@cache
def overlay(phase: str) -> Overlay:
    """The first overlay of a ready-made stack."""
    return values.overlays(builders.recorded(phase))[0]


def with_load(phase: str, **load: str) -> Overlay:
    one = overlay(phase)
    return replace(one, load={**one.load, **{key: Decimal(value) for key, value in load.items()}})


def with_pod(phase: str, name: str, **fields: Any) -> Overlay:
    one = overlay(phase)
    return replace(one, pods={**one.pods, name: replace(one.pods[name], **fields)})


def patch(one: Overlay, app: str, kind: str, name: str) -> Object:
    """One of the patches of an application."""
    (found,) = [
        each for each in apps(one)[app].patches
        if (each["kind"], each["metadata"]["name"]) == (kind, name)
    ]  # fmt: skip
    return found


@given(million=st.decimals("0.001", "1000000", places=3))
def test_a_month_s_sampled_spans_are_within_what_is_free(million: Decimal) -> None:
    settings = apps(with_load("growth", requests_million=str(million)))["collector"].settings
    percent = settings["SAMPLING_PERCENTAGE"]
    assert set(percent) <= set("0123456789."), "the collector reads no exponents"
    assert 0 < Decimal(percent) <= 100
    spans = million * 1_000_000 * SPANS_PER_REQUEST
    assert spans * Decimal(percent) / 100 <= FREE_SPANS
    assert FREE_SPANS == 2_500_000


def test_few_requests_are_all_traced() -> None:
    settings = apps(with_load("scale", requests_million="0.1"))["collector"].settings
    assert settings["SAMPLING_PERCENTAGE"] == "100"


@pytest.mark.parametrize(
    ("phase", "seconds", "rate"),
    [("mvp", "0.020", 10), ("growth", "0.020", 25), ("mvp", "0.030", 7), ("mvp", "0.5", 1)],
)
def test_a_pod_is_sent_as_many_requests_a_second_as_its_cpu_answers(
    phase: str, seconds: str, rate: int
) -> None:
    one = with_load(phase, cpu_seconds_per_request=seconds)
    service = patch(one, "app", "Service", "web")
    told = json.loads(service["metadata"]["annotations"]["controller.autoneg.dev/neg"])
    assert told == {
        "backend_services": {"80": [{"name": one.backend, "max_rate_per_endpoint": rate}]}
    }


def test_requests_of_a_web_pod_at_its_rate_are_what_it_asks_the_cluster_for() -> None:
    one = overlay("growth")
    resources = patch(one, "app", "Deployment", "web")["spec"]["template"]["spec"]["containers"]
    assert resources == [{
        "name": "web",
        "resources": {"requests": {"cpu": "500m", "memory": "1024Mi"},
                      "limits": {"memory": "1024Mi"}},
    }]  # fmt: skip


@pytest.mark.parametrize(
    "fields", [{"spot": True}, {"replicas_ceiling": Decimal(2)}, {"replicas_floor": Decimal(0)}]
)
def test_a_service_on_spot_or_of_moving_size_is_refused(fields: dict[str, Any]) -> None:
    files.texts(overlay("growth"), "growth")
    with pytest.raises(PalierError, match=r"^pods\.order-service: services run on demand.*$"):
        files.texts(with_pod("growth", "order-service", **fields), "growth")


def test_what_is_on_spot_says_so_and_nothing_else_does() -> None:
    one = overlay("mvp")
    pods = {
        name: patch(one, "app", "Deployment", name)["spec"]["template"]["spec"]
        for name in ("web", "web-spot", "worker")
    }
    assert {name for name, pod in pods.items() if "nodeSelector" in pod} == {"web-spot", "worker"}
    assert pods["web-spot"]["nodeSelector"] == {SPOT: "true"}
    assert pods["web-spot"]["tolerations"][0]["key"] == SPOT


def test_a_workload_that_moves_has_limits_and_no_number_of_its_own() -> None:
    one = overlay("growth")
    assert "replicas" not in patch(one, "app", "Deployment", "worker")["spec"]
    scaler = patch(one, "app", "HorizontalPodAutoscaler", "worker")["spec"]
    assert (scaler["minReplicas"], scaler["maxReplicas"]) == (2, 35)
    kinds = [each["kind"] for each in apps(overlay("scale"))["app"].patches]
    assert kinds.count("HorizontalPodAutoscaler") == 1, "its worker is of fixed size"
    assert patch(overlay("scale"), "app", "Deployment", "worker")["spec"]["replicas"] == 2


def test_the_cache_takes_part_of_its_memory_for_keys() -> None:
    assert apps(overlay("mvp"))["cache"].settings == {"MAXMEMORY": "89mb"}
    assert apps(with_pod("mvp", "valkey", memory_mib=100))["cache"].settings == {
        "MAXMEMORY": "70mb"
    }


@pytest.mark.parametrize(("phase", "mode", "pool"), [
    ("mvp", "direct", "5"), ("traction", "pooler", "10"), ("scale", "pooler", "10"),
    ("growth", "pooler", "10"), ("hypergrowth", "managed", "5"),
])  # fmt: skip
def test_the_application_is_told_what_stands_before_its_database(
    phase: str, mode: str, pool: str
) -> None:
    settings = apps(overlay(phase))["app"].settings
    assert (settings["DATABASE_MODE"], settings["DATABASE_POOL"]) == (mode, pool)
    assert ("pooler" in apps(overlay(phase))) == (mode == "pooler")


@pytest.mark.parametrize("phase", POOLED)
def test_poolers_take_every_client_even_while_one_of_them_is_away(phase: str) -> None:
    one = overlay(phase)
    settings = apps(one)["app"].settings
    web = [pod for pod in one.of("apps") if pod.name in {"web", "web-spot", *one.services}]
    processes = sum(int(pod.replicas_ceiling) for pod in web)
    clients = processes * int(settings["DATABASE_POOL"])
    clients += int(one.pods["worker"].replicas_ceiling) * WORKER_POOL
    poolers = int(one.pods["pgbouncer"].replicas_floor)
    takes = int(apps(one)["pooler"].settings["MAX_CLIENTS"])
    assert 2 * clients <= takes * max(1, poolers - 1), "each has a pool for reads beside it"


def test_the_smallest_database_decides_for_all() -> None:
    one = with_load("growth", db_connections="30")
    (shard,) = one.shards
    assert apps(one)["pooler"].settings["POOL_SIZE"] == "50"
    small = replace(shard, name="eu-2", tier=parse_tier("db-custom-1-3840"))
    for shards in ((shard, small), (small, shard)):
        settings = apps(replace(one, shards=shards))["pooler"].settings
        assert (settings["POOL_SIZE"], settings["RESERVE_POOL"]) == ("15", "3")


def test_without_a_pooler_every_database_has_to_take_all_pods() -> None:
    one = overlay("mvp")
    (shard,) = one.shards
    tiny = replace(shard, name="eu-2", tier=parse_tier("db-f1-micro"))
    with pytest.raises(PalierError, match="db-f1-micro should give 12 without a pooler"):
        apps(replace(one, shards=(shard, tiny)))
