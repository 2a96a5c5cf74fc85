"""The dashboard: the indicators of "Scaling et croissance", as Cloud Monitoring draws them.

Pure data, no Pulumi. A chart shows the very expression that the alert of the same name watches, and
the document's target as a line.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from palier import alerts
from palier.alerts.model import requests

COLUMNS: Final = 48
WIDTH: Final = 16
HEIGHT: Final = 12
SHARE: Final = "10^2.%"
"""A fraction, shown as a percentage."""


@dataclass(frozen=True, kw_only=True)
class Chart:
    """One chart: what is drawn, in which unit, and where it should stay."""

    title: str
    query: str
    unit: str
    target: float | None = None


CHARTS: Final = (
    Chart(title="Throughput", query=requests(window="5m"), unit="1/s"),
    Chart(title="P95 latency", query=alerts.LATENCY.expression, unit="ms", target=2_000),
    Chart(title="Error rate", query=alerts.ERROR_RATE.expression, unit=SHARE, target=0.01),
    Chart(
        title="Availability of a day",
        query=alerts.AVAILABILITY.expression,
        unit=SHARE,
        target=0.999,
    ),
    Chart(title="Container CPU", query=alerts.CONTAINER_CPU.expression, unit=SHARE, target=0.7),
    Chart(
        title="Container memory",
        query=alerts.CONTAINER_MEMORY.expression,
        unit=SHARE,
        target=0.8,
    ),
    Chart(title="Database CPU", query=alerts.DATABASE_CPU.expression, unit=SHARE, target=0.7),
    Chart(
        title="Database memory",
        query=alerts.DATABASE_MEMORY.expression,
        unit=SHARE,
        target=0.8,
    ),
    Chart(title="Storage", query=alerts.DATABASE_DISK.expression, unit=SHARE, target=0.8),
    Chart(
        title="Database connections",
        query=alerts.DATABASE_CONNECTIONS.expression,
        unit=SHARE,
        target=0.7,
    ),
    Chart(title="Replica lag", query=alerts.REPLICA_LAG.expression, unit="s", target=5),
    Chart(title="Cache hits", query=alerts.REDIS_HITS.expression, unit=SHARE, target=0.85),
)


def dashboard(name: str) -> dict[str, Any]:
    """The dashboard's JSON: three charts a row. What a phase does not have yet stays empty."""
    return {
        "displayName": name,
        "mosaicLayout": {
            "columns": COLUMNS,
            "tiles": [_tile(place, chart) for place, chart in enumerate(CHARTS)],
        },
    }


def _tile(place: int, chart: Chart) -> dict[str, Any]:
    """One tile. The service leaves out what is nought or empty, so it is not given either."""
    row, column = divmod(place, COLUMNS // WIDTH)
    position = {"xPos": column * WIDTH, "yPos": row * HEIGHT}
    return {
        **{key: value for key, value in position.items() if value},
        "width": WIDTH,
        "height": HEIGHT,
        "widget": {"title": chart.title, "xyChart": _chart(chart)},
    }


def _chart(chart: Chart) -> dict[str, Any]:
    data = {
        "plotType": "LINE",
        "targetAxis": "Y1",
        "timeSeriesQuery": {"prometheusQuery": chart.query, "unitOverride": chart.unit},
    }
    drawn: dict[str, Any] = {"dataSets": [data], "yAxis": {"scale": "LINEAR"}}
    if chart.target is not None:
        drawn["thresholds"] = [{"label": "Target", "targetAxis": "Y1", "value": chart.target}]
    return drawn
