"""What an alert is made of: a measure in PromQL, a level, whom it reaches, what to do.

Owns the two dataclasses and the few lines that spell Cloud Monitoring metrics in PromQL. Which
alerts there are is `palier.alerts`; how they become policies is `components.observability`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

from palier.errors import PalierError

Severity = Literal["attention", "critical"]
Channel = Literal["email", "slack", "sms"]

CHANNELS: Final[tuple[Channel, ...]] = ("email", "slack", "sms")
PERIOD_S: Final = 30
"""Cloud Monitoring evaluates PromQL conditions in steps of half a minute."""
SITE_PATTERNS: Final = {"eu": "europe-.*", "us": "us-.*"}
"""What the locations of a site's resources look like, zones included."""


@dataclass(frozen=True, kw_only=True)
class Alert:
    """One condition somebody is told about, with what to do when it comes."""

    key: str
    """Stable logical name: it is part of a resource's name, for life."""
    title: str
    query: str
    """PromQL over Cloud Monitoring metrics; every series it returns is an incident."""
    duration_s: int
    """Seconds the query must hold before anybody is told."""
    severity: Severity
    channels: tuple[Channel, ...]
    source: str
    """Title of the document that sets the threshold and what it says of it, or `model`."""
    runbook: str
    """What to do now, in one line."""

    def __post_init__(self) -> None:
        """Refuse what Cloud Monitoring refuses, and text messages about what can wait."""
        where = f"alert {self.key}"
        if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", self.key):
            raise PalierError(f"{where}: a key is lower-case words joined by hyphens")
        if self.duration_s < 0 or self.duration_s % PERIOD_S:
            raise PalierError(f"{where}: duration_s is a multiple of {PERIOD_S}")
        if not self.channels:
            raise PalierError(f"{where}: at least one channel")
        if "sms" in self.channels and self.severity != "critical":
            raise PalierError(f"{where}: text messages are for what is down or critical")


@dataclass(frozen=True, kw_only=True)
class Measure:
    """What is watched, before anybody says how much is too much.

    Several alerts share a measure: same expression, same runbook, other thresholds.
    """

    key: str
    title: str
    expression: str
    channels: tuple[Channel, ...]
    """The document's channels; what is critical is sent as a text message too."""
    source: str
    runbook: str

    def attention(
        self, threshold: str, says: str, duration_s: int, *, level: str = "attention"
    ) -> Alert:
        """Somebody should look at it today."""
        return self._alert("attention", threshold, says, duration_s, level)

    def critical(
        self, threshold: str, says: str, duration_s: int, *, level: str = "critical"
    ) -> Alert:
        """Somebody should act now."""
        return self._alert("critical", threshold, says, duration_s, level)

    def _alert(
        self, severity: Severity, threshold: str, says: str, duration_s: int, level: str
    ) -> Alert:
        urgent = severity == "critical" and "sms" not in self.channels
        return Alert(
            key=f"{self.key}-{level}" if level else self.key,
            title=f"{self.title} {says}",
            query=f"{self.expression} {threshold}",
            duration_s=duration_s,
            severity=severity,
            channels=(*self.channels, "sms") if urgent else self.channels,
            source=self.source,
            runbook=self.runbook,
        )


def metric(type_: str, resource: str, *matchers: str, suffix: str = "") -> str:
    """Spell a Cloud Monitoring metric as a PromQL selector.

    The first slash becomes a colon, every other special character an underscore; the resource is
    named because PromQL refuses a metric of several resources without it.

    Args:
        type_: metric type, e.g. `cloudsql.googleapis.com/database/cpu/utilization`.
        resource: monitored resource type, e.g. `cloudsql_database`.
        matchers: more label matchers, e.g. `region=~"us-.*"`.
        suffix: `_bucket`, `_count` or `_sum` of a distribution.
    """
    domain, path = (re.sub(r"\W", "_", part) for part in type_.split("/", 1))
    labels = ",".join([f'monitored_resource="{resource}"', *matchers])
    return f"{domain}:{path}{suffix}{{{labels}}}"


def requests(*matchers: str, window: str) -> str:
    """Requests per second through the load balancer."""
    selector = metric(
        "loadbalancing.googleapis.com/https/request_count", "https_lb_rule", *matchers
    )
    return f"sum(rate({selector}[{window}]))"


def error_ratio(*matchers: str, window: str) -> str:
    """Share of the load balancer's requests answered with a 5xx status."""
    errors = requests('response_code_class="500"', *matchers, window=window)
    return f"{errors} / {requests(*matchers, window=window)}"


def latency_p95_ms(*matchers: str, window: str) -> str:
    """95th percentile of what users wait for the API; the CDN's own answers would hide it."""
    selector = metric(
        "loadbalancing.googleapis.com/https/total_latencies",
        "https_lb_rule",
        'backend_target_type="BACKEND_SERVICE"',
        *matchers,
        suffix="_bucket",
    )
    return f"histogram_quantile(0.95, sum by (le) (rate({selector}[{window}])))"


def uptime(*matchers: str) -> str:
    """The uptime check's answers: 1 where a location reached the site, 0 where it did not."""
    return metric("monitoring.googleapis.com/uptime_check/check_passed", "uptime_url", *matchers)


def database(name: str, *matchers: str) -> str:
    """A metric of Cloud SQL instances, e.g. `cpu/utilization`."""
    return metric(f"cloudsql.googleapis.com/database/{name}", "cloudsql_database", *matchers)
