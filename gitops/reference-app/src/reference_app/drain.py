"""Leaving without losing a request: first say so, then go on, then stop.

Whoever sends requests needs a while to hear that this process is going. Until then it serves.
"""

from __future__ import annotations

import asyncio
import signal


class Drain:
    """Whether this process may be sent requests."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._ready = False
        self._asked = asyncio.Event()

    def listen(self) -> None:
        """Hear SIGTERM, and SIGINT from a terminal."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._asked.set)

    def ready(self) -> None:
        """Everything it needs is open."""
        self._ready = True

    def ready_after(self, opening: asyncio.Task[None]) -> None:
        """Everything is open, if that did not fail."""
        if not opening.cancelled() and opening.exception() is None:
            self.ready()

    @property
    def serving(self) -> bool:
        """Whether a load balancer should send requests here."""
        return self._ready and not self.leaving

    @property
    def leaving(self) -> bool:
        """Whether somebody wants this process to go."""
        return self._asked.is_set()

    async def asked(self) -> None:
        """Wait until somebody wants this process to go."""
        await self._asked.wait()

    async def over(self) -> None:
        """Wait until somebody wants this process to go, and all have heard of it."""
        await self._asked.wait()
        await asyncio.sleep(self._seconds)

    async def pause(self, seconds: float) -> None:
        """Sleep, but not into the leaving."""
        try:
            async with asyncio.timeout(seconds):
                await self._asked.wait()
        except TimeoutError:
            return
