"""What is counted, and how little of it: each series is paid for, a process has at most 35.

Two classes of requests, not one a route; the load balancer already tells paths apart.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)

BUCKETS: Final = (0.025, 0.1, 0.25, 0.5, 1, 2, 5)
"""Seconds; 2 and 5 are where latency is worth attention and where it is critical."""
READ, WRITE = "read", "write"
disable_created_metrics()  # type: ignore[no-untyped-call]


class Metrics:
    """The series of one process; all of them are there from the start, at zero."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        made = self.registry
        self._seconds = Histogram(
            "app_request_seconds", "Seconds of a request.", ["kind"], buckets=BUCKETS, registry=made
        )
        self._failed = Counter(
            "app_requests_failed", "Requests answered with 5xx.", ["kind"], registry=made
        )
        self._cache = Counter("app_cache", "What the cache answered.", ["result"], registry=made)
        self._pool = Gauge("app_pool_in_use", "Connections in use.", ["pool"], registry=made)
        self._lag = Gauge(
            "app_replica_lag_seconds", "Lag of the last replica that was read.", registry=made
        )
        self.queue = Gauge(
            "app_queue_depth", "Jobs that wait, as the worker saw them.", registry=made
        )
        self.jobs = Counter("app_jobs", "Jobs taken.", ["result"], registry=made)
        for kind in (READ, WRITE):
            self._seconds.labels(kind)
            self._failed.labels(kind)
        for result in ("hit", "miss", "error"):
            self._cache.labels(result)
        for result in ("done", "failed"):
            self.jobs.labels(result)

    def request(self, kind: str, seconds: float, status: int) -> None:
        """One request was answered."""
        self._seconds.labels(kind).observe(seconds)
        if status >= 500:  # noqa: PLR2004 what HTTP calls the server's fault
            self._failed.labels(kind).inc()

    def cache(self, result: str) -> None:
        """The cache was asked."""
        self._cache.labels(result).inc()

    def watch(
        self, *, primary: Callable[[], float], replica: Callable[[], float],
        lag: Callable[[], float],
    ) -> None:  # fmt: skip
        """Values that are looked up when somebody asks."""
        self._pool.labels("primary").set_function(primary)
        self._pool.labels("replica").set_function(replica)
        self._lag.set_function(lag)

    def text(self) -> bytes:
        """All series, as Prometheus reads them."""
        return generate_latest(self.registry)
