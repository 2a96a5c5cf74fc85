"""Fields of a file, each of the type it must have; what is found is named, never shown.

A message says where and of which type. Values may be secret, and are not repeated.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from palier.errors import PalierError


def at(where: str, key: str) -> str:
    """The place of a key: `state.json: deployment.resources`, a file's name ending in a colon."""
    return f"{where} {key}" if where.endswith(":") else f"{where}.{key}"


def fields(value: object, where: str) -> dict[str, Any]:
    """A JSON object.

    Raises:
        PalierError: it is something else.
    """
    if not isinstance(value, dict):
        raise _wrong(where, "fields", value)
    return value


def items(value: Mapping[str, Any], key: str, where: str) -> list[tuple[Any, str]]:
    """Items of a list under a key, each with its place; an absent list is empty.

    Raises:
        PalierError: it is something else.
    """
    found = value.get(key)
    if found is None:
        return []
    if not isinstance(found, list):
        raise _wrong(at(where, key), "a list", found)
    return [(item, f"{at(where, key)}[{place}]") for place, item in enumerate(found)]


def part(value: Mapping[str, Any], key: str, where: str) -> dict[str, Any]:
    """An object under a key; an absent one is empty.

    Raises:
        PalierError: it is something else.
    """
    found = value.get(key)
    return {} if found is None else fields(found, at(where, key))


def text(value: Mapping[str, Any], key: str, where: str) -> str:
    """A text under a key.

    Raises:
        PalierError: it is absent, empty, or something else.
    """
    found = value.get(key)
    if not isinstance(found, str) or not found:
        raise _wrong(at(where, key), "a text", found)
    return found


def maybe_text(value: Mapping[str, Any], key: str, where: str) -> str | None:
    """A text under a key, or `None` where it is absent or empty.

    Raises:
        PalierError: it is something else.
    """
    return text(value, key, where) if value.get(key) not in (None, "") else None


def texts(value: Mapping[str, Any], key: str, where: str) -> tuple[str, ...]:
    """A list of texts under a key.

    Raises:
        PalierError: it is something else.
    """
    found = items(value, key, where)
    for item, place in found:
        if not isinstance(item, str):
            raise _wrong(place, "a text", item)
    return tuple(item for item, _ in found)


def flag(value: Mapping[str, Any], key: str, where: str) -> bool:
    """A boolean under a key; absent is false.

    Raises:
        PalierError: it is something else.
    """
    found = value.get(key, False)
    if not isinstance(found, bool):
        raise _wrong(at(where, key), "true or false", found)
    return found


def _wrong(where: str, allowed: str, found: object) -> PalierError:
    return PalierError(f"{where}: expected {allowed}, got {kind(found)}")


_WORDS: Final[dict[type, str]] = {
    type(None): "nothing", bool: "true or false", int: "a number", float: "a number",
    str: "a text", list: "a list", dict: "fields",
}  # fmt: skip


def kind(value: object) -> str:
    """What a JSON value is, in words."""
    return "an empty text" if value == "" else _WORDS[type(value)]
