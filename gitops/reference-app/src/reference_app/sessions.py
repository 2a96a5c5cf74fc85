"""Who is asking: sessions in the database, with a copy in the cache.

The database has them all, so a cache that was flushed or replaced logs nobody out. Neither has a
token: both have its hash. Login by e-mail alone stands for whatever proves who somebody is.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from typing import Final

from reference_app.cache import Cache
from reference_app.database import Database

SESSION_S: Final = 7 * 86_400
MODULE: Final = "user"
START: Final = """
    WITH who AS (
        INSERT INTO users (email, name) VALUES (%(email)s, split_part(%(email)s, '@', 1))
        ON CONFLICT (email) DO UPDATE SET email = excluded.email
        RETURNING id
    )
    INSERT INTO sessions (token_hash, user_id, expires_at)
    SELECT %(hash)s, id, now() + make_interval(secs => %(seconds)s) FROM who
    ON CONFLICT (token_hash) DO UPDATE SET expires_at = excluded.expires_at
    RETURNING user_id
"""
FIND: Final = """
    SELECT user_id, ceil(extract(epoch FROM expires_at - now()))::int AS seconds
    FROM sessions WHERE token_hash = %(hash)s AND expires_at > now()
"""


@dataclass(frozen=True, kw_only=True)
class Sessions:
    """Write-through: the database first, then the cache."""

    database: Database
    cache: Cache

    async def start(self, email: str) -> str:
        """A new session of a user, who may be new as well; returns the token."""
        token = secrets.token_urlsafe(32)
        hashed = _hash(token)
        wanted = {"email": email, "hash": hashed, "seconds": SESSION_S}
        (row,) = await self.database.primary(MODULE, START, wanted)
        await self.cache.put(f"session:{hashed}", row["user_id"], SESSION_S)
        return token

    async def user(self, token: str) -> int | None:
        """Whose session this is, or None."""
        hashed = _hash(token)
        key = f"session:{hashed}"
        found = await self.cache.get(key)
        if found is not None:
            return int(found)
        rows = await self.database.primary(MODULE, FIND, {"hash": hashed})
        if not rows:
            return None
        await self.cache.put(key, rows[0]["user_id"], rows[0]["seconds"])
        return int(rows[0]["user_id"])


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
