"""The state file of the simulated cloud: one JSON file that a user may open and change.

What is changed by hand while the cloud runs is seen at the next call: that is drift. The file is
replaced as a whole, so nobody ever reads half of it, and a call returns only once it is on disk.
The text of every resource is kept, so writing a file with one new resource encodes only that one.
"""

from __future__ import annotations

import json
import os
import secrets
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from palier.errors import PalierError
from palier.facts import Value
from palier.provider import schema
from palier.simcloud import seals
from palier.simcloud.records import Record, fingerprint_of, made

SCHEMA: Final = "palier.cloud/1"
GCP: Final = "gcp"
"""The package whose types and inputs are known."""
_INDENT: Final = 4
"""Depth of one resource in the file: resources, package, type, id."""

Records = Mapping[str, Mapping[str, Record]]
"""All records of one package: by type, then by id."""
Signature = tuple[int, int, int] | None
"""What tells one version of the file from another; `None` when there is no file."""
_UNREAD: Final = (0, 0, 0)


class Store:
    """All resources of the cloud, for many threads; `with store.locked():` does several at once."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.salt = secrets.token_hex(8)
        self._lock = threading.RLock()
        self._seen: Signature = _UNREAD
        self._records: dict[str, dict[str, dict[str, Record]]] = {}
        self._texts: dict[tuple[str, str, str], str] = {}
        self._deleted: dict[str, dict[str, str]] = {}

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Look and change without another call in between.

        Raises:
            PalierError: the file cannot be read.
        """
        with self._lock:
            self._refresh()
            yield

    def records(self, package: str) -> Records:
        """All records of a package."""
        with self.locked():
            return self._records.get(package, {})

    def get(self, package: str, type_: str, id_: str) -> Record | None:
        """One record, its secrets sealed."""
        return self.records(package).get(type_, {}).get(id_)

    def put(
        self,
        package: str,
        type_: str,
        id_: str,
        inputs: Mapping[str, Value],
        outputs: Mapping[str, Value],
        secret: frozenset[str] = frozenset(),
    ) -> Record:
        """Set a resource. Its secret places are sealed, and all under the keys in `secret`."""
        places = {**seals.places(type_), **dict.fromkeys(secret, True)}
        with self.locked():
            sealed = [seals.seal(value, places, self.salt) for value in (inputs, outputs)]
            record = made(type_, id_, *sealed)
            return self.replace(package, record)

    def replace(self, package: str, record: Record) -> Record:
        """Set a resource whose secrets are sealed already."""
        with self.locked():
            kept = self._set(package, record)
            self._save()
            return kept

    def remove(self, package: str, *records: Record, until: datetime | None = None) -> None:
        """Remove resources; until a time, the name of the first cannot be taken again."""
        with self.locked():
            for record in records:
                self._records[package][record.type].pop(record.id, None)
                self._texts.pop((package, record.type, record.id), None)
            if until is not None:
                first = records[0]
                self._deleted.setdefault(first.type, {})[first.id] = until.isoformat()
            self._save()

    def reserved(self, type_: str, id_: str, now: datetime) -> bool:
        """Whether the name of something deleted cannot be taken yet."""
        with self.locked():
            until = self._deleted.get(type_, {}).get(id_)
            return until is not None and now < datetime.fromisoformat(until)

    def _set(self, package: str, record: Record) -> Record:
        entry = {"inputs": record.inputs}
        if record.computed:
            entry["computed"] = record.computed
        text = _braced((f'"{k}": {_text(v, _INDENT + 1)}' for k, v in entry.items()), _INDENT)
        kept = {"computed": {}, **json.loads(text)}  # so that nobody else holds these objects
        by_id = self._records.setdefault(package, {}).setdefault(record.type, {})
        stamp = fingerprint_of(record.type, text)
        by_id[record.id] = Record(type=record.type, id=record.id, fingerprint=stamp, **kept)
        self._texts[package, record.type, record.id] = text
        return by_id[record.id]

    def _refresh(self) -> None:
        """Read the file again if another hand changed it since; an absent one is an empty cloud."""
        signature = _signature(self.path)
        if signature == self._seen:
            return
        self._records, self._texts, self._deleted = {}, {}, {}
        self._seen = _UNREAD
        if signature is not None:
            self._load(_content(self.path))
        self._seen = signature

    def _load(self, content: Mapping[str, Any]) -> None:
        self.salt = content.get("salt", self.salt)
        for type_, ids in content["deleted"].items():
            self._deleted[type_] = dict(ids)
        for package, types in content["resources"].items():
            for type_, ids in types.items():
                for id_, entry in ids.items():
                    computed = entry.get("computed", {})
                    record = Record(type=type_, id=id_, inputs=entry["inputs"], computed=computed)
                    self._set(package, record)

    def _save(self) -> None:
        head = {"schema": SCHEMA, "salt": self.salt, "deleted": self._deleted}
        text = f'{_text(head, 0)[:-2]},\n "resources": {self._resources()}\n}}\n'
        self._seen = _UNREAD  # what cannot be written has not happened
        self._seen = _write(self.path, text)

    def _resources(self) -> str:
        packages: dict[str, dict[str, list[str]]] = {}
        for (package, type_, id_), text in sorted(self._texts.items()):
            entries = packages.setdefault(package, {}).setdefault(type_, [])
            entries.append(f"{json.dumps(id_, ensure_ascii=False)}: {text}")
        return _braced(
            (
                f"{json.dumps(package)}: "
                + _braced(
                    (f"{json.dumps(type_)}: {_braced(ids, 3)}" for type_, ids in types.items()), 2
                )
                for package, types in packages.items()
            ),
            1,
        )


