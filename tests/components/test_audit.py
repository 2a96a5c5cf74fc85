"""The audit trail: who touched data is logged, rare changes are told, noise is not stored."""

from __future__ import annotations

import re
from collections.abc import Callable

import builders
import pytest

from components.audit import EXCLUSIONS, LOG_TYPES, RETENTION_DAYS, SERVICES, Audit, AuditArgs
from palier.alerts import AUDIT_METRICS, AuditMetric
from palier.facts import Facts

Deploy = Callable[..., Facts]
POLICY = "gcp:monitoring/alertPolicy:AlertPolicy"


def audit(*channels: str) -> Audit:
    """The trail of project acme."""
    return Audit("audit", AuditArgs(project="acme", channels=channels))


def test_data_access_is_logged_where_data_secrets_and_keys_are(deploy: Deploy) -> None:
    configs = deploy(audit).of_type("gcp:projects/iAMAuditConfig:IAMAuditConfig")
    assert {fact.read("service") for fact in configs} == {
        "cloudkms.googleapis.com",
        "cloudsql.googleapis.com",
        "secretmanager.googleapis.com",
        "storage.googleapis.com",
    }
    for fact in configs:
        logged = [config["logType"] for config in fact.read("auditLogConfigs")]
        assert logged == list(LOG_TYPES)
        assert not any("exemptedMembers" in config for config in fact.read("auditLogConfigs"))


def test_not_every_service_is_logged() -> None:
    assert "allServices" not in SERVICES.values(), "it would cost more than a small platform"


@pytest.fixture(scope="module")
def told() -> Facts:
    """The trail of which one channel is told."""
    return builders.deploy(lambda: audit("channel"))


@pytest.mark.parametrize("metric", AUDIT_METRICS, ids=lambda metric: metric.key)
def test_each_rare_change_is_counted_and_told_of_at_its_first_entry(
    told: Facts, metric: AuditMetric
) -> None:
    key, facts = metric.key, told
    counted = builders.only(facts, "metric:Metric", f"audit-{key}")
    policy = builders.only(facts, "AlertPolicy", f"audit-{key}")
    [condition] = policy.read("conditions")
    threshold = condition["conditionThreshold"]
    name = re.search(r"logging\.googleapis\.com/user/([^\"]+)", threshold["filter"])
    assert name
    assert name[1] == counted.read("name"), "an alert on a metric that is not there never fires"
    assert threshold["thresholdValue"] == 0
    assert counted.urn in policy.dependencies, "an alert on an unknown metric is refused"
    assert policy.read("notificationChannels") == ["channel"]


def test_alerts_are_made_even_when_nobody_is_told_yet(deploy: Deploy) -> None:
    policies = deploy(audit).of_type(POLICY)
    assert len(policies) == 8
    assert [fact.read("notificationChannels") for fact in policies] == [[]] * 8


def test_noise_is_not_stored(deploy: Deploy) -> None:
    exclusions = deploy(audit).of_type("gcp:logging/projectExclusion:ProjectExclusion")
    assert {fact.read("filter") for fact in exclusions} == set(EXCLUSIONS.values())


def test_an_exclusion_never_hides_an_error() -> None:
    assert all("severity<=INFO" in rule or rule == "severity=DEBUG" for rule in EXCLUSIONS.values())


def test_logs_are_kept_as_long_as_that_is_free(deploy: Deploy) -> None:
    bucket = builders.only(deploy(audit), "ProjectBucketConfig")
    assert bucket.read("bucketId") == "_Default"
    assert bucket.read("retentionDays") == RETENTION_DAYS == 30
