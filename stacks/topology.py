"""Topology: which components a platform has, and what each is told of the others.

Order of the wiring, and of what may depend on what: network → platform (clusters) → data → edge →
gitops. Data never depends on a cluster, so that a cluster can be swapped under it.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pulumi
import pulumi_gcp as gcp
from settings import Settings

from components.argocd import Argocd, ArgocdArgs
from components.audit import Audit, AuditArgs
from components.autoneg import Autoneg, AutonegArgs
from components.backup import Backup, BackupArgs
from components.budget import Budget, BudgetArgs
from components.cdn import Cdn, CdnArgs
from components.dns import Dns, DnsArgs
from components.github import Github, GithubArgs
from components.gke import Gke, GkeArgs
from components.keys import Keys, KeysArgs, Purpose
from components.network import Network, NetworkArgs
from components.observability import Observability, ObservabilityArgs
from components.platform import Platform, PlatformArgs, Workloads
from components.postgres import Postgres, PostgresArgs
from components.redis import Redis, RedisArgs
from components.registry import Registry, RegistryArgs
from components.secrets import Secrets, SecretsArgs
from components.services import Services, ServicesArgs
from palier import workloads
from palier.budget.limits import load_beside
from palier.sites import BUCKET_LOCATION, MULTI_REGION


@dataclass(frozen=True, kw_only=True)
class Deployed:
    """What the program exports."""

    phase: str
    address: pulumi.Output[str]
    name_servers: pulumi.Output[Any]
    clusters: dict[str, pulumi.Output[str]]


def deploy(settings: Settings) -> Deployed:
    """Wire the platform that the settings describe."""
    root = _root(settings)
    services = Services("services", ServicesArgs(project=settings.project), root)
    own = pulumi.ResourceOptions.merge(root, pulumi.ResourceOptions(depends_on=services.enabled))
    keys = Keys("keys", KeysArgs(project=settings.project, keys=_keys(settings)), own)
    network = Network(
        "network",
        NetworkArgs(size=settings.size.network, regions=settings.regions.serving),
        own,
    )
    gke = _clusters(settings, network, keys, own)
    first = next(iter(gke.resources.clusters.values()))
    autoneg = Autoneg(
        "autoneg",
        AutonegArgs(
            project=settings.project,
            pool=first.workload_identity_config.apply(lambda config: config.workload_pool),
        ),
        own,
    )
    github = Github(
        "github",
        GithubArgs(
            repository=settings.github,
            project=settings.project,
            acts_as={"nodes": gke.resources.nodes.name},
        ),
        own,
    )
    _registry(settings, keys, gke, github, own)
    postgres, redis = _data(settings, network, keys, own)
    _secrets(settings, keys, postgres, redis, own)
    _backup(settings, keys, postgres, own)
    dns = Dns("dns", DnsArgs(domain=settings.domain), own)
    cdn = Cdn(
        "cdn",
        CdnArgs(
            size=settings.size.cdn,
            project=settings.project,
            domain=settings.domain,
            zone=dns.zone_name,
            location=BUCKET_LOCATION[settings.home],
        ),
        own,
    )
    _watch(settings, own)
    for generation, cluster in gke.resources.clusters.items():
        Argocd(
            f"argocd-{generation}",
            ArgocdArgs(
                size=settings.size.argocd,
                pods=settings.size.pods,
                cluster=cluster,
                repository=settings.repository,
                overlay=settings.phase.name,
                facts=_facts(settings, postgres, redis, cdn, autoneg),
            ),
            own,
        )
    return Deployed(
        phase=settings.phase.name,
        address=cdn.resources.address.address,
        name_servers=dns.name_servers,
        clusters={key: cluster.name for key, cluster in gke.resources.clusters.items()},
    )


def _root(settings: Settings) -> pulumi.ResourceOptions:
    """The root component and the one GCP provider; the options that all others take."""
    provider = gcp.Provider(
        "gcp",
        project=settings.project,
        region=settings.regions.serving[settings.home],
        user_project_override=True,
        billing_project=settings.project,
    )
    regions = {site: settings.regions.serving[site] for site in settings.size.network.sites}
    platform = Platform(
        "palier",
        PlatformArgs(
            phase=settings.phase.name,
            users=settings.users,
            home=settings.home,
            regions=regions,
            currency="EUR",
            usd_rate=settings.usd_rate,
            rate_date=settings.rate_date,
            revenue_eur=settings.revenue_eur,
            load=settings.load,
            size=settings.size,
            cost_centre=settings.cost_centre,
        ),
        pulumi.ResourceOptions(providers=[provider]),
    )
    options = pulumi.ResourceOptions(parent=platform)
    Workloads("workloads", workloads.plan(settings.size, settings.load, settings.home), options)
    return options


def _keys(settings: Settings) -> dict[str, list[Purpose]]:
    """Which key stands where: with its data, decided before the data exist."""
    keys: dict[str, list[Purpose]] = {}
    size = settings.size
    for site in size.network.sites:
        region = settings.regions.serving[site]
        keys[region] = ["sql", "gke", "disks"]
        if site in size.redis.instances:
            keys[region].append("redis")
        keys[MULTI_REGION[site]] = ["registry"]
    keys[MULTI_REGION[settings.home]].append("backup")
    for shard in size.postgres.shards.values():
        if shard.disaster_recovery:
            keys[settings.regions.recovery[shard.site]] = ["sql"]
    return keys


def _clusters(settings: Settings, network: Network, keys: Keys, own: pulumi.ResourceOptions) -> Gke:
    regions = settings.regions.serving
    sites = settings.size.network.sites
    return Gke(
        "gke",
        GkeArgs(
            size=settings.size.gke,
            project=settings.project,
            regions=regions,
            network=network.id,
            subnets={site: item.id for site, item in network.resources.subnets.items()},
            secrets_keys={site: keys.key(regions[site], "gke") for site in sites},
            disk_keys={site: keys.key(regions[site], "disks") for site in sites},
            images=[
                f"{MULTI_REGION[site]}-docker.pkg.dev/{settings.project}/**"
                for site in settings.size.registry.sites
            ],
            exclusions=settings.exclusions,
        ),
        own,
    )


def _registry(
    settings: Settings, keys: Keys, gke: Gke, github: Github, own: pulumi.ResourceOptions
) -> Registry:
    return Registry(
        "registry",
        RegistryArgs(
            size=settings.size.registry,
            keys={
                site: keys.key(MULTI_REGION[site], "registry")
                for site in settings.size.registry.sites
            },
            readers={"nodes": gke.resources.nodes.member},
            writers={"github": github.resources.deploy.member},
        ),
        own,
    )


def _data(
    settings: Settings, network: Network, keys: Keys, own: pulumi.ResourceOptions
) -> tuple[Postgres, Redis]:
    size, regions = settings.size, settings.regions
    sql_regions = {regions.serving[shard.site] for shard in size.postgres.shards.values()} | {
        regions.recovery[shard.site]
        for shard in size.postgres.shards.values()
        if shard.disaster_recovery
    }
    postgres = Postgres(
        "postgres",
        PostgresArgs(
            size=size.postgres,
            regions=regions.serving,
            recovery_regions=regions.recovery,
            network=network.id,
            private_services=network.resources.private_services,
            keys={region: keys.key(region, "sql") for region in sorted(sql_regions)},
            iam_users={},
        ),
        own,
    )
    redis = Redis(
        "redis",
        RedisArgs(
            size=size.redis,
            regions=regions.serving,
            network=network.id,
            private_services=network.resources.private_services,
            keys={
                regions.serving[site]: keys.key(regions.serving[site], "redis")
                for site in size.redis.instances
            },
        ),
        own,
    )
    return postgres, redis


def _secrets(
    settings: Settings,
    keys: Keys,
    postgres: Postgres,
    redis: Redis,
    own: pulumi.ResourceOptions,
) -> Secrets:
    """Passwords that workloads read through the cluster's Secret Manager add-on."""
    values: dict[str, pulumi.Input[str]] = {
        f"database-{shard}": password.result
        for shard, password in postgres.resources.passwords.items()
    }
    values |= {
        f"cache-{site}": instance.auth_string
        for site, instance in redis.resources.instances.items()
    }
    namespace = workloads.APPS
    return Secrets(
        "secrets",
        SecretsArgs(
            values=values,
            locations=list(settings.regions.serving.values()),
            accessors={
                "apps": pulumi.Output.format(
                    "principalSet://iam.googleapis.com/projects/{number}/locations/global/"
                    f"workloadIdentityPools/{settings.project}.svc.id.goog/namespace/{namespace}",
                    number=keys.number(),
                )
            },
        ),
        own,
    )


