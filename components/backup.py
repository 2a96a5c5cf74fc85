"""The backup bucket: exports of what must survive the project's databases, kept for a year.

Owns the bucket and who may write to it. Writers add and nothing else: they neither read, replace
nor delete. Cloud SQL's own backups are the database's; this is the copy that outlives it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, final

import pulumi
import pulumi_gcp as gcp

from components.base import Component
from components.naming import physical
from palier.errors import PalierError, one_of
from palier.sites import BUCKET_LOCATION

BACKUP_ROLE: Final = "backup"
"""Label of the bucket: rules about backups find it by this."""
WRITER: Final = "roles/storage.objectCreator"
WEEK_S: Final = 604_800
COLD_AFTER_DAYS: Final = 30
KEPT_DAYS: Final = 365
REPLACED_KEPT_DAYS: Final = 30


@dataclass(frozen=True, kw_only=True)
class BackupArgs:
    """What the bucket needs to know."""

    project: str
    """Project that owns the bucket; its name begins with it, to be unique in the world."""
    location: str
    """Multi-region, `EU` or `US`: a backup outlives a region. Changing it replaces the bucket."""
    key: pulumi.Input[str] | None = None
    """Encryption key, in the KMS location of the bucket's (`europe` for `EU`). None: Google's."""
    writers: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    """IAM members that may add objects, by a stable key."""


@final
@dataclass(frozen=True)
class BackupResources:
    """What the component creates."""

    bucket: gcp.storage.Bucket


class Backup(Component):
    """Private bucket with versions, soft delete and a week in which nobody deletes anything.

    The retention policy is not locked. Locking is for ever: with a locked policy a wrong or
    unlawful object (somebody's data under a request for erasure) could not go before its time,
    and nobody could shorten the time. Unlocked, lifting it takes an owner and leaves an audit log.

    Attributes:
        bucket: name of the bucket.

    Example:
        Backup("backup", BackupArgs(project="acme", location="EU",
                                    key=keys.key("europe", "backup"),
                                    writers={"exports": exporter.member}))
    """

    TOKEN = "palier:backup:Backup"  # noqa: S105 a type token

    def __init__(
        self, name: str, args: BackupArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        if args.location not in BUCKET_LOCATION.values():
            raise PalierError(
                f"backup.location: expected {one_of(BUCKET_LOCATION.values())},"
                f" got {args.location!r}"
            )
        bucket_name = physical(args.project, name)
        super().__init__(name, {"location": args.location}, opts)
        bucket = self._bucket(bucket_name, args)
        for key, member in args.writers.items():
            gcp.storage.BucketIAMMember(
                f"{name}-writer-{key}",
                bucket=bucket.name,
                role=WRITER,
                member=member,
                opts=self.child(),
            )
        self.resources = BackupResources(bucket=bucket)
        self.bucket: pulumi.Output[str] = bucket.name
        self.finish({"bucket": self.bucket})

    def _bucket(self, bucket_name: str, args: BackupArgs) -> gcp.storage.Bucket:
        return gcp.storage.Bucket(
            f"{self.name}-bucket",
            name=bucket_name,
            project=args.project,
            location=args.location,
            storage_class="STANDARD",
            uniform_bucket_level_access=True,
            public_access_prevention="enforced",
            versioning=gcp.storage.BucketVersioningArgs(enabled=True),
            soft_delete_policy=gcp.storage.BucketSoftDeletePolicyArgs(
                retention_duration_seconds=WEEK_S
            ),
            retention_policy=gcp.storage.BucketRetentionPolicyArgs(
                retention_period=str(WEEK_S), is_locked=False
            ),
            lifecycle_rules=_lifecycle(),
            encryption=(
                None
                if args.key is None
                else gcp.storage.BucketEncryptionArgs(default_kms_key_name=args.key)
            ),
            labels={"palier-role": BACKUP_ROLE},
            force_destroy=False,
            deletion_policy="PREVENT",
            opts=self.stateful(),
        )


def _lifecycle() -> list[gcp.storage.BucketLifecycleRuleArgs]:
    """Cold after a month, gone after a year; what was replaced goes a month after."""
    return [
        gcp.storage.BucketLifecycleRuleArgs(
            action=gcp.storage.BucketLifecycleRuleActionArgs(
                type="SetStorageClass", storage_class="NEARLINE"
            ),
            condition=gcp.storage.BucketLifecycleRuleConditionArgs(
                age=COLD_AFTER_DAYS, matches_storage_classes=["STANDARD"], with_state="LIVE"
            ),
        ),
        gcp.storage.BucketLifecycleRuleArgs(
            action=gcp.storage.BucketLifecycleRuleActionArgs(type="Delete"),
            condition=gcp.storage.BucketLifecycleRuleConditionArgs(
                age=KEPT_DAYS, with_state="LIVE"
            ),
        ),
        gcp.storage.BucketLifecycleRuleArgs(
            action=gcp.storage.BucketLifecycleRuleActionArgs(type="Delete"),
            condition=gcp.storage.BucketLifecycleRuleConditionArgs(
                days_since_noncurrent_time=REPLACED_KEPT_DAYS, with_state="ARCHIVED"
            ),
        ),
    ]
