"""Address ranges of a network: no two may overlap, and a range is written as its first address."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Final

from palier.facts import Value
from palier.simcloud.errors import invalid
from palier.simcloud.records import Record
from palier.simcloud.references import canonical
from palier.simcloud.store import Records

SUBNETWORK: Final = "gcp:compute/subnetwork:Subnetwork"
ADDRESS: Final = "gcp:compute/globalAddress:GlobalAddress"
_LARGEST: Final = 8
_SMALLEST: Final = 29
"""Prefix lengths that a subnetwork may have (Google's documentation of subnets)."""


@dataclass(frozen=True, kw_only=True)
class Range:
    """Addresses that are taken: by what, and which field of the request names them."""

    network: IPv4Network | IPv6Network
    field: str
    holder: str


def refuse(records: Records, record: Record) -> None:
    """Refuse ranges that are none, or that overlap what the network holds.

    Raises:
        ServiceError: the service does not take the ranges.
    """
    if record.type not in {SUBNETWORK, ADDRESS}:
        return
    mine: list[Range] = []
    for wanted in ranges(record):
        for taken in [*_taken(records, record), *mine]:
            if wanted.network.version == taken.network.version and wanted.network.overlaps(
                taken.network
            ):
                raise invalid(
                    f"Invalid value for field '{wanted.field}': '{wanted.network}'. Invalid"
                    f" IPCidrRange: {wanted.network} conflicts with existing {taken.holder}."
                )
        mine.append(wanted)


def ranges(record: Record) -> Iterator[Range]:
    """The ranges of a subnetwork, or the one that a global address allocates.

    Raises:
        ServiceError: one of them is no range.
    """
    name = record.id.rsplit("/", 1)[-1]
    if record.type == SUBNETWORK:
        holder = f"subnetwork '{name}' in region '{record.read('region')}'"
        yield from _range("resource.ipCidrRange", record.read("ipCidrRange"), holder)
        for place, secondary in enumerate(record.read("secondaryIpRanges") or []):
            field = f"resource.secondaryIpRanges[{place}].ipCidrRange"
            yield from _range(field, secondary.get("ipCidrRange"), holder)
    elif record.read("purpose") == "VPC_PEERING" and record.inputs.get("address"):
        text = f"{record.read('address')}/{record.read('prefixLength')}"
        yield from _range("resource.address", text, f"allocated range '{name}'", subnet=False)


def _range(field: str, text: Value, holder: str, *, subnet: bool = True) -> Iterator[Range]:
    if not text:  # from an internal range, or allocated by the service
        return
    try:
        network = ip_network(text)
    except ValueError as error:
        raise invalid(
            f"Invalid value for field '{field}': '{text}'. Invalid IPCidrRange: {error}."
        ) from error
    if subnet and network.version == 4 and not _LARGEST <= network.prefixlen <= _SMALLEST:  # noqa: PLR2004
        raise invalid(
            f"Invalid value for field '{field}': '{text}'. Invalid IPCidrRange: the prefix length"
            f" must be between {_LARGEST} and {_SMALLEST}."
        )
    yield Range(network=network, field=field, holder=holder)


def _taken(records: Records, record: Record) -> Iterator[Range]:
    """The ranges of others in the same network."""
    network = canonical(str(record.read("network")))
    for type_ in (SUBNETWORK, ADDRESS):
        for other in records.get(type_, {}).values():
            same = canonical(str(other.read("network"))) == network
            if same and (other.type, other.id) != (record.type, record.id):
                yield from ranges(other)
