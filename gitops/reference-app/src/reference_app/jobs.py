"""Jobs: one row each, in the shard whose write gave it, so that both are there or neither.

A job is taken, done and deleted in one transaction. Whoever dies in between never had it.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Final

import psycopg

from reference_app.cache import Cache
from reference_app.database import Database, Row, lost

log = logging.getLogger(__name__)
Connection = psycopg.AsyncConnection[Row]
TAKE: Final = """
    SELECT id, kind, payload FROM jobs WHERE run_after <= now()
    ORDER BY run_after, id LIMIT 1 FOR UPDATE SKIP LOCKED
"""
DONE: Final = "DELETE FROM jobs WHERE id = %(id)s"
LATER: Final = """
    UPDATE jobs SET attempts = attempts + 1, run_after = CASE
        WHEN attempts >= 9 THEN 'infinity' ELSE now() + make_interval(secs => 2 ^ attempts)
    END
    WHERE id = %(id)s
"""
"""Ten times, with longer and longer pauses; then it stays until somebody has looked at it."""
NOTIFY: Final = """
    INSERT INTO notifications (record_id, text)
    VALUES (%(record)s, 'new in ' || %(module)s)
"""
COUNT: Final = """
    INSERT INTO daily_counts (module, day, records)
    SELECT module, (created_at AT TIME ZONE 'UTC')::date, 1 FROM records WHERE id = %(record)s
    ON CONFLICT (module, day) DO UPDATE SET records = daily_counts.records + 1
"""
WAITING: Final = """
    SELECT count(*) AS jobs FROM (
        SELECT FROM jobs WHERE run_after <= now() LIMIT 10000
    ) AS ready
"""
SWEEP: Final = """
    DELETE FROM sessions WHERE token_hash IN (
        SELECT token_hash FROM sessions WHERE expires_at < now() LIMIT 500
        FOR UPDATE SKIP LOCKED
    )
"""


class UndoneError(Exception):
    """It could not be done now."""


@dataclass(frozen=True, kw_only=True)
class Jobs:
    """The jobs of one shard."""

    shard: str
    database: Database
    cache: Cache

    async def one(self) -> str | None:
        """Take one and do it; says how it went, or None if there was none."""
        job: Row | None = None
        try:
            async with self.database.transaction(self.shard) as connection:
                job = await (await connection.execute(TAKE)).fetchone()
                if job is None:
                    return None
                await self._do(connection, job)
                await connection.execute(DONE, {"id": job["id"]})
        except Exception as error:
            if job is None or lost(error):
                raise
            log.warning("job %s (%s): %s", job["id"], job["kind"], type(error).__name__)
            async with self.database.transaction(self.shard) as connection:
                await connection.execute(LATER, {"id": job["id"]})
            return "failed"
        return "done"

    async def _do(self, connection: Connection, job: Row) -> None:
        if job["kind"] == "count":
            await connection.execute(NOTIFY, job["payload"])
            await connection.execute(COUNT, job["payload"])
        elif job["kind"] == "forget":
            if not await self.cache.forget(job["payload"]["key"]):
                raise UndoneError
        else:
            # A newer version may know it: during a release both take jobs.
            raise UndoneError

    async def waiting(self) -> int:
        """How many there are, as far as it matters."""
        async with self.database.transaction(self.shard) as connection:
            row = await (await connection.execute(WAITING)).fetchone()
        return int(row["jobs"]) if row else 0

    async def sweep(self) -> None:
        """Sessions that are over go, some at a time."""
        async with self.database.transaction(self.shard) as connection:
            await connection.execute(SWEEP)
