"""Redis on Memorystore: highly available, private, with AUTH and TLS; a cache, never the only copy.

BASIC cannot be expressed: its tier could only be changed by replacing the instance. Before the
phase that brings Memorystore, the cache is a workload in the cluster and this component is empty.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import final

import pulumi
import pulumi_gcp as gcp

from components.base import Component
from components.naming import CLUSTER_LIMIT, physical
from palier.data_sizes import RedisSize
from palier.errors import PalierError
from palier.sites import Site

CONFIG = {"maxmemory-policy": "volatile-lru"}
"""Only keys with a time to live may go: a session without one is a bug, not a victim."""


@dataclass(frozen=True, kw_only=True)
class RedisArgs:
    """What the instances need to know."""

    size: RedisSize
    """Instances by site."""
    regions: Mapping[Site, str]
    """Region of each site."""
    network: pulumi.Input[str]
    """Id of the VPC."""
    private_services: pulumi.Resource
    """The private services access that instances wait for."""
    keys: Mapping[str, pulumi.Input[str]]
    """Encryption key of each region used: adding one later replaces."""


@final
@dataclass(frozen=True)
class RedisResources:
    """Instances by site."""

    instances: dict[Site, gcp.redis.Instance]


class Redis(Component):
    """One STANDARD_HA instance a site.

    Example:
        Redis("redis", RedisArgs(size=RedisSize(instances={"eu": RedisInstanceSize(memory_gib=1)}),
                                 regions={"eu": "europe-west1"}, network=network.id,
                                 private_services=network.resources.private_services,
                                 keys={"europe-west1": key_id}))
    """

    TOKEN = "palier:redis:Redis"  # noqa: S105 a type token

    def __init__(
        self, name: str, args: RedisArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        for site in args.size.instances:
            if site not in args.regions:
                raise PalierError(f"redis: no region is given for site {site}")
            if args.regions[site] not in args.keys:
                raise PalierError(f"redis: {site} is in {args.regions[site]}, which has no key")
        super().__init__(name, {"size": args.size}, opts)
        instances = {site: self._instance(site, args) for site in args.size.instances}
        self.resources = RedisResources(instances=instances)
        self.finish({"hosts": {site: instance.host for site, instance in instances.items()}})

    def _instance(self, site: Site, args: RedisArgs) -> gcp.redis.Instance:
        size = args.size.instances[site]
        region = args.regions[site]
        return gcp.redis.Instance(
            f"{self.name}-{site}",
            name=physical(self.name, site, limit=CLUSTER_LIMIT),
            region=region,
            tier="STANDARD_HA",
            memory_size_gb=size.memory_gib,
            redis_version=size.version,
            redis_configs=CONFIG,
            auth_enabled=True,
            transit_encryption_mode="SERVER_AUTHENTICATION",
            connect_mode="PRIVATE_SERVICE_ACCESS",
            authorized_network=args.network,
            customer_managed_key=args.keys[region],
            read_replicas_mode="READ_REPLICAS_DISABLED",
            maintenance_policy=gcp.redis.InstanceMaintenancePolicyArgs(
                weekly_maintenance_windows=[
                    gcp.redis.InstanceMaintenancePolicyWeeklyMaintenanceWindowArgs(
                        day="TUESDAY",
                        start_time=(
                            gcp.redis.InstanceMaintenancePolicyWeeklyMaintenanceWindowStartTimeArgs(
                                hours=3, minutes=0
                            )
                        ),
                    )
                ]
            ),
            deletion_protection=True,
            deletion_policy="PREVENT",
            opts=self.stateful(
                depends_on=[args.private_services], additional_secret_outputs=["auth_string"]
            ),
        )
