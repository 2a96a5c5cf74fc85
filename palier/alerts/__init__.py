"""The catalogue of alerts: sixty conditions in the order in which phases take them.

Owns what is watched, from which threshold, who hears of it and what to do. A phase takes the first
ones (12, 20, 25, 30, 60), so an alert stands after everything it watches exists: Redis from the
21st, replicas from the 26th, the second continent from the 31st (`palier.alerts.hypergrowth`).
Thresholds are the documents'; what they do not say is marked `model`.

The audit trail's own alerts (`AUDIT_METRICS`) are counted apart.
"""

from __future__ import annotations

from typing import Final

from palier.alerts.audit import AUDIT_METRICS, AuditMetric
from palier.alerts.hypergrowth import HYPERGROWTH_ALERTS
from palier.alerts.model import (
    Alert,
    Measure,
    database,
    error_ratio,
    latency_p95_ms,
    metric,
    uptime,
)
from palier.load import MODEL, SCALING, TEN_TO_HUNDRED, LoadModel
from palier.sql_tiers import CONNECTION_STEPS, FEWEST_CONNECTIONS

__all__ = ["AUDIT_METRICS", "CATALOGUE", "Alert", "AuditMetric"]

MINUTE: Final = 60
HOUR: Final = 3_600

MEMORY_TOLERANCE: Final = 0.95
"""An instance may report a little less memory than its tier's name says."""


def _most_connections() -> str:
    """The default `max_connections` of every instance: no metric tells it, its memory does."""
    memory = f"max by (database_id) ({database('memory/quota')})"
    steps = [
        f"{connections} * ({memory} >= bool {gib * MEMORY_TOLERANCE * 1024**3:.0f})"
        for gib, connections in CONNECTION_STEPS
    ]
    return f"({FEWEST_CONNECTIONS} + {' + '.join(steps)})"


def _by_container(name: str, reducer: str, *matchers: str) -> str:
    selector = metric(f"kubernetes.io/container/{name}", "k8s_container", *matchers)
    return f"{reducer} by (cluster_name, namespace_name, container_name) ({selector})"


def _by_instance(name: str) -> str:
    return f"max by (database_id) ({database(name)})"


def _by_cache(name: str) -> str:
    """The most of an instance's two nodes: the standby's own hit ratio is nought."""
    selector = metric(f"redis.googleapis.com/stats/{name}", "redis_instance")
    return f"max by (instance_id) ({selector})"


def _write_need() -> str:
    """VCPU that a primary's writes need over those it has, by the constants of the load model."""
    model = LoadModel()
    per_vcpu = model.db_writes_per_vcpu / (model.db_background * model.db_headroom)
    writes = database(
        "postgresql/statements_executed_count", 'operation_type=~"(?i)(insert|update|delete|merge)"'
    )
    cores = f"max by (database_id) ({database('cpu/reserved_cores')})"
    return f"sum by (database_id) (rate({writes}[10m])) / {per_vcpu:.0f} / {cores}"


