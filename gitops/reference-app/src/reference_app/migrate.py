"""Bring the schema of every shard up to date, one migrator at a time, while the application runs.

yoyo knows which migrations were applied. That only one migrator runs, and only one migration, are
locks of the database, held by the very sessions that migrate: they go with the sessions, so that a
killed job blocks nobody. A session that works on after its job was killed keeps its lock until the
server has noticed. What was applied and not yet noted is applied again: each migration allows it.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlencode

import psycopg
import yoyo  # type: ignore[import-untyped]
from psycopg import errors

from reference_app.schema import MIGRATIONS
from reference_app.settings import USER, RefusedError, Server, Shard, primaries

MIGRATOR: Final = 0x70616C696572
MIGRATION: Final = MIGRATOR + 1
"""Any two numbers, as long as nobody else locks them."""
WAIT_S: Final = 600
POLL_S: Final = 0.5
"""The lock is polled: a session that waits for it would hold up CREATE INDEX CONCURRENTLY."""
ATTEMPTS: Final = 8
"""A migration that meets a long transaction gives up soon, and is tried again."""


def migrate(environ: Mapping[str, str], folder: Path = MIGRATIONS) -> int:
    """Apply what is missing on each shard; returns how many that were.

    Raises:
        RefusedError: a value is missing, there are no migrations, or one failed.
    """
    migrations = yoyo.read_migrations(str(folder))
    if not migrations:
        raise RefusedError(f"{folder}: no migrations")
    return sum(_shard(shard, migrations) for shard in primaries(environ))


def address(server: Server) -> str:
    """A server as yoyo wants it."""
    spelled = {"host", "port", "dbname", "user", "password"}
    parameters = {key: value for key, value in server.parameters().items() if key not in spelled}
    parameters |= {"application_name": "migrate", "keepalives_idle": 30, "keepalives_interval": 10}
    return (
        f"postgresql+psycopg://{USER}:"
        f"{quote(server.password, safe='')}@{server.host}:{server.port}/"
        f"{quote(server.name, safe='')}?{urlencode(parameters)}"
    )


def _shard(shard: Shard, migrations: Any) -> int:  # noqa: ANN401 yoyo has no types
    try:
        backend = yoyo.get_backend(address(shard.primary))
    except psycopg.Error as error:
        raise RefusedError(f"{shard.key}: {_line(error)}") from error
    try:
        return _apply(shard.key, backend, migrations)
    except psycopg.Error as error:
        raise RefusedError(f"{shard.key}: {_line(error)}") from error
    finally:
        backend.connection.close()


def _apply(key: str, backend: Any, migrations: Any) -> int:  # noqa: ANN401 yoyo has no types
    _alone(key, backend, MIGRATOR)
    # Nobody else migrates now, so a lock that yoyo finds is of somebody who was killed.
    backend.break_lock()
    session = backend.copy

    def one_at_a_time() -> Any:  # noqa: ANN401 yoyo has no types
        """The session that yoyo gives a migration; it may outlive its migrator."""
        made = session()
        made.execute("SET client_connection_check_interval = '2s'")
        _alone(key, made, MIGRATION)
        return made

    backend.copy = one_at_a_time
    done = 0
    for migration in backend.to_apply(migrations):
        _patiently(key, backend, migration)
        print(f"{key}: {migration.id}", flush=True)
        done += 1
    return done


def _alone(key: str, backend: Any, lock: int) -> None:  # noqa: ANN401 yoyo has no types
    until = time.monotonic() + WAIT_S
    while not backend.execute(f"SELECT pg_try_advisory_lock({lock})").fetchone()[0]:
        if time.monotonic() > until:
            raise RefusedError(f"{key}: another migration has run for more than {WAIT_S} s")
        time.sleep(POLL_S)


def _patiently(key: str, backend: Any, migration: Any) -> None:  # noqa: ANN401 yoyo has no types
    """Apply one; who cannot have a lock at once makes way, and comes again."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with backend.lock():
                backend.apply_one(migration)
        except (errors.LockNotAvailable, errors.DeadlockDetected) as error:
            if attempt == ATTEMPTS:
                raise RefusedError(f"{key}: {migration.id}: {_line(error)}") from error
            time.sleep(min(2 ** (attempt - 1) / 4, 10))
        except psycopg.Error as error:
            raise RefusedError(f"{key}: {migration.id}: {_line(error)}") from error
        else:
            return


def _line(error: psycopg.Error) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
