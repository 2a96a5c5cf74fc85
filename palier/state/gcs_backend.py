"""A bucket of Google Cloud Storage as backend."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from palier.errors import PalierError, one_of
from palier.state.address import Address
from palier.state.backend import Blob, Entry, Version, changed

MISSING: Final = "palier state needs google-cloud-storage for gs://…: pip install 'palier[gcs]'"
SCOPE: Final = "https://www.googleapis.com/auth/devstorage.full_control"
PATIENCE_S: Final = 10
"""How long a service that stumbles, or is not reached, is asked again."""
UNASKED: Final = "DISABLE_GCS_PYTHON_CLIENT_OTEL_BUCKET_METADATA"
"""The library's own switch for reading the bucket beside each request, for traces."""
FIRST_ERROR: Final = 400
NONE: Final = 0
"""Generation of an object that does not exist."""


class GcsBackend:
    """Objects of a bucket, below a prefix."""

    def __init__(self, address: Address) -> None:
        self.address = address
        with said(address) as google:
            self._bucket = client(address).bucket(address.bucket)
            self._patient = {"retry": google.retry}

    def get(self, key: str, version: str | None = None) -> Blob | None:
        """Read an object, or one of its generations."""
        name = self.address.prefix + key
        with said(self.address) as google:
            try:
                if version is None:  # its generation first: content and tag are of one write
                    found = self._bucket.get_blob(name, **self._patient)
                    if found is None:
                        return None
                    version = str(found.generation)
                exact = self._bucket.blob(name, generation=int(version))
                return Blob(data=exact.download_as_bytes(**self._patient), tag=version)
            except google.api.NotFound:
                return None

    def put(self, key: str, data: bytes, replaces: str | None) -> None:
        """Write an object if its generation is still the one that is replaced.

        It is tried once. A second try would take a first one whose answer got lost for
        somebody else's write.
        """
        with said(self.address) as google:
            blob = self._bucket.blob(self.address.prefix + key)
            try:
                blob.upload_from_string(
                    data, "application/octet-stream", retry=None,
                    if_generation_match=NONE if replaces is None else int(replaces),
                )  # fmt: skip
            except (google.api.PreconditionFailed, google.api.NotFound):
                raise changed(key) from None

    def entries(self, folder: str) -> list[Entry]:
        """Objects right in a folder."""
        prefix = self.address.prefix
        return [
            Entry(key=blob.name.removeprefix(prefix), modified=blob.updated)
            for blob in self._listed(prefix + folder, delimiter="/")
        ]

    def versions(self, key: str) -> list[Version]:
        """What an object has been, as far as the bucket keeps it."""
        name = self.address.prefix + key
        own = [blob for blob in self._listed(name, versions=True) if blob.name == name]
        own.sort(key=lambda blob: int(blob.generation), reverse=True)
        return [
            Version(
                id=str(blob.generation), modified=blob.updated, current=blob.time_deleted is None
            )
            for blob in own
        ]

    def obstacle(self, key: str) -> str | None:  # noqa: ARG002 as every backend
        """Nothing: an object is written with all that belongs to it."""
        return None

    def delete(self, key: str) -> None:
        """Remove an object; a versioned bucket keeps what it was."""
        with said(self.address) as google:
            try:
                self._bucket.blob(self.address.prefix + key).delete(**self._patient)
            except google.api.NotFound:
                return

    def _listed(self, prefix: str, **how: object) -> list[Any]:
        """All objects of a listing, over its pages."""
        with said(self.address) as google:
            try:
                return list(self._bucket.list_blobs(prefix=prefix, **how, **self._patient))
            except google.api.NotFound:
                raise PalierError(
                    f"{self.address.shown}: there is no such bucket; `palier state bootstrap`"
                    " makes one"
                ) from None


def client(address: Address) -> Any:  # noqa: ANN401 the library has no types
    """A client with the credentials that Pulumi's CLI would use.

    Raises:
        PalierError: the library is missing, or the credentials are no such thing.
    """
    with said(address) as google:
        project = os.environ.get("GOOGLE_PROJECT") or os.environ.get("GOOGLE_CLOUD_PROJECT")
        emulator = os.environ.get("STORAGE_EMULATOR_HOST")
        if emulator:  # it is entered without credentials
            return google.storage.Client(
                project or None, client_options={"api_endpoint": _url(emulator)}
            )
        credentials, own = _credentials(google)
        return google.storage.Client(project or own, credentials)


def _credentials(google: Google) -> tuple[Any, str | None]:
    """The credentials, and the project that they name: those that only Pulumi reads go first."""
    text, token = os.environ.get("GOOGLE_CREDENTIALS"), os.environ.get("GOOGLE_OAUTH_ACCESS_TOKEN")
    if text:
        written = _written(google, text)
        return written, getattr(written, "project_id", None)
    if token:
        return google.user.Credentials(token), None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of quotas, which storage does not count
        found: tuple[Any, str | None] = google.auth.default(scopes=[SCOPE])
    return found


def _written(google: Google, text: str) -> Any:  # noqa: ANN401 google-auth's
    """Credentials whose file is in the environment."""
    kinds = {
        "service_account": google.service_account.Credentials.from_service_account_info,
        "authorized_user": google.user.Credentials.from_authorized_user_info,
        "external_account": google.identity_pool.Credentials.from_info,
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


class Google:
    """Google's libraries, imported only when a bucket of theirs is asked for: they take a while."""

    def __init__(self) -> None:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of how long they will support this Python
                import google.auth  # noqa: PLC0415
                from google.api_core import exceptions as api  # noqa: PLC0415
                from google.auth import exceptions as auth  # noqa: PLC0415
                from google.auth import identity_pool  # noqa: PLC0415
                from google.cloud import storage  # type: ignore[import-untyped] # noqa: PLC0415
                from google.oauth2 import credentials, service_account  # noqa: PLC0415
        except ImportError:
            raise PalierError(MISSING) from None
        os.environ.setdefault(UNASKED, "true")
        self.storage: Any = storage
        self.api: Any = api
        self.auth: Any = google.auth
        self.user: Any = credentials
        self.service_account: Any = service_account
        self.identity_pool: Any = identity_pool
        self.retry: Any = storage.retry.DEFAULT_RETRY.with_timeout(PATIENCE_S)
        # A way that broke is an OSError, also of requests; a name no bucket can have a ValueError.
        self.errors: tuple[type[Exception], ...] = (
            api.GoogleAPIError, auth.GoogleAuthError, storage.exceptions.InvalidResponse,
            storage.exceptions.DataCorruption, OSError, ValueError,
        )  # fmt: skip


@contextmanager
def said(address: Address) -> Iterator[Google]:
    """Google's libraries, whose errors become one line here."""
    google = Google()
    try:
        yield google
    except google.errors as error:
        raise PalierError(f"{address.shown}: {_line(error)}") from None


def _line(error: Exception) -> str:
    """What the service answered, else what came in between."""
    last: Any = getattr(error, "cause", None) or error  # of several tries
    response = getattr(last, "response", None)
    if response is None or response.status_code < FIRST_ERROR:
        return (str(last).strip() or type(last).__name__).splitlines()[0].rstrip(":")
    try:
        reason = response.json()["error"]["message"]
    except (ValueError, LookupError, TypeError):
        reason = response.reason
    return f"answered {response.status_code}: {reason}"


def _url(host: str) -> str:
    return (host if "://" in host else f"http://{host}").rstrip("/")
