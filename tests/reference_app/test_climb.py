"""The climb from mvp to growth under load: no request fails, no write is lost or done twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import app_fleet
import pytest
from app_fleet import Fleet
from app_servers import HERE, REPLICA, Servers
from app_traffic import Client, Sample, p95, ratio, traffic

pytestmark = pytest.mark.servers
P95_S: Final = 2.0
"""The documents' target."""
STEADY: Final = 60
"""Requests between two switches."""


def hits(fleet: Fleet) -> tuple[float, float]:
    """Hits and misses of all that serve now."""
    read = [one.metrics() for one in fleet.serving]
    return (
        sum(one['app_cache_total{result="hit"}'] for one in read),
        sum(one['app_cache_total{result="miss"}'] for one in read),
    )


def stages(
    env: dict[str, str], logs: Path, stack: ExitStack
) -> Iterator[tuple[str, dict[str, str]]]:
    """The settings of each phase, from the second on."""
    _, port = stack.enter_context(app_fleet.pooler(env, logs, replicas=True))
    env = env | {"DATABASE_MODE": "pooler", "POOLER_HOST": HERE, "POOLER_PORT": str(port)}
    yield "traction", env
    env = env | {"CACHE_MODE": "managed"}
    yield "scale", env
    env = env | {"DATABASE_REPLICAS": REPLICA}
    yield "growth", env


@dataclass(frozen=True, kw_only=True)
class Row:
    """One phase: what was asked while the fleet switched to it, and afterwards."""

    phase: str
    during: list[Sample]
    after: list[Sample]
    hits: float


HEADS: Final = ("phase", "requests", "failed", "P95 switch", "P95 after", "cache hits")


def report(rows: Iterable[Row]) -> str:
    """A table for whoever runs this with `-s`."""
    lines = ["".join(f"{head:>12}" for head in HEADS)]
    for row in rows:
        both = row.during + row.after
        cells = (
            row.phase, len(both), sum(one.failed for one in both),
            f"{1000 * p95(row.during):.0f} ms" if row.during else "-",
            f"{1000 * p95(row.after):.0f} ms", f"{row.hits:.0%}",
        )  # fmt: skip
        lines.append("".join(f"{cell:>12}" for cell in cells))
    return "\n".join(lines)


def replica_reads(servers: Servers) -> int:
    """Statements of the application that its replica has answered."""
    query = """
        SELECT coalesce(sum(calls), 0)::int AS calls FROM pg_stat_statements
        WHERE query LIKE '%pg_last_wal_replay_lsn%' AND userid = 'app'::regrole
    """
    return int(servers.replica.rows(query)[0]["calls"])


def test_a_climb_under_load_fails_no_request_and_loses_no_write(
    servers: Servers, env: dict[str, str], logs: Path
) -> None:
    rows: list[Row] = []
    with ExitStack() as stack:
        fleet = stack.enter_context(app_fleet.fleet(env, logs))
        with traffic(Client(fleet.url).logged_in()) as load:
            after = load.more(STEADY)
            rows.append(Row(phase="mvp", during=[], after=after, hits=ratio(*hits(fleet))))
            for phase, settings in stages(env, logs, stack):
                start = len(load.samples)
                fleet.roll(settings)
                during = load.samples[start:]
                after, share = load.more(STEADY), ratio(*hits(fleet))
                rows.append(Row(phase=phase, during=during, after=after, hits=share))
                assert p95(during) < P95_S, f"the switch to {phase} is too slow"
        assert replica_reads(servers) > 0, "in the last phase lists come from the replica"
        assert load.client.ask("GET", "/api/profile").body["name"] == load.named
    print(f"\n{report(rows)}")
    assert load.failed == []
    assert len(load.samples) > 4 * STEADY
    found = servers.primary.app("SELECT idempotency_key AS key, id FROM records")
    there = sorted((row["key"], row["id"]) for row in found)
    assert there == sorted(load.written.items()), "what was acknowledged is there, and once"
