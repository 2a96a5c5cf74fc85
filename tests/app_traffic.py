"""Requests to the reference application: one by one, or some dozens a second all along.

No request is ever tried again: what fails has failed.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import math
import statistics
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import aiohttp
from waiting import eventually

MODULE: Final = "order"
CYCLE: Final = (
    "list",
    "profile",
    "write",
    "one",
    "list",
    "config",
    "rename",
    "list",
    "write",
    "one",
)
"""What is asked in turn: three writes in ten."""
TIMEOUT_S: Final = 10


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: Any


@dataclass(frozen=True)
class Client:
    """Somebody with a browser."""

    url: str
    token: str = ""

    def ask(
        self, method: str, path: str, body: object = None, *, key: str = "", raw: bytes = b""
    ) -> Answer:
        """One request."""
        sent = raw or (json.dumps(body).encode() if body is not None else None)
        url = self.url + path
        request = urllib.request.Request(url, data=sent, method=method)  # noqa: S310 loopback
        if self.token:
            request.add_header("Authorization", f"Bearer {self.token}")
        if key:
            request.add_header("Idempotency-Key", key)
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as said:  # noqa: S310 loopback
                return Answer(
                    status=said.status, headers=dict(said.headers), body=json.loads(said.read())
                )
        except urllib.error.HTTPError as error:
            with error:
                said_no = json.loads(error.read())
                return Answer(status=error.code, headers=dict(error.headers), body=said_no)

    def logged_in(self, email: str = "ann@example.org") -> Client:
        """The same, with a session."""
        said = self.ask("POST", "/api/sessions", {"email": email})
        assert said.status == 201, said
        return Client(self.url, said.body["token"])

    def write(self, title: str, *labels: str, module: str = MODULE) -> dict[str, Any]:
        """A new record."""
        content = {"title": title, "labels": list(labels)}
        said = self.ask("POST", f"/api/{module}/records", content, key=uuid.uuid4().hex)
        assert said.status == 201, said
        return dict(said.body)


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One request of many."""

    what: str
    status: int
    """0: no answer."""
    seconds: float
    why: str

    @property
    def failed(self) -> bool:
        return not 200 <= self.status < 300


def p95(samples: Iterable[Sample]) -> float:
    """Of a hundred requests the five slowest took longer."""
    return statistics.quantiles([one.seconds for one in samples], n=20)[-1]


@dataclass
class Traffic:
    """Requests at a steady rate, whatever becomes of them."""

    client: Client
    rate: float = 60
    samples: list[Sample] = field(default_factory=list)
    written: dict[str, int] = field(default_factory=dict)
    """Records that were acknowledged: key and number."""
    named: str = ""
    """The last name that was acknowledged."""
    _over: threading.Event = field(default_factory=threading.Event)

    @property
    def failed(self) -> list[Sample]:
        return [one for one in self.samples if one.failed]

    def more(self, count: int) -> list[Sample]:
        """The next so many."""
        start = len(self.samples)
        assert eventually(lambda: len(self.samples) >= start + count), "nothing is answered"
        return self.samples[start:]

    async def go(self) -> None:
        """Ask until it is over, and until the last has its answer."""
        headers = {"Authorization": f"Bearer {self.client.token}"}
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
        async with aiohttp.ClientSession(headers=headers, timeout=timeout) as session:
            running: set[asyncio.Task[None]] = set()
            start = time.monotonic()
            for number in itertools.count():
                if self._over.is_set():
                    break
                task = asyncio.create_task(self._one(session, number))
                running.add(task)
                task.add_done_callback(running.discard)
                due = start + (number + 1) / self.rate
                await asyncio.sleep(max(0, due - time.monotonic()))
            await asyncio.gather(*running)

    async def _one(self, session: aiohttp.ClientSession, number: int) -> None:
        what, key = CYCLE[number % len(CYCLE)], uuid.uuid4().hex
        method, path, given = self._request(what, number, key)
        started, status, why = time.monotonic(), 0, ""
        try:
            async with session.request(method, self.client.url + path, **given) as said:
                status, text = said.status, await said.text()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            why = repr(error)
        else:
            why = text
            if what == "write" and status == 201:
                self.written[key] = json.loads(text)["id"]
            if what == "rename" and status == 200:
                self.named = json.loads(text)["name"]
        taken = time.monotonic() - started
        self.samples.append(Sample(what=what, status=status, seconds=taken, why=why))

    def _request(self, what: str, number: int, key: str) -> tuple[str, str, dict[str, Any]]:
        records = f"/api/{MODULE}/records"
        if what == "write":
            given = {
                "json": {"title": key, "labels": ["a", "b"]},
                "headers": {"Idempotency-Key": key},
            }
            return "POST", records, given
        if what == "rename":
            return "PUT", "/api/profile", {"json": {"name": f"name {number}"}}
        if what == "one" and self.written:
            return "GET", f"{records}/{max(self.written.values())}", {}
        if what == "list":
            # Most look at the first page; some further back, where no cache has it yet.
            before = f"&before={number + 1}" if number % 4 == 0 else ""
            return "GET", f"{records}?limit=5{before}", {}
        return "GET", "/api/config" if what == "config" else "/api/profile", {}


@contextmanager
def traffic(client: Client, rate: float = 60) -> Iterator[Traffic]:
    """Requests, running all along in a thread of their own."""
    made = Traffic(client, rate)
    thread = threading.Thread(target=lambda: asyncio.run(made.go()))
    thread.start()
    try:
        yield made
    finally:
        made._over.set()
        thread.join()


def ratio(hits: float, misses: float) -> float:
    """How many of what was asked a cache had."""
    return hits / (hits + misses) if hits + misses else math.nan
