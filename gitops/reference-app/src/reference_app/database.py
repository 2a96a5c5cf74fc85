"""Which server a statement goes to: writes to the primary, reads that tolerate lag to a replica.

Owns the pools, and the way back to the primary when a replica is late or gone. Keeps no state in a
session: behind a pooler in transaction mode each statement may meet another server connection, so
there are no prepared statements, no SET, no LISTEN. Each statement is safe to be run twice, which
is why one that lost its connection is tried once more.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any, Final, LiteralString

import psycopg
from psycopg import sql
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from reference_app.lag import Positions
from reference_app.settings import Server, Settings, Shard

Row = dict[str, Any]
Pool = AsyncConnectionPool[psycopg.AsyncConnection[Row]]
QUERY_S: Final = 5.0
"""No statement of a request takes longer; a request that waits longer has failed its user."""
WAIT_S: Final = 4.0
"""For a free connection to the primary: a pool that lost them all tries again after 1 s and 3 s."""
REPLICA_S: Final = 1.0
"""For a whole read from a replica: after this the primary answers sooner."""
AVOID_S: Final = 1.0
"""A replica that was late or gone is not asked again for so long."""
SAMPLE_S: Final = 0.5
"""How often the primary is asked where it is."""
GONE: Final = (psycopg.OperationalError, PoolTimeout, TimeoutError)
PAGE: Final = """
    SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn()::text END AS position,
           (SELECT coalesce(json_agg(row), '[]') FROM ({query}) AS row) AS page
"""
"""A read, with the position of the very server that answers it."""
POSITION: Final = "SELECT pg_current_wal_lsn()::text AS position"


def lost(error: BaseException) -> bool:
    """Whether it was the connection that failed, and not the statement."""
    if isinstance(error, PoolTimeout | TimeoutError | psycopg.InterfaceError):
        return True
    return isinstance(error, psycopg.OperationalError) and (
        error.sqlstate is None or error.sqlstate.startswith(("08", "57P"))
    )


def pool_of(server: Server, most: int) -> Pool:
    """A pool that opens nothing yet."""
    return AsyncConnectionPool(
        min_size=1, max_size=most, max_lifetime=600, open=False, timeout=WAIT_S,
        connection_class=psycopg.AsyncConnection[Row],
        kwargs={
            **server.parameters(), "autocommit": True, "prepare_threshold": None,
            "row_factory": dict_row,
        },
    )  # fmt: skip


class Replica:
    """One way to read that tolerates lag."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.avoided_until = 0.0


class ShardPools:
    """The pools of one shard."""

    def __init__(self, shard: Shard, most: int, tolerance_s: float) -> None:
        self.primary = pool_of(shard.primary, most)
        self.replicas = [Replica(pool_of(server, most)) for server in shard.replicas]
        self.positions = Positions(tolerance_s)
        self._turn = itertools.count()

    def pools(self) -> list[Pool]:
        """All of them, the primary's first."""
        return [self.primary, *(replica.pool for replica in self.replicas)]

    def replica(self) -> Replica | None:
        """The next that is not avoided."""
        now = time.monotonic()
        able = [replica for replica in self.replicas if replica.avoided_until <= now]
        return able[next(self._turn) % len(able)] if able else None


class Database:
    """All shards."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.lag_s = 0.0
        """Of the replica that answered last."""
        self._shards = {
            shard.key: ShardPools(shard, settings.pool, settings.lag_tolerance_s)
            for shard in settings.shards
        }
        self._tasks: list[asyncio.Task[None]] = []

    async def open(self) -> None:
        """Open all pools; a primary that is not there yet is waited for, a replica is not."""
        for pools in self._shards.values():
            for pool in pools.pools():
                await pool.open()
            if pools.replicas:
                self._tasks.append(asyncio.create_task(self._sample(pools)))
        for pools in self._shards.values():
            while True:
                with suppress(PoolTimeout):
                    await pools.primary.wait(timeout=5)
                    break

    async def close(self) -> None:
        """Give all connections back."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for pools in self._shards.values():
            for pool in pools.pools():
                await pool.close()

    def shard_keys(self) -> list[str]:
        """The shards, in the order in which they are declared."""
        return list(self._shards)

    def in_use(self, *, replicas: bool) -> int:
        """Connections that are out of their pool now."""
        pools = [
            pool
            for shard in self._shards.values()
            for pool in (shard.pools()[1:] if replicas else [shard.primary])
        ]
        stats = [pool.get_stats() for pool in pools]
        return sum(one.get("pool_size", 0) - one.get("pool_available", 0) for one in stats)

    async def primary(
        self, module: str, query: LiteralString, parameters: Mapping[str, object]
    ) -> list[Row]:
        """Run one statement, which must be safe to be run twice, on the module's primary."""
        pool = self._pools(module).primary
        try:
            return await _run(pool, sql.SQL(query), parameters, WAIT_S)
        except psycopg.OperationalError as error:
            if not lost(error) or isinstance(error, PoolTimeout):
                raise
            # A pooler or a primary went away. All connections that went with it are replaced.
            await pool.check()
            return await _run(pool, sql.SQL(query), parameters, WAIT_S)

    async def anywhere(
        self, module: str, query: LiteralString, parameters: Mapping[str, object]
    ) -> list[Row]:
        """Run one SELECT where it is cheap: on a replica that is not late, else on the primary."""
        pools = self._pools(module)
        if replica := pools.replica():
            paged = sql.SQL(PAGE).format(query=sql.SQL(query))
            try:
                async with asyncio.timeout(REPLICA_S):
                    (row,) = await _run(replica.pool, paged, parameters, REPLICA_S)
            except GONE:
                row = None
            if row is not None:
                self.lag_s = pools.positions.lag(row["position"])
                if pools.positions.fresh(row["position"]):
                    return list(row["page"])
            replica.avoided_until = time.monotonic() + AVOID_S
        page = f"SELECT to_json(row) AS row FROM ({query}) AS row"  # noqa: S608 our own text
        return [row["row"] for row in await self.primary(module, page, parameters)]

    @asynccontextmanager
    async def transaction(self, shard: str) -> AsyncIterator[psycopg.AsyncConnection[Row]]:
        """A transaction on the primary of a shard, for the worker."""
        async with self._shards[shard].primary.connection() as connection, connection.transaction():
            yield connection

    def _pools(self, module: str) -> ShardPools:
        return self._shards[self._settings.shard_of(module).key]

    async def _sample(self, pools: ShardPools) -> None:
        while True:
            with suppress(psycopg.Error, *GONE):
                (row,) = await _run(pools.primary, sql.SQL(POSITION), {}, WAIT_S)
                pools.positions.note(time.monotonic(), row["position"])
            await asyncio.sleep(SAMPLE_S)


async def _run(
    pool: Pool, query: sql.SQL | sql.Composed, parameters: Mapping[str, object], wait_s: float
) -> list[Row]:
    async with pool.connection(timeout=wait_s) as connection, asyncio.timeout(QUERY_S):
        cursor = await connection.execute(query, parameters)
        return await cursor.fetchall() if cursor.description else []
