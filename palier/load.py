"""Load: what a number of users asks of a platform, per second and per month.

Every constant of the model is a field of `LoadModel`, with its unit and its source, and every team
can put its own measurement in its place (`palier:load` in the stack's config). `compute` turns
users into a `Load`: pure arithmetic, no prices and no sizes.

Sources name the documents by their titles (docs/documents.md lists them), `model` for the
reference design's own assumptions, to be measured by each team.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal
from typing import Any, Final

from palier.errors import PalierError, one_of

DAYS_PER_MONTH: Final = Decimal(30)
SECONDS_PER_DAY: Final = Decimal(86_400)
MINUTES_PER_MONTH: Final = Decimal(43_800)
KIB_PER_GIB: Final = Decimal(1024**2)
MIB_PER_GIB: Final = Decimal(1024)
MILLION: Final = Decimal(1_000_000)
MOST: Final = Decimal(10**12)
LEAST: Final = 1 / MOST
"""Bounds of a constant: no measurement is outside, and arithmetic inside never overflows."""
RECORDED_DIGITS: Final = 12
"""Significant digits of a recorded figure: far below a cent, short enough to read."""

SCALING: Final = "Scaling et croissance"
TEN_TO_HUNDRED: Final = "Scaler une startup tech : De 10 à 100 utilisateurs"
MVP_SCALE: Final = "MVP-scale"
MODEL: Final = "model"


@dataclass(frozen=True)
class Curve:
    """A value that depends on users: linear in log(users) between anchors, constant outside."""

    anchors: tuple[tuple[int, Decimal], ...]

    def __post_init__(self) -> None:
        """Refuse a curve without anchors, or with anchors out of order."""
        users = [anchor for anchor, _ in self.anchors]
        if not users or users != sorted(set(users)) or users[0] < 1:
            raise PalierError(
                f"a curve needs one or more [users, value] anchors in rising order, got {users}"
            )

    def at(self, users: int) -> Decimal:
        """The value at a number of users."""
        below = self.anchors[0]
        for above in self.anchors:
            if users <= above[0]:
                if above is below:
                    return above[1]
                span = Decimal(above[0]) / Decimal(below[0])
                part = (Decimal(users) / Decimal(below[0])).ln() / span.ln()
                return below[1] + (above[1] - below[1]) * part
            below = above
        return below[1]


def curve(*anchors: tuple[int, str]) -> Curve:
    """Build a curve from `(users, value)` anchors."""
    return Curve(tuple((users, Decimal(value)) for users, value in anchors))


def _constant(value: str | Curve, unit: str, source: str) -> Any:  # noqa: ANN401 a dataclass field
    default = Decimal(value) if isinstance(value, str) else value
    return field(default=default, metadata={"unit": unit, "source": source})


@dataclass(frozen=True, kw_only=True)
class LoadModel:
    """Every constant between users and load. Units and sources are in the fields' metadata."""

    daily_active_share: Curve = _constant(
        curve((100, "1.0"), (10_000, "0.5"), (50_000, "0.2")),
        "daily active users / users",
        f"{MODEL}: accounts of a small tool are daily users, 20 % of monthly users at scale",
    )
    requests_per_user_day: Curve = _constant(
        curve((100, "200"), (10_000, "100")),
        "dynamic requests / active user / day",
        f"{TEN_TO_HUNDRED}: cache commands per day, five to a request",
    )
    peak_to_average: Curve = _constant(
        curve((100, "20"), (10_000, "8"), (50_000, "5"), (1_000_000, "5"), (2_000_000, "4")),
        "peak minute / average",
        MODEL,
    )
    cpu_seconds_per_request: Decimal = _constant("0.020", "vCPU·s / request", f"{MODEL}: measure")
    cpu_target: Decimal = _constant("0.70", "share of requested CPU", f"{SCALING}: CPU below 70 %")
    mean_replica_share: Decimal = _constant(
        "0.5", "mean replicas between the minimum and the peak", MODEL
    )
    db_reads_per_request: Decimal = _constant(
        "4.5", "queries / request", f"{TEN_TO_HUNDRED}: after the N+1 queries are gone"
    )
    db_writes_per_request: Decimal = _constant("0.5", "queries / request", MODEL)
    cache_hit_ratio: Decimal = _constant(
        "0.90", "hits / reads", f"{TEN_TO_HUNDRED}: cache takes 90 % of the database's load"
    )
    cache_ops_per_request: Decimal = _constant("6", "operations / request", MODEL)
    cache_kb_per_active_user: Decimal = _constant(
        "6", "kB / daily active user", f"{MODEL}: a 2 kB session, 4 kB of profile and lists"
    )
    cache_overhead: Decimal = _constant(
        "1.9", "allocated / stored", f"{MODEL}: fragmentation, and memory below 80 % ({SCALING})"
    )
    db_writes_per_vcpu: Decimal = _constant("250", "writes / s / vCPU", f"{MODEL}: at 70 % CPU")
    db_reads_per_vcpu: Decimal = _constant("700", "indexed reads / s / vCPU", f"{MODEL}: at 70 %")
    primary_read_share: Decimal = _constant(
        "0.2", "reads that need the primary", f"{MODEL}: reads without tolerance for lag"
    )
    db_background: Decimal = _constant("1.5", "factor", f"{MODEL}: vacuum, backups, jobs")
    db_headroom: Decimal = _constant(
        "1.3", "factor", f"{SCALING}: 30 % more capacity for 50 % more users in a year"
    )
    db_failover: Decimal = _constant("1.25", "factor", f"{MODEL}: catching up after a failover")
    db_hold_seconds: Decimal = _constant(
        "0.16", "s", f"{MODEL}: how long a query's transaction keeps its connection at the peak"
    )
    cdn_hit_ratio: Decimal = _constant("0.95", "hits / static requests", MODEL)
    static_mib_per_user_day: Decimal = _constant(
        "1.5", "MiB / active user / day", f"{TEN_TO_HUNDRED}: page budget of 500 kB, three loads"
    )
    static_requests_per_user_day: Decimal = _constant(
        "60", "static requests / active user / day", MODEL
    )
    response_kib: Decimal = _constant("4", "KiB / dynamic response", MODEL)
    balanced_bytes_ratio: Decimal = _constant(
        "1.25", "bytes through the load balancer / bytes answered", MODEL
    )
    log_gib_per_million_requests: Decimal = _constant("1", "GiB", f"{MODEL}: 1 kB a request")
    log_base_gib: Decimal = _constant("10", "GiB / month", f"{MODEL}: cluster and database logs")
    log_sample: Decimal = _constant("1", "share of load balancer requests logged", MODEL)
    audit_gib_per_million_requests: Decimal = _constant(
        "0.5", "GiB before sampling", f"{MODEL}: data access of SQL, Storage, secrets and keys"
    )
    flow_gib_per_million_requests: Decimal = _constant(
        "1", "GiB before the subnet's sampling", f"{MODEL}: one pooled flow record a request"
    )
    metric_samples_base_million: Decimal = _constant("5", "million samples / month", MODEL)
    metric_series_per_pod: Decimal = _constant("0", "time series, one sample a minute", MODEL)
    metric_pods_base: Decimal = _constant("0", "scraped pods beside web", MODEL)
    alert_series: Decimal = _constant("20", "time series read by all alert conditions", MODEL)
    nat_gib_base: Decimal = _constant("5", "GiB / month through each NAT gateway", MODEL)
    nat_share_of_api: Decimal = _constant("0", "GiB through NAT / GiB answered", MODEL)
    nat_vms_base: Decimal = _constant("2", "VMs behind each NAT beside those of pods", MODEL)
    nat_vcpu_per_vm: Decimal = _constant("3", "pod vCPU / Autopilot VM", MODEL)
    node_packing: Decimal = _constant(
        "0.75", "requested / physical vCPU of a node", f"{MODEL}: allocatable and bin packing"
    )
    backup_ratio: Decimal = _constant(
        "1", "GiB of backups and logs kept / GiB of disk", f"{MODEL}: grows with retention"
    )
    dump_ratio: Decimal = _constant(
        "0", "GiB exported to the backup bucket / GiB of database", MODEL
    )
    wal_kib_per_write: Decimal = _constant("8", "KiB / write", f"{MODEL}: one page image")
    registry_gib: Decimal = _constant("5", "GiB of images in each registry", MODEL)
    static_gib: Decimal = _constant("1", "GiB in the static bucket", MODEL)
    dns_million_queries: Decimal = _constant("1", "million queries / month", MODEL)
    away_share: Curve = _constant(
        curve((1, "0")), "users in the United States / users", f"{MVP_SCALE}: Europe first, then US"
    )

    def __post_init__(self) -> None:
        """Refuse a constant that no load can have."""
        for item in fields(self):
            value = getattr(self, item.name)
            values = [v for _, v in value.anchors] if isinstance(value, Curve) else [value]
            if any(not v.is_finite() or v < 0 for v in values):
                raise PalierError(f"load.{item.name}: must be 0 or more, got {value}")
            if any(v and not LEAST <= v <= MOST for v in values):
                raise PalierError(f"load.{item.name}: must be 0, or {LEAST} to {MOST}")
        for name in (
            "cpu_target",
            "cpu_seconds_per_request",
            "db_writes_per_vcpu",
            "db_reads_per_vcpu",
            "node_packing",
            "nat_vcpu_per_vm",
        ):
            if not getattr(self, name):
                raise PalierError(f"load.{name}: must be above 0")
        for name in (
            "cpu_target",
            "cache_hit_ratio",
            "cdn_hit_ratio",
            "log_sample",
            "mean_replica_share",
            "primary_read_share",
            "node_packing",
        ):
            if getattr(self, name) > 1:
                raise PalierError(f"load.{name}: a share, at most 1, got {getattr(self, name)}")
        for name in ("daily_active_share", "away_share"):
            if any(v > 1 for _, v in getattr(self, name).anchors):
                raise PalierError(f"load.{name}: a share, at most 1")

    def override(self, values: Mapping[str, object]) -> LoadModel:
        """Put a team's own measurements in the place of constants.

        A curve takes one number (constant for all users) or a list of `[users, value]` anchors.

        Raises:
            PalierError: an unknown name, or a value that is not a number or a curve.
        """
        known = {item.name: item for item in fields(self)}
        changes: dict[str, Decimal | Curve] = {}
        for name, value in values.items():
            if name not in known:
                raise PalierError(f"load.{name}: unknown, allowed are {one_of(sorted(known))}")
            is_curve = isinstance(getattr(self, name), Curve)
            changes[name] = _curve(name, value) if is_curve else _number(name, value)
        return replace(self, **changes)  # type: ignore[arg-type]


