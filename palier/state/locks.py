"""Who works on a stack: the locks that the CLI leaves, and the one that palier takes.

Pulumi's lock is an object a process; whoever finds another's beside its own gives up. Palier does
the same, so that no update runs while it writes.
"""

from __future__ import annotations

import getpass
import json
import os
import socket
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from palier.errors import PalierError
from palier.state.backend import Backend
from palier.state.layout import Stack

CLOCK_SECONDS: Final = 2
"""How much later than its lock a process may seem to have started: clocks are coarse."""


@dataclass(frozen=True, kw_only=True)
class Lock:
    """One lock. Fields are absent when it is not readable."""

    key: str
    pid: int | None
    user: str | None
    host: str | None
    since: datetime | None

    @property
    def here(self) -> bool:
        """Whether it was taken on this very host."""
        return self.host == socket.gethostname()

    @property
    def alive(self) -> bool:
        """Whether the process that took it is known to run still."""
        return self.here and self.pid is not None and _runs(self.pid, self.since)

    def __str__(self) -> str:
        since = self.since.isoformat(timespec="seconds") if self.since else "an unknown time"
        if self.pid is None:
            return f"an unreadable lock, {self.key}"
        return f"taken by {self.user}@{self.host}, process {self.pid}, at {since}"


def read(backend: Backend, stack: Stack) -> list[Lock]:
    """All locks of a stack, by age."""
    found = []
    for entry in backend.entries(stack.locks):
        blob = backend.get(entry.key)
        if blob is not None:  # else released meanwhile
            found.append((entry.modified, _lock(entry.key, blob.data)))
    return [lock for _, lock in sorted(found, key=lambda pair: (pair[0], pair[1].key))]


def _lock(key: str, data: bytes) -> Lock:
    content: dict[str, object] = {}
    with suppress(ValueError):
        loaded = json.loads(data)
        content = loaded if isinstance(loaded, dict) else {}
    pid, since = content.get("pid"), None
    with suppress(ValueError):
        since = datetime.fromisoformat(str(content.get("timestamp")))
    return Lock(
        key=key, pid=pid if isinstance(pid, int) else None, user=_text(content.get("username")),
        host=_text(content.get("hostname")), since=since,
    )  # fmt: skip


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _runs(pid: int, since: datetime | None) -> bool:
    """Whether a process runs that is not younger than its lock: numbers are used again."""
    if pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass  # somebody else's, and there
    started = _started(pid)
    if since is None or started is None:
        return True
    return started <= since.timestamp() + CLOCK_SECONDS


def _started(pid: int) -> float | None:
    """When a process started, where the system tells it in files."""
    with suppress(OSError, ValueError, IndexError, StopIteration):
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        ticks = int(fields[19])  # field 22 of the whole line
        boot = next(
            line for line in Path("/proc/stat").read_text(encoding="utf-8").splitlines()
            if line.startswith("btime ")
        )  # fmt: skip
        return int(boot.split()[1]) + ticks / os.sysconf("SC_CLK_TCK")
    return None


def refuse_locked(found: list[Lock], stack: Stack, doing: str) -> None:
    """Refuse to go on while a stack is locked.

    Raises:
        PalierError: it is, by whom and since when, and how to go on.
    """
    if found:
        raise PalierError(
            f"{stack.full} is locked, {found[0]}: wait for that update, or"
            f" `palier state unlock {stack.name}` if it was interrupted; {doing}"
        )


@contextmanager
def taken(backend: Backend, stack: Stack, dead: frozenset[str] = frozenset()) -> Iterator[None]:
    """Hold a lock of our own, as the CLI would. Locks in `dead` are known to be left over.

    Raises:
        PalierError: somebody else works on the stack.
    """
    key = f"{stack.locks}{uuid.uuid4()}.json"
    content = {
        "pid": os.getpid(), "username": _user(), "hostname": socket.gethostname(),
        "timestamp": datetime.now(UTC).isoformat(),
    }  # fmt: skip
    backend.put(key, json.dumps(content).encode(), None)
    try:
        others = [lock for lock in read(backend, stack) if lock.key not in {key, *dead}]
        refuse_locked(others, stack, "nothing was changed")
        yield
    finally:
        backend.delete(key)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return str(os.getuid())
