"""A bucket of Google Cloud Storage as backend, through its JSON API."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from palier.errors import PalierError, one_of
from palier.state.address import Address
from palier.state.backend import Blob, Entry, Version, changed

MISSING: Final = "palier state needs google-auth for gs://…: pip install 'palier[gcs]'"
SCOPE: Final = "https://www.googleapis.com/auth/devstorage.full_control"
SERVICE: Final = "https://storage.googleapis.com"
SECONDS: Final = 60
"""Longest wait for one answer."""
NO_CONTENT, NOT_FOUND, PRECONDITION_FAILED = 204, 404, 412
FIRST_ERROR: Final = 400
NONE: Final = "0"
"""Generation of an object that does not exist."""


class GcsBackend:
    """Objects of a bucket, below a prefix."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self._service = Service(address)

    def get(self, key: str, version: str | None = None) -> Blob | None:
        """Read an object, or one of its generations."""
        at = self._object(key)
        generation = version
        if generation is None:  # so that content and tag are of one write
            found = self._service.call("GET", at)
            if found is None:
                return None
            generation = str(found["generation"])
        data = self._service.media(at, generation)
        return None if data is None else Blob(data=data, tag=generation)

    def put(self, key: str, data: bytes, replaces: str | None) -> None:
        """Write an object if its generation is still the one that is replaced."""
        answer = self._service.send(
            "POST", f"/upload/storage/v1/b/{self.address.bucket}/o",
            {"uploadType": "media", "name": self.address.prefix + key,
             "ifGenerationMatch": replaces or NONE},
            data, "application/octet-stream",
        )  # fmt: skip
        if answer.status_code in {PRECONDITION_FAILED, NOT_FOUND}:
            raise changed(key)
        self._service.checked(answer)

    def entries(self, folder: str) -> list[Entry]:
        """Objects right in a folder."""
        prefix = self.address.prefix
        found = self._service.listed(
            self._objects, {"prefix": prefix + folder, "delimiter": "/"}
        )  # fmt: skip
        return [
            Entry(key=item["name"].removeprefix(prefix), modified=_time(item["updated"]))
            for item in found
        ]

    def versions(self, key: str) -> list[Version]:
        """What an object has been, as far as the bucket keeps it."""
        full = self.address.prefix + key
        found = self._service.listed(self._objects, {"prefix": full, "versions": "true"})
        own = [item for item in found if item["name"] == full]
        own.sort(key=lambda item: int(item["generation"]), reverse=True)
        return [
            Version(
                id=str(item["generation"]),
                modified=_time(item["updated"]),
                current="timeDeleted" not in item,
            )
            for item in own
        ]

    def delete(self, key: str) -> None:
        """Remove an object; a versioned bucket keeps what it was."""
        self._service.call("DELETE", self._object(key))

    @property
    def _objects(self) -> str:
        return f"/storage/v1/b/{self.address.bucket}/o"

    def _object(self, key: str) -> str:
        return f"{self._objects}/{quote(self.address.prefix + key, safe='')}"


