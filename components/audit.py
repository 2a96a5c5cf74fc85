"""The audit trail: who read and changed data, who is told of rare changes, how long logs stay.

Owns data-access logs of the four services that hold data, secrets and keys, the eight metrics and
alerts of CIS 2.5 to 2.12 (`palier.alerts.audit`), what is not logged at all, and how long the
rest is kept. Not all services, as CIS 2.1 asks: logs of every read would cost more than a small
platform.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import pulumi
import pulumi_gcp as gcp

from components.base import Component
from components.naming import physical
from palier.alerts import AUDIT_METRICS, AuditMetric

SERVICES = {
    "sql": "cloudsql.googleapis.com",
    "storage": "storage.googleapis.com",
    "secrets": "secretmanager.googleapis.com",
    "keys": "cloudkms.googleapis.com",
}
"""Services whose data access is logged."""
LOG_TYPES = ("ADMIN_READ", "DATA_READ", "DATA_WRITE")
RETENTION_DAYS = 30
"""What storage of logs includes without charge."""
PROBES = "GoogleHC|kube-probe|GoogleStackdriverMonitoring-UptimeChecks"
EXCLUSIONS = {
    "health-checks": f'severity<=INFO AND httpRequest.userAgent=~"^({PROBES})"',
    "debug": "severity=DEBUG",
}
"""What is never stored, by a stable key."""
ALIGNMENT = "300s"
AUTO_CLOSE = "3600s"


@dataclass(frozen=True, kw_only=True)
class AuditArgs:
    """Whose trail, and who is told."""

    project: str
    """Project of the platform."""
    channels: Sequence[pulumi.Input[str]]
    """Notification channels of the eight alerts; may be empty."""


@final
@dataclass(frozen=True)
class AuditResources:
    """What the component creates, by stable keys."""

    configs: dict[str, gcp.projects.IAMAuditConfig]
    metrics: dict[str, gcp.logging.Metric]
    policies: dict[str, gcp.monitoring.AlertPolicy]
    exclusions: dict[str, gcp.logging.ProjectExclusion]
    bucket: gcp.logging.ProjectBucketConfig


class Audit(Component):
    """Data-access logs, alerts on rare changes, exclusions, retention.

    Example:
        Audit("audit", AuditArgs(project="acme", channels=[observability.channels["email"]]))
    """

    TOKEN = "palier:audit:Audit"  # noqa: S105 a type token

    def __init__(
        self, name: str, args: AuditArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        recorded = {"services": SERVICES, "retention_days": RETENTION_DAYS}
        super().__init__(name, recorded, opts)
        metrics = {metric.key: self._metric(metric) for metric in AUDIT_METRICS}
        self.resources = AuditResources(
            configs={
                key: self._config(key, service, args.project) for key, service in SERVICES.items()
            },
            metrics=metrics,
            policies={
                metric.key: self._policy(metric, metrics[metric.key], args.channels)
                for metric in AUDIT_METRICS
            },
            exclusions={
                key: gcp.logging.ProjectExclusion(
                    f"{name}-{key}", name=physical(name, key), filter=filter_, opts=self.child()
                )
                for key, filter_ in EXCLUSIONS.items()
            },
            bucket=gcp.logging.ProjectBucketConfig(
                f"{name}-default",
                project=args.project,
                location="global",
                bucket_id="_Default",
                retention_days=RETENTION_DAYS,
                enable_analytics=False,
                opts=self.child(),
            ),
        )
        self.finish({"metrics": {key: metric.name for key, metric in metrics.items()}})

    def _config(self, key: str, service: str, project: str) -> gcp.projects.IAMAuditConfig:
        return gcp.projects.IAMAuditConfig(
            f"{self.name}-{key}",
            project=project,
            service=service,
            audit_log_configs=[
                gcp.projects.IAMAuditConfigAuditLogConfigArgs(log_type=log_type)
                for log_type in LOG_TYPES
            ],
            opts=self.child(),
        )

    def _metric(self, metric: AuditMetric) -> gcp.logging.Metric:
        return gcp.logging.Metric(
            f"{self.name}-{metric.key}",
            name=physical(self.name, metric.key),
            filter=metric.filter,
            metric_descriptor=gcp.logging.MetricMetricDescriptorArgs(
                metric_kind="DELTA", value_type="INT64", unit="1"
            ),
            opts=self.child(),
        )

    def _policy(
        self,
        metric: AuditMetric,
        counted: gcp.logging.Metric,
        channels: Sequence[pulumi.Input[str]],
    ) -> gcp.monitoring.AlertPolicy:
        """Tell of the first entry. The name is known beforehand: the filter never is unknown."""
        type_ = f"logging.googleapis.com/user/{physical(self.name, metric.key)}"
        condition = gcp.monitoring.AlertPolicyConditionConditionThresholdArgs(
            filter=f'metric.type="{type_}" AND resource.type="{metric.resource}"',
            comparison="COMPARISON_GT",
            threshold_value=0,
            duration="0s",
            aggregations=[
                gcp.monitoring.AlertPolicyConditionConditionThresholdAggregationArgs(
                    alignment_period=ALIGNMENT,
                    per_series_aligner="ALIGN_DELTA",
                    cross_series_reducer="REDUCE_SUM",
                )
            ],
        )
        return gcp.monitoring.AlertPolicy(
            f"{self.name}-{metric.key}",
            display_name=metric.title,
            combiner="OR",
            severity="WARNING",
            conditions=[
                gcp.monitoring.AlertPolicyConditionArgs(
                    display_name=metric.title, condition_threshold=condition
                )
            ],
            alert_strategy=gcp.monitoring.AlertPolicyAlertStrategyArgs(auto_close=AUTO_CLOSE),
            documentation=gcp.monitoring.AlertPolicyDocumentationArgs(
                content=f"{metric.title}: find the entry in the audit log and ask whoever made it."
                f"\n\nCIS Google Cloud Foundation {metric.control}.",
                mime_type="text/markdown",
            ),
            notification_channels=list(channels),
            opts=self.child(depends_on=[counted]),
        )
