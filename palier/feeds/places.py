"""Where in a program a resource is made, as the engine wrote it down.

A path is kept when it lies in the project, and is fit to be shown. That of a library, or one that
climbs out of the project, gives way to the nearest line of the project that called it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from palier.feeds import fields

POSITION: Final = re.compile(
    r"project:///(?P<file>[-\w./]{1,200})#(?P<line>[0-9]{1,7})(,[0-9]{1,7})?", re.ASCII
)
"""Written relative to the project: `project:///components/postgres.py#97`."""
LIBRARIES: Final = ("site-packages", ".venv", "venv", "node_modules")


@dataclass(frozen=True, kw_only=True)
class Place:
    """A line of a file of the project."""

    file: str
    line: int


def place_of(state: Mapping[str, Any], where: str) -> Place | None:
    """The place of a resource, or `None` where none is told.

    Raises:
        PalierError: a position is no text.
    """
    for told in _positions(state, where):
        match = POSITION.fullmatch(told)
        if match and int(match["line"]) and _own(match["file"].split("/")):
            return Place(file=match["file"], line=int(match["line"]))
    return None


def _positions(state: Mapping[str, Any], where: str) -> Iterator[str]:
    """That of the resource, then those of its callers."""
    yield fields.maybe_text(state, "sourcePosition", where) or ""
    for frame, place in fields.items(state, "stackTrace", where):
        yield fields.maybe_text(fields.fields(frame, place), "sourcePosition", place) or ""


def _own(parts: list[str]) -> bool:
    return not any(part in ("", "..", *LIBRARIES) for part in parts)
