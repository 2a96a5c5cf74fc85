"""Pricers: one function a resource type, each yielding items; and the types that cost nothing.

To price a new type, write its function in the module of its family and name it in `PRICERS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from palier.cost.items import Item
from palier.cost.pricers import clusters, databases, edge, networks, observability, storage
from palier.cost.pricers.free import FREE
from palier.cost.stack import Stack
from palier.facts import PLATFORM_TYPE, Fact

Pricer = Callable[[Stack, Fact], Iterable[Item]]

PRICERS: Final[dict[str, Pricer]] = {
    PLATFORM_TYPE: observability.platform,
    "gcp:artifactregistry/repository:Repository": storage.repository,
    "gcp:compute/address:Address": networks.address,
    "gcp:compute/backendBucket:BackendBucket": edge.backend_bucket,
    "gcp:compute/backendService:BackendService": edge.backend_service,
    "gcp:compute/globalForwardingRule:GlobalForwardingRule": edge.forwarding_rule,
    "gcp:compute/routerNat:RouterNat": networks.nat,
    "gcp:compute/securityPolicy:SecurityPolicy": edge.security_policy,
    "gcp:compute/subnetwork:Subnetwork": networks.subnetwork,
    "gcp:container/cluster:Cluster": clusters.cluster,
    "gcp:container/nodePool:NodePool": clusters.node_pool,
    "gcp:dns/managedZone:ManagedZone": storage.dns_zone,
    "gcp:gkebackup/backupPlan:BackupPlan": clusters.backup_plan,
    "gcp:kms/cryptoKey:CryptoKey": storage.crypto_key,
    "gcp:monitoring/alertPolicy:AlertPolicy": observability.alert_policy,
    "gcp:monitoring/uptimeCheckConfig:UptimeCheckConfig": observability.uptime_check,
    "gcp:redis/instance:Instance": databases.redis,
    "gcp:secretmanager/secretVersion:SecretVersion": storage.secret_version,
    "gcp:sql/databaseInstance:DatabaseInstance": databases.sql,
    "gcp:storage/bucket:Bucket": storage.bucket,
}

__all__ = ["FREE", "PRICERS", "Pricer"]
