"""Paths of properties: as the engine writes them, and as a program names what it ignores."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from palier.facts import Value

_NAME: Final = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")
_STEP: Final = re.compile(r'\.?([^.\[\]"]+)|\[(\d+|\*)\]|\["((?:[^"\\]|\\.)*)"\]')
_ANY: Final = "*"

Step = str | int


def below(path: str, step: Step) -> str:
    """The path of a field or of an element, below another path."""
    if isinstance(step, int):
        return f"{path}[{step}]"
    if not _NAME.fullmatch(step):
        quoted = step.replace("\\", "\\\\").replace('"', '\\"')
        return f'{path}["{quoted}"]'
    return f"{path}.{step}" if path else step


def top(path: str) -> str:
    """The property of the resource that a path is in."""
    return re.split(r"[.\[]", path, maxsplit=1)[0]


def steps(path: str) -> list[Step]:
    """The steps of a path: names, indices, and `*` for any of them."""
    found: list[Step] = []
    for name, index, quoted in _STEP.findall(path):
        if index and index != _ANY:
            found.append(int(index))
        else:
            found.append(name or index or quoted.replace('\\"', '"').replace("\\\\", "\\"))
    return found


def reset(new: Value, old: Value, path: list[Step]) -> Value:
    """A value with what is at a path as it was before; as it is where the path leads nowhere."""
    step, *rest = path
    after = _copied(new)
    for key in _keys(step, new, old):
        here, there = _at(new, key), _at(old, key)
        value = reset(here, there, rest) if rest else there
        if value is not None and not (isinstance(after, list) and int(key) >= len(after)):
            after[key] = value
        elif isinstance(after, dict):
            after.pop(key, None)
    return after


def _keys(step: Step, new: Value, old: Value) -> Iterator[Any]:
    if isinstance(new, Mapping):
        named = {**(old if isinstance(old, Mapping) else {}), **new} if step == _ANY else [step]
        yield from named
    elif isinstance(new, list):
        yield from range(len(new)) if step == _ANY else [step] if isinstance(step, int) else []


def _at(value: Value, key: Step) -> Value:
    if isinstance(value, Mapping):
        return value.get(key)
    in_list = isinstance(value, list) and isinstance(key, int) and key < len(value)
    return value[key] if in_list else None


def _copied(value: Value) -> Any:  # noqa: ANN401 - an object or a list, or what stays as it is
    if isinstance(value, Mapping):
        return dict(value)
    return list(value) if isinstance(value, list) else value
