"""Profiles and the configuration of the application: read often, kept long."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from reference_app.cache import CONFIG_S, PROFILE_S, Cache
from reference_app.database import Database

MODULE: Final = "user"
PROFILE: Final = "SELECT id, email, name FROM users WHERE id = %(user)s"
RENAME: Final = """
    WITH renamed AS (
        UPDATE users SET name = %(name)s WHERE id = %(user)s RETURNING id, email, name
    ), queued AS (
        INSERT INTO jobs (kind, payload, run_after)
        SELECT 'forget', jsonb_build_object('key', 'profile:' || id), now() + interval '1 minute'
        FROM renamed
    )
    SELECT * FROM renamed
"""
"""The copy is forgotten at once, and again when no process of an older release is left: while a
cache is replaced by another, an old process tells only the old one."""
FORGET: Final = """
    INSERT INTO jobs (kind, payload) VALUES ('forget', jsonb_build_object('key', %(key)s::text))
"""
CONFIG: Final = "SELECT name, value FROM config ORDER BY name"


@dataclass(frozen=True, kw_only=True)
class Profiles:
    """One row of a user; one small table for all."""

    database: Database
    cache: Cache

    async def of(self, user: int) -> Any:  # noqa: ANN401 a row, or a copy of one
        """From the primary: a user sees what they have just written."""

        async def load() -> dict[str, Any] | None:
            rows = await self.database.primary(MODULE, PROFILE, {"user": user})
            return rows[0] if rows else None

        return await self.cache.through(f"profile:{user}", PROFILE_S, load)

    async def rename(self, user: int, name: str) -> dict[str, Any] | None:
        """Write, then forget the copy. What the cache could not hear, the worker says again."""
        rows = await self.database.primary(MODULE, RENAME, {"user": user, "name": name})
        key = f"profile:{user}"
        if not await self.cache.forget(key):
            await self.database.primary(MODULE, FORGET, {"key": key})
        return rows[0] if rows else None

    async def config(self) -> Any:  # noqa: ANN401 a mapping, or a copy of one
        """What all users share; changed by releases, not by requests."""

        async def load() -> dict[str, Any]:
            rows = await self.database.anywhere(MODULE, CONFIG, {})
            return {row["name"]: row["value"] for row in rows}

        return await self.cache.through("config", CONFIG_S, load)
