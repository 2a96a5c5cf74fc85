"""Guardrails of encryption keys, and of the logs of who reads data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from palier.facts import Fact, Facts
from palier.ledger import BUCKET, KEY, REDIS, REGISTRY, SECRET, SQL
from palier.rules.guardrails.conditions import several, within
from palier.rules.guardrails.nodes import BOOT_DISKS
from palier.rules.judges import STATUS, each
from palier.rules.model import Rule
from palier.rules.requirements import (
    Answer,
    absent,
    either,
    equal,
    every,
    having,
    none_of,
    one_of,
    present,
    seen,
)
from palier.verdicts import Finding

AUDIT: Final = (
    "gcp:projects/iAMAuditConfig:IAMAuditConfig",
    "gcp:folder/iamAuditConfig:IamAuditConfig",
    "gcp:organizations/iamAuditConfig:IamAuditConfig",
)
HELD_BY: Final = {
    "cloudsql.googleapis.com": SQL,
    "storage.googleapis.com": BUCKET,
    "secretmanager.googleapis.com": SECRET,
    "cloudkms.googleapis.com": KEY,
}
"""Services that hold data, secrets and keys, each with the type that says it does."""
QUARTER_S: Final = 90 * 24 * 3600
LOG_TYPES: Final = ("ADMIN_READ", "DATA_READ", "DATA_WRITE")


def _covered(facts: Facts) -> Iterator[Finding]:
    """One finding a service that holds something: whether a config of audit logs is for it."""
    configs = [fact for type_ in AUDIT for fact in facts.of_type(type_)]
    for service, type_ in HELD_BY.items():
        if facts.of_type(type_):
            answer = either(_is_for(config, service) for config in configs)
            message = f"no audit logs of who reads and writes in {service}"
            yield Finding(status=STATUS[answer], message="" if answer is True else message)


def _is_for(config: Fact, service: str) -> Answer:
    return either(equal(seen(config, "service"), name) for name in (service, "allServices"))


RULES: Final[tuple[Rule, ...]] = (
    Rule(
        id="kms-rotation",
        title="Keys rotate within 90 days",
        family="guardrails",
        rationale="The longer a key is used, the more is lost with it.",
        remedy="Set rotationPeriod to 7776000s or less.",
        reference="CIS GCP 1.11",
        judge=each(
            KEY,
            within("rotationPeriod", QUARTER_S, f"{QUARTER_S}s or less"),
            # Google rotates no other keys.
            where=[
                one_of("purpose", None, "", "ENCRYPT_DECRYPT"),
                none_of("importOnly", True),
                none_of("versionTemplate.protectionLevel", "EXTERNAL", "EXTERNAL_VPC"),
            ],
        ),
    ),
    Rule(
        id="kms-customer-keys",
        title="Databases, caches, images and boot disks are encrypted with keys of one's own",
        family="guardrails",
        rationale="Only a key of one's own can be taken away from Google; added later, it replaces "
        "what it protects.",
        remedy="Set encryptionKeyName (SQL), customerManagedKey or kmsKey (Redis), kmsKeyName "
        "(registry), bootDiskKmsKey (nodes).",
        reference="CIS GKE 5.9.2",
        judge=several(
            # A replica within the region has the key of its primary.
            each(SQL, present("encryptionKeyName"), where=[absent("masterInstanceName")]),
            each(REDIS, present("customerManagedKey")),
            each("gcp:redis/cluster:Cluster", present("kmsKey")),
            each("gcp:memorystore/instance:Instance", present("kmsKey")),
            # A virtual repository holds nothing.
            each(
                REGISTRY,
                present("kmsKeyName"),
                where=[none_of("mode", "VIRTUAL_REPOSITORY")],
            ),
            BOOT_DISKS,
        ),
    ),
    Rule(
        id="audit-data-access",
        title="Who reads and writes data, secrets and keys is logged, without exceptions",
        family="guardrails",
        rationale="Google logs no reads unless it is told to: a theft leaves no trace.",
        remedy="Add a gcp:projects:IAMAuditConfig of the service with ADMIN_READ, DATA_READ and "
        "DATA_WRITE, and no exemptedMembers.",
        reference="CIS GCP 2.1",
        judge=several(
            each(
                AUDIT,
                having(
                    "auditLogConfigs",
                    f"with {', '.join(LOG_TYPES)}",
                    *({"logType": kind} for kind in LOG_TYPES),
                ),
                every("auditLogConfigs", "without exemptedMembers", absent("exemptedMembers")),
            ),
            _covered,
        ),
    ),
)
