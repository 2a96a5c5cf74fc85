"""Texts that come from somewhere else, made fit to be shown.

A name, a message or a type may be anybody's: that of a pull request's preview, above all. On a
terminal it may not steer; on a page it may not become markup, nor call somebody.
"""

from __future__ import annotations

import re
from typing import Final

BREAK: Final = "\u200b"
"""Stands where letters would become a link or call a person. No text of others brings its own."""
_BREAKS: Final = re.compile(
    r"(?<=[@#])"  # a person, a team, an address; an issue
    r"|(?<=:)(?=\S)"  # an address, a picture by its name
    r"|(?<=www)(?=\.)|(?<=gh-)(?=\d)",
    re.IGNORECASE,
)
_COMMIT: Final = re.compile(r"(?<![0-9a-z])(?=[0-9]*[a-f])[0-9a-f]{7,40}(?![0-9a-z])")
_COMMIT_PART: Final = 6
"""Digits of a commit that are too few to be one."""
_OPENING: Final = re.compile(r"-(?=[-\s]*$)|[-+](?=\s|$)|\d+[.)](?=\s|$)")
"""What makes a list, a title or a line of a text's first letters."""
_ESCAPES: Final = str.maketrans(
    {letter: f"\\{letter}" for letter in "\\`*_[]~"}
    | {"&": "&amp;", "<": "&lt;", ">": "&gt;", "|": "&#124;", "$": "&#36;", BREAK: "&#8203;"}
)


def printable(text: str) -> str:
    """A text on one line, without what would steer a terminal."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def clipped(text: str, most: int) -> str:
    """A text of so many letters at most."""
    return text if len(text) <= most else text[: most - 1] + "…"


def counted(count: int, one: str, several: str | None = None) -> str:
    """So many of something: `1 rule`, `2 rules`."""
    return f"{count} {one if count == 1 else several or f'{one}s'}"


def escaped(text: str, most: int | None = None) -> str:
    """A text on a Markdown page, and nothing but a text.

    Neither markup nor HTML, no link, no mention of a person or an issue, and no end of a table's
    cell. A reader sees its letters as they are.

    Args:
        text: anybody's.
        most: letters of it that are shown.
    """
    shown = printable(text).strip()
    shown = shown if most is None else clipped(shown, most)
    shown = _COMMIT.sub(_parted, _BREAKS.sub(BREAK, shown))
    opening = _OPENING.match(shown)
    if opening is None:
        return shown.translate(_ESCAPES)
    head = opening[0]
    return f"{head[:-1]}\\{head[-1]}{shown[len(head) :].translate(_ESCAPES)}"


def _parted(match: re.Match[str]) -> str:
    digits = match[0]
    return BREAK.join(
        digits[start : start + _COMMIT_PART] for start in range(0, len(digits), _COMMIT_PART)
    )
