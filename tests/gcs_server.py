"""A small Google Cloud Storage on loopback that keeps generations and honours preconditions.

The emulator that is on PyPI does neither; this one does what the JSON API documents of them, and of
checksums, for the few requests that states need.
"""

from __future__ import annotations

import json
import threading
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import google_crc32c

PAGE = 2
"""Objects a page of a listing: small, so that a client that reads one page only is found out."""
START = datetime(2026, 11, 1, tzinfo=UTC)


class Store:
    """Buckets with their objects, each a list of generations, the newest last."""

    def __init__(self) -> None:
        self.buckets: dict[str, dict[str, Any]] = {}
        self.objects: dict[str, dict[str, list[dict[str, Any]]]] = {}
        self.foreign: set[str] = set()
        self.uploads: list[tuple[str, str, str | None]] = []
        """Those that came in more than one request: bucket, name, what is to be replaced."""
        self.busy = 0
        """How many readings are still to be refused."""
        self.asked: list[str] = []
        """Method and path of each request."""
        self.forgetful = False
        """Whether it writes and says that it could not."""
        self._generation = 0

    def insert(self, bucket: str, name: str, data: bytes) -> dict[str, Any]:
        """Write a generation."""
        self._generation += 1
        rows = self.objects[bucket].setdefault(name, [])
        self.retire(bucket, name)
        time = START + timedelta(seconds=self._generation)
        rows.append(
            {
                "name": name, "generation": str(self._generation), "crc32c": checksum(data),
                "updated": f"{time:%Y-%m-%dT%H:%M:%S.%fZ}", "data": data,
            }
        )  # fmt: skip
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


def checksum(data: bytes) -> str:
    """As the API writes it."""
    return b64encode(google_crc32c.value(data).to_bytes(4, "big")).decode()


class Handler(BaseHTTPRequestHandler):
    """The JSON API."""

    store: Store

    def do_GET(self) -> None:
        path, query = self._asked()
        parts = path.removeprefix("download/").split("/")  # storage/v1/b/BUCKET[/o[/NAME]]
        bucket = parts[3]
        if self.store.busy:
            self.store.busy -= 1
            self._answer(503, {"error": {"message": "busy"}})
        elif bucket in self.store.foreign:
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
            wanted = _kept(json.loads(body))
            if wanted["name"] in self.store.foreign | set(self.store.buckets):
                self._answer(409, {"error": {"message": "the name is taken"}})
                return
            self.store.buckets[wanted["name"]] = wanted
            self.store.objects[wanted["name"]] = {}
            self._answer(200, wanted)
            return
        bucket, replaces = path.split("/")[4], query.get("ifGenerationMatch")
        if query["uploadType"] == "resumable":
            self.store.uploads.append((bucket, json.loads(body)["name"], replaces))
            host, number = self.headers["Host"], len(self.store.uploads) - 1
            self._answer(200, b"", {"Location": f"http://{host}/upload/{number}"})
            return
        boundary = self.headers["Content-Type"].split('boundary="')[1].rstrip('"')
        _, first, second, _ = body.split(f"--{boundary}".encode())
        fields, data = (
            part.partition(b"\r\n\r\n")[2].removesuffix(b"\r\n") for part in (first, second)
        )
        told = json.loads(fields)
        self._insert((bucket, told["name"], replaces), data, told["crc32c"])

    def do_PUT(self) -> None:
        path, _ = self._asked()
        body = self.rfile.read(int(self.headers["Content-Length"]))
        assert self.headers["Content-Range"] == f"bytes 0-{len(body) - 1}/{len(body)}", (
            "all at once"
        )
        upload = self.store.uploads[int(path.split("/")[1])]
        self._insert(upload, body, self.headers["X-Goog-Hash"].removeprefix("crc32c="))

    def _insert(self, where: tuple[str, str, str | None], data: bytes, told: str) -> None:
        bucket, name, replaces = where
        live = self.store.live(bucket, name)
        if replaces not in {None, live["generation"] if live else "0"}:
            self._answer(412, {"error": {"message": "conditionNotMet"}})
        elif told != checksum(data):
            self._answer(400, {"error": {"message": "the checksum is of something else"}})
        else:
            row = _shown(self.store.insert(bucket, name, data))
            busy = {"error": {"message": "busy"}}
            self._answer(*((503, busy) if self.store.forgetful else (200, row)))

    def do_PATCH(self) -> None:
        path, _ = self._asked()
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        found = self.store.buckets[path.split("/")[3]]
        for field, value in _kept(body).items():
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
            headers = {"X-Goog-Hash": f"crc32c={found['crc32c']}"}
            self._answer(200, found["data"], headers)
        else:
            self._answer(200, _shown(found))

    def _listing(self, bucket: str, query: dict[str, str]) -> None:
        prefix, every = query.get("prefix", ""), query.get("versions", "").lower() == "true"
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
        self.store.asked.append(f"{self.command} {parts.path}")
        return parts.path.strip("/"), {
            key: value[0] for key, value in parse_qs(parts.query).items()
        }

    def _answer(
        self, status: int, content: dict[str, Any] | bytes, headers: Mapping[str, str] | None = None
    ) -> None:
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if status != 204:
            self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key != "data"}


def _kept(body: dict[str, Any]) -> dict[str, Any]:
    """What the API keeps of a bucket: no nulls, and 64 bits as text."""
    kept = json.loads(json.dumps(body), object_hook=_filled)
    if policy := kept.get("softDeletePolicy"):
        policy["retentionDurationSeconds"] = str(policy["retentionDurationSeconds"])
    return dict(kept)


def _filled(fields: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in fields.items() if value is not None}


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
