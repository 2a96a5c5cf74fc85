"""Nested values compared, for packages whose rules are few: the path of each difference."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

from palier.facts import Value

Kind = Literal["add", "delete", "update"]


def differences(old: Value, new: Value, path: str = "") -> Iterator[tuple[str, Kind]]:
    """Paths at which two values differ, deepest first named: `metadata.labels.app`, `spec[0]`."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in sorted(old.keys() | new.keys()):
            at = f"{path}.{key}".removeprefix(".")
            if key not in new:
                yield at, "delete"
            elif key not in old:
                yield at, "add"
            else:
                yield from differences(old[key], new[key], at)
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, (before, after) in enumerate(zip(old, new, strict=True)):
            yield from differences(before, after, f"{path}[{index}]")
    elif old != new:
        yield path, "update"


def below(path: str, keys: frozenset[str]) -> bool:
    """Whether a path is one of the keys, or lies below one."""
    return any(path == key or path.startswith((f"{key}.", f"{key}[")) for key in keys)
