"""Backups: of a checkpoint inside its backend before it is touched, and out of it as an export."""

from __future__ import annotations

import hashlib
import json
import os
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from palier import __version__
from palier.errors import PalierError, require
from palier.state import checkpoint, layout, locks
from palier.state.backend import Backend
from palier.state.checkpoint import Checkpoint
from palier.state.layout import Stack, Stored
from palier.state.verify import MANIFEST_SUFFIX

SCHEMA: Final = "palier.state-backup/1"
PRIVATE: Final = 0o600


def keep(backend: Backend, stack: Stack, stored: Stored) -> str:
    """Put a checkpoint among the CLI's own backups, and say under which key."""
    file = stored.key.rsplit("/", 1)[-1]
    suffix = file.removeprefix(stack.name)
    key = f"{stack.backups}{stack.name}.{time.time_ns()}{suffix}"
    backend.put(key, stored.blob.data, None)
    return key


@dataclass(frozen=True, kw_only=True)
class Made:
    """A backup on the disk."""

    file: Path
    manifest_file: Path
    manifest: Mapping[str, Any]


def make(backend: Backend, stack: Stack, out: Path, even_locked: bool) -> Made:
    """Write a stack's state to a folder, as `pulumi stack export` would, with a manifest.

    Raises:
        PalierError: the stack is locked, its state is unreadable or has secrets in clear, or the
            folder cannot be written.
    """
    held = locks.read(backend, stack)
    if not even_locked:
        locks.refuse_locked(held, stack, "--even-locked backs it up in the middle of it")
    stored = layout.existing(backend, stack)
    where = f"{backend.address.shown}: {stored.key}"
    state = checkpoint.decode(stored.blob.data, where)
    require(
        checkpoint.in_clear(state) == 0,
        f"{where}: it holds secrets in clear, which no backup should: `pulumi stack import` of an"
        " export without --show-secrets encrypts them",
    )
    data, now = checkpoint.export(state), datetime.now(UTC)
    manifest = _manifest(state, stack, backend.address.shown, data, now, held)
    name = f"{stack.name}-{now:%Y%m%dT%H%M%S%f}Z"
    file, manifest_file = out / f"{name}.json", out / f"{name}{MANIFEST_SUFFIX}"
    try:
        out.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write(file, data)
        _write(manifest_file, (json.dumps(manifest, indent=2, ensure_ascii=False) + "\n").encode())
    except OSError as error:
        raise PalierError(f"--out {out}: {error.strerror or error}") from None
    return Made(file=file, manifest_file=manifest_file, manifest=manifest)


def _manifest(
    state: Checkpoint, stack: Stack, backend: str, data: bytes, now: datetime,
    held: list[locks.Lock],
) -> dict[str, Any]:  # fmt: skip
    manifest: dict[str, Any] = {
        "schema": SCHEMA,
        "palier": __version__,
        "made_at": now.isoformat(timespec="seconds"),
        "stack": stack.name,
        "project": stack.project,
        "backend": backend,
        "sha256": hashlib.sha256(data).hexdigest(),
        "bytes": len(data),
        "resources": len(state.resources),
        "pending_operations": [
            {"type": item.type, "urn": item.resource["urn"]} for item in state.pending
        ],
    }
    if held:
        manifest["locked"] = [str(lock) for lock in held]
    return manifest


def _write(file: Path, data: bytes) -> None:
    """Write a file that is new, and only its owner's from its first byte on."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
    with os.fdopen(descriptor, "wb") as opened:
        opened.write(data)


def age(key: str) -> datetime | None:
    """When a backup or history entry was made, from the nanoseconds in its name."""
    found = re.search(r"[.-](\d{16,20})\.", key.rsplit("/", 1)[-1])
    return datetime.fromtimestamp(int(found[1]) / 1e9, UTC) if found else None
