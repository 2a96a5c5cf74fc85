"""What each application of an overlay is told: one function an application, patches and settings.

An application is a folder below the overlay's, and one Argo CD Application that syncs it. Which
ones there are follows from the recorded workloads.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_FLOOR, Decimal
from typing import Final

from palier.overlay import objects
from palier.overlay.connections import DIRECT_POOL, check_direct, pools
from palier.overlay.objects import Object
from palier.overlay.quotas import quotas
from palier.overlay.values import Overlay
from palier.workloads import APPS, PLATFORM, WORKER, ceiling

WEB: Final = ("web", "web-spot")
POOLER: Final = "pgbouncer"
CACHE: Final = "valkey"
COLLECTOR: Final = "otel-collector"
STATE_METRICS: Final = "kube-state-metrics"
CLIENT_POOL: Final = 10
"""Connections of an application's process to a pooler, which has plenty."""
CLIENTS_PER_POOLER: Final = 2_000
"""All processes of growth at their most, both pools full, while one of three poolers is away."""
SHARE_OF_MEMORY: Final = Decimal("0.7")
"""Of the cache pod's memory for keys: the rest is for buffers, and the copy of a snapshot."""
FREE_SPANS: Final = Decimal(2_500_000)
"""Spans a month that Cloud Trace takes in free of charge (Google Cloud Observability pricing)."""
SPANS_PER_REQUEST: Final = 5
SPAN_MARGIN: Final = Decimal("0.8")
MILLION: Final = 1_000_000
NO_MODULES: Final = "none"
"""What the web tier serves of the services' modules, once all of them run for themselves."""


@dataclass(frozen=True, kw_only=True)
class App:
    """The generated part of one application."""

    patches: list[Object]
    settings: Mapping[str, str] = field(default_factory=dict)
    """Environment of its pods."""


def apps(overlay: Overlay) -> dict[str, App]:
    """Every application of an overlay, by folder.

    Raises:
        PalierError: the sizes leave no room for what the load asks.
    """
    settings = _settings(overlay)
    made: dict[str, App] = {
        "guard": _guard(overlay),
        "access": App(patches=[objects.secret_class("app", APPS, overlay)]),
        "migrations": App(patches=[], settings=settings),
        "app": App(patches=_app(overlay), settings=settings),
    }
    for workload, (name, make) in _OPTIONAL.items():
        if workload in overlay.pods:
            made[name] = make(overlay)
    return made


def _guard(overlay: Overlay) -> App:
    patches = []
    for namespace, quota in quotas(overlay).items():
        hard = {
            "requests.cpu": f"{quota.cpu_m}m",
            "requests.memory": f"{quota.mib}Mi",
            "requests.storage": f"{quota.volume_gib}Gi",
            "persistentvolumeclaims": str(quota.volumes),
        }
        patches.append(objects.patch("ResourceQuota", "ceiling", namespace, {"hard": hard}, "v1"))
    return App(patches=patches)


def _cache(overlay: Overlay) -> App:
    pod = overlay.pods[CACHE]
    patch = objects.workload(pod, "StatefulSet")
    patch["spec"]["volumeClaimTemplates"] = [
        {
            "metadata": {"name": "data"},
            "spec": {
                "accessModes": ["ReadWriteOnce"],
                "storageClassName": "standard-rwo",
                "resources": {"requests": {"storage": f"{pod.volume_gib}Gi"}},
            },
        }
    ]
    most = (pod.memory_mib * SHARE_OF_MEMORY).to_integral_value(rounding=ROUND_FLOOR)
    return App(patches=[patch], settings={"MAXMEMORY": f"{most}mb"})


