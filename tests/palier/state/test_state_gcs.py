"""Google Cloud Storage through its library: what is asked, what is asked again, what is said."""

from __future__ import annotations

import json
import time

import gcs_server
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from palier.errors import PalierError
from palier.state import gcs_backend
from palier.state.address import Address, parse
from palier.state.backend import Backend, ConflictError, connect


def read(backend: Backend, key: str) -> bytes | None:
    blob = backend.get(key)
    return None if blob is None else blob.data


def test_a_large_put_that_comes_too_late_changes_nothing(
    gcs: tuple[Address, gcs_server.Store],
) -> None:
    backend = connect(gcs[0])
    backend.put("a/b.json", b"one", None)
    with pytest.raises(ConflictError):
        backend.put("a/b.json", b"x" * (9 << 20), None)
    assert read(backend, "a/b.json") == b"one"


def test_a_refusal_of_google_is_said_with_its_reason(
    gcs: tuple[Address, gcs_server.Store],
) -> None:
    address, store = gcs
    store.foreign.add("states")
    with pytest.raises(PalierError, match=r"^gs://states/team: answered 403: no right to it$"):
        connect(address).get("a")


def test_a_service_that_is_not_there_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", "127.0.0.1:1")
    monkeypatch.setattr(gcs_backend, "PATIENCE_S", 0)
    with pytest.raises(PalierError, match=r"^gs://states: .*127\.0\.0\.1"):
        connect(parse("gs://states")).get("a")


def test_a_busy_google_is_asked_again_by_who_reads(
    gcs: tuple[Address, gcs_server.Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    address, store = gcs
    connect(address).put("a", b"one", None)
    with monkeypatch.context() as hurried:
        hurried.setattr(time, "sleep", lambda _: None)
        store.busy = 2
        assert read(connect(address), "a") == b"one"
    monkeypatch.setattr(gcs_backend, "PATIENCE_S", 0)
    store.busy = 1
    with pytest.raises(PalierError, match=r"^gs://states/team: answered 503: busy$"):
        connect(address).get("a")


def test_google_is_asked_for_objects_only(gcs: tuple[Address, gcs_server.Store]) -> None:
    address, store = gcs
    backend = connect(address)
    backend.put("a", b"one", None)
    backend.get("a")
    backend.entries("")
    objects = "storage/v1/b/states/o"
    assert store.asked == [
        f"POST /upload/{objects}", f"GET /{objects}/team%2Fa", f"GET /download/{objects}/team%2Fa",
        f"GET /{objects}",
    ], "the library would read the bucket as well, for which there may be no right"  # fmt: skip


def test_a_write_whose_answer_got_lost_is_no_conflict(
    gcs: tuple[Address, gcs_server.Store],
) -> None:
    address, store = gcs
    store.forgetful = True
    with pytest.raises(PalierError, match=r"^gs://states/team: answered 503: busy$"):
        connect(address).put("a", b"one", None)
    assert read(connect(address), "a") == b"one"


def test_an_object_that_was_damaged_on_its_way_is_refused(
    gcs: tuple[Address, gcs_server.Store],
) -> None:
    address, store = gcs
    backend = connect(address)
    backend.put("a", b"one", None)
    store.objects["states"]["team/a"][-1]["data"] = b"eno"
    with pytest.raises(PalierError, match=r"^gs://states/team: Checksum mismatch while download"):
        backend.get("a")


@pytest.mark.usefixtures("gcs")
def test_a_name_that_no_bucket_of_google_has_is_one_line() -> None:
    with pytest.raises(PalierError, match=r"^gs://states-: Bucket names must start and end with"):
        connect(parse("gs://states-")).get("a")


def test_the_project_is_named_or_that_of_the_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("STORAGE_EMULATOR_HOST", "GOOGLE_PROJECT", "GOOGLE_CLOUD_PROJECT"):
        monkeypatch.delenv(name, raising=False)
    private = rsa.generate_private_key(65537, 2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    account = {
        "type": "service_account", "client_email": "states@acme.iam.gserviceaccount.com",
        "private_key": private.decode(), "token_uri": "https://t.example", "project_id": "acme-own",
    }  # fmt: skip
    monkeypatch.setenv("GOOGLE_CREDENTIALS", json.dumps(account))
    assert gcs_backend.client(parse("gs://states")).project == "acme-own"
    monkeypatch.setenv("GOOGLE_PROJECT", "acme")
    assert gcs_backend.client(parse("gs://states")).project == "acme"
    monkeypatch.delenv("GOOGLE_PROJECT")
    monkeypatch.delenv("GOOGLE_CREDENTIALS")
    monkeypatch.setenv("GOOGLE_OAUTH_ACCESS_TOKEN", "x")
    assert gcs_backend.client(parse("gs://states")).project is None, "a token names none"


def test_wrong_credentials_of_google_are_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STORAGE_EMULATOR_HOST", raising=False)
    monkeypatch.setenv("GOOGLE_CREDENTIALS", "{")
    with pytest.raises(PalierError, match=r"^GOOGLE_CREDENTIALS: expected the JSON of a"):
        connect(parse("gs://states"))
    monkeypatch.setenv("GOOGLE_CREDENTIALS", '{"type": "teapot"}')
    with pytest.raises(PalierError, match=r"^GOOGLE_CREDENTIALS: type 'teapot', expected service_"):
        connect(parse("gs://states"))
    monkeypatch.setenv("GOOGLE_CREDENTIALS", '{"type": "service_account", "private_key": "no"}')
    with pytest.raises(PalierError, match=r"^GOOGLE_CREDENTIALS: "):
        connect(parse("gs://states"))
