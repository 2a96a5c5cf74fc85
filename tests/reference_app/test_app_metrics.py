"""Series cost money each month: few of them, and all there from the start."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families
from reference_app.metrics import BUCKETS, READ, WRITE, Metrics

MOST = 35
"""Series of one process."""


def series(metrics: Metrics) -> set[tuple[str, ...]]:
    return {
        (sample.name, *map(str, sample.labels.items()))
        for family in text_string_to_metric_families(metrics.text().decode())
        for sample in family.samples
    }


def watched() -> Metrics:
    made = Metrics()
    made.watch(primary=lambda: 3, replica=lambda: 1, lag=lambda: 0.5)
    return made


def test_a_process_has_few_series() -> None:
    assert len(series(watched())) <= MOST


def test_whatever_happens_no_series_is_added() -> None:
    metrics = watched()
    before = series(metrics)
    for kind in (READ, WRITE):
        for status in (200, 404, 503):
            metrics.request(kind, 0.1, status)
    for result in ("hit", "miss", "error"):
        metrics.cache(result)
    metrics.jobs.labels("done").inc()
    metrics.queue.set(7)
    assert series(metrics) == before


def test_buckets_have_the_targets_of_the_documents_and_are_few() -> None:
    assert {2, 5} <= set(BUCKETS), "P95 is worth attention above 2 s, and critical above 5 s"
    assert len(BUCKETS) + 1 <= 8, "with the one for all that is slower"


def test_only_what_is_the_server_s_fault_counts_as_failed() -> None:
    metrics = watched()
    for status in (200, 201, 400, 401, 404, 422, 499):
        metrics.request(READ, 0.1, status)
    assert 'app_requests_failed_total{kind="read"} 0.0' in metrics.text().decode()
    metrics.request(READ, 0.1, 503)
    assert 'app_requests_failed_total{kind="read"} 1.0' in metrics.text().decode()
