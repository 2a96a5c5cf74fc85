"""The one error a user's mistake becomes: a clear line and an exit code, never a traceback."""

from collections.abc import Iterable
from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of every palier command."""

    PASS = 0
    FAIL = 1
    USAGE = 2
    INCONCLUSIVE = 3


class PalierError(Exception):
    """Something the user can mend. The message says where, what was found and what is allowed."""


def one_of(allowed: Iterable[object]) -> str:
    """Spell what is allowed for a message: `a, b or c`, in the order given; `none` for nothing."""
    words = [str(word) for word in allowed]
    return " or ".join(filter(None, [", ".join(words[:-1]), words[-1]])) if words else "none"


def require(holds: bool, message: str) -> None:
    """Refuse a value that must not be."""
    if not holds:
        raise PalierError(message)
