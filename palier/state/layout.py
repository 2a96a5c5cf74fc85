"""Where Pulumi keeps a stack: its checkpoint, its locks, its backups and its history."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import yaml

from palier.errors import PalierError, one_of, require
from palier.project import read_yaml
from palier.state import address
from palier.state.backend import Backend, Blob

ROOT: Final = ".pulumi"
META: Final = f"{ROOT}/meta.yaml"
LAYOUT: Final = 1
"""The layout with a folder for each project. The one before had stacks of all projects in one."""
SUFFIXES: Final = (".json", ".json.gz", ".json.zst")
"""How a checkpoint may be kept: plain, or packed by the CLI's own settings."""
ORGANIZATION: Final = "organization"
NAME: Final = re.compile(r"[A-Za-z0-9_.-]{1,100}")


@dataclass(frozen=True, kw_only=True)
class Stack:
    """A stack of a project, as `organization/PROJECT/STACK` names it."""

    project: str
    name: str

    @property
    def full(self) -> str:
        """The name that means it from anywhere."""
        return f"{ORGANIZATION}/{self.project}/{self.name}"

    @property
    def folder(self) -> str:
        """Where checkpoints of its project are."""
        return f"{ROOT}/stacks/{self.project}/"

    @property
    def locks(self) -> str:
        """Where whoever works on it leaves a lock."""
        return f"{ROOT}/locks/{self.full}/"

    @property
    def backups(self) -> str:
        """Where the checkpoint from before an update is kept."""
        return f"{ROOT}/backups/{self.project}/{self.name}/"

    @property
    def history(self) -> str:
        """Where the checkpoint from after an update is kept."""
        return f"{ROOT}/history/{self.project}/{self.name}/"

    @property
    def urns(self) -> str:
        """How every urn of it begins."""
        return f"urn:pulumi:{self.name}::{self.project}::"


def stack(text: str, start: Path) -> Stack:
    """The stack that a command names: STACK, organization/STACK or organization/PROJECT/STACK.

    Raises:
        PalierError: it is no name, or its project is not told by a Pulumi.yaml.
    """
    parts = text.split("/")
    require(
        len(parts) <= len(("organization", "project", "stack"))
        and (len(parts) == 1 or parts[0] == ORGANIZATION),
        f"stack {text!r}: expected STACK or {ORGANIZATION}/PROJECT/STACK",
    )
    project = parts[1] if len(parts) > len((ORGANIZATION, "stack")) else _project(start, text)
    for part in (project, parts[-1]):
        require(
            NAME.fullmatch(part) is not None and set(part) != {"."},
            f"stack {text!r}: {part!r} is no name; letters, digits, hyphen, underscore and dot are"
            " allowed",
        )
    return Stack(project=project, name=parts[-1])


def _project(start: Path, text: str) -> str:
    file = address.project_file(start)
    content = read_yaml(file) if file else None
    name = content.get("name") if isinstance(content, dict) else None
    if not isinstance(name, str):
        raise PalierError(
            f"stack {text!r}: no Pulumi.yaml here or above tells its project; write"
            f" {ORGANIZATION}/PROJECT/{text.rsplit('/', 1)[-1]}"
        )
    return name


@dataclass(frozen=True, kw_only=True)
class Stored:
    """A stack's checkpoint as it lies there."""

    key: str
    blob: Blob


def current(backend: Backend, of: Stack) -> Stored | None:
    """A stack's checkpoint, if it has one: the newest, when it was packed otherwise before.

    Raises:
        PalierError: the backend has the layout without projects.
    """
    check_layout(backend)
    keys = {f"{of.folder}{of.name}{suffix}" for suffix in SUFFIXES}
    found = [entry for entry in backend.entries(of.folder) if entry.key in keys]
    if not found:
        return None
    key = max(found, key=lambda entry: entry.modified).key
    blob = backend.get(key)
    return None if blob is None else Stored(key=key, blob=blob)


def existing(backend: Backend, of: Stack) -> Stored:
    """A stack's checkpoint.

    Raises:
        PalierError: there is none.
    """
    found = current(backend, of)
    if found is None:
        names = sorted({_name(entry.key) for entry in backend.entries(of.folder)} - {None}, key=str)
        raise PalierError(
            f"{backend.address.shown}: no stack {of.name!r} of project {of.project!r}; there is"
            f" {one_of(names)}"
        )
    return found


def _name(key: str) -> str | None:
    file = key.rsplit("/", 1)[-1]
    return next((file.removesuffix(end) for end in reversed(SUFFIXES) if file.endswith(end)), None)


def default_key(of: Stack) -> str:
    """Where a checkpoint is written when there is none."""
    return f"{of.folder}{of.name}{SUFFIXES[0]}"


def check_layout(backend: Backend) -> None:
    """Refuse a backend whose layout palier does not know.

    Raises:
        PalierError: its layout is older or newer.
    """
    blob = backend.get(META)
    if blob is None:
        return
    try:
        content = yaml.safe_load(blob.data)
        version = content["version"]
    except (yaml.YAMLError, ValueError, LookupError, TypeError):
        raise PalierError(f"{backend.address.shown}: {META} is unreadable") from None
    require(
        version == LAYOUT,
        f"{backend.address.shown}: its layout is version {version}, palier knows {LAYOUT};"
        " `pulumi state upgrade` brings an older one up",
    )
