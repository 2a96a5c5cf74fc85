"""Cloud SQL tiers for PostgreSQL: what a tier's name stands for, and which names GCP offers.

Shared-core and custom tiers belong to edition ENTERPRISE, `perf-optimized` ones to ENTERPRISE_PLUS
(Google's documentation of Cloud SQL machine series).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

from palier.errors import PalierError, one_of, require

Edition = Literal["ENTERPRISE", "ENTERPRISE_PLUS"]

SHARED_CORE_GIB: Final = {"db-f1-micro": Decimal("0.6"), "db-g1-small": Decimal("1.7")}
CUSTOM_TIER: Final = re.compile(r"db-custom-(\d+)-(\d+)")
PLUS_TIER: Final = re.compile(r"db-perf-optimized-N-(\d+)")
PLUS_VCPU: Final = (2, 4, 8, 16, 32, 48, 64, 80, 96, 128)
PLUS_GIB_PER_VCPU: Final = 8
MAX_CUSTOM_VCPU: Final = 96
MIB: Final = 1024
MIN_CUSTOM_MIB: Final = 3840
CUSTOM_MIB_STEP: Final = 256
MIN_CUSTOM_GIB_PER_VCPU: Final = Decimal("0.9")
MAX_CUSTOM_GIB_PER_VCPU: Final = Decimal("6.5")

CONNECTION_STEPS: Final[tuple[tuple[float, int], ...]] = (
    (1.7, 25), (3.75, 50), (6, 100), (7.5, 200), (15, 100), (30, 100), (60, 200), (120, 200),
)  # fmt: skip
"""Memory in GiB from which PostgreSQL on Cloud SQL takes that many more connections by default."""
FEWEST_CONNECTIONS: Final = 25


@dataclass(frozen=True, kw_only=True)
class Tier:
    """What a Cloud SQL tier name stands for."""

    name: str
    vcpu: int | None
    memory_gib: Decimal

    @property
    def edition(self) -> Edition:
        """The one edition that offers the tier."""
        return "ENTERPRISE_PLUS" if PLUS_TIER.fullmatch(self.name) else "ENTERPRISE"

    @property
    def shared_core(self) -> bool:
        """Whether the tier shares its core: no SLA, a price by the hour of its own."""
        return self.vcpu is None


def parse_tier(name: str) -> Tier:
    """Read a Cloud SQL for PostgreSQL tier name.

    Raises:
        PalierError: the name is none that GCP offers for PostgreSQL.
    """
    if name in SHARED_CORE_GIB:
        return Tier(name=name, vcpu=None, memory_gib=SHARED_CORE_GIB[name])
    if match := CUSTOM_TIER.fullmatch(name):
        vcpu, mib = int(match[1]), int(match[2])
        _check_custom(name, vcpu, mib)
        return Tier(name=name, vcpu=vcpu, memory_gib=Decimal(mib) / MIB)
    if (match := PLUS_TIER.fullmatch(name)) and int(match[1]) in PLUS_VCPU:
        vcpu = int(match[1])
        return Tier(name=name, vcpu=vcpu, memory_gib=Decimal(vcpu * PLUS_GIB_PER_VCPU))
    raise PalierError(
        f"tier {name!r}: allowed are {one_of(SHARED_CORE_GIB)}, db-custom-VCPU-MIB, or"
        f" db-perf-optimized-N-VCPU with VCPU {one_of(PLUS_VCPU)}"
    )


def max_connections(tier: Tier) -> int:
    """The `max_connections` that Cloud SQL gives an instance of the tier by default."""
    steps = (more for gib, more in CONNECTION_STEPS if float(tier.memory_gib) >= gib)
    return FEWEST_CONNECTIONS + sum(steps)


def _check_custom(name: str, vcpu: int, mib: int) -> None:
    require(
        vcpu == 1 or (vcpu % 2 == 0 and 2 <= vcpu <= MAX_CUSTOM_VCPU),  # noqa: PLR2004
        f"tier {name}: vCPU must be 1 or even, at most {MAX_CUSTOM_VCPU}",
    )
    require(
        mib >= MIN_CUSTOM_MIB and mib % CUSTOM_MIB_STEP == 0,
        f"tier {name}: memory must be at least {MIN_CUSTOM_MIB} MiB and a multiple of"
        f" {CUSTOM_MIB_STEP}",
    )
    ratio = Decimal(mib) / MIB / vcpu
    require(
        MIN_CUSTOM_GIB_PER_VCPU <= ratio <= MAX_CUSTOM_GIB_PER_VCPU,
        f"tier {name}: memory must be {MIN_CUSTOM_GIB_PER_VCPU} to {MAX_CUSTOM_GIB_PER_VCPU} GiB"
        f" a vCPU, got {ratio:.2f}",
    )
