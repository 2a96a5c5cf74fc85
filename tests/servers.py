"""Object storage on loopback: Amazon's by moto, Google's by an emulator that keeps no versions.

`gcs_server` is a Google that does.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from gcp_storage_emulator.server import create_server  # type: ignore[import-untyped]
from moto.server import ThreadedMotoServer

KEYS: Final = {"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "example"}
"""What a client of S3 has in its environment."""
HERE: Final = "127.0.0.1"


class S3:
    """S3 that can be switched off and on again."""

    def __init__(self) -> None:
        self.port = 0
        self.on()

    def on(self) -> None:
        """It answers, and has all that it had."""
        self._server = ThreadedMotoServer(ip_address=HERE, port=self.port, verbose=False)
        self._server.start()
        _, self.port = self._server.get_host_and_port()

    def off(self) -> None:
        """Nothing answers any more."""
        self._server.stop()

    @property
    def endpoint(self) -> str:
        return f"http://{HERE}:{self.port}"

    def url(self, bucket: str) -> str:
        """The address of a backend in a bucket, which may have a prefix."""
        return f"s3://{bucket}?endpoint={self.endpoint}&use_path_style=true&region=eu-west-1"


@contextmanager
def s3() -> Iterator[S3]:
    """Amazon's."""
    made = S3()
    yield made
    made.off()


@contextmanager
def google() -> Iterator[str]:
    """Google's: host and port."""
    with socket.socket() as free:
        free.bind((HERE, 0))
        port = free.getsockname()[1]
    server = create_server(HERE, port, in_memory=True)
    server.start()
    yield f"{HERE}:{port}"
    server.stop()
