"""The cloud's process: it waits for plugins of the engine, and opens a provider for each.

A folder is the address of a cloud. Whoever serves it leaves `address.json` there; the engine's
plugins (`plugin.py`) find it, ask for a package and hold the line while they live. So each provider
of a program, with its own configuration, has a port of its own, and all share one cloud. A process
that was started for plugins ends when the last has gone.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent import futures
from contextlib import contextmanager, suppress
from importlib import metadata
from multiprocessing import AuthenticationError
from multiprocessing.connection import Connection, answer_challenge, deliver_challenge
from pathlib import Path
from typing import Final

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

from palier.errors import PalierError, one_of
from palier.simcloud.cloud import Cloud
from palier.simcloud.gcp import Gcp
from palier.simcloud.kubernetes import Kubernetes
from palier.simcloud.packages import Package
from palier.simcloud.plugin import ADDRESS
from palier.simcloud.random_values import Random
from palier.simcloud.server import Provider

IDLE_S: Final = 5.0
"""How long a process waits for another plugin before it ends."""
WORKERS: Final = 64
"""Calls of one provider at a time; the engine sends at most so many as it has been told to."""

PACKAGES: Final[Mapping[str, Callable[[Cloud], Package]]] = {
    "gcp": Gcp,
    "kubernetes": Kubernetes,
    "random": lambda _: Random(),
}


class CloudProcess:
    """Serves one cloud to plugins, on the loopback interface."""

    def __init__(self, cloud: Cloud, folder: Path) -> None:
        self.cloud = cloud
        self.folder = folder
        self.lines = 0
        self.since = time.monotonic()
        self._lock = threading.Lock()
        self._key = secrets.token_bytes(32)
        self._listener = socket.create_server(("127.0.0.1", 0))
        port, key = self._listener.getsockname()[1], self._key.hex()
        self._announce({"port": port, "key": key, "pid": os.getpid()})
        threading.Thread(target=self._accept, daemon=True).start()

    def _announce(self, address: Mapping[str, object]) -> None:
        draft = self.folder / f".{ADDRESS}"
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(address), encoding="utf-8")
        draft.replace(self.folder / ADDRESS)

    def close(self) -> None:
        """Take the address back; calls that run go on to their end, and those that hang too."""
        self.cloud.faults.release()
        (self.folder / ADDRESS).unlink(missing_ok=True)
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes whoever waits in `accept`
        self._listener.close()

    def wait_until_idle(self) -> None:
        """Return when no plugin has been here for a while."""
        while self.lines or time.monotonic() - self.since < IDLE_S:
            time.sleep(IDLE_S / 10)

    def _accept(self) -> None:
        while True:
            try:
                caller, _ = self._listener.accept()
            except OSError:
                return  # closed
            line = Connection(caller.detach())
            threading.Thread(target=self._answer, args=(line,), daemon=True).start()

    def _answer(self, line: Connection) -> None:
        """Serve whoever has the key; others may ring, hang up or keep silent and hinder nobody."""
        with line, suppress(AuthenticationError, AssertionError, EOFError, OSError):
            deliver_challenge(line, self._key)
            answer_challenge(line, self._key)
            with self._counted():
                self._serve(line)

    @contextmanager
    def _counted(self) -> Iterator[None]:
        with self._lock:
            self.lines += 1
        try:
            yield
        finally:
            with self._lock:
                self.lines -= 1
                self.since = time.monotonic()

    def _serve(self, line: Connection) -> None:
        """Open a provider, and close it when the plugin hangs up."""
        server = provider(str(line.recv()), self.cloud)
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        try:
            line.send(port)
            line.recv()  # it sends no more: this ends when it does
        finally:
            server.stop(grace=None)


def provider(package: str, cloud: Cloud) -> grpc.Server:
    """A server that plays one package; it has no port yet."""
    if package not in PACKAGES:
        raise PalierError(f"no package {package!r} in the simulated cloud, only {one_of(PACKAGES)}")
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=WORKERS))
    version = metadata.version(f"pulumi-{package}")
    servicer = Provider(PACKAGES[package](cloud), version)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
    return server