class Service:
    """The JSON API, with the credentials that Pulumi's CLI would use."""

    def __init__(self, address: Address) -> None:
        self._shown = address.shown
        emulator = os.environ.get("STORAGE_EMULATOR_HOST")
        self._base = SERVICE if not emulator else _url(emulator)
        with self._said():
            self._session, self.project = _session(emulator is not None)

    def send(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        body: bytes = b"",
        kind: str = "application/json",
    ) -> Any:  # noqa: ANN401 an answer of requests, which may not be installed
        """One request, whatever is answered."""
        with self._said():
            return self._session.request(
                method, self._base + path, params=query, data=body, timeout=SECONDS,
                headers={"Content-Type": kind},
            )  # fmt: skip

    def call(
        self, method: str, path: str, query: Mapping[str, str] | None = None, body: object = None
    ) -> dict[str, Any] | None:
        """One request with JSON on both sides; `None` when there is no such thing.

        Raises:
            PalierError: it is refused.
        """
        sent = b"" if body is None else json.dumps(body).encode()
        answer = self.send(method, path, query, sent)
        if answer.status_code == NOT_FOUND:
            return None
        self.checked(answer)
        empty = answer.status_code == NO_CONTENT or not answer.content
        found: dict[str, Any] = {} if empty else answer.json()
        return found

    def media(self, path: str, generation: str) -> bytes | None:
        """The content of one generation of an object."""
        answer = self.send("GET", path, {"alt": "media", "generation": generation})
        if answer.status_code == NOT_FOUND:
            return None
        self.checked(answer)
        content: bytes = answer.content
        return content

    def listed(self, path: str, query: Mapping[str, str]) -> list[dict[str, Any]]:
        """All objects of a listing, over its pages.

        Raises:
            PalierError: there is no such bucket, or it is refused.
        """
        items: list[dict[str, Any]] = []
        page: dict[str, str] = {}
        while True:
            found = self.call("GET", path, {**query, **page})
            if found is None:
                raise PalierError(
                    f"{self._shown}: there is no such bucket; `palier state bootstrap` makes one"
                )
            items += found.get("items", [])
            if not found.get("nextPageToken"):
                return items
            page = {"pageToken": found["nextPageToken"]}

    def checked(self, answer: Any) -> None:  # noqa: ANN401 an answer of requests
        """Refuse an answer that is an error.

        Raises:
            PalierError: with the code and the reason that were given.
        """
        if answer.status_code < FIRST_ERROR:
            return
        try:
            reason = answer.json()["error"]["message"]
        except (ValueError, LookupError, TypeError):
            reason = answer.reason
        raise PalierError(f"{self._shown}: answered {answer.status_code}: {reason}")

    @contextmanager
    def _said(self) -> Iterator[None]:
        """An error on the way, as one line."""
        try:
            yield
        except PalierError:
            raise
        except Exception as error:
            if type(error).__module__.partition(".")[0] not in {"google", "requests", "urllib3"}:
                raise
            line = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise PalierError(f"{self._shown}: {line}") from None


def _session(emulated: bool) -> tuple[Any, str | None]:
    """A session that signs its requests, and the project of its credentials."""
    try:
        import google.auth  # noqa: PLC0415 only what is used
        import requests  # noqa: PLC0415
        from google.auth.transport.requests import AuthorizedSession  # noqa: PLC0415
    except ImportError:
        raise PalierError(MISSING) from None
    signed: Any = AuthorizedSession
    project = os.environ.get("GOOGLE_PROJECT") or os.environ.get("GOOGLE_CLOUD_PROJECT")
    if emulated:
        return requests.Session(), project
    token, text = os.environ.get("GOOGLE_OAUTH_ACCESS_TOKEN"), os.environ.get("GOOGLE_CREDENTIALS")
    if text or token:
        return signed(_credentials(text, token)), project
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of quotas, which storage does not count
        credentials, own = google.auth.default(scopes=[SCOPE])
    return signed(credentials), project or own


def _credentials(text: str | None, token: str | None) -> Any:  # noqa: ANN401 google-auth's
    """Credentials that only Pulumi reads from the environment, in the order it does."""
    from google.auth import identity_pool  # noqa: PLC0415
    from google.oauth2 import credentials, service_account  # noqa: PLC0415

    if not text:
        once: Any = credentials.Credentials
        return once(token)
    kinds: dict[str, Any] = {
        "service_account": service_account.Credentials.from_service_account_info,
        "authorized_user": credentials.Credentials.from_authorized_user_info,
        "external_account": identity_pool.Credentials.from_info,
    }
    try:
        fields = json.loads(text)
        kind = fields["type"]
    except (ValueError, LookupError, TypeError):
        raise PalierError("GOOGLE_CREDENTIALS: expected the JSON of a credentials file") from None
    if kind not in kinds:
        raise PalierError(f"GOOGLE_CREDENTIALS: type {kind!r}, expected {one_of(kinds)}")
    try:
        return kinds[kind](fields, scopes=[SCOPE])
    except (ValueError, LookupError, TypeError) as error:
        raise PalierError(f"GOOGLE_CREDENTIALS: {error}") from None


def _url(host: str) -> str:
    return (host if "://" in host else f"http://{host}").rstrip("/")


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
