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
from handover import facts, overlay
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
from components.tracing import COLLECTOR, Tracing, TracingArgs
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
    wiring = Wiring(settings)
    network = wiring.network()
    gke = wiring.clusters(network)
    wiring.registry(gke, wiring.github(gke))
    postgres, redis = wiring.databases(network), wiring.caches(network)
    wiring.secrets(postgres, redis)
    wiring.backup(postgres)
    dns = wiring.dns()
    cdn = wiring.edge(dns)
    wiring.watch()
    wiring.tracing(gke)
    wiring.gitops(gke, facts(settings, postgres, redis, cdn, wiring.autoneg(gke)))
    return Deployed(
        phase=settings.phase.name,
        address=cdn.resources.address.address,
        name_servers=dns.name_servers,
        clusters={key: cluster.name for key, cluster in gke.resources.clusters.items()},
    )


class Wiring:
    """The platform's root, and one method a component that says what it is told of the others."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.size = settings.size
        self.project = settings.project
        self.serving = settings.regions.serving
        self.recovery = settings.regions.recovery
        self.platform = self._root()
        below = pulumi.ResourceOptions(parent=self.platform)
        planned = workloads.plan(settings.size, settings.load, settings.home)
        Workloads("workloads", planned, below)
        self.services = Services("services", ServicesArgs(project=settings.project), below)
        self.keys = Keys(
            "keys",
            KeysArgs(project=settings.project, keys=self._places_of_keys()),
            self.after("cloudkms", "container", "sqladmin", "redis", "artifactregistry", "storage"),
        )

    def after(self, *apis: str) -> pulumi.ResourceOptions:
        """Options of a component: below the root, waiting for the APIs it calls."""
        return pulumi.ResourceOptions(parent=self.platform, depends_on=self.services.named(*apis))

    def _root(self) -> Platform:
        """The root component, with the one GCP provider that all others inherit."""
        settings = self.settings
        provider = gcp.Provider(
            "gcp",
            project=self.project,
            region=self.serving[settings.home],
            user_project_override=True,
            billing_project=self.project,
        )
        return Platform(
            "palier",
            PlatformArgs(
                phase=settings.phase.name,
                users=settings.users,
                home=settings.home,
                regions={site: self.serving[site] for site in self.size.network.sites},
                currency="EUR",
                usd_rate=settings.usd_rate,
                rate_date=settings.rate_date,
                revenue_eur=settings.revenue_eur,
                load=settings.load,
                size=self.size,
                cost_centre=settings.cost_centre,
                teardown=settings.teardown,
            ),
            pulumi.ResourceOptions(providers=[provider]),
        )

    def _places_of_keys(self) -> dict[str, list[Purpose]]:
        """Which key stands where: with its data, decided before the data exist."""
        keys: dict[str, list[Purpose]] = {}
        for site in self.size.network.sites:
            keys[self.serving[site]] = ["sql", "gke", "disks"]
            if site in self.size.redis.instances:
                keys[self.serving[site]].append("redis")
            keys[MULTI_REGION[site]] = ["registry"]
        keys[MULTI_REGION[self.settings.home]].append("backup")
        for shard in self.size.postgres.shards.values():
            if shard.disaster_recovery:
                keys[self.recovery[shard.site]] = ["sql"]
        return keys

    def network(self) -> Network:
        """Everything stands on it."""
        return Network(
            "network",
            NetworkArgs(size=self.size.network, regions=self.serving),
            self.after("compute", "servicenetworking", "dns"),
        )

    def clusters(self, network: Network) -> Gke:
        """The living cluster generations."""
        sites = self.size.network.sites
        return Gke(
            "gke",
            GkeArgs(
                size=self.size.gke,
                project=self.project,
                regions=self.serving,
                network=network.id,
                subnets={site: item.id for site, item in network.resources.subnets.items()},
                secrets_keys={site: self.keys.key(self.serving[site], "gke") for site in sites},
                disk_keys={site: self.keys.key(self.serving[site], "disks") for site in sites},
                images=[
                    f"{MULTI_REGION[site]}-docker.pkg.dev/{self.project}/**"
                    for site in self.size.registry.sites
                ],
                exclusions=self.settings.exclusions,
            ),
            self.after("container", "binaryauthorization", "gkebackup", "iam"),
        )

    def autoneg(self, gke: Gke) -> Autoneg:
        """The identity that attaches pods to the load balancer."""
        args = AutonegArgs(project=self.project, pool=_identities(gke))
        return Autoneg("autoneg", args, self.after("iam"))

    def tracing(self, gke: Gke) -> None:
        """The right to write traces, where a collector runs."""
        if COLLECTOR not in self.size.pods:
            return
        Tracing(
            "tracing",
            TracingArgs(project=self.project, number=self.keys.number(), pool=_identities(gke)),
            self.after("cloudtrace", "iam"),
        )

    def github(self, gke: Gke) -> Github:
        """Deployments without keys."""
        return Github(
            "github",
            GithubArgs(
                repository=self.settings.github,
                project=self.project,
                acts_as={"nodes": gke.resources.nodes.name},
            ),
            self.after("iam", "iamcredentials", "sts"),
        )

    def registry(self, gke: Gke, github: Github) -> Registry:
        """Images: pushed by deployments, pulled by nodes."""
        sites = self.size.registry.sites
        return Registry(
            "registry",
            RegistryArgs(
                size=self.size.registry,
                keys={site: self.keys.key(MULTI_REGION[site], "registry") for site in sites},
                readers={"nodes": gke.resources.nodes.member},
                writers={"github": github.resources.deploy.member},
            ),
            self.after("artifactregistry"),
        )

    def databases(self, network: Network) -> Postgres:
        """The shards. Waits for the network and its keys, never for a cluster."""
        shards = self.size.postgres.shards.values()
        regions = {self.serving[shard.site] for shard in shards} | {
            self.recovery[shard.site] for shard in shards if shard.disaster_recovery
        }
        return Postgres(
            "postgres",
            PostgresArgs(
                size=self.size.postgres,
                regions=self.serving,
                recovery_regions=self.recovery,
                network=network.id,
                private_services=network.resources.private_services,
                keys={region: self.keys.key(region, "sql") for region in sorted(regions)},
            ),
            self.after("sqladmin"),
        )

    def caches(self, network: Network) -> Redis:
        """Managed Redis, from the phase that has it."""
        regions = [self.serving[site] for site in self.size.redis.instances]
        return Redis(
            "redis",
            RedisArgs(
                size=self.size.redis,
                regions=self.serving,
                network=network.id,
                private_services=network.resources.private_services,
                keys={region: self.keys.key(region, "redis") for region in regions},
            ),
            self.after("redis"),
        )

    def secrets(self, postgres: Postgres, redis: Redis) -> Secrets:
        """Passwords that workloads read through the cluster's Secret Manager add-on."""
        values: dict[str, pulumi.Input[str]] = {
            f"database-{shard}": password.result
            for shard, password in postgres.resources.passwords.items()
        }
        values |= {
            f"cache-{site}": instance.auth_string
            for site, instance in redis.resources.instances.items()
        }
        pool = f"{self.project}.svc.id.goog/namespace/{workloads.APPS}"
        reader = pulumi.Output.format(
            "principalSet://iam.googleapis.com/projects/{number}/locations/global/"
            f"workloadIdentityPools/{pool}",
            number=self.keys.number(),
        )
        return Secrets(
            "secrets",
            SecretsArgs(
                values=values, locations=list(self.serving.values()), accessors={"apps": reader}
            ),
            self.after("secretmanager"),
        )

    def backup(self, postgres: Postgres) -> Backup:
        """The bucket that primaries export dumps to."""
        home = self.settings.home
        return Backup(
            "backup",
            BackupArgs(
                project=self.project,
                location=BUCKET_LOCATION[home],
                key=self.keys.key(MULTI_REGION[home], "backup"),
                writers={
                    shard: pulumi.Output.format(
                        "serviceAccount:{email}", email=primary.service_account_email_address
                    )
                    for shard, primary in postgres.resources.primaries.items()
                },
            ),
            self.after("storage"),
        )

    def dns(self) -> Dns:
        """The zone of the domain."""
        return Dns("dns", DnsArgs(domain=self.settings.domain), self.after("dns"))

    def edge(self, dns: Dns) -> Cdn:
        """The load balancer: outlives every cluster behind it."""
        return Cdn(
            "cdn",
            CdnArgs(
                size=self.size.cdn,
                project=self.project,
                domain=self.settings.domain,
                zone=dns.zone_name,
                location=BUCKET_LOCATION[self.settings.home],
            ),
            self.after("compute", "certificatemanager", "storage"),
        )

    def watch(self) -> None:
        """Alerts, audit trail, and the budget where a billing account is configured."""
        alerts = self.settings.alerts
        observability = Observability(
            "observability",
            ObservabilityArgs(
                size=self.size.observability,
                domain=self.settings.domain,
                project=self.project,
                email=alerts.email,
                slack=alerts.slack_token,
                slack_channel=alerts.slack_channel,
                sms=alerts.sms,
            ),
            self.after("monitoring"),
        )
        channels = observability.channels
        args = AuditArgs(project=self.project, channels=list(channels.values()))
        Audit("audit", args, self.after("logging", "monitoring"))
        billing = self.settings.billing
        if billing is None:
            return
        Budget(
            "budget",
            BudgetArgs(
                billing_account=billing.account,
                project=self.project,
                amount=self._cap(billing.currency),
                currency=billing.currency,
                channels=[id_ for key, id_ in channels.items() if key == "email"],
            ),
            self.after("billingbudgets"),
        )

    def _cap(self, currency: str) -> Decimal:
        """The phase's monthly cap, in the billing account's currency."""
        settings = self.settings
        limits = load_beside(pulumi.get_root_directory())
        cap = limits.monthly_cap(settings.phase.name, settings.users, settings.revenue_eur)
        return cap if currency == "EUR" else cap / settings.usd_rate

    def gitops(self, gke: Gke, known: dict[str, pulumi.Input[str]]) -> None:
        """Argo CD in every living cluster."""
        for generation, cluster in gke.resources.clusters.items():
            site = self.size.gke.generations[generation].site
            Argocd(
                f"argocd-{generation}",
                ArgocdArgs(
                    size=self.size.argocd,
                    pods=self.size.pods,
                    cluster=cluster,
                    repository=self.settings.repository,
                    overlay=overlay(self.settings.phase.name, self.size.network.sites, site),
                    domain=self.settings.domain,
                    facts={**known, "site": site},
                    slack_channel=self.settings.alerts.slack_channel,
                ),
                pulumi.ResourceOptions(parent=self.platform),
            )


def _identities(gke: Gke) -> pulumi.Output[str]:
    """The workload identity pool, as the first cluster tells it: it comes with a cluster."""
    first = next(iter(gke.resources.clusters.values()))
    pool: pulumi.Output[str] = first.workload_identity_config.apply(
        lambda config: config.workload_pool
    )
    return pool
