"""Quotas: how much of a kind a project may have before somebody asks Google for more.

`quotas.csv` has the default of each. What its `source` says: `new`, the limit that `gcloud compute
project-info describe` prints for a new project; `used`, the same for one with a billing history,
where a new one has none at all; `typical`, what messages of refusal to paying users name, for these
limits differ from account to account; `documented`, with the page. As of 2026-11.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import Final

from palier.errors import PalierError, one_of
from palier.simcloud.errors import ServiceError
from palier.simcloud.kinds import module
from palier.simcloud.places import is_zone, region_of, zones
from palier.simcloud.records import Record
from palier.simcloud.refusals import APIS
from palier.simcloud.store import Records

_SHARED_CORE: Final = 2
_MACHINE: Final = re.compile(r"([a-z0-9]+)-(?:[a-z]+-)?(?:custom-)?(\d+)(?:-\d+)?")
_DEFAULT_MACHINE: Final = "e2-medium"
_CLUSTER: Final = "gcp:container/cluster:Cluster"


@dataclass(frozen=True, kw_only=True)
class Quota:
    """One limit: what counts for it, and in which scope (`region`, `global`, `project`)."""

    metric: str
    scope: str
    counting: str
    types: tuple[str, ...]
    limit: int | None

    def amount(self, record: Record) -> int:
        """How much a resource takes of it."""
        if record.type not in self.types:
            return 0
        how, _, families = self.counting.partition(":")
        if how == "vcpus":
            return _vcpus(record, families.split())
        if how == "external":
            return int(record.read("addressType") in {None, "EXTERNAL"})
        rules = record.read("rules") or []
        expressions = [rule for rule in rules if (rule.get("match") or {}).get("expr")]
        return {"rules": len(rules), "expressions": len(expressions)}.get(how, 1)


@cache
def defaults() -> tuple[Quota, ...]:
    """The limits of `quotas.csv`."""
    text = resources.files("palier.simcloud").joinpath("quotas.csv").read_text("utf-8")
    return tuple(
        Quota(
            metric=row["metric"],
            scope=row["scope"],
            counting=row["counting"],
            types=tuple(row["types"].split()),
            limit=int(row["limit"]),
        )
        for row in csv.DictReader(text.splitlines())
    )


@dataclass(frozen=True)
class Quotas:
    """The limits of a project."""

    quotas: tuple[Quota, ...]

    @classmethod
    def load(cls, limits: Mapping[str, int | None] | None = None) -> Quotas:
        """The defaults, but for the metrics in `limits`; `None` is no limit.

        Raises:
            PalierError: there is no such metric, or that is no limit.
        """
        limits = limits or {}
        known = {quota.metric for quota in defaults()}
        for metric, limit in limits.items():
            if metric not in known:
                raise PalierError(f"quotas: expected {one_of(sorted(known))}, got {metric}")
            if isinstance(limit, bool) or not (limit is None or isinstance(limit, int)):
                raise PalierError(f"quotas: {metric}: expected a whole number, got {limit!r}")
        return cls(
            tuple(
                replace(quota, limit=limits.get(quota.metric, quota.limit)) for quota in defaults()
            )
        )

    @classmethod
    def unlimited(cls) -> Quotas:
        """No limit at all: a project for which all was granted."""
        return cls.load(dict.fromkeys((quota.metric for quota in defaults()), None))

    def refuse(self, records: Records, record: Record, before: Record | None = None) -> None:
        """Refuse a resource that takes more than is left; `before` is what it was until now.

        Raises:
            ServiceError: a quota does not allow it.
        """
        for quota in self.quotas:
            wanted = quota.amount(record)
            grows = wanted > (quota.amount(before) if before else 0)
            if quota.limit is None or not grows:
                continue
            used = _used(records, record, quota)
            if used + wanted > quota.limit:
                raise _exceeded(record, quota, wanted, quota.limit - used)


@dataclass(frozen=True, kw_only=True, order=True)
class Need:
    """A quota that has to be raised: what a project has by default, and what is needed."""

    metric: str
    place: str
    """A region; `global` for all others."""
    needed: int
    default: int


def needs(records: Records) -> list[Need]:
    """Which default quotas the resources of a cloud do not fit into."""
    found = []
    for quota in defaults():
        sums: Counter[str] = Counter()
        for type_ in quota.types:
            for record in records.get(type_, {}).values():
                place = region_of(record) if quota.scope == "region" else "global"
                sums[str(place)] += quota.amount(record)
        for place, needed in sums.items():
            if quota.limit is not None and needed > quota.limit:
                found.append(
                    Need(metric=quota.metric, place=place, needed=needed, default=quota.limit)
                )
    return sorted(found)


def _used(records: Records, record: Record, quota: Quota) -> int:
    """What all others of the scope take."""
    place = region_of(record)
    return sum(
        quota.amount(other)
        for type_ in quota.types
        for other in records.get(type_, {}).values()
        if (other.type, other.id) != (record.type, record.id)
        and (quota.scope != "region" or region_of(other) == place)
    )


def _exceeded(record: Record, quota: Quota, wanted: int, left: int) -> ServiceError:
    service = module(record.type)
    if quota.counting.startswith("vcpus"):
        reach = "regional" if quota.scope == "region" else "project"
        return ServiceError(
            403,
            "forbidden",
            f'Insufficient {reach} quota to satisfy request: resource "{quota.metric}": request'
            f" requires '{wanted}.0' and is short '{wanted - left}.0'. project has a quota of"
            f" '{quota.limit}.0' with '{left}.0' available. View and manage quotas at"
            " https://console.cloud.google.com/iam-admin/quotas?usage=USED"
            f"&project={record.read('project') or '-'}.",
        )
    if service == "compute":
        where = f"in region {region_of(record)}" if quota.scope == "region" else "globally"
        return ServiceError(
            403,
            "quotaExceeded",
            f"Quota '{quota.metric}' exceeded.  Limit: {quota.limit}.0 {where}.",
        )
    return ServiceError(
        429,
        "rateLimitExceeded",
        f"Quota exceeded for quota metric '{quota.metric}' of service '{APIS[service][0]}': limit"
        f" {quota.limit}.",
    )


def _vcpus(record: Record, families: list[str]) -> int:
    """Virtual CPUs of the nodes a pool or a cluster starts with; Autopilot starts with none."""
    config = record.read("nodeConfig") or {}
    machine = str(config.get("machineType") or _DEFAULT_MACHINE)
    match = _MACHINE.fullmatch(machine)
    family = machine.partition("-")[0]
    if families and family not in families:
        return 0
    if record.type == _CLUSTER and (
        record.read("enableAutopilot") or record.read("removeDefaultNodePool")
    ):
        return 0
    return _nodes(record) * (int(match[2]) if match else _SHARED_CORE)


def _nodes(record: Record) -> int:
    """Nodes at the start: per zone, but for a minimum that is told in total."""
    scaling = record.read("autoscaling") or {}
    given = record.read("initialNodeCount") or record.read("nodeCount")
    if given is None and scaling.get("totalMinNodeCount") is not None:
        return int(scaling["totalMinNodeCount"])
    per_zone = scaling.get("minNodeCount", 1) if given is None else given
    return int(per_zone) * _zones(record)


def _zones(record: Record) -> int:
    if chosen := record.read("nodeLocations"):
        return len(chosen)
    place = str(record.read("location") or "")
    return 1 if is_zone(place) else len(zones(place)[:3])