def _text(value: Value, depth: int) -> str:
    text = json.dumps(value, indent=1, ensure_ascii=False, sort_keys=depth > 0)
    return text.replace("\n", "\n" + " " * depth)


def _braced(entries: Any, depth: int) -> str:  # noqa: ANN401 any iterable of text
    margin = "\n" + " " * depth
    body = ",".join(f"{margin} {entry}" for entry in entries)
    return f"{{{body}{margin}}}" if body else "{}"


def _signature(path: Path) -> Signature:
    try:
        stat = path.stat()
    except FileNotFoundError:
        return None
    return stat.st_mtime_ns, stat.st_size, stat.st_ino


def _write(path: Path, text: str) -> Signature:
    """Replace the file, and have it on disk.

    Raises:
        PalierError: it cannot be written.
    """
    try:
        return _replaced(path, text)
    except OSError as error:
        raise PalierError(f"{path}: cannot write the cloud's file: {error.strerror}") from error


def _replaced(path: Path, text: str) -> Signature:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # its owner's only
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(handle)
            stat = os.fstat(handle)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return stat.st_mtime_ns, stat.st_size, stat.st_ino


def _content(path: Path) -> Mapping[str, Any]:
    """The content of a state file.

    Raises:
        PalierError: it is not one.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        where = f"{path}:{error.lineno}:{error.colno}"
        raise PalierError(f"{where}: the cloud's file is no JSON: {error.msg}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise PalierError(f"{path}: cannot read the cloud's file: {error}") from error
    if not isinstance(content, dict) or content.get("schema") != SCHEMA:
        raise PalierError(f'{path}: expected an object with "schema": "{SCHEMA}"')
    if not isinstance(content.get("salt", ""), str):
        raise PalierError(f"{path}: salt: expected a text, got {content['salt']!r:.60}")
    deleted = _objects(path, content.setdefault("deleted", {}), "deleted")
    for where, ids in deleted:
        _check_times(path, ids, where)
    for package, types in _objects(path, content.setdefault("resources", {}), "resources"):
        for type_, ids in _objects(path, types, package):
            if package == GCP and type_ not in schema.types():
                raise PalierError(f"{path}: {type_}: the simulated cloud does not know this type")
            for id_, entry in _objects(path, ids, type_):
                _check_entry(path, entry, id_)
                _check_inputs(path, package, type_, id_, entry["inputs"])
    return content


def _objects(path: Path, value: Value, where: str) -> list[tuple[str, Any]]:
    if not isinstance(value, dict):
        raise PalierError(f"{path}: {where}: expected an object, got {value!r:.60}")
    return list(value.items())


def _check_times(path: Path, ids: Value, where: str) -> None:
    for id_, until in _objects(path, ids, f"deleted: {where}"):
        try:
            aware = datetime.fromisoformat(until).tzinfo is not None
        except (TypeError, ValueError):
            aware = False
        if not aware:
            raise PalierError(
                f"{path}: deleted: {id_}: expected a time such as 2026-01-31T12:00:00+00:00,"
                f" got {until!r:.60}"
            )


def _check_entry(path: Path, entry: Value, id_: str) -> None:
    keys = {key for key, _ in _objects(path, entry, id_)}
    if unknown := keys - {"inputs", "computed"}:
        raise PalierError(f"{path}: {id_}: expected inputs or computed, got {min(unknown)}")
    _objects(path, entry.get("inputs"), f"{id_}: inputs")
    _objects(path, entry.get("computed", {}), f"{id_}: computed")


def _check_inputs(
    path: Path, package: str, type_: str, id_: str, inputs: Mapping[str, Value]
) -> None:
    """Refuse what a hand wrote that no call could have: the rules rely on the shape of inputs."""
    failures = schema.check(type_, inputs) if package == GCP else []
    if failures:
        where = f"{id_}: inputs.{failures[0].path}"
        raise PalierError(f"{path}: {where}: {failures[0].reason}")
