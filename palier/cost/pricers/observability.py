"""Observability: logs, metrics and alerts."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from palier.cost.items import OBSERVABILITY, Item, UnreadableInput, fixed, usage
from palier.cost.stack import Stack
from palier.facts import UNKNOWN, Fact
from palier.load import MILLION, MINUTES_PER_MONTH

MONITORING: Final = "Cloud Monitoring"
BACKEND_SERVICE: Final = "gcp:compute/backendService:BackendService"
FREE_LOG_GIB: Final = Decimal(50)
"""Log volume that each project has free a month (Google Cloud Observability pricing)."""
POINTS_PER_SERIES: Final = Decimal(86_400)
"""Points an alert reads of one time series in a month, one every 30 s."""
FREE_UPTIME_EXECUTIONS: Final = Decimal(1_000_000)
UPTIME_REGIONS: Final = 6
LOG_METRIC: Final = "logging.googleapis.com/user/"


def platform(stack: Stack, _: Fact) -> Iterator[Item]:
    """What the project pays together: logs past the free part, metrics, points read by alerts."""
    logs = stack.load("log_base_gib") + stack.load("audit_log_gib")
    for service in stack.facts.of_type(BACKEND_SERVICE):
        if stack.flag(service, "logConfig.enable"):
            rate = stack.number(service, "logConfig.sampleRate", 1)
            logs += stack.load("log_request_gib") * rate * stack.share(service)
    yield usage(
        "logs beyond the free 50 GiB", stack.price("Cloud Logging", "ingestion"),
        max(Decimal(0), logs - FREE_LOG_GIB), family=OBSERVABILITY,
    )  # fmt: skip
    scraped = stack.load("metric_pods_base") + stack.web_peak
    samples = stack.load("metric_samples_base_million") + (
        scraped * stack.load("metric_series_per_pod") * MINUTES_PER_MONTH / MILLION
    )
    price = stack.price("Managed Service for Prometheus", "samples", tier="0-50 billion samples")
    yield usage("Prometheus samples", price, samples, family=OBSERVABILITY)
    points = stack.load("alert_series") * POINTS_PER_SERIES / MILLION
    yield usage(
        "points read by alerts", stack.price(MONITORING, "alert-points"), points,
        family=OBSERVABILITY,
    )  # fmt: skip


def alert_policy(stack: Stack, fact: Fact) -> Iterator[Item]:
    """Its conditions; for one on a log metric, the points it reads as well."""
    conditions = fact.read("conditions")
    if conditions is UNKNOWN or not isinstance(conditions, list):
        raise UnreadableInput("conditions are not known")
    yield fixed(
        "alert conditions", stack.price(MONITORING, "alert-condition"), Decimal(len(conditions)),
        family=OBSERVABILITY,
    )  # fmt: skip
    log_metrics = sum(LOG_METRIC in str(condition) for condition in conditions)
    if log_metrics:
        points = log_metrics * POINTS_PER_SERIES / MILLION
        yield fixed(
            "points read of log metrics", stack.price(MONITORING, "alert-points"), points,
            family=OBSERVABILITY,
        )  # fmt: skip


def uptime_check(stack: Stack, fact: Fact) -> Iterator[Item]:
    """Executions past the free million: one a period from each region that asks."""
    period = stack.text(fact, "period", "300s").removesuffix("s")
    regions = fact.read("selectedRegions")
    asking = len(regions) if isinstance(regions, list) and regions else UPTIME_REGIONS
    executions = MINUTES_PER_MONTH * 60 / Decimal(period) * asking
    over = max(Decimal(0), executions - FREE_UPTIME_EXECUTIONS) / 1000
    yield fixed(
        "uptime checks beyond the free million", stack.price(MONITORING, "uptime-check"), over,
        family=OBSERVABILITY,
    )  # fmt: skip
