"""What is peculiar to a type in its service: what it is called there, what makes it unlike others.

The rest is the same for all: a create makes a thing once, a delete removes it, and its name is free
again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

UPSERTS: Final = frozenset(
    {
        "gcp:binaryauthorization/policy:Policy",
        "gcp:compute/networkPeeringRoutesConfig:NetworkPeeringRoutesConfig",
        "gcp:logging/projectBucketConfig:ProjectBucketConfig",
        "gcp:projects/iAMAuditConfig:IAMAuditConfig",
        "gcp:projects/service:Service",
        "gcp:projects/serviceIdentity:ServiceIdentity",
        "gcp:servicenetworking/connection:Connection",
    }
)
"""Types whose create sets what may be there already, besides all members and bindings of IAM."""

_GRANT: Final = re.compile(r"I[Aa][Mm](Member|Binding)$")

FINGERPRINTED: Final = frozenset(
    {
        "gcp:compute/backendService:BackendService",
        "gcp:compute/firewallPolicy:FirewallPolicy",
        "gcp:compute/networkFirewallPolicy:NetworkFirewallPolicy",
        "gcp:compute/sSLPolicy:SSLPolicy",
        "gcp:compute/securityPolicy:SecurityPolicy",
        "gcp:compute/uRLMap:URLMap",
    }
)
"""Types that the provider updates with the fingerprint of its state. Others have one too, which the
provider reads anew (subnetworks) or does not send (target proxies)."""

ETERNAL: Final = frozenset({"gcp:kms/cryptoKey:CryptoKey", "gcp:kms/keyRing:KeyRing"})
"""Types that no call deletes: the provider only forgets them, and destroys a key's versions."""

SERVICE: Final = "gcp:projects/service:Service"
SQL_INSTANCE: Final = "gcp:sql/databaseInstance:DatabaseInstance"

_MONTH: Final = timedelta(days=30)
RESERVED: Final[Mapping[str, timedelta]] = {
    SQL_INSTANCE: timedelta(days=7),
    "gcp:iam/workloadIdentityPool:WorkloadIdentityPool": _MONTH,
    "gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider": _MONTH,
}
"""How long the name of what was deleted cannot be taken again (Google's documentation of each)."""

_TITLES: Final[Mapping[str, str]] = {
    "gcp:compute/sSLPolicy:SSLPolicy": "SslPolicy",
    "gcp:compute/uRLMap:URLMap": "UrlMap",
}
_PRODUCTS: Final[Mapping[str, str]] = {
    "artifactregistry": "ArtifactRegistry",
    "bigquery": "BigQuery",
    "binaryauthorization": "BinaryAuthorization",
    "certificatemanager": "CertificateManager",
    "cloudscheduler": "CloudScheduler",
    "dns": "DNS",
    "gkebackup": "GKEBackup",
    "gkehub": "GKEHub",
    "iam": "IAM",
    "kms": "KMS",
    "projects": "Project",
    "secretmanager": "SecretManager",
    "serviceaccount": "ServiceAccount",
    "servicenetworking": "ServiceNetworking",
    "sql": "SQL",
}


def module(type_: str) -> str:
    """The module of a type: `compute` of `gcp:compute/network:Network`."""
    return type_.split(":")[1].partition("/")[0]


def title(type_: str) -> str:
    """What the provider calls one of a type in its messages: `Network`, `UrlMap`."""
    return _TITLES.get(type_) or type_.rsplit(":", 1)[1]


def product_title(type_: str) -> str:
    """What the provider calls one of a type with its product: `ComputeNetwork`."""
    name = module(type_)
    return _PRODUCTS.get(name, name.capitalize()) + title(type_)


def noun(type_: str) -> str:
    """What Compute Engine calls one of a type: `backend_service`."""
    words = title(type_).removeprefix("Global").removeprefix("Region")
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", words).lower()


def is_grant(type_: str) -> bool:
    """Whether a type is a member or a binding in some IAM policy."""
    return bool(_GRANT.search(type_))


def is_upsert(type_: str) -> bool:
    """Whether a create takes what is there already."""
    return type_ in UPSERTS or is_grant(type_)
