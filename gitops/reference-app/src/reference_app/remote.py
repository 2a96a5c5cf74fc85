"""Modules that were extracted: a request for one is passed on to its service, once.

The caller's key of idempotency goes with it. A request that was passed on before is not passed on
again: two services that each take the other for the owner would never stop.
"""

from __future__ import annotations

from typing import Final

import aiohttp
from aiohttp import web

from reference_app import tracing

HOP: Final = "X-Forwarded-By"
NAME: Final = "reference-app"
TAKEN: Final = ("Authorization", "Content-Type", "Idempotency-Key")
GIVEN: Final = ("Cache-Control", "Content-Type", "Retry-After")
TIMEOUT: Final = aiohttp.ClientTimeout(total=10, connect=2)


class Services:
    """The other services, by the name of their module."""

    def __init__(self, template: str) -> None:
        self._template = template
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        """Be able to ask."""
        self._session = aiohttp.ClientSession(timeout=TIMEOUT)

    async def close(self) -> None:
        """Give all connections back."""
        if self._session is not None:
            await self._session.close()

    async def ask(self, module: str, request: web.Request) -> web.Response:
        """What the service of a module answers."""
        if self._session is None or HOP in request.headers:
            raise web.HTTPMisdirectedRequest(text=f"{module} is not served here")
        url = self._template.replace("{module}", module) + request.path_qs
        headers = {name: request.headers[name] for name in TAKEN if name in request.headers}
        headers |= {HOP: NAME} | tracing.headers()
        body = await request.read()
        try:
            async with self._session.request(
                request.method, url, headers=headers, data=body or None
            ) as said:
                kept = {name: said.headers[name] for name in GIVEN if name in said.headers}
                return web.Response(status=said.status, body=await said.read(), headers=kept)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise web.HTTPBadGateway(text=f"{module} does not answer") from error
