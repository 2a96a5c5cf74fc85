"""A file, or standard input, as what it is: a preview, an export or a checkpoint."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import Any, Final, Literal, NoReturn

from palier.errors import PalierError
from palier.feeds import export, preview
from palier.feeds.export import State
from palier.feeds.preview import Preview

STANDARD_INPUT: Final = "-"
MOST_BYTES: Final = 64 * 1024 * 1024
"""The state of the largest phase is a thirtieth of that."""
MOST_DIGITS: Final = 40
LARGEST: Final = 1e30
"""No size, count or time of a cloud comes near it."""

Kind = Literal["preview", "export", "checkpoint"]
PREVIEW_KEYS: Final = ("steps", "changeSummary", "diagnostics")


def read(file: str) -> tuple[Kind, Preview | State]:
    """Read a file, `-` for standard input, and say what it is.

    Raises:
        PalierError: it cannot be read, or is none of the three.
    """
    where = name_of(file)
    document = _parse(_text(file, where), where)
    if isinstance(document, dict):
        if "deployment" in document:
            return "export", export.read(document, f"{where}:")
        if "checkpoint" in document:
            return "checkpoint", export.read(document, f"{where}:")
        if any(key in document for key in PREVIEW_KEYS):
            return "preview", preview.read(document, f"{where}:")
    raise PalierError(
        f"{where}: expected what `pulumi preview --json` or `pulumi stack export` writes, or a"
        " checkpoint of the backend"
    )


def name_of(file: str) -> str:
    """What a file is called in messages and reports."""
    return "standard input" if file == STANDARD_INPUT else file


def _text(file: str, where: str) -> str:
    try:
        if file == STANDARD_INPUT:
            data = sys.stdin.buffer.read(MOST_BYTES + 1)
        else:
            with Path(file).open("rb") as opened:
                data = opened.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:  # a name with a null is a plain ValueError
        raise PalierError(f"{where}: {getattr(error, 'strerror', None) or error}") from None
    if len(data) > MOST_BYTES:
        raise PalierError(f"{where}: larger than {MOST_BYTES // 1024**2} MiB")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise PalierError(f"{where}: expected JSON in UTF-8, not packed") from None


def _parse(text: str, where: str) -> Any:  # noqa: ANN401 any JSON value
    try:
        return json.loads(
            text, object_pairs_hook=_once, parse_float=_float, parse_int=_int,
            parse_constant=_refuse,
        )  # fmt: skip
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        if error.msg == "Extra data":
            raise PalierError(f"{where}: {place}: expected one JSON document, got more") from None
        raise PalierError(f"{where}: {place}: not valid JSON") from None
    except ValueError as error:
        raise PalierError(f"{where}: {error}") from None
    except RecursionError:
        raise PalierError(f"{where}: nested too deeply") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose keys are all different: which of two counts would be anyone's guess."""
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        message = f"the key {twice!r} is there twice in one object"
        raise ValueError(message)
    return found


def _float(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) and abs(number) <= LARGEST else _refuse(text)


def _int(text: str) -> int:
    return int(text) if len(text) <= MOST_DIGITS else _refuse(text)


def _refuse(text: str) -> NoReturn:
    message = f"expected numbers up to {LARGEST:g}, got {text[:MOST_DIGITS]}"
    raise ValueError(message)
