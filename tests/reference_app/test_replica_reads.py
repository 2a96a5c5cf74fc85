"""Reads that tolerate lag go to a replica as long as it is there and not late; writes never do."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import app_fleet
import psycopg
import pytest
from app_servers import HERE, REPLICA, Servers
from app_traffic import Client, traffic
from reference_app import settings
from reference_app.database import Database

pytestmark = pytest.mark.servers
WHERE = "SELECT pg_is_in_recovery() AS replica"
STEP_S = 0.05


@pytest.fixture(params=["direct", "pooler"])
def reading(
    request: pytest.FixtureRequest, env: dict[str, str], logs: Path
) -> Iterator[dict[str, str]]:
    """Settings with a replica, with and without a pooler between."""
    own = env | {"DATABASE_REPLICAS": REPLICA, "LAG_TOLERANCE_S": "1"}
    if request.param == "direct":
        yield own
        return
    with app_fleet.pooler(env, logs, replicas=True) as (_, port):
        yield own | {"DATABASE_MODE": "pooler", "POOLER_HOST": HERE, "POOLER_PORT": str(port)}


def opened(env: dict[str, str], steps: Callable[[Database], Awaitable[None]]) -> None:
    """Run steps with the application's own database."""

    async def run() -> None:
        database = Database(settings.read(env))
        await database.open()
        try:
            await asyncio.wait_for(steps(database), 60)
        finally:
            await database.close()

    asyncio.run(run())


async def from_replica(database: Database) -> bool:
    """Whether a read that tolerates lag goes to the replica now."""
    (row,) = await database.anywhere("order", WHERE, {})
    return bool(row["replica"])


async def until(database: Database, servers: Servers, *, replica: bool) -> None:
    """Go on writing until reads go there; the tests' own time limit ends it."""
    while await from_replica(database) != replica:
        servers.primary.app("UPDATE config SET value = value")
        await asyncio.sleep(STEP_S)


def test_reads_go_to_the_replica_and_writes_to_the_primary(
    servers: Servers, reading: dict[str, str]
) -> None:
    async def steps(database: Database) -> None:
        await until(database, servers, replica=True)
        (row,) = await database.primary("order", WHERE, {})
        assert not row["replica"]

    opened(reading, steps)


def test_a_replica_that_is_late_is_not_read_until_it_has_caught_up(
    servers: Servers, reading: dict[str, str]
) -> None:
    async def steps(database: Database) -> None:
        await until(database, servers, replica=True)
        servers.replica.rows("SELECT pg_wal_replay_pause()")
        try:
            await until(database, servers, replica=False)
            assert database.lag_s > 1, "which is what the metric says"
        finally:
            servers.replica.rows("SELECT pg_wal_replay_resume()")
        await until(database, servers, replica=True)

    opened(reading, steps)


def test_when_the_replica_dies_no_read_fails_and_when_it_is_back_it_is_read(
    servers: Servers, reading: dict[str, str]
) -> None:
    async def steps(database: Database) -> None:
        await until(database, servers, replica=True)
        servers.replica.stop(signal.SIGKILL)
        try:
            await until(database, servers, replica=False)
            for _ in range(8):
                assert not await from_replica(database)
                await asyncio.sleep(STEP_S)
        finally:
            servers.replica.start()
        await until(database, servers, replica=True)

    opened(reading, steps)


def test_without_replicas_the_read_database_of_the_pooler_is_the_primary(
    env: dict[str, str], logs: Path
) -> None:
    with (
        app_fleet.pooler(env, logs, replicas=False) as (_, port),
        psycopg.connect(
            host=HERE, port=port, user="app", dbname="eu-1-ro", autocommit=True,
            password=settings.primaries(env)[0].primary.password,
        ) as connection,
    ):  # fmt: skip
        assert connection.execute(WHERE).fetchone() == (False,)


def test_who_has_just_written_reads_it_whatever_the_replica_knows(
    servers: Servers, env: dict[str, str], logs: Path
) -> None:
    own = env | {"DATABASE_REPLICAS": REPLICA}
    with app_fleet.instance("web", own, logs) as web:
        ann = Client(f"http://{HERE}:{web.port}").logged_in()
        servers.replica.rows("SELECT pg_wal_replay_pause()")
        try:
            made = ann.write("not there yet")
            assert ann.ask("GET", f"/api/order/records/{made['id']}").body == made
        finally:
            servers.replica.rows("SELECT pg_wal_replay_resume()")


def test_when_the_primary_starts_again_what_was_acknowledged_is_there_and_lists_go_on(
    servers: Servers, env: dict[str, str], logs: Path
) -> None:
    own = env | {"DATABASE_REPLICAS": REPLICA, "LAG_TOLERANCE_S": "60"}
    with app_fleet.instance("web", own, logs) as web:
        client = Client(f"http://{HERE}:{web.port}").logged_in()
        with traffic(client) as load:
            load.more(60)
            servers.primary.stop(signal.SIGKILL)
            load.more(10)
            servers.primary.start()
            while any(one.failed for one in load.more(30)):
                pass
        assert {one.status for one in load.failed} <= {503}, "it says so"
        assert not {"list", "config"} & {one.what for one in load.failed}
        found = servers.primary.app("SELECT idempotency_key AS key FROM records")
        there = [row["key"] for row in found]
        assert len(set(there)) == len(there)
        assert set(load.written) <= set(there)
