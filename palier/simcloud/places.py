"""Places: the regions and zones that Google Cloud has, and which property of a type names one.

Regions and zones are those of Google's page on regions and zones (cloud.google.com/compute/docs/
regions-zones), as of 2026-11. A service may offer fewer.
"""

from __future__ import annotations

from typing import Final

from palier.simcloud.errors import NOT_FOUND, ServiceError, invalid
from palier.simcloud.kinds import module
from palier.simcloud.records import Record

_SUFFIXES: Final[dict[str, tuple[str, ...]]] = {
    "africa": ("south1",),
    "asia": (
        "east1", "east2", "northeast1", "northeast2", "northeast3", "south1", "south2",
        "southeast1", "southeast2", "southeast3",
    ),
    "australia": ("southeast1", "southeast2"),
    "europe": (
        "central2", "north1", "north2", "southwest1", "west1", "west2", "west3", "west4", "west6",
        "west8", "west9", "west10", "west12",
    ),
    "me": ("central1", "central2", "west1"),
    "northamerica": ("northeast1", "northeast2", "south1"),
    "southamerica": ("east1", "west1"),
    "us": (
        "central1", "east1", "east4", "east5", "south1", "west1", "west2", "west3", "west4",
    ),
}  # fmt: skip
REGIONS: Final = frozenset(
    f"{continent}-{suffix}" for continent, suffixes in _SUFFIXES.items() for suffix in suffixes
)
_ZONES: Final = {"europe-west1": "bcd", "us-east1": "bcd", "us-central1": "abcf"}
"""Letters of the zones of a region that does not have a, b and c."""

_MULTI_REGIONS: Final = {
    "artifactregistry": frozenset({"asia", "europe", "us"}),
    "bigquery": frozenset({"EU", "US"}),
    "kms": frozenset({
        "global", "asia", "asia1", "europe", "us", "eur3", "eur4", "eur5", "eur6", "nam3", "nam4",
        "nam6", "nam7", "nam8", "nam9", "nam10", "nam11", "nam12",
    }),
    "storage": frozenset({"ASIA", "EU", "US", "ASIA1", "EUR4", "EUR5", "EUR7", "EUR8", "NAM4"}),
}  # fmt: skip
"""Locations of a service that are no region."""


def zones(region: str) -> tuple[str, ...]:
    """The zones of a region."""
    return tuple(f"{region}-{letter}" for letter in _ZONES.get(region, "abc"))


def is_zone(place: str) -> bool:
    """Whether there is such a zone."""
    return place in zones(place.rpartition("-")[0]) and place.rpartition("-")[0] in REGIONS


def region_of(record: Record) -> str | None:
    """The region that a resource is in; `None` when it is in none."""
    place = record.read("region") or record.read("location") or record.read("zone")
    if not isinstance(place, str):
        return None
    place = place.rsplit("/", 1)[-1]
    return place.rpartition("-")[0] if is_zone(place) else place if place in REGIONS else None


def refuse(record: Record) -> None:
    """Refuse a region, a zone or a location that there is not.

    Raises:
        ServiceError: there is no such place.
    """
    project = record.read("project") or "-"
    region = _name(record, "region")
    if region is not None and region not in REGIONS:
        raise _unknown(record, "region", f"projects/{project}/regions/{region}", region)
    zone = _name(record, "zone")
    if zone is not None and not is_zone(zone):
        raise _unknown(record, "zone", f"projects/{project}/zones/{zone}", zone)
    location = _name(record, "location")
    if location is not None and not _is_location(module(record.type), location):
        raise _no_location(record, location)


def _name(record: Record, key: str) -> str | None:
    given = record.inputs.get(key)
    return given.rsplit("/", 1)[-1] if isinstance(given, str) and given else None


def _is_location(service: str, location: str) -> bool:
    special = _MULTI_REGIONS.get(service, frozenset())
    if service == "storage":
        return location.upper() in special or location.lower() in REGIONS
    return location in REGIONS | special | {"global"} or is_zone(location)


def _unknown(record: Record, kind: str, path: str, name: str) -> ServiceError:
    service = module(record.type)
    if service == "compute":
        return invalid(f"Invalid value for field '{kind}': '{name}'. Unknown {kind}.")
    if service == "sql":
        return invalid(f"Invalid request: Invalid value for region: {name}.")
    return ServiceError(NOT_FOUND, "notFound", f"Location '{path}' is not found.")


def _no_location(record: Record, location: str) -> ServiceError:
    service = module(record.type)
    if service == "container":
        return invalid(f'Location "{location}" does not exist.', "badRequest")
    if service == "storage":
        return invalid(f"The specified location constraint is not valid. {location}")
    return invalid(f"Location {location} is not found or access is unauthorized.", "")
