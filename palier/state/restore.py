"""Bringing an older state back, and saying what the cloud has that it does not know."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Final

from palier.errors import PalierError, require
from palier.facts import STACK_TYPE
from palier.state import backup, checkpoint, layout, locks, verify
from palier.state.backend import Backend, Blob
from palier.state.checkpoint import Checkpoint, Operation, Resource
from palier.state.layout import Stack, Stored

SHOWN: Final = 3
"""Findings that a refusal spells out."""


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A state that a stack had, and can have again."""

    id: str
    kind: str
    """`version` of the bucket, `backup` from before an update, `history` from after one, `bak`."""
    modified: datetime
    current: bool
    read: Callable[[], Blob | None] = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A candidate with what it holds; both absent when it is not readable."""

    candidate: Candidate
    resources: int | None
    pending: int | None


def candidates(backend: Backend, stack: Stack) -> list[Candidate]:
    """All states that can be restored, the newest first.

    Raises:
        PalierError: the backend cannot be read.
    """
    layout.check_layout(backend)
    found = []
    for suffix in layout.SUFFIXES:
        key = f"{stack.folder}{stack.name}{suffix}"
        found += [
            Candidate(id=version.id, kind="version", modified=version.modified,
                      current=version.current, read=_reader(backend, key, version.id))
            for version in backend.versions(key)
        ]  # fmt: skip
    found += _entries(backend, stack.backups, "backup", f"{stack.name}.")
    found += [
        item for item in _entries(backend, stack.history, "history", f"{stack.name}-")
        if ".checkpoint." in item.id
    ]  # fmt: skip
    before = {f"{stack.name}{suffix}.bak" for suffix in layout.SUFFIXES}
    found += [
        item for item in _entries(backend, stack.folder, "bak", stack.name) if item.id in before
    ]
    return sorted(found, key=lambda item: (item.modified, item.id), reverse=True)


def _entries(backend: Backend, folder: str, kind: str, prefix: str) -> list[Candidate]:
    return [
        Candidate(id=name, kind=kind, modified=backup.age(entry.key) or entry.modified,
                  current=False, read=_reader(backend, entry.key, None))
        for entry in backend.entries(folder)
        if (name := entry.key.removeprefix(folder)).startswith(prefix)
    ]  # fmt: skip


def _reader(backend: Backend, key: str, version: str | None) -> Callable[[], Blob | None]:
    return lambda: backend.get(key, version)


def seen(found: list[Candidate], most: int) -> list[Seen]:
    """The newest candidates, with what each holds."""
    return [_seen(item) for item in islice(found, most)]


def _seen(item: Candidate) -> Seen:
    blob = item.read()
    try:
        state = None if blob is None else checkpoint.decode(blob.data, item.id)
    except PalierError:
        state = None
    if state is None:
        return Seen(candidate=item, resources=None, pending=None)
    return Seen(candidate=item, resources=len(state.resources), pending=len(state.pending))


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """What is to be restored."""

    where: str
    data: bytes
    findings: tuple[verify.Finding, ...] = ()
    """What is wrong with it already before it is read: its checksum."""


def choose(backend: Backend, stack: Stack, version: str) -> Chosen:
    """One of the candidates, by its id.

    Raises:
        PalierError: there is none with that id.
    """
    for item in candidates(backend, stack):
        if item.id == version:
            blob = item.read()
            if blob is not None:
                return Chosen(where=f"{item.kind} {item.id}", data=blob.data)
    raise PalierError(
        f"--version {version}: {stack.full} has no such version;"
        f" `palier state restore {stack.name} --list` names them"
    )


def choose_file(file: Path) -> Chosen:
    """A backup on the disk.

    Raises:
        PalierError: it cannot be read.
    """
    try:
        data = file.read_bytes()
    except OSError as error:
        raise PalierError(f"{file}: {error.strerror or error}") from None
    return Chosen(where=str(file), data=data, findings=tuple(verify.check_manifest(file, data)))


@dataclass(frozen=True, kw_only=True)
class Restored:
    """What a restoration did, and what it leaves to do."""

    where: str
    resources: int
    kept: str | None
    """Key of the backup of what was replaced; nothing was there when absent."""
    compared: bool
    """Whether what was replaced could be read."""
    orphans: tuple[Resource, ...]
    """Resources that the replaced state had, and the restored one does not: by urn and id."""
    returned: tuple[Resource, ...]
    """Resources that the restored state has, and the replaced one did not."""
    unsettled: tuple[Operation, ...]
    """What was under way in the replaced state: the cloud may hold it, no state does."""
    rekeyed: bool
    """Whether its secrets were encrypted otherwise than those of the replaced one."""


def restore(backend: Backend, stack: Stack, chosen: Chosen, even_broken: bool) -> Restored:
    """Make a chosen state the current one, and keep the one it replaces.

    Raises:
        PalierError: the stack is locked, the state is broken or of another stack, or the backend
            refuses.
    """
    # Asked before the file is judged: a backup of the middle of this very update is broken too.
    locks.refuse_locked(locks.read(backend, stack), stack, "nothing was restored")
    state = checkpoint.decode(chosen.data, chosen.where)
    _check_own(state, stack, chosen.where)
    findings = [*chosen.findings, *verify.check(state)]
    if findings and not even_broken:
        more = f", and {len(findings) - SHOWN} more" if len(findings) > SHOWN else ""
        raise PalierError(
            f"{chosen.where} is broken: {'; '.join(map(str, findings[:SHOWN]))}{more};"
            " choose another, or --even-broken"
        )
    with locks.taken(backend, stack):
        stored = layout.current(backend, stack)
        kept = backup.keep(backend, stack, stored) if stored else None
        key = stored.key if stored else layout.default_key(stack)
        data = checkpoint.encode(state, stack.full, key)
        backend.put(key, data, stored.blob.tag if stored else None)
    return _compared(chosen, state, stored, kept)


def _check_own(state: Checkpoint, stack: Stack, where: str) -> None:
    """A state of another stack would make the engine take, or delete, that one's resources."""
    require(
        state.stack in {None, stack.full},
        f"{where}: is a state of {state.stack}, not of {stack.full}",
    )
    foreign = [row["urn"] for row in state.resources if not row["urn"].startswith(stack.urns)]
    require(
        not foreign,
        f"{where}: {''.join(foreign[:1])} is of another stack than {stack.full}",
    )
    require(
        checkpoint.in_clear(state) == 0,
        f"{where}: holds secrets in clear; `pulumi stack import` encrypts them as it reads",
    )


