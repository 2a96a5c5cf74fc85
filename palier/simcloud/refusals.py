"""What the services refuse to create or change, though the provider's Check let it pass.

One rule a function. The order is that of a real call: is the service enabled, is the request well
formed, is there what it names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from palier.simcloud import addresses, places, sql_rules
from palier.simcloud.errors import ServiceError, invalid
from palier.simcloud.kinds import SERVICE, is_grant, module
from palier.simcloud.records import Record
from palier.simcloud.references import find, missing, references
from palier.simcloud.store import Records
from palier.simcloud.wording import not_found

ENABLED: Final = frozenset(
    {
        "bigquery.googleapis.com",
        "cloudresourcemanager.googleapis.com",
        "logging.googleapis.com",
        "monitoring.googleapis.com",
        "serviceusage.googleapis.com",
        "storage.googleapis.com",
    }
)
"""Services that are on before the first update: those of a new project (Google's documentation of
Service Usage) that a type here belongs to, and Cloud Resource Manager, which its owner turns on."""

_SERVICE_USAGE: Final = "serviceusage.googleapis.com"
APIS: Final[Mapping[str, tuple[str, str]]] = {
    "artifactregistry": ("artifactregistry.googleapis.com", "Artifact Registry API"),
    "bigquery": ("bigquery.googleapis.com", "BigQuery API"),
    "billing": ("billingbudgets.googleapis.com", "Cloud Billing Budget API"),
    "binaryauthorization": ("binaryauthorization.googleapis.com", "Binary Authorization API"),
    "certificatemanager": ("certificatemanager.googleapis.com", "Certificate Manager API"),
    "cloudscheduler": ("cloudscheduler.googleapis.com", "Cloud Scheduler API"),
    "compute": ("compute.googleapis.com", "Compute Engine API"),
    "container": ("container.googleapis.com", "Kubernetes Engine API"),
    "containeranalysis": ("containeranalysis.googleapis.com", "Container Analysis API"),
    "dns": ("dns.googleapis.com", "Cloud DNS API"),
    "essentialcontacts": ("essentialcontacts.googleapis.com", "Essential Contacts API"),
    "gkebackup": ("gkebackup.googleapis.com", "Backup for GKE API"),
    "gkehub": ("gkehub.googleapis.com", "GKE Hub API"),
    "iam": ("iam.googleapis.com", "Identity and Access Management (IAM) API"),
    "iap": ("iap.googleapis.com", "Cloud Identity-Aware Proxy API"),
    "kms": ("cloudkms.googleapis.com", "Cloud Key Management Service (KMS) API"),
    "logging": ("logging.googleapis.com", "Cloud Logging API"),
    "memorystore": ("memorystore.googleapis.com", "Memorystore API"),
    "monitoring": ("monitoring.googleapis.com", "Cloud Monitoring API"),
    "networkconnectivity": ("networkconnectivity.googleapis.com", "Network Connectivity API"),
    "orgpolicy": ("orgpolicy.googleapis.com", "Organization Policy API"),
    "projects": ("cloudresourcemanager.googleapis.com", "Cloud Resource Manager API"),
    "pubsub": ("pubsub.googleapis.com", "Cloud Pub/Sub API"),
    "redis": ("redis.googleapis.com", "Google Cloud Memorystore for Redis API"),
    "secretmanager": ("secretmanager.googleapis.com", "Secret Manager API"),
    "serviceaccount": ("iam.googleapis.com", "Identity and Access Management (IAM) API"),
    "servicenetworking": ("servicenetworking.googleapis.com", "Service Networking API"),
    "sql": ("sqladmin.googleapis.com", "Cloud SQL Admin API"),
    "storage": ("storage.googleapis.com", "Cloud Storage API"),
}
"""Service and its title by module."""
_API_BY_TYPE: Final[Mapping[str, tuple[str, str]]] = {
    "gcp:projects/iAMCustomRole:IAMCustomRole": APIS["iam"],
    "gcp:projects/service:Service": (_SERVICE_USAGE, "Service Usage API"),
    "gcp:projects/serviceIdentity:ServiceIdentity": (_SERVICE_USAGE, "Service Usage API"),
}

_LOWER: Final = r"[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?"
_WORD: Final = r"[a-zA-Z0-9_-]{1,63}"
_NAMES: Final[Mapping[str, tuple[str, str]]] = {
    "gcp:artifactregistry/repository:Repository": ("repositoryId", _LOWER),
    "gcp:certificatemanager/certificate:Certificate": ("name", _LOWER),
    "gcp:certificatemanager/certificateMap:CertificateMap": ("name", _LOWER),
    "gcp:certificatemanager/certificateMapEntry:CertificateMapEntry": ("name", _LOWER),
    "gcp:certificatemanager/dnsAuthorization:DnsAuthorization": ("name", _LOWER),
    "gcp:compute/backendService:BackendService": ("name", _LOWER),
    "gcp:compute/globalAddress:GlobalAddress": ("name", _LOWER),
    "gcp:compute/globalForwardingRule:GlobalForwardingRule": ("name", _LOWER),
    "gcp:compute/healthCheck:HealthCheck": ("name", _LOWER),
    "gcp:compute/sSLPolicy:SSLPolicy": ("name", _LOWER),
    "gcp:compute/targetHttpProxy:TargetHttpProxy": ("name", _LOWER),
    "gcp:compute/targetHttpsProxy:TargetHttpsProxy": ("name", _LOWER),
    "gcp:compute/uRLMap:URLMap": ("name", _LOWER),
    "gcp:container/nodePool:NodePool": ("name", r"[a-z](?:[-a-z0-9]{0,38}[a-z0-9])?"),
    "gcp:dns/managedZone:ManagedZone": ("name", _LOWER),
    "gcp:kms/cryptoKey:CryptoKey": ("name", _WORD),
    "gcp:kms/keyRing:KeyRing": ("name", _WORD),
    "gcp:pubsub/topic:Topic": ("name", r"(?!goog)[A-Za-z][A-Za-z0-9._~+%-]{2,254}"),
    "gcp:secretmanager/secret:Secret": ("secretId", r"[a-zA-Z0-9_-]{1,255}"),
    "gcp:storage/bucket:Bucket": (
        "name",
        r"(?!goog)(?!.*google)(?!.*\.\.)[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]",
    ),
}
"""The property that names one of a type, and what the service takes, where Check takes all."""

_POOL: Final = re.compile(r"serviceAccount:([^\[]+\.svc\.id\.goog)\[.*\]")
_CLUSTER: Final = "gcp:container/cluster:Cluster"
_REDIS: Final = "gcp:redis/instance:Instance"
_REDIS_GB: Final = (1, 300)
_REDIS_VERSION: Final = re.compile(r"REDIS_(3_2|4_0|5_0|6_X|7_0|7_2)")
_REPLICA_GB: Final = 5


def refuse(records: Records, record: Record, enabled: frozenset[str]) -> None:
    """Refuse what the service of a resource would not make of its inputs.

    Raises:
        ServiceError: in the words of the service.
    """
    _api(records, record, enabled)
    for rule in _RULES:
        rule(records, record)


def _api(records: Records, record: Record, enabled: frozenset[str]) -> None:
    host, title = _API_BY_TYPE.get(record.type) or APIS[module(record.type)]
    services = records.get(SERVICE, {}).values()
    if host in enabled or any(one.read("service") == host for one in services):
        return
    project = record.read("project") or record.id.partition("projects/")[2].partition("/")[0] or "-"
    raise ServiceError(
        403,
        "accessNotConfigured",
        f"{title} has not been used in project {project} before or it is disabled. Enable it by"
        f" visiting https://console.developers.google.com/apis/api/{host}/overview?project="
        f"{project} then retry. If you enabled this API recently, wait a few minutes for the action"
        " to propagate to our systems and retry.",
    )


def _name(_: Records, record: Record) -> None:
    key, pattern = _NAMES.get(record.type, ("name", ".*"))
    name = record.inputs.get(key)
    if not isinstance(name, str) or re.fullmatch(pattern, name):
        return
    if module(record.type) == "storage":
        raise invalid(f"Invalid bucket name: '{name}'")
    if module(record.type) == "compute":
        raise invalid(
            f"Invalid value for field 'resource.{key}': '{name}'. Must be a match of regex"
            f" '{pattern}'"
        )
    raise invalid(f"Invalid resource field value in the request: {key} '{name}'.", "")


def _place(_: Records, record: Record) -> None:
    places.refuse(record)


def _named(records: Records, record: Record) -> None:
    if (lost := missing(records, record)) is not None:
        raise not_found(lost.types[0], lost.id)


def _pool(records: Records, record: Record) -> None:
    """The identity pool of a project's clusters is made with the first of them."""
    match = _POOL.fullmatch(str(record.inputs.get("member"))) if is_grant(record.type) else None
    clusters = records.get(_CLUSTER, {}).values()
    if match is None or any(
        one.read("workloadIdentityConfig.workloadPool") == match[1] or one.read("enableAutopilot")
        for one in clusters
    ):
        return
    raise invalid(
        f"Identity Pool does not exist ({match[1]}). Please check that you specified a valid"
        " resource name as returned in the `name` attribute in the configuration API.",
        "badRequest",
    )


