"""Observability: logs, metrics and alerts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Final

from palier.cost.items import OBSERVABILITY, Item, UnreadableInput, fixed, usage
from palier.cost.stack import Stack
from palier.facts import UNKNOWN, Fact, Value, read
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
    """What the project pays together: logs past the free part, metrics, points read by alerts.

    Requests are taken as logged at the highest rate of any backend service: one that logs less
    takes nothing off the bill.
    """
    logs = stack.load("log_base_gib") + stack.load("audit_log_gib")
    rates = [
        stack.number(service, "logConfig.sampleRate", 1)
        for service in stack.facts.of_type(BACKEND_SERVICE)
        if stack.flag(service, "logConfig.enable")
    ]
    if rates:
        logs += stack.load("log_request_gib") * max(rates)
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
    log_metrics = sum(map(_reads_log_metric, conditions))
    if log_metrics:
        points = log_metrics * POINTS_PER_SERIES / MILLION
        yield fixed(
            "points read of log metrics", stack.price(MONITORING, "alert-points"), points,
            family=OBSERVABILITY,
        )  # fmt: skip


def _reads_log_metric(condition: Value) -> bool:
    """Whether a condition names a log metric.

    Raises:
        UnreadableInput: what it asks for is not known.
    """
    if LOG_METRIC in str(condition):
        return True
    blocks = condition.items() if isinstance(condition, Mapping) else ()
    if condition is UNKNOWN or any(
        UNKNOWN in (block, read(block, "filter"), read(block, "query"))
        for key, block in blocks
        if key.startswith("condition")
    ):
        raise UnreadableInput("conditions: what one asks for is not known yet")
    return False


def uptime_check(stack: Stack, fact: Fact) -> Iterator[Item]:
    """Executions past the free million, which all checks share: those before take it up first."""
    checks = stack.facts.of_type(fact.type)[: stack.place(fact)]
    before = sum((_executions(stack, check) for check in checks), Decimal(0))
    free = max(Decimal(0), FREE_UPTIME_EXECUTIONS - before)
    over = max(Decimal(0), _executions(stack, fact) - free) / 1000
    yield fixed(
        "uptime checks beyond the free million", stack.price(MONITORING, "uptime-check"), over,
        family=OBSERVABILITY,
    )  # fmt: skip


def _executions(stack: Stack, fact: Fact) -> Decimal:
    """One execution a period from each region that asks.

    Raises:
        UnreadableInput: the period or the regions are not known.
    """
    period = stack.text(fact, "period", "300s")
    if not re.fullmatch(r"[1-9]\d*s", period):
        raise UnreadableInput(f"period: expected seconds, e.g. 60s, got {period!r}")
    regions = fact.read("selectedRegions")
    if regions is UNKNOWN:
        raise UnreadableInput("selectedRegions is not known yet")
    asking = len(regions) if isinstance(regions, list) and regions else UPTIME_REGIONS
    return MINUTES_PER_MONTH * 60 / Decimal(period.removesuffix("s")) * asking