def _number(name: str, value: object) -> Decimal:
    try:
        number = Decimal("NaN") if isinstance(value, bool) else Decimal(str(value))
    except ArithmeticError:
        number = Decimal("NaN")
    if not number.is_finite():
        raise PalierError(f"load.{name}: expected a number, got {value!r}")
    return number


def _curve(name: str, value: object) -> Curve:
    if not isinstance(value, list):
        return Curve(((1, _number(name, value)),))
    anchors = []
    for anchor in value:
        match anchor:
            case [int(users), number] if not isinstance(users, bool):
                anchors.append((users, _number(name, number)))
            case _:
                raise PalierError(
                    f"load.{name}: expected a number or a list of [users, value], got {anchor!r}"
                )
    try:
        return Curve(tuple(anchors))
    except PalierError as error:
        raise PalierError(f"load.{name}: {error}") from None


@dataclass(frozen=True, kw_only=True)
class Load:
    """What a number of users asks. Rates are per second, volumes per month of 30 days."""

    users: int
    away_share: Decimal
    daily_active: Decimal
    requests_million: Decimal
    rps_average: Decimal
    rps_peak: Decimal
    db_reads_s: Decimal
    db_writes_s: Decimal
    db_connections: Decimal
    """Connections that are busy at the peak."""
    cache_ops_s: Decimal
    cache_gb: Decimal
    cdn_gib: Decimal
    cdn_fill_gib: Decimal
    static_requests_million: Decimal
    api_gib: Decimal
    balanced_gib: Decimal
    log_base_gib: Decimal
    log_request_gib: Decimal
    audit_log_gib: Decimal
    flow_log_gib: Decimal
    wal_gib: Decimal
    nat_gib: Decimal
    model: LoadModel

    def recorded(self) -> dict[str, str]:
        """What prices and overlays need, as texts: the root component registers them."""
        own = {item.name: getattr(self, item.name) for item in fields(self) if item.name != "model"}
        constants = {
            name: getattr(self.model, name)
            for name in (
                "metric_samples_base_million",
                "metric_series_per_pod",
                "metric_pods_base",
                "alert_series",
                "cpu_seconds_per_request",
                "cpu_target",
                "nat_vms_base",
                "nat_vcpu_per_vm",
                "backup_ratio",
                "dump_ratio",
                "registry_gib",
                "static_gib",
                "dns_million_queries",
            )
        }
        return {name: _short(value) for name, value in (own | constants).items()}