def _secondary_ranges(records: Records, record: Record) -> None:
    """A cluster takes its pods' and services' addresses from ranges of its subnetwork."""
    given = record.read("ipAllocationPolicy") if record.type == _CLUSTER else None
    found = [find(records, one) for one in references(record) if one.place == "subnetwork"]
    subnetwork = found[0] if found else None
    if not given or subnetwork is None:
        return
    names = {one.get("rangeName") for one in subnetwork.read("secondaryIpRanges") or []}
    for kind in ("cluster", "services"):
        wanted = given.get(f"{kind}SecondaryRangeName")
        if wanted and wanted not in names:
            what = "Pod" if kind == "cluster" else "Services"
            raise invalid(
                f"{what} secondary range '{wanted}' not found in subnetwork"
                f" '{subnetwork.read('name')}'.",
                "badRequest",
            )


def _redis(records: Records, record: Record) -> None:
    if record.type != _REDIS:
        return
    low, high = _REDIS_GB
    memory = record.read("memorySizeGb")
    if memory is not None and not low <= memory <= high:
        raise invalid(f"Memory size must be between {low} GB and {high} GB.", "")
    if record.read("readReplicasMode") == "READ_REPLICAS_ENABLED" and memory < _REPLICA_GB:
        raise invalid(f"Read replicas need a memory size of at least {_REPLICA_GB} GB.", "")
    version = record.read("redisVersion")
    if version and not _REDIS_VERSION.fullmatch(version):
        raise invalid(f"Invalid Redis version {version}.", "")
    network = record.read("authorizedNetwork")
    private = record.read("connectMode") == "PRIVATE_SERVICE_ACCESS"
    if private and network and not sql_rules.peered(records, network):
        raise invalid(
            "Google private service access is not enabled. Enable private service access and try"
            " again.",
            "",
        )


def _peering(records: Records, record: Record) -> None:
    """A peering connection that is there takes new ranges by an update only."""
    there = records.get(sql_rules.CONNECTION, {}).get(record.id)
    if record.type != sql_rules.CONNECTION or there is None:
        return
    if there.read("reservedPeeringRanges") != record.read("reservedPeeringRanges"):
        raise invalid(
            "Cannot modify allocated ranges in CreateConnection. Please use UpdateConnection.", ""
        )


CREATE_ONLY: Final = (_peering,)
_RULES: Final[tuple[Callable[[Records, Record], None], ...]] = (
    _name,
    _place,
    addresses.refuse,
    _redis,
    sql_rules.refuse,
    _named,
    _pool,
    _secondary_ranges,
)


def refuse_create(records: Records, record: Record, enabled: frozenset[str]) -> None:
    """Refuse what a service would not create: what it would not make, and what it only updates.

    Raises:
        ServiceError: in the words of the service.
    """
    refuse(records, record, enabled)
    for rule in CREATE_ONLY:
        rule(records, record)