SITE_DOWN: Final = Measure(
    key="site",
    title="Site down",
    expression=f"avg by (check_id, host) ({uptime()})",
    channels=("email", "slack", "sms"),
    source=f"{TEN_TO_HUNDRED}: site down for more than a minute, by SMS",
    runbook="Open the incident: load balancer, pods, database, in that order; roll back the last"
    " release with Argo CD.",
)
ERROR_RATE: Final = Measure(
    key="error-rate",
    title="Error rate",
    expression=error_ratio(window="5m"),
    channels=("email",),
    source=f"{SCALING}: error rate, attention 1 %, critical 5 %; {TEN_TO_HUNDRED}: 5 % by e-mail",
    runbook="Roll back the last release with Argo CD, then open an incident.",
)
LATENCY: Final = Measure(
    key="latency-p95",
    title="P95 latency",
    expression=latency_p95_ms(window="10m"),
    channels=("slack",),
    source=f"{SCALING}: response time P95, 2 s and 5 s; {TEN_TO_HUNDRED}: 2 s by Slack",
    runbook="Read pg_stat_statements for slow queries and missing indexes, then the cache's hits,"
    " then the autoscaler's maximum.",
)
DATABASE_CPU: Final = Measure(
    key="database-cpu",
    title="Database CPU",
    expression=_by_instance("cpu/utilization"),
    channels=("email",),
    source=f"{SCALING}: CPU, 70 % and 90 %; {TEN_TO_HUNDRED}: database CPU, 80 % by e-mail",
    runbook="Work on the slowest queries, then take the next tier of the same phase (replicas"
    " first).",
)
DATABASE_MEMORY: Final = Measure(
    key="database-memory",
    title="Database memory",
    expression=_by_instance("memory/utilization"),
    channels=("email",),
    source=f"{SCALING}: memory, attention 80 %, critical 95 %",
    runbook="Look for sorts and connections that hold memory, then take the next tier.",
)
DATABASE_DISK: Final = Measure(
    key="database-disk",
    title="Database disk",
    expression=_by_instance("disk/utilization"),
    channels=("email",),
    source=f"{SCALING}: storage below 80 %",
    runbook="Check that the disk still grows by itself, and how far its limit is.",
)
DATABASE_CONNECTIONS: Final = Measure(
    key="database-connections",
    title="Database connections",
    expression=f"sum by (database_id) ({database('postgresql/num_backends')})"
    f" / {_most_connections()}",
    channels=("email",),
    source=f"{SCALING}: database connections, 70 % and 90 % of the pool",
    runbook="Check the pooler and the pools' sizes; end idle transactions.",
)
CONTAINER_CPU: Final = Measure(
    key="container-cpu",
    title="Container CPU",
    expression=_by_container("cpu/request_utilization", "avg", 'namespace_name="apps"'),
    channels=("slack",),
    source=f"{SCALING}: CPU, attention 70 %, critical 90 %",
    runbook="Scale out: is the autoscaler at its maximum? Then raise the requests.",
)
CONTAINER_MEMORY: Final = Measure(
    key="container-memory",
    title="Container memory",
    expression=_by_container(
        "memory/limit_utilization",
        "max",
        'namespace_name=~"apps|argocd|platform"',
        'memory_type="non-evictable"',
    ),
    channels=("slack",),
    source=f"{SCALING}: memory, attention 80 %, critical 95 %",
    runbook="Scale out, then raise the memory request; a steady climb is a leak.",
)
RESTARTS: Final = Measure(
    key="container-restarts",
    title="Container restarts",
    expression="sum by (cluster_name, namespace_name, container_name) (increase("
    + metric(
        "kubernetes.io/container/restart_count",
        "k8s_container",
        'namespace_name=~"apps|argocd|platform"',
    )
    + "[1h]))",
    channels=("slack",),
    source=f"{MODEL}: a container that restarts again and again is a release to undo",
    runbook="Read the container's last log; roll back the release, or raise its memory if it was"
    " killed for it.",
)
AVAILABILITY: Final = Measure(
    key="availability",
    title="Availability of a day",
    expression=f"avg by (check_id, host) (avg_over_time({uptime()}[1d]))",
    channels=("email",),
    source=f"{SCALING}: availability above 99.9 %; {TEN_TO_HUNDRED}: down 2-3 times a week",
    runbook="Count the week's incidents: down two or three times is the signal for the phase with"
    " high availability.",
)
CERTIFICATE: Final = Measure(
    key="certificate",
    title="Certificate",
    expression="min by (check_id, host) ("
    + metric("monitoring.googleapis.com/uptime_check/time_until_ssl_cert_expires", "uptime_url")
    + ")",
    channels=("email",),
    source=f"{MODEL}: a managed certificate renews a month ahead; at two weeks it has failed",
    runbook="Check the certificate's DNS authorization record and the domain's CAA records.",
)
REDIS_MEMORY: Final = Measure(
    key="redis-memory",
    title="Redis memory",
    expression=_by_cache("memory/usage_ratio"),
    channels=("slack",),
    source=f"{SCALING}: memory, attention 80 %, critical 95 %",
    runbook="Add a gigabyte in place; review the keys' times to live.",
)
REDIS_HITS: Final = Measure(
    key="redis-hit-ratio",
    title="Redis hit ratio",
    expression=_by_cache("cache_hit_ratio"),
    channels=("slack",),
    source=f"{MODEL}: the hit ratio that the phase's database is sized for",
    runbook="Review times to live and keys; look for evictions before adding memory.",
)
AUTOSCALER: Final = Measure(
    key="autoscaler-at-maximum",
    title="Autoscaler",
    expression=" / ".join(
        f"max by (cluster, horizontalpodautoscaler) (kube_horizontalpodautoscaler_{field})"
        for field in ("status_current_replicas", "spec_max_replicas")
    ),
    channels=("slack",),
    source=f"{MODEL}: an hour a day at the maximum is the signal for the next phase",
    runbook="Raise the maximum within the quota; an hour a day of this is the next phase.",
)
FAILOVER: Final = Measure(
    key="database-failover",
    title="Database failed over",
    expression=f"sum by (database_id) (increase({database('auto_failover_request_count')}[10m]))",
    channels=("email",),
    source=f"{MODEL}: a failover is expected to be rare and to be looked at",
    runbook="Check that the application reconnected; find out why in the instance's operations.",
)
REPLICA_LAG: Final = Measure(
    key="replica-lag",
    title="Replica lag",
    expression=_by_instance("replication/replica_lag"),
    channels=("slack",),
    source=f"{MODEL}: five seconds is what reads of a list tolerate",
    runbook="Send reads to the primary until the replica has caught up; look for a long"
    " transaction.",
)
QUOTA: Final = Measure(
    key="namespace-quota",
    title="Namespace quota",
    expression=" / ".join(
        "max by (cluster, namespace, exported_namespace, resourcequota, resource)"
        f' (kube_resourcequota{{type="{kind}",resource=~"requests.*"}})'
        for kind in ("used", "hard")
    ),
    channels=("email",),
    source=f"{MODEL}: the quota is the ceiling of the bill, asked about at 60 %",
    runbook="Ask whether the growth is meant before the quota, and the bill's ceiling, are raised.",
)
WRITE_NEED: Final = Measure(
    key="database-writes",
    title="Database writes",
    expression=_write_need(),
    channels=("email",),
    source=f"{MODEL}: writes per vCPU, background work and headroom of the load model",
    runbook="Take the next tier; where it passes 8 vCPU split by domain, then shard.",
)
INSTANCE_DOWN: Final = Measure(
    key="database-instance",
    title="Database instance down",
    expression=f"min by (database_id) ({database('up')})",
    channels=("email",),
    source=f"{MODEL}: a replica can be down while the site is up",
    runbook="Send its reads to the primary; a replica that stays down is made anew.",
)