def _short(value: Decimal | int) -> str:
    return format(Decimal(f"{Decimal(value):.{RECORDED_DIGITS}g}").normalize(), "f")


def compute(users: int, model: LoadModel) -> Load:
    """Turn users into load.

    Args:
        users: users of the phase's own counter (accounts up to 100, monthly active users above).
        model: the constants, the phase's or the team's own.
    """
    daily_active = users * model.daily_active_share.at(users)
    requests_day = daily_active * model.requests_per_user_day.at(users)
    requests_million = requests_day * DAYS_PER_MONTH / MILLION
    average = requests_day / SECONDS_PER_DAY
    peak = average * model.peak_to_average.at(users)
    writes_average = average * model.db_writes_per_request
    reads = peak * model.db_reads_per_request * (1 - model.cache_hit_ratio)
    writes = peak * model.db_writes_per_request
    cdn_gib = daily_active * model.static_mib_per_user_day * DAYS_PER_MONTH / MIB_PER_GIB
    api_gib = requests_million * MILLION * model.response_kib / KIB_PER_GIB
    return Load(
        users=users,
        away_share=model.away_share.at(users),
        daily_active=daily_active,
        requests_million=requests_million,
        rps_average=average,
        rps_peak=peak,
        db_reads_s=reads,
        db_writes_s=writes,
        db_connections=(reads + writes) * model.db_hold_seconds,
        cache_ops_s=peak * model.cache_ops_per_request,
        cache_gb=daily_active * model.cache_kb_per_active_user / MILLION * model.cache_overhead,
        cdn_gib=cdn_gib,
        cdn_fill_gib=cdn_gib * (1 - model.cdn_hit_ratio),
        static_requests_million=(
            daily_active * model.static_requests_per_user_day * DAYS_PER_MONTH / MILLION
        ),
        api_gib=api_gib,
        balanced_gib=api_gib * model.balanced_bytes_ratio,
        log_base_gib=model.log_base_gib,
        log_request_gib=requests_million * model.log_gib_per_million_requests,
        audit_log_gib=requests_million * model.audit_gib_per_million_requests * model.log_sample,
        flow_log_gib=requests_million * model.flow_gib_per_million_requests,
        wal_gib=(
            writes_average
            * model.wal_kib_per_write
            / KIB_PER_GIB
            * SECONDS_PER_DAY
            * DAYS_PER_MONTH
        ),
        nat_gib=model.nat_gib_base + api_gib * model.nat_share_of_api,
        model=model,
    )
