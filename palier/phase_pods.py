"""Workloads of fixed size, phase by phase: Argo CD, pooler, cache, collector and the like.

The sums are the platform lines of the reference design; `workloads` adds the web tier, which grows
with load. Requests are those the manifests carry.
"""

from __future__ import annotations

from typing import Final

from palier.pod_sizes import PodSize
from palier.workloads import APPS, ARGOCD, PLATFORM

SERVICES: Final = (
    "user", "payment", "notification", "product", "order", "analytics", "search", "file",
)  # fmt: skip
"""Services extracted from the monolith, in the order of "Scaling et croissance"."""


def _pod(
    namespace: str, replicas: int, cpu_m: int, memory_mib: int, *, spot: bool = False, gib: int = 0
) -> PodSize:
    return PodSize(
        namespace=namespace, replicas=replicas, cpu_m=cpu_m, memory_mib=memory_mib, spot=spot,
        volume_gib=gib,
    )  # fmt: skip


AUTONEG: Final = _pod(PLATFORM, 1, 50, 64, spot=True)

MVP_PODS: Final[dict[str, PodSize]] = {
    "worker": _pod(APPS, 1, 100, 256, spot=True),
    "valkey": _pod(APPS, 1, 50, 128, gib=1),
    "argocd-application-controller": _pod(ARGOCD, 1, 150, 448, spot=True),
    "argocd-repo-server": _pod(ARGOCD, 1, 100, 320, spot=True),
    "argocd-redis": _pod(ARGOCD, 1, 50, 64, spot=True),
    "autoneg": AUTONEG,
}

TRACTION_PODS: Final[dict[str, PodSize]] = {
    "worker": _pod(APPS, 1, 100, 256, spot=True),
    "pgbouncer": _pod(APPS, 1, 50, 64),
    "valkey": _pod(APPS, 2, 100, 192, gib=1),
    "argocd-server": _pod(ARGOCD, 1, 100, 256),
    "argocd-application-controller": _pod(ARGOCD, 1, 200, 576, spot=True),
    "argocd-repo-server": _pod(ARGOCD, 1, 150, 512, spot=True),
    "argocd-redis": _pod(ARGOCD, 1, 50, 64, spot=True),
    "autoneg": AUTONEG,
}

SCALE_PODS: Final[dict[str, PodSize]] = {
    "worker": _pod(APPS, 2, 250, 512, spot=True),
    "pgbouncer": _pod(APPS, 2, 100, 128),
    "argocd-server": _pod(ARGOCD, 1, 100, 256),
    "argocd-application-controller": _pod(ARGOCD, 1, 200, 512),
    "argocd-repo-server": _pod(ARGOCD, 1, 150, 384),
    "argocd-redis": _pod(ARGOCD, 1, 50, 128),
    "otel-collector": _pod(PLATFORM, 1, 200, 512),
    "autoneg": AUTONEG,
}

GROWTH_PODS: Final[dict[str, PodSize]] = {
    "pgbouncer": _pod(APPS, 3, 100, 128),
    "argocd-server": _pod(ARGOCD, 2, 100, 256),
    "argocd-repo-server": _pod(ARGOCD, 2, 250, 512),
    "argocd-application-controller": _pod(ARGOCD, 1, 500, 1536),
    "argocd-redis-ha": _pod(ARGOCD, 3, 50, 96),
    "argocd-redis-ha-haproxy": _pod(ARGOCD, 1, 50, 224),
    "argocd-applicationset-controller": _pod(ARGOCD, 1, 100, 256),
    "argocd-notifications-controller": _pod(ARGOCD, 1, 100, 256),
    "otel-collector": _pod(PLATFORM, 2, 250, 640),
    "kube-state-metrics": _pod(PLATFORM, 1, 50, 320),
    "autoneg": _pod(PLATFORM, 1, 50, 64),
}

HYPERGROWTH_PODS: Final[dict[str, PodSize]] = {
    "argocd-server": _pod(ARGOCD, 2, 250, 512),
    "argocd-repo-server": _pod(ARGOCD, 2, 500, 1024),
    "argocd-application-controller": _pod(ARGOCD, 1, 1000, 3072),
    "argocd-redis-ha": _pod(ARGOCD, 3, 50, 96),
    "argocd-redis-ha-haproxy": _pod(ARGOCD, 1, 50, 224),
    "argocd-applicationset-controller": _pod(ARGOCD, 1, 100, 256),
    "argocd-notifications-controller": _pod(ARGOCD, 1, 100, 256),
    "otel-collector": _pod(PLATFORM, 2, 500, 1280),
    "kube-state-metrics": _pod(PLATFORM, 1, 50, 320),
    "autoneg": _pod(PLATFORM, 1, 50, 64),
}

SERVICE_PODS: Final[dict[str, PodSize]] = {
    f"{service}-service": _pod(APPS, 1, 500, 1024) for service in SERVICES
}
