"""Quotas: the cluster's ceiling, shared out among its namespaces.

What Argo CD and the platform's own pods request is taken off first, to the millicore; the rest is
the application's. The sum is the quota that the estimate prices as its ceiling.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from palier.errors import PalierError
from palier.overlay.values import Overlay
from palier.workloads import APPS, ARGOCD, PLATFORM

JOB_CPU_M: Final = 50
JOB_MIB: Final = 128
"""Room for one short job beside a namespace's pods, a migration."""
ARGOCD_ROOM_MIB: Final = 256
"""The same for Argo CD: a hook of its chart; or one more pod of Redis or of its proxy, which the
chart updates in no other way."""


@dataclass(frozen=True, kw_only=True)
class Quota:
    """The most that the pods of a namespace may request."""

    cpu_m: int
    mib: int
    volumes: int
    volume_gib: int


def quotas(overlay: Overlay) -> Mapping[str, Quota]:
    """The quota of each namespace.

    Raises:
        PalierError: what is left is too little for the application at its ceiling.
    """
    argocd = _with_room(_asked(overlay, ARGOCD), ARGOCD_ROOM_MIB)
    platform, asked = _asked(overlay, PLATFORM), _asked(overlay, APPS)
    apps = replace(
        asked,
        cpu_m=overlay.quota_cpu_m - argocd.cpu_m - platform.cpu_m,
        mib=overlay.quota_mib - argocd.mib - platform.mib,
    )
    needed = _with_room(asked, JOB_MIB)
    if apps.cpu_m < needed.cpu_m or apps.mib < needed.mib:
        raise PalierError(
            f"gke.generations.{overlay.cluster}: the quota leaves {apps.cpu_m}m and {apps.mib}Mi"
            f" for namespace {APPS}, which takes {needed.cpu_m}m and {needed.mib}Mi at its"
            " maximum, with a migration: raise quota_vcpu and quota_memory_gib, or lower"
            " web.limits"
        )
    return {APPS: apps, ARGOCD: argocd, PLATFORM: platform}


def _asked(overlay: Overlay, namespace: str) -> Quota:
    """What the pods of a namespace request when all of them run."""
    pods = [(int(pod.replicas_ceiling), pod) for pod in overlay.of(namespace)]
    return Quota(
        cpu_m=sum(count * pod.cpu_m for count, pod in pods),
        mib=sum(count * pod.memory_mib for count, pod in pods),
        volumes=sum(count for count, pod in pods if pod.volume_gib),
        volume_gib=sum(count * pod.volume_gib for count, pod in pods),
    )


def _with_room(quota: Quota, mib: int) -> Quota:
    return replace(quota, cpu_m=quota.cpu_m + JOB_CPU_M, mib=quota.mib + mib)
