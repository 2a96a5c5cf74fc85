"""Services of object storage on loopback, each with a bucket of its own a test."""

from __future__ import annotations

import itertools
import socket
from collections.abc import Iterator
from functools import cache

import botocore.loaders  # type: ignore[import-untyped]
import botocore.session  # type: ignore[import-untyped]
import gcs_server
import pytest
from gcp_storage_emulator.server import create_server
from moto.server import ThreadedMotoServer

from palier.state.address import Address, parse

_count = itertools.count(1)


@pytest.fixture(scope="session", autouse=True)
def _models_are_read_once() -> Iterator[None]:
    """Each client reads megabytes of descriptions anew, which is most of what a test takes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.session, "create_loader", cache(botocore.loaders.create_loader))
        yield


@pytest.fixture(scope="session")
def _moto() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def s3(_moto: str, monkeypatch: pytest.MonkeyPatch) -> Address:
    """The address of a bucket that does not exist yet, on moto's S3."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "example")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    name = f"states-{next(_count)}"
    return parse(f"s3://{name}/team?endpoint={_moto}&use_path_style=true&region=eu-west-1")


@pytest.fixture
def gcs(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Address, gcs_server.Store]]:
    """The address of a bucket that exists, on a storage that keeps generations."""
    with gcs_server.served() as (url, store):
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", url)
        monkeypatch.setenv("GOOGLE_PROJECT", "acme")
        store.buckets["states"] = {"name": "states", "location": "EU"}
        store.objects["states"] = {}
        yield parse("gs://states/team"), store


@pytest.fixture(scope="session")
def _emulator() -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = create_server("127.0.0.1", port, in_memory=True)
    server.start()
    yield f"127.0.0.1:{port}"
    server.stop()


@pytest.fixture
def emulator(_emulator: str, monkeypatch: pytest.MonkeyPatch) -> Address:
    """The address of a bucket that does not exist yet, on the emulator of PyPI."""
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", _emulator)
    monkeypatch.setenv("GOOGLE_PROJECT", "acme")
    return parse(f"gs://states-{next(_count)}")
