"""Values of a file as facts hold them: unknowns, secrets hidden, what a provider filled in removed.

A provider's check adds defaults and automatic names to a program's inputs, and lists their keys
under `__defaults`. Facts are what the program gave, so that they equal the recorder's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from palier import wire
from palier.errors import PalierError
from palier.facts import UNKNOWN, Value
from palier.project import SECRET

DEEPEST: Final = 100
"""Levels of a value. A Kubernetes manifest, the deepest there is, has about twenty."""


def plain(value: Any, where: str, level: int = 0) -> Value:  # noqa: ANN401 any JSON value
    """A value as facts hold it.

    Raises:
        PalierError: it is nested too deeply, or its defaults are no list of names.
    """
    if level > DEEPEST:
        raise PalierError(f"{where}: nested in more than {DEEPEST} levels")
    if isinstance(value, dict):
        return _fields(value, where, level)
    if isinstance(value, list):
        return [plain(item, where, level + 1) for item in value]
    if isinstance(value, str) and value in wire.UNKNOWNS:
        return UNKNOWN
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _fields(value: Mapping[str, Any], where: str, level: int) -> Value:
    mark = value.get(wire.SIGNATURE)
    if mark == wire.SECRET:
        return SECRET
    left_out = {wire.DEFAULTS, *_filled(value, where)}
    if mark in wire.FILES:
        left_out.add("hash")  # the engine's
    return {
        key: plain(item, where, level + 1) for key, item in value.items() if key not in left_out
    }


def _filled(value: Mapping[str, Any], where: str) -> list[str]:
    """Keys that the provider filled in."""
    filled = value.get(wire.DEFAULTS, [])
    if not isinstance(filled, list) or not all(isinstance(key, str) for key in filled):
        raise PalierError(f"{where}: {wire.DEFAULTS}: expected a list of names")
    return filled
