"""Whether the schema has what this version was made for: it takes requests then, and not before.

Migrations and pods of a release start together. A schema that has more is no obstacle: that is a
version rolled back, and every migration is one that the version before can live with.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final

import psycopg
from psycopg import errors
from psycopg_pool import PoolTimeout

from reference_app.database import Database

MIGRATIONS: Final = Path(__file__).parents[2] / "migrations"
POLL_S: Final = 1.0
APPLIED: Final = "SELECT migration_id FROM _yoyo_migration"


async def current(database: Database, folder: Path = MIGRATIONS) -> None:
    """Return once every migration that this version carries has been applied to every shard."""
    wanted = {file.stem for file in folder.glob("*.sql")}
    for shard in database.shard_keys():
        while not wanted <= await _applied(database, shard):
            await asyncio.sleep(POLL_S)


async def _applied(database: Database, shard: str) -> set[str]:
    """What is noted as applied; nothing, where nobody has migrated or nobody answers."""
    try:
        async with database.transaction(shard) as connection:
            cursor = await connection.execute(APPLIED)
            return {row["migration_id"] for row in await cursor.fetchall()}
    except (errors.UndefinedTable, psycopg.OperationalError, PoolTimeout):
        return set()
