"""The network: one VPC, its subnets and ranges, the way out (NAT), the way to managed services.

Owns addresses. Every range is the reserved one of `palier.sites`, so that a second cluster
generation and a second continent find theirs free. Nothing here is ever replaced: names, ranges
and the absence of descriptions are for life.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import pulumi
import pulumi_gcp as gcp

from components.base import Component
from components.naming import physical
from palier.sites import PRIVATE_SERVICES, RANGES, Site
from palier.sizes import NetworkSize

HEALTH_CHECK_RANGES = ["35.191.0.0/16", "130.211.0.0/22"]
"""Google's load balancers and health checks: standalone network endpoint groups need both."""
FLOW_LOG_INTERVAL = "INTERVAL_10_MIN"
LOWEST_PRIORITY = 65_534
ALLOW_PRIORITY = 1_000


@dataclass(frozen=True, kw_only=True)
class NetworkArgs:
    """What a network needs to know."""

    size: NetworkSize
    """Sites, flow-log sampling, NAT addresses."""
    regions: dict[Site, str]
    """Region of each site, e.g. `{"eu": "europe-west1", "us": "us-east1"}`."""


@final
@dataclass(frozen=True)
class NetworkResources:
    """What a network creates; maps are by site."""

    vpc: gcp.compute.Network
    subnets: dict[Site, gcp.compute.Subnetwork]
    nats: dict[Site, gcp.compute.RouterNat]
    private_services: gcp.servicenetworking.Connection


class Network(Component):
    """VPC, subnets with reserved ranges, private services access, NAT, default-deny firewall.

    Example:
        Network("network", NetworkArgs(size=NetworkSize(sites=("eu",)),
                                       regions={"eu": "europe-west1"}))
    """

    TOKEN = "palier:network:Network"  # noqa: S105 a type token

    def __init__(
        self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(name, {"size": args.size}, opts)
        vpc = gcp.compute.Network(
            f"{name}-vpc",
            name=physical(name),
            auto_create_subnetworks=False,
            routing_mode="GLOBAL",
            delete_default_routes_on_create=False,
            deletion_policy="PREVENT",
            opts=self.stateful(),
        )
        self.id = vpc.id
        subnets = {site: self._subnet(site, args, vpc) for site in args.size.sites}
        self.resources = NetworkResources(
            vpc=vpc,
            subnets=subnets,
            nats={site: self._nat(site, args, vpc, subnets[site]) for site in args.size.sites},
            private_services=self._private_services(vpc),
        )
        self._firewall(vpc)
        self._dns_logging(vpc)
        self.finish({"id": vpc.id})

    def _subnet(
        self, site: Site, args: NetworkArgs, vpc: gcp.compute.Network
    ) -> gcp.compute.Subnetwork:
        ranges = RANGES[site]
        return gcp.compute.Subnetwork(
            f"{self.name}-{site}",
            name=physical(self.name, site),
            network=vpc.id,
            region=args.regions[site],
            ip_cidr_range=str(ranges.nodes),
            private_ip_google_access=True,
            secondary_ip_ranges=[
                gcp.compute.SubnetworkSecondaryIpRangeArgs(
                    range_name=f"{kind}-{generation}", ip_cidr_range=str(range_)
                )
                for kind, by_generation in (("pods", ranges.pods), ("services", ranges.services))
                for generation, range_ in by_generation.items()
            ],
            log_config=gcp.compute.SubnetworkLogConfigArgs(
                aggregation_interval=FLOW_LOG_INTERVAL,
                flow_sampling=float(args.size.flow_log_sampling),
                metadata="EXCLUDE_ALL_METADATA",
            ),
            deletion_policy="PREVENT",
            opts=self.stateful(),
        )

    def _nat(
        self,
        site: Site,
        args: NetworkArgs,
        vpc: gcp.compute.Network,
        subnet: gcp.compute.Subnetwork,
    ) -> gcp.compute.RouterNat:
        region = args.regions[site]
        router = gcp.compute.Router(
            f"{self.name}-router-{site}",
            name=physical(self.name, "router", site),
            network=vpc.id,
            region=region,
            opts=self.child(),
        )
        addresses = [
            gcp.compute.Address(
                f"{self.name}-nat-{site}-{number}",
                name=physical(self.name, "nat", site, str(number)),
                region=region,
                address_type="EXTERNAL",
                opts=self.child(),
            )
            for number in range(1, args.size.nat_addresses + 1)
        ]
        return gcp.compute.RouterNat(
            f"{self.name}-nat-{site}",
            name=physical(self.name, "nat", site),
            router=router.name,
            region=region,
            nat_ip_allocate_option="MANUAL_ONLY",
            nat_ips=[address.self_link for address in addresses],
            source_subnetwork_ip_ranges_to_nat="LIST_OF_SUBNETWORKS",
            subnetworks=[
                gcp.compute.RouterNatSubnetworkArgs(
                    name=subnet.self_link, source_ip_ranges_to_nats=["ALL_IP_RANGES"]
                )
            ],
            enable_dynamic_port_allocation=True,
            enable_endpoint_independent_mapping=False,
            min_ports_per_vm=64,
            max_ports_per_vm=4096,
            log_config=gcp.compute.RouterNatLogConfigArgs(enable=True, filter="ERRORS_ONLY"),
            opts=self.child(),
        )

    def _private_services(self, vpc: gcp.compute.Network) -> gcp.servicenetworking.Connection:
        range_ = gcp.compute.GlobalAddress(
            f"{self.name}-private-services",
            name=physical(self.name, "private-services"),
            network=vpc.id,
            purpose="VPC_PEERING",
            address_type="INTERNAL",
            address=str(PRIVATE_SERVICES.network_address),
            prefix_length=PRIVATE_SERVICES.prefixlen,
            deletion_policy="PREVENT",
            opts=self.stateful(),
        )
        return gcp.servicenetworking.Connection(
            f"{self.name}-private-services",
            network=vpc.id,
            service="servicenetworking.googleapis.com",
            reserved_peering_ranges=[range_.name],
            deletion_policy="PREVENT",
            opts=self.stateful(),
        )

    def _firewall(self, vpc: gcp.compute.Network) -> None:
        """Refuse everything that comes in, but for load balancers and health checks."""
        gcp.compute.Firewall(
            f"{self.name}-deny-ingress",
            name=physical(self.name, "deny-ingress"),
            network=vpc.id,
            direction="INGRESS",
            priority=LOWEST_PRIORITY,
            denies=[gcp.compute.FirewallDenyArgs(protocol="all")],
            source_ranges=["0.0.0.0/0"],
            opts=self.child(),
        )
        gcp.compute.Firewall(
            f"{self.name}-allow-health-checks",
            name=physical(self.name, "allow-health-checks"),
            network=vpc.id,
            direction="INGRESS",
            priority=ALLOW_PRIORITY,
            allows=[gcp.compute.FirewallAllowArgs(protocol="tcp")],
            source_ranges=HEALTH_CHECK_RANGES,
            opts=self.child(),
        )

    def _dns_logging(self, vpc: gcp.compute.Network) -> None:
        gcp.dns.Policy(
            f"{self.name}-dns-logging",
            name=physical(self.name, "dns-logging"),
            enable_logging=True,
            networks=[gcp.dns.PolicyNetworkArgs(network_url=vpc.id)],
            opts=self.child(),
        )
