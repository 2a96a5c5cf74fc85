"""All backends keep the same promises: the folder, moto's S3, two kinds of Google Cloud Storage."""

from __future__ import annotations

import builtins
import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from palier.errors import PalierError
from palier.state import bootstrap, s3_backend
from palier.state.address import Address, parse
from palier.state.backend import Backend, ConflictError, connect

VERSIONED = ("s3", "gcs")


@pytest.fixture(params=["file", "s3", "gcs", "emulator"])
def backend(request: pytest.FixtureRequest, tmp_path: Path) -> Backend:
    """A backend whose place exists and is empty."""
    if request.param == "file":
        return connect(parse(f"file://{tmp_path}"))
    made = request.getfixturevalue(request.param)
    address: Address = made[0] if isinstance(made, tuple) else made
    if request.param != "gcs":
        bootstrap.ensure(address, None, None)
    return connect(address)


@pytest.fixture(params=VERSIONED)
def versioned(request: pytest.FixtureRequest) -> Backend:
    """A backend that keeps versions."""
    made = request.getfixturevalue(request.param)
    address: Address = made[0] if isinstance(made, tuple) else made
    if request.param == "s3":
        bootstrap.ensure(address, None, None)
    return connect(address)


def read(backend: Backend, key: str) -> bytes | None:
    blob = backend.get(key)
    return None if blob is None else blob.data


def test_what_is_put_is_got_and_what_is_not_there_is_nothing(backend: Backend) -> None:
    assert backend.get("a/b.json") is None
    backend.put("a/b.json", b"one", None)
    assert read(backend, "a/b.json") == b"one"
    assert backend.get("a/b.json.gz") is None, "a key is not the beginning of another"


def test_a_put_replaces_what_it_names(backend: Backend) -> None:
    backend.put("a/b.json", b"one", None)
    blob = backend.get("a/b.json")
    assert blob is not None
    backend.put("a/b.json", b"two", blob.tag)
    assert read(backend, "a/b.json") == b"two"