MVP_ALERTS: Final = (
    SITE_DOWN.critical("< 0.5", "for more than a minute", MINUTE, level="down"),
    ERROR_RATE.critical("> 0.05", "above 5 %", 0),
    ERROR_RATE.attention("> 0.01", "above 1 %", 5 * MINUTE),
    LATENCY.critical("> 5000", "above 5 s", MINUTE),
    LATENCY.attention("> 2000", "above 2 s", 5 * MINUTE),
    DATABASE_CPU.attention("> 0.8", "above 80 %", 5 * MINUTE, level="action"),
    DATABASE_CPU.critical("> 0.9", "above 90 %", 5 * MINUTE),
    DATABASE_MEMORY.attention("> 0.8", "above 80 %", 15 * MINUTE),
    DATABASE_DISK.attention("> 0.8", "above 80 %", 5 * MINUTE),
    DATABASE_CONNECTIONS.attention("> 0.7", "above 70 % of the most", 10 * MINUTE),
    CONTAINER_CPU.attention("> 0.7", "above 70 % of the request", 30 * MINUTE),
    CONTAINER_MEMORY.attention("> 0.8", "above 80 % of the limit", 15 * MINUTE),
)
TRACTION_ALERTS: Final = (
    DATABASE_CPU.attention("> 0.7", "above 70 %", 15 * MINUTE),
    DATABASE_MEMORY.critical("> 0.95", "above 95 %", 5 * MINUTE),
    DATABASE_CONNECTIONS.critical("> 0.9", "above 90 % of the most", MINUTE),
    CONTAINER_CPU.critical("> 0.9", "above 90 % of the request", 10 * MINUTE),
    CONTAINER_MEMORY.critical("> 0.95", "above 95 % of the limit", 5 * MINUTE),
    RESTARTS.attention("> 3", "above three an hour", 0, level=""),
    AVAILABILITY.attention("< 0.999", "below 99.9 %", 0, level="day"),
    CERTIFICATE.attention("< 14", "expires within 14 days", 10 * MINUTE, level="expiry"),
)
SCALE_ALERTS: Final = (
    REDIS_MEMORY.attention("> 0.8", "above 80 %", 10 * MINUTE),
    REDIS_MEMORY.critical("> 0.95", "above 95 %", MINUTE),
    REDIS_HITS.attention("< 0.85", "below 0.85", 30 * MINUTE, level=""),
    AUTOSCALER.attention(">= 1", "at its maximum for an hour", HOUR, level=""),
    FAILOVER.attention("> 0", "to its standby", 0, level=""),
)
GROWTH_ALERTS: Final = (
    REPLICA_LAG.attention("> 5", "above 5 s", 5 * MINUTE),
    REPLICA_LAG.critical("> 30", "above 30 s", MINUTE),
    QUOTA.attention("> 0.6", "above 60 %", 15 * MINUTE, level=""),
    WRITE_NEED.attention("> 1", "need more vCPU than there are", 15 * MINUTE, level=""),
    INSTANCE_DOWN.critical("< 1", "for five minutes", 5 * MINUTE, level="down"),
)

CATALOGUE: Final[tuple[Alert, ...]] = (
    *MVP_ALERTS, *TRACTION_ALERTS, *SCALE_ALERTS, *GROWTH_ALERTS, *HYPERGROWTH_ALERTS,
)  # fmt: skip
"""Every alert, in the order in which an `ObservabilitySize` takes them."""