def _pooler(overlay: Overlay) -> App:
    """One pool size for all databases: what the smallest of them takes."""
    pod, busy = overlay.pods[POOLER], overlay.load["db_connections"]
    poolers = int(pod.replicas_floor)
    shared = min(
        (pools(shard.tier, poolers, busy, len(shard.replicas)) for shard in overlay.shards),
        key=lambda one: one.size,
    )
    return App(
        patches=[
            objects.workload(pod),
            objects.secret_class(POOLER, APPS, overlay, prefix="database-"),
        ],
        settings={
            "SHARDS": ",".join(shard.name for shard in overlay.shards),
            "REPLICAS": ",".join(overlay.replicas),
            "POOL_SIZE": str(shared.size),
            "RESERVE_POOL": str(shared.reserve),
            "MAX_CLIENTS": str(CLIENTS_PER_POOLER),
        },
    )


def _app(overlay: Overlay) -> list[Object]:
    pods = overlay.pods
    target = int(overlay.load["cpu_target"] * 100)
    rate = ceiling(Decimal(pods["web"].cpu_m) / 1000 / overlay.load["cpu_seconds_per_request"])
    attach = {
        "backend_services": {"80": [{"name": overlay.backend, "max_rate_per_endpoint": rate}]}
    }
    worker = pods[WORKER]
    moving = worker.replicas_floor < worker.replicas_ceiling
    patches = [
        objects.workload(pods["web"]),
        objects.workload(pods["web-spot"], scaled=True),
        objects.autoscaler(pods["web-spot"], target),
        objects.workload(worker, scaled=moving),
        objects.annotated(
            "Service", "web", APPS, {"controller.autoneg.dev/neg": json.dumps(attach)}
        ),
    ]
    if moving:
        patches.append(objects.autoscaler(worker, target))
    return patches


def _settings(overlay: Overlay) -> dict[str, str]:
    """Environment of the application: see gitops/reference-app/README.md."""
    pooled = POOLER in overlay.pods
    managed = all(shard.managed_pooling for shard in overlay.shards)
    settings = {
        "SITE": overlay.site,
        "DATABASE_MODE": "pooler" if pooled else "managed" if managed else "direct",
        "DATABASE_SHARDS": ",".join(shard.name for shard in overlay.shards),
        "DATABASE_REPLICAS": ",".join(overlay.replicas),
        "DATABASE_POOL": str(CLIENT_POOL if pooled else DIRECT_POOL),
        "CACHE_MODE": "managed" if overlay.managed_cache else "in-cluster",
        "MODULES": NO_MODULES if overlay.services else "",
    }
    if not (pooled or managed):
        most = sum(int(overlay.pods[name].replicas_ceiling) for name in WEB)
        for shard in overlay.shards:
            check_direct(shard.tier, most, int(overlay.pods[WORKER].replicas_ceiling))
    if COLLECTOR in overlay.pods:
        settings["OTEL_EXPORTER_OTLP_ENDPOINT"] = f"http://{COLLECTOR}.{PLATFORM}:4318"
    return settings


def _autoneg(overlay: Overlay) -> App:
    tie = {"iam.gke.io/gcp-service-account": overlay.autoneg_account}
    return App(
        patches=[
            objects.workload(overlay.pods["autoneg"]),
            objects.annotated("ServiceAccount", "autoneg", PLATFORM, tie),
        ]
    )


def _collector(overlay: Overlay) -> App:
    """A sample of traces that stays within what is free: the bill holds no line for them."""
    spans = overlay.load["requests_million"] * MILLION * SPANS_PER_REQUEST
    percent = min(Decimal(100), FREE_SPANS * SPAN_MARGIN / spans * 100)
    return App(
        patches=[objects.workload(overlay.pods[COLLECTOR])],
        settings={
            "GOOGLE_CLOUD_PROJECT": overlay.project,
            "SAMPLING_PERCENTAGE": format(Decimal(f"{percent:.3g}"), "f"),
        },
    )


def _state_metrics(overlay: Overlay) -> App:
    return App(patches=[objects.workload(overlay.pods[STATE_METRICS])])


_OPTIONAL: Final[dict[str, tuple[str, Callable[[Overlay], App]]]] = {
    "autoneg": ("autoneg", _autoneg),
    CACHE: ("cache", _cache),
    POOLER: ("pooler", _pooler),
    COLLECTOR: ("collector", _collector),
    STATE_METRICS: ("state-metrics", _state_metrics),
}
