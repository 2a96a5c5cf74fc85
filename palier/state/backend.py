"""What every backend can do with objects, and nothing of what they hold.

A write names what it replaces, so that nobody's update is overwritten: each service checks that
in its own way, and answers `ConflictError`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from palier.errors import PalierError
from palier.state.address import Address


@dataclass(frozen=True, kw_only=True)
class Blob:
    """What an object holds. `tag` names this very content to a later `put`."""

    data: bytes
    tag: str


@dataclass(frozen=True, kw_only=True)
class Entry:
    """An object in a folder."""

    key: str
    modified: datetime


@dataclass(frozen=True, kw_only=True)
class Version:
    """One content that an object has or had."""

    id: str
    modified: datetime
    current: bool


class ConflictError(PalierError):
    """Somebody else wrote the object meanwhile."""


class Backend(Protocol):
    """Objects under keys, with the versions that the service keeps."""

    @property
    def address(self) -> Address:
        """Where it is."""

    def get(self, key: str, version: str | None = None) -> Blob | None:
        """An object, or one of its versions; nothing when there is none."""

    def put(self, key: str, data: bytes, replaces: str | None) -> None:
        """Write an object in the place of what `replaces` names; `None` if there must be none.

        Raises:
            ConflictError: something else is there.
        """

    def entries(self, folder: str) -> list[Entry]:
        """Objects right in a folder, by key; none when there is no such folder."""

    def versions(self, key: str) -> list[Version]:
        """All that an object has been, the newest first; none where versions are not kept."""

    def delete(self, key: str) -> None:
        """Remove an object. One that is not there is no mistake."""

    def obstacle(self, key: str) -> str | None:
        """Key of what keeps the CLI from reading an object that is whole, if anything does."""


def connect(address: Address) -> Backend:
    """The backend at an address. Nothing is asked of it yet.

    Raises:
        PalierError: the library for it is not installed, or the address is wrong.
    """
    if address.scheme == "file":
        from palier.state.file_backend import FileBackend  # noqa: PLC0415 only what is used

        return FileBackend(address)
    if address.scheme == "s3":
        from palier.state.s3_backend import S3Backend  # noqa: PLC0415

        return S3Backend(address)
    from palier.state.gcs_backend import GcsBackend  # noqa: PLC0415

    return GcsBackend(address)


def changed(key: str) -> ConflictError:
    """The error of a write that came too late."""
    return ConflictError(
        f"{key}: changed while palier worked on it; nothing was written, run it again"
    )
