"""The catalogue of alerts: counts, order, channels, and queries that can be evaluated."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from palier.alerts import AUDIT_METRICS, CATALOGUE
from palier.alerts.model import SITE_PATTERNS, Alert, metric
from palier.errors import PalierError
from palier.load import MODEL, MVP_SCALE, SCALING, TEN_TO_HUNDRED
from palier.phases import PHASES

BY_KEY = {alert.key: alert for alert in CATALOGUE}
COMPARISON = re.compile(r"(<|<=|>|>=|==|!=) ?(\d+(\.\d+)?)$")
DOCUMENTS = (SCALING, TEN_TO_HUNDRED, MVP_SCALE)
each_alert = pytest.mark.parametrize("alert", CATALOGUE, ids=lambda alert: alert.key)


def first(count: int) -> str:
    return " ".join(alert.query for alert in CATALOGUE[:count])


def unquoted(query: str) -> str:
    return re.sub(r'"[^"]*"', '""', query)


def test_the_catalogue_has_exactly_sixty_alerts_with_keys_of_their_own() -> None:
    assert len(CATALOGUE) == 60
    assert [key for key, count in Counter(a.key for a in CATALOGUE).items() if count > 1] == []


def test_no_two_alerts_have_the_same_title_or_the_same_query() -> None:
    assert len({alert.title for alert in CATALOGUE}) == 60
    assert len({alert.query for alert in CATALOGUE}) == 60


@pytest.mark.parametrize(
    ("phase", "count", "last"),
    [
        ("mvp", 12, "container-memory-attention"),
        ("traction", 20, "certificate-expiry"),
        ("scale", 25, "database-failover"),
        ("growth", 30, "database-instance-down"),
        ("hypergrowth", 60, "redis-cpu"),
    ],
)
def test_each_phase_takes_its_first_alerts(phase: str, count: int, last: str) -> None:
    row = PHASES[phase]
    size = row.size(row.load(row.max_users), "eu")
    assert size.observability.alerts == count
    assert CATALOGUE[count - 1].key == last


def test_nothing_is_watched_before_it_exists() -> None:
    assert "redis_googleapis_com" not in first(20), "Memorystore comes with scale"
    assert "horizontalpodautoscaler" not in first(20), "its maximum is a signal from scale on"
    assert "replica_lag" not in first(25), "replicas come with growth"
    assert "kube_resourcequota" not in first(25), "kube-state-metrics comes with growth"
    for pattern in SITE_PATTERNS.values():
        assert pattern not in first(30), "a platform of one region is on one continent"


def test_both_continents_are_watched_alike() -> None:
    europe = [key.removeprefix("eu-") for key in BY_KEY if key.startswith("eu-")]
    america = [key.removeprefix("us-") for key in BY_KEY if key.startswith("us-")]
    assert europe == america
    assert len(europe) == 12


@each_alert
def test_a_query_is_balanced_and_ends_in_a_comparison(alert: Alert) -> None:
    query = unquoted(alert.query)
    for opening, closing in ("()", "{}", "[]"):
        depth = 0
        for character in query:
            depth += (character == opening) - (character == closing)
            assert depth >= 0, f"{closing} before {opening}"
        assert depth == 0, f"unbalanced {opening}"
    assert COMPARISON.search(query)


@each_alert
def test_a_query_names_its_monitored_resource_and_spells_metrics_for_promql(alert: Alert) -> None:
    selectors = re.findall(r"([a-z_]+_(?:com|io):[a-z0-9_]+)\{([^}]*)\}", alert.query)
    kubernetes = re.findall(r"\bkube_[a-z_]+", alert.query)
    assert selectors or kubernetes
    assert all("monitored_resource=" in labels for _, labels in selectors)
    assert "/" not in re.sub(r" / ", "", unquoted(alert.query)), "metric types have no slashes"


@each_alert
def test_a_query_looks_back_a_day_at_most(alert: Alert) -> None:
    unit = {"m": 1, "h": 60, "d": 1440}
    windows = re.findall(r"\[(\d+)([mhd])\]", alert.query)
    assert all(int(number) * unit[letter] <= 1440 for number, letter in windows)


@each_alert
def test_text_messages_are_for_what_is_critical_and_only_that(alert: Alert) -> None:
    assert ("sms" in alert.channels) == (alert.severity == "critical")
    assert len(set(alert.channels)) == len(alert.channels)


@each_alert
def test_an_alert_says_where_its_threshold_comes_from_and_what_to_do(alert: Alert) -> None:
    assert alert.source.startswith((*DOCUMENTS, MODEL)), "a document's title, or `model`"
    assert alert.runbook.endswith(".")
    assert "\n" not in alert.runbook


@pytest.mark.parametrize(
    ("key", "threshold"),
    [
        ("site-down", "< 0.5"),
        ("error-rate-attention", "> 0.01"),
        ("error-rate-critical", "> 0.05"),
        ("latency-p95-attention", "> 2000"),
        ("latency-p95-critical", "> 5000"),
        ("container-cpu-attention", "> 0.7"),
        ("container-cpu-critical", "> 0.9"),
        ("container-memory-attention", "> 0.8"),
        ("container-memory-critical", "> 0.95"),
        ("database-cpu-attention", "> 0.7"),
        ("database-cpu-action", "> 0.8"),
        ("database-cpu-critical", "> 0.9"),
        ("database-memory-attention", "> 0.8"),
        ("database-memory-critical", "> 0.95"),
        ("database-disk-attention", "> 0.8"),
        ("database-connections-attention", "> 0.7"),
        ("database-connections-critical", "> 0.9"),
        ("availability-day", "< 0.999"),
        ("redis-memory-attention", "> 0.8"),
        ("redis-memory-critical", "> 0.95"),
        ("redis-hit-ratio", "< 0.85"),
        ("replica-lag-attention", "> 5"),
        ("replica-lag-critical", "> 30"),
        ("namespace-quota", "> 0.6"),
    ],
)
def test_thresholds_are_those_of_the_signals(key: str, threshold: str) -> None:
    assert BY_KEY[key].query.endswith(threshold)


@pytest.mark.parametrize(
    ("key", "channel"),
    [
        ("error-rate-critical", "email"),
        ("site-down", "sms"),
        ("latency-p95-attention", "slack"),
        ("database-cpu-action", "email"),
    ],
)
def test_channels_are_those_of_the_document(key: str, channel: str) -> None:
    assert channel in BY_KEY[key].channels


def test_a_site_is_down_after_a_minute_and_errors_are_told_at_once() -> None:
    assert BY_KEY["site-down"].duration_s == 60
    assert BY_KEY["error-rate-critical"].duration_s == 0


def test_the_most_connections_follow_the_memory_of_the_tiers() -> None:
    query = BY_KEY["database-connections-critical"].query
    base, steps = 25, re.findall(r"(\d+) \* \(max by .*?>= bool (\d+)\)", query)

    def most(gib: float) -> int:
        return base + sum(int(more) for more, memory in steps if gib * 1024**3 >= int(memory))

    tiers = {0.6: 25, 1.7: 50, 3.75: 100, 7.5: 400, 13: 400, 15: 500, 22.5: 500, 30: 600, 64: 800}
    assert {gib: most(gib) for gib in tiers} == tiers


@pytest.mark.parametrize(
    "change",
    [
        {"key": "Not A Key"},
        {"duration_s": 45},
        {"duration_s": -30},
        {"channels": ()},
        {"severity": "attention", "channels": ("sms",)},
    ],
)
def test_an_alert_that_cloud_monitoring_or_a_sleeper_would_refuse_is_refused(
    change: dict[str, object],
) -> None:
    fields = {name: getattr(BY_KEY["site-down"], name) for name in Alert.__dataclass_fields__}
    with pytest.raises(PalierError, match="alert "):
        Alert(**{**fields, **change})


def test_a_metric_is_spelled_by_the_mapping_rules() -> None:
    spelled = metric("kubernetes.io/container/cpu/request_utilization", "k8s_container", 'a="b"')
    assert spelled == (
        'kubernetes_io:container_cpu_request_utilization{monitored_resource="k8s_container",a="b"}'
    )
    buckets = metric("loadbalancing.googleapis.com/https/total_latencies", "r", suffix="_bucket")
    assert buckets.startswith("loadbalancing_googleapis_com:https_total_latencies_bucket{")


def test_the_audit_trail_has_the_eight_filters_of_the_benchmark() -> None:
    assert [metric.control for metric in AUDIT_METRICS] == [f"2.{n}" for n in range(5, 13)]
    assert len({metric.key for metric in AUDIT_METRICS}) == 8
    for audited in AUDIT_METRICS:
        assert audited.filter.count("(") == audited.filter.count(")")
        assert audited.filter.count('"') % 2 == 0


@pytest.mark.parametrize(
    ("key", "needed"),
    [
        ("owner-changes", ["roles/owner", "ProjectOwnership", '"ADD"', '"REMOVE"']),
        ("audit-config-changes", ["SetIamPolicy", "auditConfigDeltas:*"]),
        ("custom-role-changes", ["CreateRole", "DeleteRole", "UpdateRole", "iam_role"]),
        ("firewall-changes", ["firewalls.patch", "firewalls.insert", "firewalls.delete"]),
        ("route-changes", ["routes.delete", "routes.insert", "gce_route"]),
        ("network-changes", ["networks.insert", "networks.delete", "networks.removePeering"]),
        ("bucket-iam-changes", ["gcs_bucket", "storage.setIamPermissions"]),
        ("sql-changes", ["cloudsql.instances.update"]),
    ],
)
def test_an_audit_filter_catches_its_changes(key: str, needed: list[str]) -> None:
    audited = next(metric for metric in AUDIT_METRICS if metric.key == key)
    assert [word for word in needed if word not in audited.filter] == []
