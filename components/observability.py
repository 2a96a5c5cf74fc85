"""Observability: who is told, what is watched, what is promised, one page to look at.

Owns notification channels, one alert policy for each alert of the size (`palier.alerts`), the
uptime check, two service level objectives and the dashboard. The audit trail is `audit`, spending
is `budget`.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Final, final

import pulumi
import pulumi_gcp as gcp

from components.base import Component
from components.dashboard import dashboard
from components.naming import physical
from palier.alerts import CATALOGUE
from palier.alerts.model import CHANNELS, PERIOD_S, Alert, Channel, Severity
from palier.domains import DOMAIN
from palier.errors import PalierError
from palier.sizes import ObservabilitySize

AUTO_CLOSE = "3600s"
"""An incident whose data have stopped closes itself after an hour."""
SEVERITIES: Final[dict[Severity, str]] = {"attention": "WARNING", "critical": "CRITICAL"}
UPTIME_PERIOD = "60s"
"""The documents ask to know of a site that is down for more than a minute."""
UPTIME_TIMEOUT = "10s"
HTTPS_PORT = 443

AVAILABILITY_GOAL = 0.999
LATENCY_GOAL = 0.95
LATENCY_MS = 2_000
SLO_DAYS = 30
REQUESTS = (
    'metric.type="loadbalancing.googleapis.com/https/request_count" resource.type="https_lb_rule"'
)
ERRORS = f'{REQUESTS} metric.labels.response_code_class="500"'
LATENCIES = (
    'metric.type="loadbalancing.googleapis.com/https/total_latencies"'
    ' resource.type="https_lb_rule" resource.labels.backend_target_type="BACKEND_SERVICE"'
)

EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
PHONE = re.compile(r"\+[1-9]\d{6,14}")


@dataclass(frozen=True, kw_only=True)
class ObservabilityArgs:
    """What is watched and who is told. Channels are optional: a team may begin with none."""

    size: ObservabilitySize
    """How many alerts of the catalogue."""
    domain: str
    """Host of the site, checked over HTTPS."""
    project: str
    """Project of the platform."""
    email: str | None = None
    """Address that alerts are sent to."""
    slack: pulumi.Input[str] | None = field(default=None, repr=False)
    """Token of the Slack application, a secret; with `slack_channel`."""
    slack_channel: str | None = None
    """Channel in Slack, e.g. `#alerts`; with `slack`."""
    sms: str | None = None
    """Phone number for what is down or critical, e.g. `+33612345678`."""
    path: str = "/"
    """Path that the uptime check asks for."""


@final
@dataclass(frozen=True)
class ObservabilityResources:
    """What the component creates; channels by kind, policies by the key of their alert."""

    channels: dict[Channel, gcp.monitoring.NotificationChannel]
    policies: dict[str, gcp.monitoring.AlertPolicy]
    uptime: gcp.monitoring.UptimeCheckConfig
    service: gcp.monitoring.CustomService
    objectives: dict[str, gcp.monitoring.Slo]
    dashboard: gcp.monitoring.Dashboard


class Observability(Component):
    """Channels, alert policies, uptime check, objectives and dashboard.

    `channels` holds the ids of the notification channels by kind, for budgets and audit alerts.

    Example:
        Observability("observability", ObservabilityArgs(
            size=ObservabilitySize(alerts=12), domain="example.com", project="acme",
            email="ops@example.com"))
    """

    TOKEN = "palier:observability:Observability"  # noqa: S105 a type token

    def __init__(
        self, name: str, args: ObservabilityArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        _check(args)
        super().__init__(name, {"size": args.size}, opts)
        channels = self._channels(args)
        self.channels: dict[Channel, pulumi.Output[str]] = {
            kind: channel.id for kind, channel in channels.items()
        }
        service = gcp.monitoring.CustomService(
            f"{name}-service",
            service_id=physical(name),
            display_name=f"{args.domain}, as its users see it",
            opts=self.child(),
        )
        self.resources = ObservabilityResources(
            channels=channels,
            policies={alert.key: self._policy(alert) for alert in CATALOGUE[: args.size.alerts]},
            uptime=self._uptime(args),
            service=service,
            objectives=self._objectives(service),
            dashboard=gcp.monitoring.Dashboard(
                f"{name}-dashboard",
                dashboard_json=json.dumps(dashboard(name), sort_keys=True),
                opts=self.child(),
            ),
        )
        self.finish({"channels": self.channels, "uptime": self.resources.uptime.uptime_check_id})

    def _channels(
        self, args: ObservabilityArgs
    ) -> dict[Channel, gcp.monitoring.NotificationChannel]:
        """One channel for each way that is configured."""
        channels: dict[Channel, gcp.monitoring.NotificationChannel] = {}
        if args.email is not None:
            channels["email"] = self._channel("email", {"email_address": args.email})
        if args.slack is not None and args.slack_channel is not None:
            channels["slack"] = self._channel(
                "slack",
                {"channel_name": args.slack_channel},
                gcp.monitoring.NotificationChannelSensitiveLabelsArgs(
                    auth_token=pulumi.Output.secret(args.slack)
                ),
            )
        if args.sms is not None:
            channels["sms"] = self._channel("sms", {"number": args.sms})
        return channels

    def _channel(
        self,
        kind: Channel,
        address: dict[str, str],
        secret: gcp.monitoring.NotificationChannelSensitiveLabelsArgs | None = None,
    ) -> gcp.monitoring.NotificationChannel:
        return gcp.monitoring.NotificationChannel(
            f"{self.name}-{kind}",
            type=kind,
            display_name=f"Alerts by {kind}",
            labels=address,
            sensitive_labels=secret,
            opts=self.child(),
        )

    def _policy(self, alert: Alert) -> gcp.monitoring.AlertPolicy:
        """One policy, one condition: what is priced and what is opened stay the same number."""
        condition = gcp.monitoring.AlertPolicyConditionConditionPrometheusQueryLanguageArgs(
            query=alert.query,
            duration=f"{alert.duration_s}s",
            evaluation_interval=f"{PERIOD_S}s",
            disable_metric_validation=True,
        )
        return gcp.monitoring.AlertPolicy(
            f"{self.name}-{alert.key}",
            display_name=alert.title,
            combiner="OR",
            severity=SEVERITIES[alert.severity],
            conditions=[
                gcp.monitoring.AlertPolicyConditionArgs(
                    display_name=alert.title, condition_prometheus_query_language=condition
                )
            ],
            alert_strategy=gcp.monitoring.AlertPolicyAlertStrategyArgs(auto_close=AUTO_CLOSE),
            documentation=gcp.monitoring.AlertPolicyDocumentationArgs(
                content=f"**Now**: {alert.runbook}\n\n**Threshold**: {alert.source}.",
                mime_type="text/markdown",
            ),
            notification_channels=self._told(alert),
            opts=self.child(),
        )

    def _told(self, alert: Alert) -> list[pulumi.Output[str]]:
        """The alert's channels; all there are when none of its own is: no alert stays unheard."""
        own = [kind for kind in alert.channels if kind in self.channels]
        kinds = own or [kind for kind in CHANNELS if kind in self.channels]
        return [self.channels[kind] for kind in kinds]

    def _uptime(self, args: ObservabilityArgs) -> gcp.monitoring.UptimeCheckConfig:
        """The site as the world sees it, from every location that Google checks from."""
        return gcp.monitoring.UptimeCheckConfig(
            f"{self.name}-uptime",
            display_name=args.domain,
            period=UPTIME_PERIOD,
            timeout=UPTIME_TIMEOUT,
            http_check=gcp.monitoring.UptimeCheckConfigHttpCheckArgs(
                path=args.path,
                port=HTTPS_PORT,
                request_method="GET",
                use_ssl=True,
                validate_ssl=True,
            ),
            monitored_resource=gcp.monitoring.UptimeCheckConfigMonitoredResourceArgs(
                type="uptime_url", labels={"host": args.domain, "project_id": args.project}
            ),
            opts=self.child(),
        )

    def _objectives(self, service: gcp.monitoring.CustomService) -> dict[str, gcp.monitoring.Slo]:
        """Availability and latency, told from the load balancer's requests over a month."""
        indicators = {
            "availability": gcp.monitoring.SloRequestBasedSliArgs(
                good_total_ratio=gcp.monitoring.SloRequestBasedSliGoodTotalRatioArgs(
                    bad_service_filter=ERRORS, total_service_filter=REQUESTS
                )
            ),
            "latency": gcp.monitoring.SloRequestBasedSliArgs(
                distribution_cut=gcp.monitoring.SloRequestBasedSliDistributionCutArgs(
                    distribution_filter=LATENCIES,
                    range=gcp.monitoring.SloRequestBasedSliDistributionCutRangeArgs(max=LATENCY_MS),
                )
            ),
        }
        goals = {"availability": AVAILABILITY_GOAL, "latency": LATENCY_GOAL}
        titles = {
            "availability": "99.9 % of requests succeed",
            "latency": "95 % of API requests take less than 2 s",
        }
        return {
            key: gcp.monitoring.Slo(
                f"{self.name}-{key}",
                service=service.service_id,
                slo_id=physical(self.name, key),
                display_name=titles[key],
                goal=goals[key],
                rolling_period_days=SLO_DAYS,
                request_based_sli=indicator,
                opts=self.child(),
            )
            for key, indicator in indicators.items()
        }


def _check(args: ObservabilityArgs) -> None:
    """Refuse what Cloud Monitoring would only refuse half-way through an update."""
    if not DOMAIN.fullmatch(args.domain):
        raise PalierError(f"observability.domain: expected e.g. example.com, got {args.domain!r}")
    if args.email is not None and not EMAIL.fullmatch(args.email):
        raise PalierError(f"observability.email: expected an address, got {args.email!r}")
    if args.sms is not None and not PHONE.fullmatch(args.sms):
        raise PalierError(f"observability.sms: expected e.g. +33612345678, got {args.sms!r}")
    if (args.slack is None) != (args.slack_channel is None):
        raise PalierError("observability.slack: the token and the channel go together")
    if not args.path.startswith("/"):
        raise PalierError(f"observability.path: expected /..., got {args.path!r}")
