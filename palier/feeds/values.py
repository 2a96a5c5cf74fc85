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

UNKNOWNS: Final = frozenset(
    {
        wire.UNKNOWN_TEXT,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",  # a boolean
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",  # a number
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",  # a list
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",  # an object
        "030794c1-ac77-496b-92df-f27374a8bd58",  # a file
        "e48ece36-62e2-4504-bad9-02848725956a",  # an archive
    }
)
"""What the engine writes in the place of a value of each type that is not known yet."""
FILES: Final = ("c44067f5952c0a294b673a41bacd8c17", "0def7320c3a5731c473e5ecbe6d01bc7")
"""What the signature says of a file and of an archive, to which the engine adds a hash."""
DEFAULTS: Final = "__defaults"
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
    if isinstance(value, str) and value in UNKNOWNS:
        return UNKNOWN
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _fields(value: Mapping[str, Any], where: str, level: int) -> Value:
    mark = value.get(wire.SIGNATURE)
    if mark == wire.SECRET:
        return SECRET
    left_out = {DEFAULTS, *_filled(value, where)}
    if mark in FILES:
        left_out.add("hash")
    return {
        key: plain(item, where, level + 1) for key, item in value.items() if key not in left_out
    }


def _filled(value: Mapping[str, Any], where: str) -> list[str]:
    """Keys that the provider filled in."""
    filled = value.get(DEFAULTS, [])
    if not isinstance(filled, list) or not all(isinstance(key, str) for key in filled):
        raise PalierError(f"{where}: {DEFAULTS}: expected a list of names")
    return filled
