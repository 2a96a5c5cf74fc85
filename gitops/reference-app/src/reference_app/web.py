"""The process that answers requests: its two ports, and what every request goes through."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Final

import psycopg
from aiohttp import web

from reference_app import schema, tracing
from reference_app.api import Api
from reference_app.cache import Cache, client_of
from reference_app.database import Database
from reference_app.drain import Drain
from reference_app.metrics import READ, WRITE, Metrics
from reference_app.profiles import Profiles
from reference_app.records import Records
from reference_app.remote import Services
from reference_app.sessions import Sessions
from reference_app.settings import Settings

log = logging.getLogger(__name__)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
BODY: Final = 64 * 1024
KEEP_ALIVE_S: Final = 620
"""Longer than the load balancer's 600: of the two, it must be the one that hangs up."""
FINISH_S: Final = 15
"""What runs after the drain has so long to end."""
NEVER: Final = {"Cache-Control": "no-store"}
LATER: Final = NEVER | {"Retry-After": "1"}


def application(api: Api, metrics: Metrics, drain: Drain) -> web.Application:
    """The API and what the load balancer asks."""

    @web.middleware
    async def around(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path == "/healthz":
            return await handler(request)
        kind = READ if request.method in {"GET", "HEAD"} else WRITE
        started = time.perf_counter()
        resource = request.match_info.route.resource
        name = f"{request.method} {resource.canonical if resource else 'unknown'}"
        with tracing.span(name, request.headers):
            response = await answered(request, handler)
        metrics.request(kind, time.perf_counter() - started, response.status)
        if drain.leaving:
            # Nobody sends the next request on a connection that is about to be closed.
            response.force_close()
        return response

    made = web.Application(middlewares=[around], client_max_size=BODY)
    made.add_routes(api.routes())
    made.router.add_get("/healthz", lambda _: _health(drain))
    return made


async def answered(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The answer of a route; what went wrong as JSON, and never kept by anybody."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        kept = {name: error.headers[name] for name in ("Allow", "WWW-Authenticate")
                if name in error.headers}  # fmt: skip
        said = {"error": error.text}
        return web.json_response(
            said, status=error.status, headers={"Cache-Control": "no-store"} | kept
        )
    except (psycopg.Error, TimeoutError) as error:
        # One line, without the statement: its values are the users'.
        log.warning("%s %s: %s", request.method, request.path, type(error).__name__)
        return web.json_response({"error": "try again"}, status=503, headers=LATER)
    except Exception:
        log.exception("%s %s", request.method, request.path)
        return web.json_response({"error": "ours"}, status=500, headers=NEVER)


def probes(metrics: Metrics, drain: Drain) -> web.Application:
    """What the cluster asks, on a port that nobody else reaches."""

    async def alive(_: web.Request) -> web.Response:
        return web.Response(text="alive")

    async def numbers(_: web.Request) -> web.Response:
        return web.Response(
            body=metrics.text(), headers={"Content-Type": "text/plain; version=0.0.4"}
        )

    made = web.Application()
    made.router.add_get("/livez", alive)
    made.router.add_get("/readyz", lambda _: _health(drain))
    made.router.add_get("/metrics", numbers)
    return made


async def _health(drain: Drain) -> web.Response:
    """Whether to send requests. Says nothing of the database: without it, too, 503 is ours."""
    return web.Response(
        status=200 if drain.serving else 503, headers={"Cache-Control": "no-store"},
        text="serving" if drain.serving else "not serving",
    )  # fmt: skip


async def listen(made: web.Application, port: int) -> web.AppRunner:
    """Open a port; closing the runner finishes what runs."""
    runner = web.AppRunner(
        made, access_log=None, keepalive_timeout=KEEP_ALIVE_S, shutdown_timeout=FINISH_S
    )
    await runner.setup()
    await web.TCPSite(runner, None, port, backlog=1024).start()
    return runner


async def opened(database: Database) -> None:
    """Return once there is a database, with the schema that this version needs."""
    await database.open()
    await schema.current(database)


async def serve(settings: Settings) -> None:
    """Serve until somebody wants this process to go, and all have heard of it."""
    drain, metrics = Drain(settings.drain_s), Metrics()
    drain.listen()
    database = Database(settings)
    cache = Cache(client_of(settings.cache), metrics)
    services = Services(settings.service_url)
    api = Api(
        settings=settings, services=services,
        sessions=Sessions(database=database, cache=cache),
        profiles=Profiles(database=database, cache=cache),
        records=Records(database=database, cache=cache),
    )  # fmt: skip
    metrics.watch(
        primary=lambda: database.in_use(replicas=False),
        replica=lambda: database.in_use(replicas=True),
        lag=lambda: database.lag_s,
    )
    asked = await listen(probes(metrics, drain), settings.metrics_port)
    await services.open()
    opening = asyncio.create_task(opened(database))
    opening.add_done_callback(drain.ready_after)
    served = await listen(application(api, metrics, drain), settings.port)
    await drain.over()
    await served.cleanup()
    opening.cancel()
    await asyncio.gather(opening, return_exceptions=True)
    await database.close()
    await asyncio.gather(cache.close(), services.close(), return_exceptions=True)
    await asked.cleanup()