def _backup(
    settings: Settings, keys: Keys, postgres: Postgres, own: pulumi.ResourceOptions
) -> None:
    """The bucket that primaries export dumps to."""
    Backup(
        "backup",
        BackupArgs(
            project=settings.project,
            location=BUCKET_LOCATION[settings.home],
            key=keys.key(MULTI_REGION[settings.home], "backup"),
            writers={
                shard: primary.service_account_email_address.apply(
                    lambda email: f"serviceAccount:{email}"
                )
                for shard, primary in postgres.resources.primaries.items()
            },
        ),
        own,
    )


def _watch(settings: Settings, own: pulumi.ResourceOptions) -> None:
    """Alerts, audit trail, and the budget where a billing account is configured."""
    alerts = settings.alerts
    observability = Observability(
        "observability",
        ObservabilityArgs(
            size=settings.size.observability,
            domain=settings.domain,
            project=settings.project,
            email=alerts.email,
            slack=alerts.slack_token,
            slack_channel=alerts.slack_channel,
            sms=alerts.sms,
        ),
        own,
    )
    channels = list(observability.channels.values())
    Audit("audit", AuditArgs(project=settings.project, channels=channels), own)
    if settings.billing is None:
        return
    Budget(
        "budget",
        BudgetArgs(
            billing_account=settings.billing.account,
            project=settings.project,
            amount=_cap(settings, settings.billing.currency),
            currency=settings.billing.currency,
            channels=[id_ for key, id_ in observability.channels.items() if key == "email"],
        ),
        own,
    )


def _cap(settings: Settings, currency: str) -> Decimal:
    """The phase's monthly cap, in the account's currency."""
    limits = load_beside(pulumi.get_root_directory())
    cap = limits.monthly_cap(settings.phase.name, settings.users, settings.revenue_eur)
    return cap if currency == "EUR" else cap / settings.usd_rate


def _facts(
    settings: Settings,
    postgres: Postgres,
    redis: Redis,
    cdn: Cdn,
    autoneg: Autoneg,
) -> dict[str, pulumi.Input[str]]:
    """What manifests need to know of the cloud around them. Nothing here is secret."""
    facts: dict[str, pulumi.Input[str]] = {
        "phase": settings.phase.name,
        "domain": settings.domain,
        "project": settings.project,
        "backend-service": cdn.resources.backend.name,
        "autoneg-account": autoneg.email,
    }
    for shard, primary in postgres.resources.primaries.items():
        facts[f"database-{shard}-host"] = primary.private_ip_address
    for (shard, key), replica in postgres.resources.replicas.items():
        facts[f"database-{shard}-{key}-host"] = replica.private_ip_address
    for site, instance in redis.resources.instances.items():
        facts[f"cache-{site}-host"] = instance.host
    return facts
