"""Reading and changing sizes by dotted path: `palier:sizes` in a config, `--set` on a command line.

Every value is read as the type of the field it goes to; what does not fit is an error that names
the path and what is allowed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields, is_dataclass, replace
from decimal import Decimal
from typing import Any, Literal, get_args, get_origin, get_type_hints

from palier.errors import PalierError, one_of
from palier.sizes import PlatformSize


def to_inputs(size: object) -> Any:  # noqa: ANN401 any JSON value
    """A size as plain JSON values: what a component records. Decimals become texts."""
    if is_dataclass(size) and not isinstance(size, type):
        return {item.name: to_inputs(getattr(size, item.name)) for item in fields(size)}
    if isinstance(size, Mapping):
        return {key: to_inputs(value) for key, value in size.items()}
    if isinstance(size, tuple):
        return [to_inputs(value) for value in size]
    return str(size) if isinstance(size, Decimal) else size


def leaves(size: object, path: str = "") -> Iterator[tuple[str, object]]:
    """Every field that can be set, as a dotted path and its value."""
    if is_dataclass(size) and not isinstance(size, type):
        children = [(item.name, getattr(size, item.name)) for item in fields(size)]
    elif isinstance(size, Mapping):
        children = list(size.items())
    else:
        yield path, size
        return
    for name, value in children:
        yield from leaves(value, f"{path}.{name}" if path else name)


def override(size: PlatformSize, changes: Mapping[str, object]) -> PlatformSize:
    """Change fields of a size by dotted path (`web.minimum`, `postgres.shards.eu-1.tier`).

    All changes of one object are made at once, so that its checks see the result and not a step.

    Raises:
        PalierError: an unknown path, a value of the wrong type, or a size GCP would refuse.
    """
    nested: dict[str, Any] = {}
    for path, value in changes.items():
        here = nested
        *parents, last = path.split(".")
        for depth, key in enumerate(parents, start=1):
            if ".".join(parents[:depth]) in changes:
                raise PalierError(f"{path}: {key} is set as a whole and in part")
            here = here.setdefault(key, {})
        here[last] = value
    changed = _apply(size, nested, "", PlatformSize)
    if not isinstance(changed, PlatformSize):  # pragma: no cover - _apply keeps the type
        raise TypeError(changed)
    return changed


def _apply(value: Any, change: Any, path: str, hint: Any) -> Any:  # noqa: ANN401
    if is_dataclass(value) and not isinstance(value, type):
        known = [item.name for item in fields(value)]
        hints = get_type_hints(type(value))
        for key in _keys(change, path, known):
            if key not in known:
                raise PalierError(f"{path}{key}: unknown, allowed are {one_of(known)}")
        new = {
            key: _apply(getattr(value, key), child, f"{path}{key}.", hints[key])
            for key, child in change.items()
        }
        try:
            return replace(value, **new)
        except PalierError as error:
            where = f"{path.rstrip('.')}: " if path else ""
            raise PalierError(f"{where}{error}") from None
    if isinstance(value, dict):
        inner = get_args(hint)[1]
        for key in _keys(change, path, list(value)):
            if key not in value and not is_dataclass(inner):
                raise PalierError(f"{path}{key}: not in this phase, allowed are {one_of(value)}")
        return value | {
            key: _apply(value[key], child, f"{path}{key}.", inner)
            if key in value
            else _added(inner, child, f"{path}{key}", list(value))
            for key, child in change.items()
        }
    return _coerce(change, path.rstrip("."), hint)


def _added(kind: Any, change: Any, path: str, there: list[str]) -> Any:  # noqa: ANN401
    """A new entry of a map: a second cluster generation, another shard. All of it must be said."""
    needed = [
        item.name
        for item in fields(kind)
        if item.default is MISSING and item.default_factory is MISSING
    ]
    given = _keys(change, path, needed)
    if missing := [name for name in needed if name not in given]:
        raise PalierError(
            f"{path}: not in this phase, there is {one_of(there)}; to add it, set"
            f" {', '.join(missing)} as well"
        )
    hints = get_type_hints(kind)
    for key in given:
        if key not in hints:
            raise PalierError(f"{path}.{key}: unknown, allowed are {one_of(hints)}")
    values = {key: _made(hints[key], change[key], f"{path}.{key}") for key in given}
    try:
        return kind(**values)
    except PalierError as error:
        raise PalierError(f"{path}: {error}") from None


def _made(hint: Any, change: Any, path: str) -> Any:  # noqa: ANN401
    """A field of a new entry: a value, or a map of further new entries (the pools of a cluster)."""
    if get_origin(hint) is not dict:
        return _coerce(change, path, hint)
    kind = get_args(hint)[1]
    return {key: _added(kind, change[key], f"{path}.{key}", []) for key in _keys(change, path, [])}


def _keys(change: Any, path: str, known: list[str]) -> list[str]:  # noqa: ANN401
    if not isinstance(change, Mapping):
        raise PalierError(f"{path.rstrip('.')}: expected fields ({one_of(known)}), got {change!r}")
    return [str(key) for key in change]


def _coerce(value: Any, path: str, hint: Any) -> Any:  # noqa: ANN401 one line a type
    """Read a text of the command line, or a YAML value, as the type of a field."""
    origin = get_origin(hint)
    if origin is tuple:
        parts = value.split(",") if isinstance(value, str) else value
        if not isinstance(parts, (list, tuple)):
            raise PalierError(f"{path}: expected a list, got {value!r}")
        return tuple(_coerce(part, path, get_args(hint)[0]) for part in parts if part != "")
    if origin is Literal:
        if value not in get_args(hint):
            raise PalierError(f"{path}: expected {one_of(get_args(hint))}, got {value!r}")
        return value
    text = str(value)
    if hint is bool:
        words = {"true": True, "false": False}
        if text.lower() not in words:
            raise PalierError(f"{path}: expected true or false, got {value!r}")
        return words[text.lower()]
    if hint is str and isinstance(value, str):
        return value
    if hint is int and re.fullmatch(r"-?\d{1,9}", text):
        return int(text)
    if hint is Decimal and re.fullmatch(r"-?\d{1,9}(\.\d{1,9})?", text):
        return Decimal(text)
    words_of = {int: "a whole number", Decimal: "a number", str: "a text"}
    raise PalierError(f"{path}: expected {words_of[hint]}, got {value!r}")


def assign(nested: dict[str, Any], path: str, value: object) -> dict[str, Any]:
    """Nested fields with the one at a dotted path set."""
    key, _, rest = path.partition(".")
    inner = nested.get(key, {})
    if rest and not isinstance(inner, dict):
        raise PalierError(f"{path}: {key} is set as a whole and in part")
    return nested | {key: assign(inner, rest, value) if rest else value}
