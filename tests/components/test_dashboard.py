"""The dashboard: what alerts watch is what is drawn, and every tile is on the page once."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import builders

from components.dashboard import CHARTS, COLUMNS, dashboard
from components.observability import Observability, ObservabilityArgs
from palier.alerts import CATALOGUE
from palier.facts import Facts
from palier.sizes import ObservabilitySize

Deploy = Callable[..., Facts]
TILES: list[dict[str, Any]] = dashboard("palier")["mosaicLayout"]["tiles"]
NO_ALERT = ("Throughput",)
"""Charts of what is no trouble by itself."""


def cells(tile: dict[str, Any]) -> Iterator[tuple[int, int]]:
    """Places that a tile takes."""
    left, top = tile.get("xPos", 0), tile.get("yPos", 0)
    for column in range(left, left + tile["width"]):
        for row in range(top, top + tile["height"]):
            yield column, row


def test_tiles_neither_overlap_nor_leave_the_page() -> None:
    taken = [cell for tile in TILES for cell in cells(tile)]
    assert len(set(taken)) == len(taken)
    assert max(column for column, _ in taken) < COLUMNS


def test_nothing_is_nought_or_empty() -> None:
    empty = [tile for tile in TILES if 0 in (tile.get("xPos"), tile.get("yPos"))]
    assert empty == [], "the service leaves noughts out: every update would show a change"


def test_a_chart_draws_what_an_alert_watches() -> None:
    watched = [alert.query for alert in CATALOGUE]
    for chart in CHARTS:
        if chart.title not in NO_ALERT:
            assert any(query.startswith(chart.query) for query in watched), chart.title


def test_a_charts_line_is_the_threshold_of_its_first_alert() -> None:
    for chart in CHARTS:
        if chart.target is None:
            continue
        thresholds = {
            float(match[1])
            for alert in CATALOGUE
            if alert.query.startswith(f"{chart.query} ")
            and (match := re.search(r"(?:<|>|<=|>=) ?([\d.]+)$", alert.query))
        }
        assert chart.target in thresholds, f"{chart.title}: the line and the alert disagree"


def test_the_service_is_given_valid_json_that_is_the_same_in_every_run(deploy: Deploy) -> None:
    def program() -> None:
        Observability(
            "observability",
            ObservabilityArgs(
                size=ObservabilitySize(alerts=1), domain="example.com", project="acme"
            ),
        )

    text = builders.only(deploy(program), "Dashboard").read("dashboardJson")
    assert json.loads(text) == dashboard("observability")
    assert text == json.dumps(json.loads(text), sort_keys=True)
