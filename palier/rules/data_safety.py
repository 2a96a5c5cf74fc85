"""Data safety: what keeps data through a mistake, a failure and a climb.

Rules of the ledger are those without which one wrong update loses data for good. They can be
neither waived nor relaxed; the others can, by somebody who says how the data are kept instead.
"""

from __future__ import annotations

from typing import Final

from palier import ledger
from palier.ledger import BUCKET, KEY, REDIS, REGISTRY, SECRET, SQL
from palier.rules.data_judges import PRIMARY, highly_available, known, lifted_on_purpose, refused
from palier.rules.judges import each
from palier.rules.model import Rule
from palier.rules.requirements import (
    PROTECTED,
    Requirement,
    absent,
    between,
    every,
    having,
    lasting,
    more_than,
    none_of,
    one_of,
    some,
)

SECRET_VERSION: Final = "gcp:secretmanager/secretVersion:SecretVersion"  # noqa: S105 a type token
BACKUPS: Final = "settings.backupConfiguration"
SOFT_DELETE: Final = "softDeletePolicy.retentionDurationSeconds"
LEAST_BACKUPS: Final = 7
WEEK_S: Final = 604_800
LEAST_BACKUP_DAYS: Final = 30
DEFAULT_DISK_GIB: Final = 10
BACKUP_BUCKET: Final = (one_of("labels.palier-role", "backup"),)
"""Condition: the label by which every bucket of backups is found."""
EVICTS_ONLY_EXPIRING: Final = ("volatile-lru", "volatile-lfu", "volatile-ttl", "volatile-random",
                               "noeviction")  # fmt: skip
FAMILY: Final = "data-safety"


def _at_least(path: str, least: int) -> Requirement:
    """A number that Google sets to no less where a program sets none."""
    return some(absent(path), between(path, least))


