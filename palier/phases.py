"""Phases: the five levels of the staircase, as rows of one table.

A phase fixes what is discrete (modes, tiers, high availability) and what it assumes of its load;
what grows with users inside a phase comes from `load`. No other module asks which phase it is in:
whoever needs to know reads a field of the row or of its size.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from palier import sizing
from palier.errors import PalierError, one_of
from palier.load import Load, LoadModel, compute, curve
from palier.sites import Site
from palier.sizes import (
    PlatformSize,
)

Sizing = Callable[[Load, Site], PlatformSize]


@dataclass(frozen=True, kw_only=True)
class Phase:
    """One level: whom it serves, how they are counted, what it assumes, how it is sized."""

    name: str
    min_users: int
    max_users: int
    counter: str
    model: LoadModel
    sizing: Sizing
    checkpoints: tuple[int, ...]
    """User counts whose bill the reference design publishes; the last is the phase's cap."""
    steps: tuple[int, ...] = ()
    """User counts from which something steps up, and the bill with it."""

    def load(self, users: int, measured: Mapping[str, object] | None = None) -> Load:
        """What `users` ask, with a team's own measurements in the place of constants."""
        self.check_users(users)
        return compute(users, self.model.override(measured or {}))

    def size(self, load: Load, home: Site) -> PlatformSize:
        """The platform this phase builds for a load.

        Raises:
            PalierError: measured constants ask for more than GCP offers.
        """
        try:
            return self.sizing(load, home)
        except PalierError as error:
            raise PalierError(f"{self.name} cannot carry this load: {error}") from None

    def check_users(self, users: int) -> None:
        """Refuse users this phase is not made for, and name the phase that is.

        Raises:
            PalierError: no such number of users, or another phase's.
        """
        if self.min_users <= users <= self.max_users:
            return
        allowed = f"{self.name} serves {self.min_users} to {self.max_users} users, got {users}"
        if users < 1 or users > HYPERGROWTH.max_users:
            raise PalierError(f"palier:users: {allowed}")
        raise PalierError(f"palier:users: {allowed}; the phase for that is {for_users(users).name}")


_MVP_MODEL: Final = LoadModel(cache_hit_ratio=Decimal("0.5"))
_TRACTION_MODEL: Final = replace(
    _MVP_MODEL,
    cache_hit_ratio=Decimal("0.7"),
    log_base_gib=Decimal(20),
    metric_samples_base_million=Decimal(20),
    alert_series=Decimal(40),
    nat_gib_base=Decimal(10),
    registry_gib=Decimal(12),
)
_SCALE_MODEL: Final = replace(
    _TRACTION_MODEL,
    cache_hit_ratio=Decimal("0.85"),
    metric_samples_base_million=Decimal(60),
    alert_series=Decimal(80),
    nat_gib_base=Decimal(50),
    nat_vms_base=Decimal(4),
    backup_ratio=Decimal("1.5"),
    dump_ratio=Decimal("0.5"),
    registry_gib=Decimal(25),
    static_gib=Decimal(10),
    dns_million_queries=Decimal(2),
)
_GROWTH_MODEL: Final = replace(
    _SCALE_MODEL,
    cache_hit_ratio=Decimal("0.90"),
    log_base_gib=Decimal(30),
    log_sample=Decimal("0.1"),
    metric_samples_base_million=Decimal(0),
    metric_series_per_pod=Decimal(150),
    metric_pods_base=Decimal(20),
    alert_series=Decimal(200),
    nat_gib_base=Decimal(100),
    nat_share_of_api=Decimal("0.05"),
    nat_vms_base=Decimal(3),
    backup_ratio=Decimal(2),
    dump_ratio=Decimal("1.5"),
    registry_gib=Decimal(150),
    static_gib=Decimal(50),
    dns_million_queries=Decimal(5),
)
_HYPERGROWTH_MODEL: Final = replace(
    _GROWTH_MODEL,
    cache_hit_ratio=Decimal("0.92"),
    log_base_gib=Decimal(50),
    log_sample=Decimal("0.05"),
    metric_pods_base=Decimal(60),
    alert_series=Decimal(800),
    nat_gib_base=Decimal(200),
    backup_ratio=Decimal(3),
    dump_ratio=Decimal(3),
    registry_gib=Decimal(200),
    static_gib=Decimal(200),
    dns_million_queries=Decimal(20),
    away_share=curve(
        (1_000_000, "0.10"), (2_000_000, "0.20"), (5_000_000, "0.30"), (11_000_000, "0.40")
    ),
)

MVP: Final = Phase(
    name="mvp", min_users=1, max_users=50, counter="active accounts", model=_MVP_MODEL,
    sizing=sizing.mvp, checkpoints=(50,),
)  # fmt: skip
TRACTION: Final = Phase(
    name="traction", min_users=51, max_users=100, counter="active accounts",
    model=_TRACTION_MODEL, sizing=sizing.traction, checkpoints=(100,),
)  # fmt: skip
SCALE: Final = Phase(
    name="scale", min_users=101, max_users=50_000, counter="monthly active users",
    model=_SCALE_MODEL, sizing=sizing.scale, checkpoints=(10_000, 50_000),
)  # fmt: skip
GROWTH: Final = Phase(
    name="growth", min_users=50_001, max_users=1_000_000, counter="monthly active users",
    model=_GROWTH_MODEL, sizing=sizing.growth, checkpoints=(125_000, 500_000, 750_000, 1_000_000),
    steps=(
        sizing.LARGE_MEMORY_FROM_USERS,
        sizing.SERVICES_FROM_USERS,
        sizing.SECOND_REPLICA_FROM_USERS,
    ),
)  # fmt: skip
HYPERGROWTH: Final = Phase(
    name="hypergrowth", min_users=1_000_001, max_users=11_000_000,
    counter="monthly active users", model=_HYPERGROWTH_MODEL, sizing=sizing.hypergrowth,
    checkpoints=(2_000_000, 5_000_000, 11_000_000),
    steps=(sizing.SECOND_SHARD_FROM_USERS,),
)  # fmt: skip

PHASES: Final[dict[str, Phase]] = {
    phase.name: phase for phase in (MVP, TRACTION, SCALE, GROWTH, HYPERGROWTH)
}
"""The staircase, lowest first."""


def get(name: str) -> Phase:
    """The phase of that name.

    Raises:
        PalierError: there is none.
    """
    if name not in PHASES:
        raise PalierError(f"phase: expected {one_of(PHASES)}, got {name!r}")
    return PHASES[name]


def for_users(users: int) -> Phase:
    """The phase made for a number of users.

    Raises:
        PalierError: no phase is.
    """
    for phase in PHASES.values():
        if phase.min_users <= users <= phase.max_users:
            return phase
    raise PalierError(f"users: expected 1 to {HYPERGROWTH.max_users}, got {users}")


def following(phase: Phase) -> Phase | None:
    """The next phase up, or `None` at the top."""
    rows = list(PHASES.values())
    place = rows.index(phase) + 1
    return rows[place] if place < len(rows) else None


def preceding(phase: Phase) -> Phase | None:
    """The phase below, or `None` at the bottom."""
    place = list(PHASES.values()).index(phase) - 1
    return list(PHASES.values())[place] if place >= 0 else None
