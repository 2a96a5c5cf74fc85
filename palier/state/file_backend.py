"""A folder as backend. It keeps no versions of its own."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from palier.errors import PalierError
from palier.state.address import Address
from palier.state.backend import Blob, Entry, Version, changed

SIDECAR: Final = ".attrs"
"""Beside each object the CLI keeps its type and checksum; without one it does as well."""
PRIVATE: Final = 0o600


class FileBackend:
    """Objects as files of a folder."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self._root = Path(address.bucket) / address.prefix

    def get(self, key: str, version: str | None = None) -> Blob | None:
        """Read a file; a version is never known."""
        if version is not None:
            return None
        with _said(key):
            try:
                data = (self._root / key).read_bytes()
            except (FileNotFoundError, NotADirectoryError):
                return None
        return Blob(data=data, tag=hashlib.sha256(data).hexdigest())

    def put(self, key: str, data: bytes, replaces: str | None) -> None:
        """Write a file whole or not at all."""
        file = self._root / key
        with _said(key):
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            temporary = _written(file, data)
            try:
                if replaces is None:
                    _place(temporary, file, data)
                    return
                there = self.get(key)
                if there is None or there.tag != replaces:
                    raise changed(key)
                temporary.chmod(stat.S_IMODE(file.stat().st_mode))
                temporary.replace(file)
                file.with_name(file.name + SIDECAR).unlink(missing_ok=True)  # of what was there
            except FileExistsError:
                raise changed(key) from None
            finally:
                temporary.unlink(missing_ok=True)

    def entries(self, folder: str) -> list[Entry]:
        """Files of a folder, without the CLI's sidecars."""
        place = self._root / folder
        with _said(folder):
            try:
                files = [file for file in place.iterdir() if file.is_file()]
            except (FileNotFoundError, NotADirectoryError):
                return []
            return sorted(
                (_entry(f"{folder}{file.name}", file) for file in files if _is_object(file)),
                key=lambda entry: entry.key,
            )

    def versions(self, key: str) -> list[Version]:  # noqa: ARG002 as every backend
        """None: a file has no other content than its own."""
        return []

    def delete(self, key: str) -> None:
        """Remove a file and its sidecar."""
        file = self._root / key
        with _said(key):
            file.unlink(missing_ok=True)
            file.with_name(file.name + SIDECAR).unlink(missing_ok=True)

    def obstacle(self, key: str) -> str | None:
        """The sidecar, when an update was ended while it wrote it: the CLI reads it first."""
        sidecar = f"{key}{SIDECAR}"
        with _said(sidecar):
            try:
                json.loads((self._root / sidecar).read_text(encoding="utf-8"))
            except (FileNotFoundError, NotADirectoryError):
                return None
            except ValueError:
                return sidecar
        return None


def _is_object(file: Path) -> bool:
    return not file.name.endswith(SIDECAR) and not file.name.startswith(".palier-")


def _entry(key: str, file: Path) -> Entry:
    return Entry(key=key, modified=datetime.fromtimestamp(file.stat().st_mtime, UTC))


def _written(file: Path, data: bytes) -> Path:
    """A temporary file beside another, on the disk before it takes its place."""
    with tempfile.NamedTemporaryFile(dir=file.parent, prefix=".palier-", delete=False) as temporary:
        temporary.write(data)
        temporary.flush()
        os.fsync(temporary.fileno())
    return Path(temporary.name)


def _place(temporary: Path, file: Path, data: bytes) -> None:
    """Give a file its name, unless there is one of that name."""
    try:
        os.link(temporary, file)  # fails if there is one, unlike a rename
    except FileExistsError:
        raise
    except OSError:  # some network disks have no links: then it is not whole from the start
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE), "wb") as new:
            new.write(data)


@contextmanager
def _said(key: str) -> Iterator[None]:
    """An error of the disk, as one line."""
    try:
        yield
    except OSError as error:
        raise PalierError(f"{error.filename or key}: {error.strerror or error}") from None
