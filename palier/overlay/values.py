"""Values: what one cluster's manifests have to be told, read from the facts of a stack.

Everything here stands in what the program records, so that an overlay, like a bill, is made of what
would be created. What only a cloud could tell (addresses, certificates) is no part of it: those
facts reach the cluster with the root Application (docs/adr/0033).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from palier.errors import PalierError
from palier.facts import PLATFORM_TYPE, PROVIDER_PREFIX, WORKLOADS_TYPE, Fact, Facts
from palier.ledger import REGISTRY, SECRET
from palier.sql_tiers import Tier, parse_tier
from palier.workloads import APPS, WorkloadSize

ARGOCD_TYPE: Final = "palier:argocd:Argocd"
POSTGRES_TYPE: Final = "palier:postgres:Postgres"
GKE_TYPE: Final = "palier:gke:Gke"
REDIS_TYPE: Final = "palier:redis:Redis"
ACCOUNT_TYPE: Final = "gcp:serviceaccount/account:Account"
BACKEND_TYPE: Final = "gcp:compute/backendService:BackendService"
APPLICATION_TYPE: Final = "kubernetes:argoproj.io/v1alpha1:Application"


@dataclass(frozen=True, kw_only=True)
class Shard:
    """One database that serves the cluster's site."""

    name: str
    tier: Tier
    replicas: tuple[str, ...]
    managed_pooling: bool


@dataclass(frozen=True, kw_only=True)
class Overlay:
    """What the manifests of one cluster depend on."""

    name: str
    """Folder below gitops/overlays/: the phase, or the phase and a site."""
    cluster: str
    site: str
    project: str
    repository: str
    image: str
    """Name of the application's image in the site's registry, without tag or digest."""
    backend: str
    """Backend service that the web pods' endpoints are attached to."""
    autoneg_account: str
    secrets: Mapping[str, str]
    """Ids in Secret Manager, by what they hold (`database-eu-1`, `cache-eu`)."""
    pods: Mapping[str, WorkloadSize]
    quota_cpu_m: int
    quota_mib: int
    shards: tuple[Shard, ...]
    managed_cache: bool
    load: Mapping[str, Decimal]

    def of(self, namespace: str) -> list[WorkloadSize]:
        """Workloads of a namespace, by name."""
        return [pod for _, pod in sorted(self.pods.items()) if pod.namespace == namespace]

    @property
    def replicas(self) -> tuple[str, ...]:
        """Read replicas of each database: the application is told one list for all."""
        return self.shards[0].replicas

    @property
    def services_run(self) -> bool:
        """Whether Argo CD's ApplicationSets are there to run services, be there any or none."""
        return "argocd-applicationset-controller" in self.pods

    @property
    def services(self) -> tuple[str, ...]:
        """Names of the services that run beside the web tier."""
        return tuple(pod.name for pod in self.of(APPS) if pod.name.endswith("-service"))


IMAGE: Final = "reference-app"


def overlays(facts: Facts) -> tuple[Overlay, ...]:
    """The overlays of a stack: one for each cluster that serves.

    Raises:
        PalierError: the stack is no platform of this design.
    """
    root, recorded = facts.only(PLATFORM_TYPE), facts.only(WORKLOADS_TYPE)
    if root is None or recorded is None:
        raise PalierError(
            f"overlay: the program records no {PLATFORM_TYPE}, so it has no overlay here"
        )
    pods = [_workload(pod) for pod in recorded.recorded("pods")]
    serving = sorted({pod.cluster for pod in pods})
    return tuple(_overlay(facts, root, pods, cluster) for cluster in serving)


def _overlay(facts: Facts, root: Fact, pods: list[WorkloadSize], cluster: str) -> Overlay:
    argocd = _named(facts, ARGOCD_TYPE, f"argocd-{cluster}")
    application = _named(facts, APPLICATION_TYPE, f"{argocd.name}-root")
    site = _one(facts, GKE_TYPE).recorded(f"size.generations.{cluster}.site")
    project = _one(facts, f"{PROVIDER_PREFIX}gcp").read("project")
    quota = root.recorded(f"quotas.{cluster}")
    shards = _alike(tuple(_shards(facts, site)), site)
    caches = _one(facts, REDIS_TYPE).recorded("size.instances") or {}
    wanted = {f"database-{shard.name}" for shard in shards} | {f"cache-{site}"}
    account = _named(facts, ACCOUNT_TYPE, "autoneg-account")
    return Overlay(
        name=argocd.recorded("overlay"),
        cluster=cluster,
        site=site,
        project=project,
        repository=application.read("spec.source.repoURL"),
        image=_image(facts, site, project),
        backend=_one(facts, BACKEND_TYPE).read("name"),
        autoneg_account=f"{account.read('accountId')}@{project}.iam.gserviceaccount.com",
        secrets={key: name for key, name in _secrets(facts) if key in wanted},
        pods={pod.name: pod for pod in pods if pod.cluster == cluster},
        quota_cpu_m=int(Decimal(quota["vcpu"]) * 1000),
        quota_mib=int(Decimal(quota["memory_gib"]) * 1024),
        shards=shards,
        managed_cache=site in caches,
        load={key: Decimal(value) for key, value in root.recorded("load").items()},
    )


def _workload(recorded: Mapping[str, Any]) -> WorkloadSize:
    counts = {key: Decimal(str(recorded[key])) for key in recorded if key.startswith("replicas_")}
    return WorkloadSize(**{**recorded, **counts})


def _shards(facts: Facts, site: str) -> Iterator[Shard]:
    for name, shard in sorted(_one(facts, POSTGRES_TYPE).recorded("size.shards").items()):
        if shard["site"] == site:
            yield Shard(
                name=name,
                tier=parse_tier(shard["tier"]),
                replicas=tuple(shard["replicas"]),
                managed_pooling=shard["managed_pooling"],
            )


def _alike(shards: tuple[Shard, ...], site: str) -> tuple[Shard, ...]:
    if not shards:
        raise PalierError(f"postgres.shards: none serves site {site}")
    if len({shard.replicas for shard in shards}) > 1:
        each = "; ".join(f"{shard.name}: {','.join(shard.replicas) or 'none'}" for shard in shards)
        raise PalierError(
            f"postgres.shards: the application is told one list of replicas for all databases of"
            f" site {site}, and they have {each}"
        )
    return shards


def _secrets(facts: Facts) -> Iterator[tuple[str, str]]:
    for fact in facts.of_type(SECRET):
        yield fact.name.removeprefix("secrets-"), fact.read("secretId")


def _image(facts: Facts, site: str, project: str) -> str:
    """The image in the registry of the site, or in the only one."""
    registries = facts.of_type(REGISTRY)
    if not registries:
        raise PalierError(f"overlay: the program creates no {REGISTRY}")
    near = [fact for fact in registries if fact.name.endswith(f"-{site}")]
    registry = (near or registries)[0]
    host = f"{registry.read('location')}-docker.pkg.dev"
    return f"{host}/{project}/{registry.read('repositoryId')}/{IMAGE}"


def _one(facts: Facts, type_: str) -> Fact:
    found = facts.only(type_)
    if found is None:
        raise PalierError(f"overlay: the program creates no {type_}")
    return found


def _named(facts: Facts, type_: str, name: str) -> Fact:
    for fact in facts.of_type(type_):
        if fact.name == name:
            return fact
    raise PalierError(f"overlay: the program creates no {type_} named {name}")
