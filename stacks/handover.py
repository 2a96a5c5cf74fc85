"""What a cluster is told: which overlay it syncs, and what its manifests need to know of the cloud.

It reaches the cluster on the root application (docs/adr/0033), for everybody there to read.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pulumi
from settings import Settings

from components.autoneg import Autoneg
from components.cdn import Cdn
from components.postgres import Postgres
from components.redis import Redis
from palier.sites import Site


def overlay(phase: str, sites: Sequence[Site], site: Site) -> str:
    """Folder of the overlay of a cluster: a site's own where the platform serves from several.

    Generations of one site have one overlay: the one that drains is the one that takes over.
    """
    return phase if len(sites) == 1 else f"{phase}/{site}"


def facts(
    settings: Settings, postgres: Postgres, redis: Redis, cdn: Cdn, autoneg: Autoneg
) -> dict[str, pulumi.Input[str]]:
    """What manifests need to know of the cloud around them. Nothing here is secret."""
    known: dict[str, pulumi.Input[str]] = {
        "phase": settings.phase.name,
        "domain": settings.domain,
        "project": settings.project,
        "backend-service": cdn.resources.backend.name,
        "autoneg-account": autoneg.email,
    }
    databases = dict(postgres.resources.primaries)
    for (shard, key), replica in postgres.resources.replicas.items():
        databases[f"{shard}-{key}"] = replica
    for name, database in databases.items():
        known[f"database-{name}-host"] = database.private_ip_address
        known[f"database-{name}-ca"] = authority(database.server_ca_certs)
    for site, instance in redis.resources.instances.items():
        known[f"cache-{site}-host"] = instance.host
        known[f"cache-{site}-port"] = instance.port.apply(str)
        known[f"cache-{site}-ca"] = authority(instance.server_ca_certs)
    return known


def authority(certificates: pulumi.Output[Any]) -> pulumi.Output[str]:
    """The authority that a server's certificate is of; no text while the service tells none.

    The provider marks those of Cloud SQL as secret. They are what every client is given.
    """
    first = certificates.apply(lambda told: (told[0].cert if told else None) or "")
    return pulumi.Output.unsecret(first)
