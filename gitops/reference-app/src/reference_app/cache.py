"""A cache that may fail: then the database answers, and no request notices but by its time.

Holds copies only. A value that was written is marked as forgotten for some seconds rather than
deleted, so that nobody who read the old one a moment ago puts it back.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import redis.asyncio as redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from reference_app.metrics import Metrics
from reference_app.settings import CacheServer

PROFILE_S: Final = 3600
CONFIG_S: Final = 86_400
LIST_S: Final = 300
"""How long copies live, by what they are of."""
TIMEOUT_S: Final = 0.2
"""A cache that is slower than this is slower than the database."""
FAILURES: Final = 3
OPEN_S: Final = 2.0
"""After so many failures in a row nobody asks the cache for so long."""
FORGOTTEN: Final = b""
FORGOTTEN_S: Final = 10
"""Longer than anybody holds a value between reading it and putting it into the cache."""
PREFIX: Final = "app:1:"
"""Another number when what is kept changes its shape: during a release both shapes are about."""
FAILED: Final = (RedisError, OSError, TimeoutError)


def client_of(server: CacheServer) -> redis.Redis:
    """A client that connects when it is first asked; it never tries twice."""
    tls: dict[str, Any] = {}
    if server.ca is not None:
        # The instance's own authority is trusted, and signs for nobody else: no name to check.
        tls = {"ssl": True, "ssl_ca_certs": str(server.ca), "ssl_check_hostname": False}
    return redis.Redis(
        host=server.host, port=server.port, password=server.password, max_connections=20,
        socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S, retry=Retry(NoBackoff(), 0),
        **tls,
    )  # fmt: skip


class Cache:
    """Copies of what the database has."""

    def __init__(self, client: redis.Redis, metrics: Metrics) -> None:
        self._client = client
        self._metrics = metrics
        self._failures = 0
        self._open_until = 0.0
        self._filling: dict[str, asyncio.Future[Any]] = {}

    async def close(self) -> None:
        """Give all connections back."""
        await self._client.aclose()

    async def get(self, key: str) -> Any:  # noqa: ANN401 what was put there
        """The copy, or None."""
        found = await self._ask(lambda: self._client.get(PREFIX + key))
        self._metrics.cache("hit" if found else "miss")
        return json.loads(found) if found else None

    async def put(self, key: str, value: object, seconds: int) -> None:
        """Keep a copy, unless one is there or it was just forgotten."""
        text = json.dumps(value)
        await self._ask(lambda: self._client.set(PREFIX + key, text, ex=seconds, nx=True))

    async def forget(self, key: str) -> bool:
        """What was kept is old now; says whether the cache has heard it."""
        self._filling.pop(key, None)  # whoever asks from now on waits for no older answer
        done = await self._ask(
            lambda: self._client.set(PREFIX + key, FORGOTTEN, ex=FORGOTTEN_S), always=True
        )
        return bool(done)

    async def through(
        self, key: str, seconds: int, load: Callable[[], Awaitable[Mapping[str, Any] | None]]
    ) -> Any:  # noqa: ANN401 what was put there
        """The copy, or what the database says; of many that miss at once, one asks it."""
        found = await self.get(key)
        if found is not None:
            return found
        if (running := self._filling.get(key)) is not None:
            return await asyncio.shield(running)
        filling = self._filling[key] = asyncio.ensure_future(self._fill(key, seconds, load))
        try:
            return await asyncio.shield(filling)
        finally:
            if self._filling.get(key) is filling:
                del self._filling[key]

    async def _fill(
        self, key: str, seconds: int, load: Callable[[], Awaitable[Mapping[str, Any] | None]]
    ) -> Mapping[str, Any] | None:
        loaded = await load()
        if loaded is not None:
            await self.put(key, loaded, seconds)
        return loaded

    async def _ask(self, question: Callable[[], Awaitable[Any]], *, always: bool = False) -> Any:  # noqa: ANN401 what the client answers
        """The answer, or None: a cache that fails is a cache that knows nothing."""
        if time.monotonic() < self._open_until and not always:
            return None
        try:
            async with asyncio.timeout(TIMEOUT_S):
                answer = await question()
        except FAILED:
            self._metrics.cache("error")
            self._failures += 1
            if self._failures >= FAILURES:
                self._open_until = time.monotonic() + OPEN_S
            return None
        self._failures = 0
        return answer
