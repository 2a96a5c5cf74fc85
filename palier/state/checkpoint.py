"""A checkpoint: the resources of a stack and what was under way, read and written as the CLI does.

It knows two shapes of one content: the checkpoint of a backend, and the document that
`pulumi stack export` writes.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from palier.errors import PalierError, one_of, require
from palier.facts import PROVIDER_PREFIX
from palier.wire import SECRET, SIGNATURE

VERSIONS: Final = (3, 4)
"""Versions of the format that palier reads; 4 names the features it uses, which are kept."""
GZIP: Final = b"\x1f\x8b"
ZSTD: Final = b"\x28\xb5\x2f\xfd"

Resource = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Operation:
    """What was under way when an update was interrupted."""

    type: str
    resource: Resource


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """A stack's state. `latest` is empty for a stack that was never updated."""

    version: int
    features: tuple[str, ...]
    stack: str | None
    """The full name of the stack; an export does not tell it."""
    latest: Mapping[str, Any]

    @property
    def resources(self) -> list[Resource]:
        """All resources, in the order they are kept in: what is depended on comes first."""
        return list(self.latest.get("resources") or [])

    @property
    def pending(self) -> list[Operation]:
        """What was under way."""
        return [
            Operation(type=str(row.get("type")), resource=row["resource"])
            for row in self.latest.get("pending_operations") or []
        ]

    def changed(self, resources: Iterable[Resource], pending: Iterable[Operation]) -> Checkpoint:
        """The same state with other resources and other pending operations."""
        latest = dict(self.latest) | {"resources": list(resources)}
        rows = [{"resource": item.resource, "type": item.type} for item in pending]
        latest.pop("pending_operations", None)
        if rows:
            latest["pending_operations"] = rows
        return Checkpoint(
            version=self.version, features=self.features, stack=self.stack, latest=latest
        )


def decode(data: bytes, where: str) -> Checkpoint:
    """Read a checkpoint or an export.

    Raises:
        PalierError: it is neither, or of a version that palier does not know.
    """
    document = _json(unpacked(data, where), where)
    require(isinstance(document, dict), f"{where}: expected a checkpoint or an export")
    version = document.get("version")
    require(
        version in VERSIONS and not isinstance(version, bool),
        f"{where}: version {version!r} of the format, palier reads {one_of(VERSIONS)}",
    )
    if isinstance(document.get("checkpoint"), dict):
        stack, latest = document["checkpoint"].get("stack"), document["checkpoint"].get("latest")
    elif "deployment" in document:
        stack, latest = None, document["deployment"]
    else:
        raise PalierError(f"{where}: expected a checkpoint or an export")
    latest = {} if latest is None else latest
    _check_shape(latest, where)
    features = tuple(document.get("features") or ())
    return Checkpoint(version=version, features=features, stack=stack, latest=latest)


def _check_shape(latest: Any, where: str) -> None:  # noqa: ANN401 any JSON value
    require(isinstance(latest, dict), f"{where}: expected a deployment with resources")
    for key in ("resources", "pending_operations"):
        rows = latest.get(key) or []
        resources = rows if key == "resources" else [
            row.get("resource") if isinstance(row, dict) else None for row in _list(rows)
        ]  # fmt: skip
        require(
            isinstance(rows, list)
            and all(isinstance(row, dict) and isinstance(row.get("urn"), str) for row in resources),
            f"{where}: {key} must be a list of resources with a urn",
        )


def _list(value: Any) -> list[Any]:  # noqa: ANN401 any JSON value
    return value if isinstance(value, list) else [value]


def unpacked(data: bytes, where: str) -> bytes:
    """The bytes of a checkpoint that may be packed.

    Raises:
        PalierError: they are damaged, or packed in a way that Python cannot read.
    """
    if data.startswith(ZSTD):
        raise PalierError(
            f"{where}: packed with zstd, which palier cannot read: unset PULUMI_DIY_BACKEND_ZSTD"
            " and let any update write it again"
        )
    if not data.startswith(GZIP):
        return data
    try:
        return gzip.decompress(data)
    except (OSError, EOFError, zlib.error):
        raise PalierError(f"{where}: damaged: its compressed bytes do not unpack") from None


def _json(data: bytes, where: str) -> Any:  # noqa: ANN401 any JSON value
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        at = f" at byte {error.pos}" if isinstance(error, json.JSONDecodeError) else ""
        raise PalierError(f"{where}: not valid JSON{at}: truncated or damaged") from None


def encode(state: Checkpoint, stack: str, key: str) -> bytes:
    """The bytes of a checkpoint as a backend holds it, packed if its key says so."""
    inner: dict[str, Any] = {"stack": stack}
    if state.latest:
        inner["latest"] = state.latest
    document: dict[str, Any] = {"version": state.version}
    if state.features:
        document["features"] = list(state.features)
    data = _compact(document | {"checkpoint": inner})
    return gzip.compress(data, mtime=0) if key.endswith(".gz") else data


def export(state: Checkpoint) -> bytes:
    """The document that `pulumi stack export` would write."""
    document: dict[str, Any] = {"version": state.version}
    if state.features:
        document["features"] = list(state.features)
    text = json.dumps(document | {"deployment": state.latest}, indent=4, ensure_ascii=False)
    return f"{text}\n".encode()


def _compact(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()


def is_provider(resource: Resource) -> bool:
    """Whether a resource is a provider, which exists in the state only."""
    return str(resource.get("type", "")).startswith(PROVIDER_PREFIX)


def provider_urn(resource: Resource) -> str | None:
    """The urn in a resource's provider reference, which is `urn::id`."""
    reference = resource.get("provider")
    return reference.rpartition("::")[0] if isinstance(reference, str) and reference else None


def references(resource: Resource) -> list[tuple[str, str]]:
    """What a resource stands on, each with the word for it."""
    found = [("parent", resource.get("parent")), ("deletedWith", resource.get("deletedWith"))]
    found += [("dependency", urn) for urn in resource.get("dependencies") or []]
    for name, urns in (resource.get("propertyDependencies") or {}).items():
        found += [(f"dependency of {name}", urn) for urn in urns or []]
    return [(word, urn) for word, urn in found if urn]


def ordered(resources: Iterable[Resource]) -> list[Resource]:
    """The same resources, each after all it stands on; otherwise in the order given."""
    rows = list(resources)
    first: dict[str, int] = {}
    for place, row in enumerate(rows):
        first.setdefault(row["urn"], place)
    done: list[Resource] = []
    seen: set[int] = set()
    for start in range(len(rows)):
        stack = [start]
        while stack:
            place = stack[-1]
            if place in seen:
                stack.pop()
                continue
            below = _needed(rows[place], first) - seen - set(stack)
            if below:
                stack.append(min(below))
            else:
                seen.add(stack.pop())
                done.append(rows[place])
    return done


def _needed(resource: Resource, first: Mapping[str, int]) -> set[int]:
    urns = [*(urn for _, urn in references(resource)), provider_urn(resource) or ""]
    return {first[urn] for urn in urns if urn in first}


def secrets(value: Any) -> list[Mapping[str, Any]]:  # noqa: ANN401 any JSON value
    """Every value that is marked as secret, at any depth."""
    if isinstance(value, Mapping):
        if value.get(SIGNATURE) == SECRET:
            return [value]
        return [found for item in value.values() for found in secrets(item)]
    return [found for item in value for found in secrets(item)] if isinstance(value, list) else []


def in_clear(state: Checkpoint) -> int:
    """How many secrets are readable without a key."""
    return sum("plaintext" in found or "value" in found for found in secrets(dict(state.latest)))
