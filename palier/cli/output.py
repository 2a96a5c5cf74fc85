"""Where a report goes: a terminal, a pipe, or a file that is written whole or not at all."""

from __future__ import annotations

import os
import stat
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from io import StringIO
from pathlib import Path

from rich.console import Console

from palier.errors import PalierError


def write_text(text: str, out: Path | None) -> None:
    """Write a document to a file, or to standard output.

    Raises:
        PalierError: the file cannot be written.
    """
    if out is None:
        sys.stdout.write(text)
    else:
        _save(out, text)


def write_table(render: Callable[[Console], None], width: int, out: Path | None) -> None:
    """Draw a table for the terminal, or for a file of so many columns.

    Raises:
        PalierError: the file cannot be written.
    """
    if out is None:
        render(Console(width=max(width, _terminal_width())))
        return
    text = StringIO()
    render(Console(file=text, width=width))
    _save(out, text.getvalue())


def _terminal_width() -> int:
    with suppress(OSError):
        return os.get_terminal_size().columns
    return 0


def _save(out: Path, text: str) -> None:
    """Write a file whole or not at all.

    Raises:
        PalierError: it cannot be written.
    """
    temporary: Path | None = None
    try:
        if out.exists() and not out.is_file():
            out.write_text(text, encoding="utf-8")  # a pipe or a device: nothing to replace
            return
        if out.exists() and not os.access(out, os.W_OK):
            raise PermissionError(13, "Permission denied")
        target = out.resolve()  # what a link points to, so that it stays one
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", dir=target.parent, prefix=f".{out.name}.", delete=False
        ) as file:
            temporary = Path(file.name)
            file.write(text)
        temporary.chmod(_mode(target))
        temporary.replace(target)
    except OSError as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        raise PalierError(f"--out {out}: {error.strerror or error}") from None


def _mode(target: Path) -> int:
    """Who may read a file: who could before, or whoever may read a new one."""
    if target.exists():
        return stat.S_IMODE(target.stat().st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
