"""Guardrails of caches, buckets and registries: who reaches them, and who may do what."""

from __future__ import annotations

import re
from typing import Final

from palier.facts import Fact, Facts
from palier.ledger import BUCKET, REDIS
from palier.rules.guardrails.conditions import several
from palier.rules.guardrails.grants import Grant, NotGiven
from palier.rules.guardrails.identity import ROLE_LABEL, STATIC_SITE
from palier.rules.judges import each
from palier.rules.model import Rule
from palier.rules.requirements import (
    Answer,
    either,
    equal,
    one_of,
    some,
)

REDIS_CLUSTER: Final = "gcp:redis/cluster:Cluster"
VALKEY: Final = "gcp:memorystore/instance:Instance"
REGISTRY_GRANTS: Final = re.compile(
    r"gcp:artifactregistry/repositoryIam\w+:RepositoryIam(Member|Binding|Policy)", re.ASCII
)
REGISTRY_ADMINS: Final = ("roles/artifactregistry.admin", "roles/artifactregistry.repoAdmin")


def _administers(_: Facts, __: Fact, grant: Grant) -> Answer:
    return either(equal(grant.role, role) for role in REGISTRY_ADMINS)


RULES: Final[tuple[Rule, ...]] = (
    Rule(
        id="redis-auth",
        title="Redis asks for a password",
        family="guardrails",
        rationale="Otherwise whoever reaches the network reads every session.",
        remedy="Set authEnabled; on clusters authorizationMode to AUTH_MODE_IAM_AUTH, on "
        "Memorystore instances to IAM_AUTH.",
        reference="palier: no benchmark covers Memorystore",
        judge=several(
            each(REDIS, one_of("authEnabled", True)),
            each(REDIS_CLUSTER, one_of("authorizationMode", "AUTH_MODE_IAM_AUTH")),
            each(VALKEY, one_of("authorizationMode", "IAM_AUTH")),
        ),
    ),
    Rule(
        id="redis-tls",
        title="Redis is reached by TLS only",
        family="guardrails",
        rationale="Otherwise passwords and sessions cross the network in clear.",
        remedy="Set transitEncryptionMode to SERVER_AUTHENTICATION.",
        reference="palier: no benchmark covers Memorystore",
        judge=several(
            each((REDIS, VALKEY), one_of("transitEncryptionMode", "SERVER_AUTHENTICATION")),
            each(
                REDIS_CLUSTER,
                one_of("transitEncryptionMode", "TRANSIT_ENCRYPTION_MODE_SERVER_AUTHENTICATION"),
            ),
        ),
    ),
    Rule(
        id="redis-private-access",
        title="Redis is in the private range of the network",
        family="guardrails",
        rationale="Direct peering takes a range outside the plan, for one instance alone, and "
        "cannot be changed later.",
        remedy="Set connectMode to PRIVATE_SERVICE_ACCESS.",
        reference="palier: no benchmark covers Memorystore",
        judge=each(REDIS, one_of("connectMode", "PRIVATE_SERVICE_ACCESS")),
    ),
    Rule(
        id="bucket-uniform-access",
        title="Buckets know roles only, and no lists of access",
        family="guardrails",
        rationale="With access lists each object can be made public, one by one, unseen.",
        remedy="Set uniformBucketLevelAccess.",
        reference="CIS GCP 5.2",
        judge=each(BUCKET, one_of("uniformBucketLevelAccess", True)),
    ),
    Rule(
        id="bucket-public-access",
        title="Buckets cannot be made public, but for a static site",
        family="guardrails",
        rationale="One wrong binding, months later, is all that keeps the data from the internet.",
        remedy="Set publicAccessPrevention to enforced; a bucket that is a site has the label "
        "palier-role = static-site.",
        reference="CIS GCP 5.1",
        judge=each(
            BUCKET,
            some(one_of("publicAccessPrevention", "enforced"), one_of(ROLE_LABEL, STATIC_SITE)),
        ),
    ),
    Rule(
        id="registry-roles",
        title="Nobody administers a registry of images",
        family="guardrails",
        rationale="Who administers it can put another image in the place of one that is trusted.",
        remedy="Give roles/artifactregistry.reader, and .writer to what builds images.",
        reference="CIS GKE 5.1.2, 5.1.3",
        judge=NotGiven(refused=_administers, types=REGISTRY_GRANTS),
    ),
)