@pytest.mark.parametrize("kind", ["file", "s3", "gcs"])
def test_a_put_that_comes_too_late_changes_nothing(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    backend = _of(kind, request, tmp_path)
    backend.put("a/b.json", b"one", None)
    blob = backend.get("a/b.json")
    assert blob is not None
    backend.put("a/b.json", b"two", blob.tag)
    with pytest.raises(ConflictError, match=r"^a/b\.json: changed while palier worked on it"):
        backend.put("a/b.json", b"three", blob.tag)
    with pytest.raises(ConflictError):
        backend.put("a/b.json", b"four", None)
    backend.delete("a/b.json")
    with pytest.raises(ConflictError):
        backend.put("a/b.json", b"five", blob.tag)
    assert backend.get("a/b.json") is None


def _of(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Backend:
    if kind == "file":
        return connect(parse(f"file://{tmp_path}"))
    made = request.getfixturevalue(kind)
    address: Address = made[0] if isinstance(made, tuple) else made
    if kind == "s3":
        bootstrap.ensure(address, None, None)
    return connect(address)


def test_a_large_object_goes_there_and_back(backend: Backend) -> None:
    large = b"0123456789abcdef" * (600 * 1024)  # libraries cut what is more than 8 MiB
    backend.put("a/b.json", b"one", None)
    blob = backend.get("a/b.json")
    assert blob is not None
    backend.put("a/b.json", large, blob.tag)
    assert read(backend, "a/b.json") == large


def test_a_folder_lists_its_own_objects_by_key(backend: Backend) -> None:
    for name in ("a/3", "a/1", "a/2", "a/deep/4", "ab/5", "6"):
        backend.put(name, b"x", None)
    assert [entry.key for entry in backend.entries("a/")] == ["a/1", "a/2", "a/3"]
    assert backend.entries("b/") == []
    assert all(entry.modified.tzinfo for entry in backend.entries("a/")), "times compare"


def test_a_delete_may_be_repeated(backend: Backend) -> None:
    backend.put("a/b.json", b"one", None)
    backend.delete("a/b.json")
    backend.delete("a/b.json")
    assert backend.get("a/b.json") is None
    assert backend.entries("a/") == []


def test_versions_are_the_newest_first_and_each_can_be_read(versioned: Backend) -> None:
    tag = None
    for content in (b"one", b"two", b"three"):
        versioned.put("a/b.json", content, tag)
        blob = versioned.get("a/b.json")
        assert blob is not None
        tag = blob.tag
    versioned.put("a/b.json.bak", b"other", None)
    found = versioned.versions("a/b.json")
    contents = [blob.data for item in found if (blob := versioned.get("a/b.json", item.id))]
    assert contents == [b"three", b"two", b"one"]
    assert [item.current for item in found] == [True, False, False]


def test_versions_outlive_their_object(versioned: Backend) -> None:
    versioned.put("a/b.json", b"one", None)
    versioned.delete("a/b.json")
    found = versioned.versions("a/b.json")
    assert [item.current for item in found] == [False]
    blob = versioned.get("a/b.json", found[0].id)
    assert blob is not None
    assert blob.data == b"one"


def test_a_version_that_never_was_is_nothing(versioned: Backend) -> None:
    versioned.put("a/b.json", b"one", None)
    blob = versioned.get("a/b.json")
    assert blob is not None
    other = "0" if blob.tag.isdecimal() else "3d7bbc2f-9a2c-4d5b-8a25-1b1c7d4a0e11"
    assert versioned.get("a/b.json", other) is None


def test_a_folder_keeps_no_versions(tmp_path: Path) -> None:
    backend = connect(parse(f"file://{tmp_path}"))
    backend.put("a", b"one", None)
    assert backend.versions("a") == []


def test_backends_with_other_prefixes_do_not_see_each_other(s3: Address) -> None:
    bootstrap.ensure(s3, None, None)
    ours = connect(s3)
    theirs = connect(Address(scheme="s3", bucket=s3.bucket, prefix="other/", query=s3.query))
    ours.put("a", b"ours", None)
    assert theirs.get("a") is None
    assert theirs.versions("a") == []


# What the folder does besides


def test_a_file_keeps_its_mode_and_a_new_one_is_private(tmp_path: Path) -> None:
    backend = connect(parse(f"file://{tmp_path}"))
    backend.put("a/new", b"one", None)
    assert stat.S_IMODE((tmp_path / "a/new").stat().st_mode) == 0o600
    (tmp_path / "a/new").chmod(0o640)
    blob = backend.get("a/new")
    assert blob is not None
    backend.put("a/new", b"two", blob.tag)
    assert stat.S_IMODE((tmp_path / "a/new").stat().st_mode) == 0o640


def test_a_sidecar_of_the_cli_goes_with_the_content_it_describes(tmp_path: Path) -> None:
    backend = connect(parse(f"file://{tmp_path}"))
    backend.put("a/b", b"one", None)
    sidecar = tmp_path / "a/b.attrs"
    sidecar.write_text('{"md5":"of one"}', encoding="utf-8")
    assert [entry.key for entry in backend.entries("a/")] == ["a/b"]
    blob = backend.get("a/b")
    assert blob is not None
    backend.put("a/b", b"two", blob.tag)
    assert not sidecar.exists(), "its checksum was of the old content"


def test_a_write_that_fails_leaves_no_temporary_file(tmp_path: Path) -> None:
    backend = connect(parse(f"file://{tmp_path}"))
    backend.put("a/b", b"one", None)
    with pytest.raises(ConflictError):
        backend.put("a/b", b"two", None)
    assert [file.name for file in (tmp_path / "a").iterdir()] == ["b"]


def test_a_disk_without_links_keeps_the_promise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def link(*_: object) -> None:
        raise OSError(errno.EOPNOTSUPP, "not supported")

    monkeypatch.setattr(os, "link", link)
    backend = connect(parse(f"file://{tmp_path}"))
    backend.put("a/b", b"one", None)
    with pytest.raises(ConflictError):
        backend.put("a/b", b"two", None)
    assert read(backend, "a/b") == b"one"
    assert stat.S_IMODE((tmp_path / "a/b").stat().st_mode) == 0o600


def test_a_folder_that_is_a_file_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("not a folder", encoding="utf-8")
    backend = connect(parse(f"file://{tmp_path}"))
    with pytest.raises(PalierError, match=r"a: (File exists|Not a directory)$"):
        backend.put("a/b", b"one", None)


# What services answer


@pytest.mark.parametrize("kind", ["s3", "emulator"])
def test_a_bucket_that_does_not_exist_is_said(kind: str, request: pytest.FixtureRequest) -> None:
    backend = connect(request.getfixturevalue(kind))
    with pytest.raises(PalierError, match=r"no such bucket; `palier state bootstrap` makes one$"):
        backend.entries(".pulumi/")


def test_a_service_without_conditions_is_asked_before_it_is_written(
    s3: Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    bootstrap.ensure(s3, None, None)
    backend = s3_backend.S3Backend(s3)
    backend.put("a", b"one", None)
    blob = backend.get("a")
    assert blob is not None
    _without_conditions(monkeypatch, backend)
    backend.put("a", b"two", blob.tag)
    with pytest.raises(ConflictError):
        backend.put("a", b"three", blob.tag)
    with pytest.raises(ConflictError):
        backend.put("a", b"four", None)
    assert read(backend, "a") == b"two"


def _without_conditions(monkeypatch: pytest.MonkeyPatch, backend: s3_backend.S3Backend) -> None:
    """As some services that speak like S3 answer a condition."""
    import botocore.exceptions  # type: ignore[import-untyped] # noqa: PLC0415

    put: Callable[..., object] = backend._client.put_object

    def refusing(**asked: Any) -> object:
        if "IfMatch" in asked or "IfNoneMatch" in asked:
            error = {"Error": {"Code": "NotImplemented", "Message": "a header is not known"}}
            raise botocore.exceptions.ClientError(error, "PutObject")
        return put(**asked)

    monkeypatch.setattr(backend._client, "put_object", refusing)


@pytest.mark.parametrize(
    ("url", "library", "extra"), [("s3://b", "boto3", "s3"), ("gs://b", "google", "gcs")]
)
def test_a_library_that_is_not_installed_is_named_with_its_extra(
    monkeypatch: pytest.MonkeyPatch, url: str, library: str, extra: str
) -> None:
    true = builtins.__import__

    def absent(name: str, *rest: Any, **named: Any) -> Any:
        if name.split(".", maxsplit=1)[0] == library:
            raise ImportError(name)
        return true(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", absent)
    with pytest.raises(PalierError, match=rf"pip install 'palier\[{extra}\]'$"):
        connect(parse(url))


@pytest.mark.parametrize(
    "query",
    ["endpoint={bare}&s3ForcePathStyle=true&disableSSL=true", "endpoint={url}&use_path_style=true",
     "endpoint={url}&s3ForcePathStyle=true&awssdk=v2"],
)  # fmt: skip
def test_the_ways_the_cli_takes_an_endpoint_all_work(s3: Address, query: str) -> None:
    url = s3.query["endpoint"]
    bootstrap.ensure(s3, None, None)
    connect(s3).put("a", b"one", None)
    asked = query.format(url=url, bare=url.removeprefix("http://"))
    assert read(connect(parse(f"s3://{s3.bucket}/team?region=eu-west-1&{asked}")), "a") == b"one"


def test_a_parameter_that_is_not_known_is_refused_with_those_that_are() -> None:
    with pytest.raises(
        PalierError, match=r"^s3://b: unknown parameter 'regoin', allowed are .*reg"
    ):
        connect(parse("s3://b?regoin=eu-west-1"))
