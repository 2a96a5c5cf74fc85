"""The parts of a platform, each as its component alone registers it: quick to deploy, and apart."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import pulumi_gcp as gcp

from components.argocd import Argocd, ArgocdArgs
from components.cdn import Cdn, CdnArgs
from components.gke import Gke, GkeArgs
from components.network import Network, NetworkArgs
from components.observability import Observability, ObservabilityArgs
from components.postgres import Postgres, PostgresArgs
from components.redis import Redis, RedisArgs
from components.registry import Registry, RegistryArgs
from palier.sites import REGIONS, SITES, Site
from palier.sizes import PlatformSize

SERVING: Final[dict[Site, str]] = {site: regions[0] for site, regions in REGIONS.items()}
RECOVERY: Final[dict[Site, str]] = {site: regions[1] for site, regions in REGIONS.items()}
BY_REGION: Final = {region: f"key-{region}" for pair in REGIONS.values() for region in pair}
BY_SITE: Final[dict[Site, str]] = {site: f"key-{site}" for site in SITES}


def argocd(size: PlatformSize) -> None:
    """Argo CD in a cluster that is not looked at."""
    cluster = gcp.container.Cluster("gke", name="gke", location="europe-west1")
    Argocd(
        "argocd",
        ArgocdArgs(
            size=size.argocd,
            pods=size.pods,
            cluster=cluster,
            repository="https://github.com/acme/platform",
            overlay="overlay",
            domain="example.com",
            facts={},
        ),
    )


def gke(size: PlatformSize) -> None:
    """Clusters at any site."""
    Gke(
        "gke",
        GkeArgs(
            size=size.gke,
            project="acme",
            regions=SERVING,
            network="vpc",
            subnets={site: f"subnet-{site}" for site in SITES},
            secrets_keys=BY_SITE,
            disk_keys=BY_SITE,
        ),
    )


def _peering() -> gcp.servicenetworking.Connection:
    return gcp.servicenetworking.Connection(
        "peering",
        network="vpc",
        service="servicenetworking.googleapis.com",
        reserved_peering_ranges=["range"],
    )


def postgres(size: PlatformSize) -> None:
    """Databases at any site."""
    Postgres(
        "postgres",
        PostgresArgs(
            size=size.postgres,
            regions=SERVING,
            recovery_regions=RECOVERY,
            network="vpc",
            private_services=_peering(),
            keys=BY_REGION,
            iam_users={},
        ),
    )


def redis(size: PlatformSize) -> None:
    """Caches at any site."""
    Redis(
        "redis",
        RedisArgs(
            size=size.redis,
            regions=SERVING,
            network="vpc",
            private_services=_peering(),
            keys=BY_REGION,
        ),
    )


def cdn(size: PlatformSize) -> None:
    """The edge of example.com."""
    Cdn(
        "cdn",
        CdnArgs(size=size.cdn, project="acme", domain="example.com", zone="dns", location="EU"),
    )


def observability(size: PlatformSize) -> None:
    """Observability of example.com."""
    Observability(
        "observability",
        ObservabilityArgs(size=size.observability, domain="example.com", project="acme"),
    )


PARTS: Final[dict[str, Callable[[PlatformSize], object]]] = {
    "network": lambda size: Network("network", NetworkArgs(size=size.network, regions=SERVING)),
    "gke": gke,
    "postgres": postgres,
    "redis": redis,
    "cdn": cdn,
    "argocd": argocd,
    "pods": argocd,
    "observability": observability,
    "registry": lambda size: Registry("registry", RegistryArgs(size=size.registry, keys=BY_SITE)),
    "web": lambda _: None,
    "commitments": lambda _: None,
}
"""How each part of a platform becomes resources; the last two are only planned and priced."""