def _compared(
    chosen: Chosen, state: Checkpoint, stored: Stored | None, kept: str | None
) -> Restored:
    replaced = None
    if stored is not None:
        try:
            replaced = checkpoint.decode(stored.blob.data, stored.key)
        except PalierError:
            replaced = None  # it was the reason to restore
    now = _in_cloud(state)
    then = {} if replaced is None else _in_cloud(replaced)
    keys = [item.latest.get("secrets_providers") for item in (state, replaced) if item]
    return Restored(
        where=chosen.where, resources=len(state.resources), kept=kept,
        compared=replaced is not None,
        orphans=tuple(row for key, row in then.items() if key not in now),
        returned=tuple(row for key, row in now.items() if replaced and key not in then),
        unsettled=() if replaced is None else tuple(replaced.pending),
        rekeyed=keys[0] != keys[-1],
    )  # fmt: skip


def _in_cloud(state: Checkpoint) -> dict[tuple[str, str], Resource]:
    """What a state says the cloud holds, by urn and id."""
    return {
        (row["urn"], str(row.get("id"))): row
        for row in state.resources
        if row.get("custom") and not checkpoint.is_provider(row) and not row.get("external")
    }


def import_line(row: Resource, stack: Stack) -> str:
    """The command that adopts a resource under the urn it had."""
    words = ["pulumi", "import", row["type"], name_of(row["urn"]), str(row.get("id"))]
    words += ["--stack", stack.full]
    for option, urn in (("--parent", row.get("parent")),
                        ("--provider", checkpoint.provider_urn(row))):  # fmt: skip
        if urn and not is_root(urn) and not _default_provider(urn):
            words += [option, f"{name_of(urn)}={urn}"]
    words += ["--generate-code=false", f"--protect={'true' if row.get('protect') else 'false'}"]
    return shlex.join(words)


def name_of(urn: str) -> str:
    """The name at the end of a urn."""
    return urn.split("::", 3)[-1]


def is_root(urn: str) -> bool:
    """Whether a urn is of the stack itself, under which everything is without being told."""
    return urn.split("::", 3)[2:3] == [STACK_TYPE]


def _default_provider(urn: str) -> bool:
    return re.fullmatch(r"default(_\d.*)?", name_of(urn)) is not None
