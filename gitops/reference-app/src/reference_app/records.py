"""Records: what the modules keep. One statement a request, whatever is in a page.

Lists may come from the cache or from a replica, and be some minutes old. One record by its number
comes from the primary: whoever wrote it finds it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from reference_app.cache import LIST_S, Cache
from reference_app.database import Database, Row

PAGE: Final = 20
MOST: Final = 100
COLUMNS: Final = """
    SELECT id, module, title, created_at, ARRAY(
        SELECT label FROM labels WHERE labels.record_id = records.id ORDER BY label
    ) AS labels
    FROM records
"""
LIST: Final = f"""{COLUMNS}
    WHERE module = %(module)s AND id < %(before)s ORDER BY id DESC LIMIT %(limit)s
"""
ONE: Final = (
    f"SELECT to_json(one) AS row FROM ({COLUMNS} WHERE module = %(module)s AND id = %(id)s) AS one"  # noqa: S608 our own text
)
BY_KEY: Final = f"SELECT to_json(one) AS row FROM ({COLUMNS} WHERE author_id = %(author)s AND idempotency_key = %(key)s) AS one"  # noqa: E501, S608 our own text
WRITE: Final = """
    WITH made AS (
        INSERT INTO records (module, author_id, title, idempotency_key)
        VALUES (%(module)s, %(author)s, %(title)s, %(key)s)
        ON CONFLICT (author_id, idempotency_key) DO NOTHING
        RETURNING id, module, title, created_at
    ), labelled AS (
        INSERT INTO labels (record_id, label)
        SELECT made.id, label FROM made, unnest(%(labels)s::text[]) AS label
    ), queued AS (
        INSERT INTO jobs (kind, payload)
        SELECT 'count', jsonb_build_object('record', id, 'module', module) FROM made
    )
    SELECT to_json(one) AS row FROM (SELECT *, %(labels)s::text[] AS labels FROM made) AS one
"""
"""A record, its labels and the job it gives are there together, or not at all."""
NEWEST: Final = 2**63 - 1


class DifferentError(Exception):
    """The key was used before, for something else."""


@dataclass(frozen=True, kw_only=True)
class Records:
    """The records of all modules that live here."""

    database: Database
    cache: Cache

    async def page(self, module: str, before: int, limit: int) -> Any:  # noqa: ANN401 a copy
        """The newest before a number; a page names where the next one begins."""

        async def load() -> dict[str, Any]:
            wanted = {"module": module, "before": before, "limit": limit}
            found = await self.database.anywhere(module, LIST, wanted)
            return {"records": found, "next": found[-1]["id"] if len(found) == limit else None}

        return await self.cache.through(f"list:{module}:{before}:{limit}", LIST_S, load)

    async def one(self, module: str, number: int) -> Row | None:
        """A record as it is now."""
        rows = await self.database.primary(module, ONE, {"module": module, "id": number})
        return rows[0]["row"] if rows else None

    async def write(
        self, module: str, author: int, key: str, title: str, labels: list[str]
    ) -> tuple[Row, bool]:
        """The record of this key, and whether it was made just now.

        Raises:
            DifferentError: the key stands for another record.
        """
        labels = sorted(set(labels))
        wanted = {"module": module, "author": author, "key": key, "title": title, "labels": labels}
        made = await self.database.primary(module, WRITE, wanted)
        if made:
            return made[0]["row"], True
        (found,) = await self.database.primary(module, BY_KEY, {"author": author, "key": key})
        row: Row = found["row"]
        if (row["module"], row["title"], row["labels"]) != (module, title, labels):
            raise DifferentError
        return row, False
