"""The backup bucket: what is in it stays, whoever writes to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import builders
import pytest

from components.backup import WEEK_S, WRITER, Backup, BackupArgs
from palier.errors import PalierError
from palier.facts import Facts

Deploy = Callable[..., Facts]
BUCKET = "bucket:Bucket"
DAY_S = 86_400


def backup(location: str = "EU", **more: Any) -> Backup:
    """The bucket of project acme."""
    return Backup("backup", BackupArgs(project="acme", location=location, **more))


def test_the_bucket_is_protected_twice_and_never_emptied(deploy: Deploy) -> None:
    bucket = builders.only(deploy(backup), BUCKET)
    assert bucket.protect
    assert bucket.read("deletionPolicy") == "PREVENT"
    assert bucket.read("forceDestroy") is False


def test_nobody_outside_reads_it(deploy: Deploy) -> None:
    bucket = builders.only(deploy(backup), BUCKET)
    assert bucket.read("publicAccessPrevention") == "enforced"
    assert bucket.read("uniformBucketLevelAccess") is True


def test_nothing_goes_for_a_week_and_old_versions_come_back(deploy: Deploy) -> None:
    bucket = builders.only(deploy(backup), BUCKET)
    assert bucket.read("retentionPolicy") == {"retentionPeriod": str(WEEK_S), "isLocked": False}
    assert bucket.read("softDeletePolicy.retentionDurationSeconds") == WEEK_S
    assert bucket.read("versioning.enabled") is True


def test_no_lifecycle_rule_deletes_what_retention_still_keeps(deploy: Deploy) -> None:
    rules = builders.only(deploy(backup), BUCKET).read("lifecycleRules")
    deleting = [rule["condition"] for rule in rules if rule["action"]["type"] == "Delete"]
    ages = [
        condition.get("age", condition.get("daysSinceNoncurrentTime")) for condition in deleting
    ]
    assert ages
    assert all(age * DAY_S > WEEK_S for age in ages)
    assert all(condition.get("withState") for condition in deleting), "live and old apart"


def test_the_bucket_is_encrypted_with_the_key_it_is_given(deploy: Deploy) -> None:
    bucket = builders.only(deploy(lambda: backup(key="projects/p/key")), BUCKET)
    assert bucket.read("encryption.defaultKmsKeyName") == "projects/p/key"
    assert builders.only(deploy(backup), BUCKET).read("encryption") is None


def test_a_writer_adds_and_can_neither_read_replace_nor_delete(deploy: Deploy) -> None:
    facts = deploy(lambda: backup(writers={"eu-1": "serviceAccount:sql@acme"}))
    grant = builders.only(facts, "BucketIAMMember")
    assert grant.name == "backup-writer-eu-1"
    assert grant.read("role") == WRITER == "roles/storage.objectCreator"
    assert grant.read("member") == "serviceAccount:sql@acme"


def test_rules_about_backups_find_it_by_its_label(deploy: Deploy) -> None:
    bucket = builders.only(deploy(backup), BUCKET)
    assert bucket.read("labels.palier-role") == "backup"
    assert bucket.read("name") == "acme-backup", "bucket names are the world's"


@pytest.mark.parametrize("location", ["europe-west1", "eu", ""])
def test_a_place_that_dies_with_a_region_is_refused(deploy: Deploy, location: str) -> None:
    with pytest.raises(PalierError, match=r"backup\.location: expected EU or US, got"):
        deploy(lambda: backup(location))
