"""Sizes of what runs in the clusters: the web tier, and workloads of fixed size."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from palier.errors import require
from palier.sites import Site

MIB: Final = 1024
MIN_CPU_M: Final = 50
MIN_MIB: Final = 52
MAX_GIB_PER_VCPU: Final = Decimal("6.5")
"""Autopilot raises requests below these minima, or outside 1 to 6.5 GiB a vCPU (Google's pages)."""


@dataclass(frozen=True, kw_only=True)
class WebLimits:
    """Replicas of the web tier at one site: both parts together, and the part on demand."""

    minimum: int
    maximum: int
    on_demand: int

    def __post_init__(self) -> None:
        """Refuse limits out of order: the on-demand part is what survives a loss of spot."""
        require(
            1 <= self.on_demand <= self.minimum <= self.maximum,
            "1 <= on_demand <= minimum <= maximum",
        )
        require(self.on_demand < self.maximum, "on_demand < maximum: the spot part needs a pod")


@dataclass(frozen=True, kw_only=True)
class WebSize:
    """The reference application's web tier: a fixed part on demand, the rest spot under the HPA.

    The on-demand part is the site's `on_demand` replicas, or `on_demand_share` of the mean when
    that is more. `worker_share` is workers per web replica.
    """

    cpu_m: int
    memory_mib: int
    limits: dict[Site, WebLimits]
    on_demand_share: Decimal = Decimal(0)
    worker_share: Decimal = Decimal(0)

    def __post_init__(self) -> None:
        """Refuse pods that Autopilot would resize, and shares that are none."""
        _check_pod(self.cpu_m, self.memory_mib)
        require(0 <= self.on_demand_share <= 1, "on_demand_share: 0 to 1")
        require(0 <= self.worker_share <= 1, "worker_share: 0 to 1")


@dataclass(frozen=True, kw_only=True)
class PodSize:
    """A workload of fixed size: name, replicas and requests of one pod."""

    namespace: str
    replicas: int
    cpu_m: int
    memory_mib: int
    spot: bool = False
    volume_gib: int = 0

    def __post_init__(self) -> None:
        """Refuse pods that Autopilot would resize."""
        _check_pod(self.cpu_m, self.memory_mib)
        require(self.replicas >= 1, "replicas: at least 1")
        require(self.volume_gib >= 0, "volume_gib: 0 or more")


def _check_pod(cpu_m: int, memory_mib: int) -> None:
    require(cpu_m >= MIN_CPU_M, f"cpu_m: at least {MIN_CPU_M}, got {cpu_m}")
    require(memory_mib >= MIN_MIB, f"memory_mib: at least {MIN_MIB}, got {memory_mib}")
    ratio = Decimal(memory_mib) / MIB / (Decimal(cpu_m) / 1000)
    require(
        1 <= ratio <= MAX_GIB_PER_VCPU,
        f"memory_mib: 1 to {MAX_GIB_PER_VCPU} GiB a vCPU, got {ratio:.2f}",
    )
