"""Services of object storage on loopback, each with a bucket of its own a test."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from functools import cache

import botocore.loaders  # type: ignore[import-untyped]
import botocore.session  # type: ignore[import-untyped]
import gcs_server
import pytest
import servers

from palier.state.address import Address, parse

_count = itertools.count(1)


@pytest.fixture(scope="session", autouse=True)
def _models_are_read_once() -> Iterator[None]:
    """Each client reads megabytes of descriptions anew, which is most of what a test takes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.session, "create_loader", cache(botocore.loaders.create_loader))
        yield


@pytest.fixture(scope="session")
def _s3() -> Iterator[servers.S3]:
    with servers.s3() as made:
        yield made


@pytest.fixture
def s3(_s3: servers.S3, monkeypatch: pytest.MonkeyPatch) -> Address:
    """The address of a bucket that does not exist yet, on moto's S3."""
    for key, value in servers.KEYS.items():
        monkeypatch.setenv(key, value)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return parse(_s3.url(f"states-{next(_count)}/team"))


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
def _google() -> Iterator[str]:
    with servers.google() as host:
        yield host


@pytest.fixture
def emulator(_google: str, monkeypatch: pytest.MonkeyPatch) -> Address:
    """The address of a bucket that does not exist yet, on the emulator of PyPI."""
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", _google)
    monkeypatch.setenv("GOOGLE_PROJECT", "acme")
    return parse(f"gs://states-{next(_count)}")
