"""The DNS zone of the apex domain: public, signed with DNSSEC, never renamed.

Owns the zone alone. Records belong to the component whose address they tell. Two steps are left
to the registrar, by hand: delegate to `name_servers`, then publish the zone's DS record.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, final

import pulumi
import pulumi_gcp as gcp

from components.base import Component
from components.naming import physical
from palier.domains import DOMAIN
from palier.errors import PalierError

ALGORITHM: Final = "ecdsap256sha256"
KEY_BITS: Final = 256


@dataclass(frozen=True, kw_only=True)
class DnsArgs:
    """What the zone needs to know."""

    domain: str
    """Apex domain, e.g. `example.com`. Changing it replaces the zone and all its records."""


@final
@dataclass(frozen=True)
class DnsResources:
    """What the component creates."""

    zone: gcp.dns.ManagedZone


class Dns(Component):
    """Public managed zone with DNSSEC. Query logs stay off: they are billed by volume.

    Keys are ECDSA P-256, short and strong: RSASHA1 (CIS 3.4, 3.5) is never among them. The
    algorithm is for life as well: it changes only while the zone is unsigned.

    Attributes:
        zone_name: name of the zone, for records.
        name_servers: what the registrar must delegate to.

    Example:
        Dns("dns", DnsArgs(domain="example.com"))
    """

    TOKEN = "palier:dns:Dns"  # noqa: S105 a type token

    def __init__(
        self, name: str, args: DnsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        if not DOMAIN.fullmatch(args.domain):
            raise PalierError(
                f"dns.domain: expected a lower-case domain such as example.com, without a dot at"
                f" the end, got {args.domain!r}"
            )
        super().__init__(name, {"domain": args.domain}, opts)
        zone = gcp.dns.ManagedZone(
            f"{name}-zone",
            name=physical(name),
            dns_name=f"{args.domain}.",
            visibility="public",
            dnssec_config=gcp.dns.ManagedZoneDnssecConfigArgs(
                state="on",
                non_existence="nsec3",
                default_key_specs=[
                    gcp.dns.ManagedZoneDnssecConfigDefaultKeySpecArgs(
                        key_type=key_type, algorithm=ALGORITHM, key_length=KEY_BITS
                    )
                    for key_type in ("keySigning", "zoneSigning")
                ],
            ),
            cloud_logging_config=gcp.dns.ManagedZoneCloudLoggingConfigArgs(enable_logging=False),
            force_destroy=False,
            deletion_policy="PREVENT",
            opts=self.stateful(),
        )
        self.resources = DnsResources(zone=zone)
        self.zone_name: pulumi.Output[str] = zone.name
        self.name_servers: pulumi.Output[list[str]] = zone.name_servers
        self.finish({"zone_name": self.zone_name, "name_servers": self.name_servers})
