"""A small Google Cloud Storage on loopback that keeps generations and honours preconditions.

The emulator that is on PyPI does neither; this one does what the JSON API documents of them, for
the few requests that states need.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

PAGE = 2
"""Objects a page of a listing: small, so that a client that reads one page only is found out."""
START = datetime(2026, 11, 1, tzinfo=UTC)


class Store:
    """Buckets with their objects, each a list of generations, the newest last."""

    def __init__(self) -> None:
        self.buckets: dict[str, dict[str, Any]] = {}
        self.objects: dict[str, dict[str, list[dict[str, Any]]]] = {}
        self.foreign: set[str] = set()
        self._generation = 0

    def insert(self, bucket: str, name: str, data: bytes) -> dict[str, Any]:
        """Write a generation."""
        self._generation += 1
        rows = self.objects[bucket].setdefault(name, [])
        self.retire(bucket, name)
        time = (START + timedelta(seconds=self._generation)).isoformat()
        rows.append(
            {"name": name, "generation": str(self._generation), "updated": time, "data": data}
        )
        return rows[-1]

    def retire(self, bucket: str, name: str) -> bool:
        """Make the live generation a noncurrent one."""
        live = self.live(bucket, name)
        if live is not None:
            live["timeDeleted"] = live["updated"]
        return live is not None

    def live(self, bucket: str, name: str) -> dict[str, Any] | None:
        """The live generation."""
        rows = self.objects[bucket].get(name, [])
        return rows[-1] if rows and "timeDeleted" not in rows[-1] else None


class Handler(BaseHTTPRequestHandler):
    """The JSON API."""

    store: Store

    def do_GET(self) -> None:
        path, query = self._asked()
        parts = path.split("/")  # storage/v1/b/BUCKET[/o[/NAME]]
        bucket = parts[3]
        if bucket in self.store.foreign:
            self._answer(403, {"error": {"message": "no right to it"}})
        elif bucket not in self.store.buckets:
            self._answer(404, {"error": {"message": "no such bucket"}})
        elif len(parts) == 4:
            self._answer(200, self.store.buckets[bucket])
        elif len(parts) == 5:
            self._listing(bucket, query)
        else:
            self._object(bucket, unquote(parts[5]), query)

    def do_POST(self) -> None:
        path, query = self._asked()
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if path == "storage/v1/b":
            wanted = json.loads(body)
            if wanted["name"] in self.store.foreign | set(self.store.buckets):
                self._answer(409, {"error": {"message": "the name is taken"}})
                return
            self.store.buckets[wanted["name"]] = wanted
            self.store.objects[wanted["name"]] = {}
            self._answer(200, wanted)
            return
        bucket, name = path.split("/")[4], query["name"]
        live = self.store.live(bucket, name)
        if query.get("ifGenerationMatch") not in {None, live["generation"] if live else "0"}:
            self._answer(412, {"error": {"message": "conditionNotMet"}})
            return
        self._answer(200, _shown(self.store.insert(bucket, name, body)))

    def do_PATCH(self) -> None:
        path, _ = self._asked()
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        found = self.store.buckets[path.split("/")[3]]
        for field, value in body.items():
            found[field] = {**found.get(field, {}), **value}
        self._answer(200, found)

    def do_DELETE(self) -> None:
        path, _ = self._asked()
        parts = path.split("/")
        gone = self.store.retire(parts[3], unquote(parts[5]))
        self._answer(204 if gone else 404, {} if gone else {"error": {"message": "no object"}})

    def _object(self, bucket: str, name: str, query: dict[str, str]) -> None:
        rows = self.store.objects[bucket].get(name, [])
        generation, found = query.get("generation"), self.store.live(bucket, name)
        if generation is not None:
            found = next((row for row in rows if row["generation"] == generation), None)
        if found is None:
            self._answer(404, {"error": {"message": "no object"}})
        elif query.get("alt") == "media":
            self._answer(200, found["data"])
        else:
            self._answer(200, _shown(found))

    def _listing(self, bucket: str, query: dict[str, str]) -> None:
        prefix, every = query.get("prefix", ""), query.get("versions") == "true"
        rows = [
            _shown(row)
            for name, generations in sorted(self.store.objects[bucket].items())
            for row in generations
            if name.startswith(prefix) and (every or "timeDeleted" not in row)
            if not ("delimiter" in query and "/" in name[len(prefix) :])
        ]
        first = int(query.get("pageToken", 0))
        page: dict[str, Any] = {"items": rows[first : first + PAGE]}
        if first + PAGE < len(rows):
            page["nextPageToken"] = str(first + PAGE)
        self._answer(200, page)

    def _asked(self) -> tuple[str, dict[str, str]]:
        parts = urlsplit(self.path)
        return parts.path.strip("/"), {
            key: value[0] for key, value in parse_qs(parts.query).items()
        }

    def _answer(self, status: int, content: dict[str, Any] | bytes) -> None:
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        if status != 204:
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if status != 204:
            self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key != "data"}


@contextmanager
def served() -> Iterator[tuple[str, Store]]:
    """A server on a free port, with what it holds."""
    store = Store()
    handler = type("Own", (Handler,), {"store": store})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", store
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
