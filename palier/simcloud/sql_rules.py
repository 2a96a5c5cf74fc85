"""What Cloud SQL refuses of an instance: tiers, editions, replicas, versions, the way to it."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Final

from palier.errors import PalierError
from palier.facts import Value
from palier.simcloud.errors import by_provider, invalid
from palier.simcloud.kinds import SQL_INSTANCE
from palier.simcloud.records import Record
from palier.simcloud.references import canonical
from palier.simcloud.store import Records
from palier.sql_tiers import Tier, parse_tier

CONNECTION: Final = "gcp:servicenetworking/connection:Connection"

_NAME: Final = re.compile(r"[a-z](?:[a-z0-9-]*[a-z0-9])?")
_NAME_AND_PROJECT: Final = 97
_VERSION: Final = re.compile(
    r"POSTGRES_(9_6|1[0-8])|MYSQL_(5_6|5_7|8_0|8_0_\d{2}|8_4)"
    r"|SQLSERVER_20(17|19|22|25)_(STANDARD|ENTERPRISE|EXPRESS|WEB)"
)
"""Versions of Cloud SQL's documentation on database versions, as of 2026-11."""
_PLUS_TIER: Final = re.compile(r"db-(perf-optimized-N|c4a-highmem)-\d+")
_PLUS_BY_DEFAULT: Final = 16
_LOG_DAYS: Final = {"ENTERPRISE": 7, "ENTERPRISE_PLUS": 35}


def refuse(records: Records, record: Record) -> None:
    """Refuse an instance that Cloud SQL does not make.

    Raises:
        ServiceError: in the words of Cloud SQL.
    """
    if record.type != SQL_INSTANCE:
        return
    for rule in _RULES:
        rule(records, record)


def edition(record: Record) -> str:
    """The edition of an instance: as given, or what Cloud SQL takes for its version."""
    if given := record.read("settings.edition"):
        return str(given)
    version = str(record.read("databaseVersion") or "")
    newer = version.startswith("POSTGRES_") and version[9:].isdecimal()
    return "ENTERPRISE_PLUS" if newer and int(version[9:]) >= _PLUS_BY_DEFAULT else "ENTERPRISE"


def _name(_: Records, record: Record) -> None:
    name, project = str(record.read("name")), str(record.read("project") or "")
    if not _NAME.fullmatch(name) or len(f"{project}:{name}") > _NAME_AND_PROJECT:
        raise invalid(
            f"Invalid request: Invalid instance name ({name}). The name must start with a letter,"
            " hold lower-case letters, digits and hyphens only, and be at most"
            f" {_NAME_AND_PROJECT} characters long together with its project."
        )


def _version(_: Records, record: Record) -> None:
    version = str(record.read("databaseVersion") or "")
    if version and not _VERSION.fullmatch(version):
        raise invalid(f"Invalid request: Database version {version} is not supported.")


def _tier(_: Records, record: Record) -> None:
    tier, of = str(record.read("settings.tier")), edition(record)
    plus = bool(_PLUS_TIER.fullmatch(tier))
    if plus != (of == "ENTERPRISE_PLUS"):
        like = "db-custom-*" if plus else "db-perf-optimized-N-*"
        raise invalid(
            f"Invalid request: Invalid Tier ({tier}) for ({of}) Edition. Use a predefined Tier"
            f" like {like} instead. Learn more at"
            " https://cloud.google.com/sql/docs/postgres/create-instance#machine-types"
        )
    if _is_postgres(record) and not tier.startswith("db-c4a-"):
        try:
            parse_tier(tier)
        except PalierError as error:
            raise invalid(f"Invalid request: Invalid Tier ({tier}): {error}.") from error


def _is_postgres(record: Record) -> bool:
    return str(record.read("databaseVersion")).startswith("POSTGRES_")


def _log_retention(_: Records, record: Record) -> None:
    days = record.read("settings.backupConfiguration.transactionLogRetentionDays")
    most = _LOG_DAYS.get(edition(record), 7)
    if days is not None and not 1 <= days <= most:
        raise invalid(
            "Invalid request: The number of transaction log retention days must be between 1 and"
            f" {most}."
        )


def _way_in(records: Records, record: Record) -> None:
    """A private address comes from a peering with Google's network, which must be there."""
    network = record.read("settings.ipConfiguration.privateNetwork")
    if network and not peered(records, network):
        raise by_provider(
            "Error, failed to create instance because the network doesn't have at least 1 private"
            " services connection. Please see"
            " https://cloud.google.com/sql/docs/mysql/private-ip#network_requirements for how to"
            " create this connection."
        )


def peered(records: Records, network: Value) -> bool:
    """Whether private services access is set up for a network."""
    connections = records.get(CONNECTION, {}).values()
    return any(canonical(one.read("network")) == canonical(network) for one in connections)


def _replica(records: Records, record: Record) -> None:
    name = record.read("masterInstanceName")
    primary = primary_of(records, record)
    if not name or primary is None:  # that it exists is asked elsewhere
        return
    backups = primary.read("settings.backupConfiguration") or {}
    logs = backups.get("pointInTimeRecoveryEnabled") or backups.get("binaryLogEnabled")
    if primary.read("masterInstanceName") is None and not (backups.get("enabled") and logs):
        raise invalid(
            f"Invalid request: The primary instance {name} must have automated backups and"
            " point-in-time recovery enabled before a replica of it can be created."
        )
    if primary.read("databaseVersion") != record.read("databaseVersion"):
        raise invalid(
            f"Invalid request: The database version of a replica"
            f" ({record.read('databaseVersion')}) must be that of its primary instance"
            f" ({primary.read('databaseVersion')})."
        )
    if record.read("instanceType") == "READ_POOL_INSTANCE" and edition(record) != "ENTERPRISE_PLUS":
        raise invalid("Invalid request: Read pools need (ENTERPRISE_PLUS) Edition.")
    _replica_size(record, primary)


def _replica_size(record: Record, primary: Record) -> None:
    tiers = record.read("settings.tier"), primary.read("settings.tier")
    mine, other = (_size(tier) for tier in tiers)
    if mine is not None and other is not None and (mine[0] < other[0] or mine[1] < other[1]):
        raise invalid(
            f"Invalid request: The tier of a replica ({tiers[0]}) must be at least as large as that"
            f" of its primary instance ({tiers[1]})."
        )
    disks = record.read("settings.diskSize"), primary.read("settings.diskSize")
    if None not in disks and disks[0] < disks[1]:
        raise invalid(
            f"Invalid request: The disk of a replica ({disks[0]} GB) cannot be smaller than that"
            f" of its primary instance ({disks[1]} GB)."
        )


def _size(tier: Value) -> tuple[int, Decimal] | None:
    """Virtual CPUs and memory of a tier; `None` for tiers that palier does not know."""
    try:
        parsed: Tier = parse_tier(str(tier))
    except PalierError:
        return None
    return parsed.vcpu or 0, parsed.memory_gib


def primary_of(records: Records, record: Record) -> Record | None:
    """The instance that one replicates."""
    name = record.read("masterInstanceName")
    instances = records.get(SQL_INSTANCE, {}).values()
    return next((one for one in instances if name and one.read("name") == name), None)


_RULES: Final[tuple[Callable[[Records, Record], None], ...]] = (
    _name,
    _version,
    _tier,
    _log_retention,
    _way_in,
    _replica,
)
