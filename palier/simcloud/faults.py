"""Faults: a plan of what goes wrong, so that a rehearsal also rehearses a bad day.

A fault is one line: `create gcp:sql/* 2 quota` fails the second create of any Cloud SQL resource,
`create 7 kill-after` ends the caller once the cloud has done its seventh create. Each fires once,
unless the line ends with `always`: then it fires again at every later match.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Final, Literal, get_args

from palier.errors import PalierError, one_of
from palier.simcloud.errors import ServiceError, by_provider
from palier.simcloud.kinds import title
from palier.simcloud.wording import already_exists

Operation = Literal["create", "update", "delete"]
Kind = Literal["409", "quota", "503", "timeout", "hang", "kill-before", "kill-after"]
OPERATIONS: Final[tuple[Operation, ...]] = get_args(Operation)
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
_BEFORE: Final = frozenset({"409", "quota", "503", "kill-before"})
"""Faults that keep the cloud from doing what was asked; after the others it is done."""
FORM: Final = (
    f"OPERATION [PATTERN] NUMBER FAULT [always], OPERATION being {one_of(OPERATIONS)},"
    f" PATTERN a type or a name such as gcp:sql/* or *postgres*, FAULT {one_of(KINDS)}"
)
_GERUNDS: Final = {"create": "Creating", "update": "Updating", "delete": "Deleting"}
_LINE: Final = re.compile(
    rf"({'|'.join(OPERATIONS)})(?: (\S+))? ([1-9][0-9]*) ({'|'.join(KINDS)})( always)?"
)


@dataclass(kw_only=True)
class Fault:
    """One thing that goes wrong at the Nth operation that matches."""

    operation: Operation
    pattern: str
    number: int
    kind: Kind
    always: bool
    seen: int = field(default=0, init=False)

    def matches(self, operation: Operation, type_: str, id_: str) -> bool:
        """Whether an operation is one that the fault counts."""
        names = (type_, id_, id_.rsplit("/", 1)[-1])
        return operation == self.operation and any(fnmatchcase(n, self.pattern) for n in names)

    def due(self) -> bool:
        """Count an operation, and tell whether it fails."""
        self.seen += 1
        return self.seen == self.number or (self.always and self.seen > self.number)


def parse(line: str) -> Fault:
    """Read one fault.

    Raises:
        PalierError: the line is none.
    """
    match = _LINE.fullmatch(" ".join(line.split()))
    if match is None:
        raise PalierError(f"fault {line!r}: expected {FORM}")
    return Fault(
        operation=next(known for known in OPERATIONS if known == match[1]),
        pattern=match[2] or "*",
        number=int(match[3]),
        kind=next(known for known in KINDS if known == match[4]),
        always=bool(match[5]),
    )


class Faults:
    """The plan of one run. `kill` ends whoever calls the cloud."""

    def __init__(self, faults: Iterable[Fault] = (), *, kill: Callable[[], None] | None = None):
        self._faults = tuple(faults)
        self._kill = kill
        self._lock = threading.Lock()
        self._released = threading.Event()
        self.hanging = threading.Event()
        """Set once a call hangs."""
        if kill is None and any(fault.kind.startswith("kill") for fault in self._faults):
            raise PalierError("fault kill-before or kill-after: nobody to end was named")

    @classmethod
    def parse(cls, lines: Iterable[str], *, kill: Callable[[], None] | None = None) -> Faults:
        """Read a plan, one fault a line; empty lines and `#` remarks are left out.

        Raises:
            PalierError: a line is no fault.
        """
        plain = (line.partition("#")[0].strip() for line in lines)
        return cls([parse(line) for line in plain if line], kill=kill)

    def draw(self, operation: Operation, type_: str, id_: str) -> Kind | None:
        """Count an operation, and tell what goes wrong with it."""
        with self._lock:
            due = [
                fault.kind
                for fault in self._faults
                if fault.matches(operation, type_, id_) and fault.due()
            ]
        return due[0] if due else None

    def before(self, kind: Kind | None, type_: str, id_: str) -> None:
        """Fail before the cloud does anything.

        Raises:
            ServiceError: what the caller is told.
        """
        if kind not in _BEFORE:
            return
        if kind == "kill-before" and self._kill:
            self._kill()
        if kind == "409":
            raise already_exists(type_, id_)
        if kind == "quota":
            raise ServiceError(403, "quotaExceeded", "Quota exceeded for this project.")
        raise ServiceError(503, "backendError", "The service is currently unavailable.")

    def after(self, kind: Kind | None, operation: Operation, type_: str) -> None:
        """Fail after the cloud did all that was asked.

        Raises:
            ServiceError: what the caller is told.
        """
        if kind == "kill-after" and self._kill:
            self._kill()
        if kind == "hang":
            self.hanging.set()
            self._released.wait()
        if kind == "timeout":
            name = title(type_)
            raise by_provider(
                f"Error waiting to {operation} {name}: Error waiting for {_GERUNDS[operation]}"
                f" {name}: timeout while waiting for state to become 'DONE' (last state:"
                " 'RUNNING', timeout: 20m0s)"
            )

    def release(self) -> None:
        """Let go of every call that hangs, now and later."""
        self._released.set()
