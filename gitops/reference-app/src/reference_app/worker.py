"""The process that does what no request waits for; any number of them, and any may die."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Final

from reference_app.cache import Cache, client_of
from reference_app.database import Database, lost
from reference_app.drain import Drain
from reference_app.jobs import Jobs
from reference_app.metrics import Metrics
from reference_app.settings import Settings
from reference_app.web import listen, opened, probes

log = logging.getLogger(__name__)
IDLE_S: Final = 0.5
"""How often an empty queue is looked at: behind a pooler nobody calls."""
LOOK_S: Final = 5.0
"""How often the queue is measured, and what is over is swept out."""


async def work(settings: Settings) -> None:
    """Do jobs until somebody wants this process to go; the one in hand is finished."""
    drain, metrics = Drain(0), Metrics()
    drain.listen()
    database = Database(settings)
    cache = Cache(client_of(settings.cache), metrics)
    metrics.watch(primary=lambda: database.in_use(replicas=False), replica=lambda: 0, lag=lambda: 0)
    asked = await listen(probes(metrics, drain), settings.metrics_port)
    opening = asyncio.create_task(opened(database))
    leaving = asyncio.create_task(drain.asked())
    await asyncio.wait({opening, leaving}, return_when=asyncio.FIRST_COMPLETED)
    if not drain.leaving:
        drain.ready()
        queues = [Jobs(shard=key, database=database, cache=cache) for key in database.shard_keys()]
        await _until_asked(queues, drain, metrics)
    opening.cancel()
    await asyncio.gather(opening, return_exceptions=True)
    await database.close()
    await cache.close()
    await asked.cleanup()


async def _until_asked(queues: list[Jobs], drain: Drain, metrics: Metrics) -> None:
    look_at = 0.0
    while not drain.leaving:
        try:
            if time.monotonic() >= look_at:
                look_at = time.monotonic() + LOOK_S
                metrics.queue.set(sum([await jobs.waiting() for jobs in queues]))
                for jobs in queues:
                    await jobs.sweep()
            results = [result for jobs in queues if (result := await jobs.one())]
        except Exception as error:
            if not lost(error):
                raise
            log.warning("no database: %s", type(error).__name__)
            await drain.pause(1)
            continue
        for result in results:
            metrics.jobs.labels(result).inc()
        if not results:
            await drain.pause(IDLE_S)