RULES: Final[tuple[Rule, ...]] = (
    Rule(
        id="ledger-protect",
        title="Pulumi protects everything that holds data, or that data stand on",
        family=FAMILY,
        rationale="Without it, a renamed resource or a destroy of the wrong stack deletes data.",
        remedy="Give it ResourceOptions(protect=True).",
        reference="palier ADR 0009",
        ledger=True,
        judge=lifted_on_purpose(each(ledger.STATEFUL, PROTECTED, where=PRIMARY)),
    ),
    Rule(
        id="ledger-provider-switch",
        title="The provider refuses to delete what holds data, or leaves it in the cloud",
        family=FAMILY,
        rationale="Pulumi's own protection is lifted with one flag, also by mistake.",
        remedy="Set the type's deletion protection, or deletionPolicy to PREVENT.",
        reference="CIS GCP 6.9, palier ADR 0009",
        ledger=True,
        judge=lifted_on_purpose(refused),
    ),
    Rule(
        id="ledger-force-destroy",
        title="Buckets and zones that are not empty cannot be deleted",
        family=FAMILY,
        rationale="forceDestroy empties them first: Google's own refusal is gone.",
        remedy="Set forceDestroy to false, and empty by hand what is to go.",
        reference="palier ADR 0022",
        ledger=True,
        judge=each((BUCKET, ledger.ZONE), one_of("forceDestroy", False, None)),
    ),
    Rule(
        id="ledger-outside",
        title="Data are only kept where there is a plan to keep them",
        family=FAMILY,
        rationale="No protection, backup or climb knows of other types that hold data.",
        remedy="Keep the data in Cloud SQL or a bucket, or let an owner say what keeps them.",
        reference="palier ADR 0009",
        judge=known,
    ),
    Rule(
        id="sql-backups",
        title="Every primary database is backed up, and can go back to any point in time",
        family=FAMILY,
        rationale="Without both, a wrong query or a bad migration loses up to a day of data.",
        remedy="Set settings.backupConfiguration.enabled and .pointInTimeRecoveryEnabled.",
        reference="CIS GCP 6.8",
        ledger=True,
        judge=each(
            SQL,
            one_of(f"{BACKUPS}.enabled", True),
            some(  # MySQL goes back by its binary log
                one_of(f"{BACKUPS}.pointInTimeRecoveryEnabled", True),
                one_of(f"{BACKUPS}.binaryLogEnabled", True),
            ),
            where=PRIMARY,
        ),
    ),
    Rule(
        id="sql-backup-retention",
        title="Backups, and logs to go back by, reach at least a week back",
        family=FAMILY,
        rationale="A loss that is found after a holiday is older than the last backup.",
        remedy="Keep 7 backups and 7 days of logs, or leave both to Google, who keeps as many.",
        reference="palier: the reference design",
        judge=each(
            SQL,
            _at_least(f"{BACKUPS}.backupRetentionSettings.retainedBackups", LEAST_BACKUPS),
            _at_least(f"{BACKUPS}.transactionLogRetentionDays", LEAST_BACKUPS),
            where=PRIMARY,
        ),
    ),
    Rule(
        id="sql-final-backup",
        title="A last backup is taken when a primary database is deleted",
        family=FAMILY,
        rationale="Whoever deletes on purpose finds out afterwards what else was in it.",
        remedy="Set settings.finalBackupConfig.enabled.",
        reference="palier: the reference design",
        judge=each(SQL, one_of("settings.finalBackupConfig.enabled", True), where=PRIMARY),
    ),
    Rule(
        id="sql-retained-backups",
        title="Backups outlive the primary database they are of",
        family=FAMILY,
        rationale="Else all backups go with the instance, at the moment they are needed.",
        remedy="Set settings.retainBackupsOnDelete.",
        reference="palier: the reference design",
        judge=each(SQL, one_of("settings.retainBackupsOnDelete", True), where=PRIMARY),
    ),
    Rule(
        id="sql-disk-grows",
        title="The disk of a database grows before it is full",
        family=FAMILY,
        rationale="A database with a full disk stops: no write, and no restart until it has room.",
        remedy="Set settings.diskAutoresize, and a diskAutoresizeLimit above diskSize.",
        reference="palier: the reference design",
        judge=each(
            SQL,
            one_of("settings.diskAutoresize", True, None),
            some(one_of("settings.diskAutoresizeLimit", 0, None),
                 more_than("settings.diskAutoresizeLimit", "settings.diskSize", DEFAULT_DISK_GIB)),
        ),
    ),
    Rule(
        id="sql-ha",
        title="From the phase on that has one, a standby in another zone has all data",
        family=FAMILY,
        rationale="Without it, a lost zone is an hour without the service, and its last writes.",
        remedy="Set settings.availabilityType to REGIONAL.",
        reference="palier: the reference design",
        judge=highly_available,
    ),
    Rule(
        id="redis-no-basic",
        title="Redis has a copy, and a tier that never has to be replaced",
        family=FAMILY,
        rationale="BASIC loses all keys with its one node, and another tier is another instance.",
        remedy="Set tier to STANDARD_HA.",
        reference="palier: the reference design",
        ledger=True,
        judge=each(REDIS, one_of("tier", "STANDARD_HA")),
    ),
    Rule(
        id="redis-keeps",
        title="Redis only lets go of keys that were to expire",
        family=FAMILY,
        rationale="With any other policy a full cache throws out sessions and queues.",
        remedy="Set redisConfigs.maxmemory-policy to volatile-lru, which is Google's default.",
        reference="palier: the reference design",
        level="advisory",
        judge=each(REDIS, one_of("redisConfigs.maxmemory-policy", *EVICTS_ONLY_EXPIRING, None)),
    ),
    Rule(
        id="bucket-soft-delete",
        title="What is deleted from a bucket can be brought back for a week",
        family=FAMILY,
        rationale="A wrong clean-up deletes versions too: only soft delete brings them back.",
        remedy="Set softDeletePolicy.retentionDurationSeconds to 604800, which is the default.",
        reference="palier ADR 0017",
        level="advisory",
        judge=each(BUCKET, _at_least(SOFT_DELETE, WEEK_S)),
    ),
    Rule(
        id="bucket-backup",
        title="Backups cannot be overwritten, nor deleted in their first week",
        family=FAMILY,
        rationale="Whoever breaks the database by mistake or on purpose reaches its backups too.",
        remedy="Set versioning, softDeletePolicy and a retentionPolicy of 604800 seconds.",
        reference="palier ADR 0017",
        judge=each(
            BUCKET,
            one_of("versioning.enabled", True),
            _at_least(SOFT_DELETE, WEEK_S),
            between("retentionPolicy.retentionPeriod", WEEK_S),
            where=BACKUP_BUCKET,
        ),
    ),
    Rule(
        id="bucket-backup-lifetime",
        title="No backup is cleaned up within a month",
        family=FAMILY,
        rationale="A clean-up that is too eager is a backup that is not there.",
        remedy="Let rules that delete begin at an age of 30 days, or at replaced versions.",
        reference="palier ADR 0017",
        judge=each(
            BUCKET,
            every(
                "lifecycleRules",
                f"a list without one that deletes current objects before {LEAST_BACKUP_DAYS} days",
                none_of("action.type", "Delete"),
                between("condition.age", LEAST_BACKUP_DAYS),
                one_of("condition.withState", "ARCHIVED"),
                between("condition.numNewerVersions", 1),
                between("condition.daysSinceNoncurrentTime", 1),
            ),
            where=BACKUP_BUCKET,
        ),
    ),
    Rule(
        id="registry-keeps",
        title="A clean-up of images leaves some of them",
        family=FAMILY,
        rationale="What deletes by age alone also deletes the image that runs.",
        remedy="Add a clean-up policy with action KEEP, for the most recent versions.",
        reference="palier ADR 0017",
        judge=each(
            REGISTRY,
            having("cleanupPolicies", "a list with one that keeps", {"action": "KEEP"}),
            where=[having("cleanupPolicies", "", {"action": "DELETE"})],
        ),
    ),
    Rule(
        id="kms-destroy-window",
        title="A key that is to be destroyed can be brought back for at least a week",
        family=FAMILY,
        rationale="All that a key encrypted is gone with it.",
        remedy="Make another key: destroyScheduledDuration cannot be changed. Google's is 30 days.",
        reference="palier: the reference design",
        judge=each(KEY, some(absent("destroyScheduledDuration"),
                             lasting("destroyScheduledDuration", WEEK_S, "604800s or more"))),
    ),
    Rule(
        id="secret-no-expiry",
        title="No secret deletes itself",
        family=FAMILY,
        rationale="A secret that expires goes with all its versions, and takes the service down.",
        remedy="Take out ttl and expireTime, and rotate versions instead.",
        reference="palier ADR 0009",
        judge=each(SECRET, absent("ttl"), absent("expireTime")),
    ),
    Rule(
        id="secret-versions-stay",
        title="A version of a secret that is replaced can be brought back",
        family=FAMILY,
        rationale="After a rotation that went wrong the old value is the only one that works.",
        remedy="Set deletionPolicy to DISABLE.",
        reference="palier ADR 0009",
        level="advisory",
        judge=each(SECRET_VERSION, one_of("deletionPolicy", "DISABLE", "ABANDON", "PREVENT")),
    ),
)  # fmt: skip
