"""Locks: who holds one, whether he lives, and that palier's own keeps others out."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from state_builders import STACK, folder, lock

from palier.errors import PalierError
from palier.state import locks


def here(**fields: object) -> dict[str, Any]:
    """Fields of a lock of this very process, taken just now."""
    return {
        "pid": os.getpid(), "hostname": socket.gethostname(),
        "timestamp": datetime.now(UTC).isoformat(),
    } | fields  # fmt: skip


def ended() -> int:
    """Number of a process that has ended."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    return process.pid


def test_a_lock_of_the_cli_is_read(tmp_path: Path) -> None:
    backend = folder(tmp_path)
    assert locks.read(backend, STACK) == []
    key = lock(backend)
    (found,) = locks.read(backend, STACK)
    assert (found.key, found.pid, found.user, found.host) == (key, 4711, "ada", "build-7")
    assert str(found) == "taken by ada@build-7, process 4711, at 2026-11-22T05:21:17+00:00"


def test_a_process_elsewhere_is_never_known_to_live(tmp_path: Path) -> None:
    lock(backend := folder(tmp_path), pid=os.getpid())
    (found,) = locks.read(backend, STACK)
    assert (found.here, found.alive) == (False, False)


def test_a_process_here_lives_until_it_ends(tmp_path: Path) -> None:
    backend = folder(tmp_path)
    lock(backend, "living", **here())
    lock(backend, "dead", **here(pid=ended()))
    lock(backend, "senseless", **here(pid=-1))
    lock(backend, "huge", **here(pid=2**70))
    alive = {found.key.rsplit("/", 1)[-1]: found.alive for found in locks.read(backend, STACK)}
    assert alive["living.json"] is True
    assert alive["dead.json"] is False
    assert alive["senseless.json"] is False
    assert alive["huge.json"] is False


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="the system tells no start time")
def test_a_number_that_was_given_again_is_another_process(tmp_path: Path) -> None:
    backend = folder(tmp_path)
    long_ago = datetime.now(UTC) - timedelta(days=3000)
    lock(backend, **here(timestamp=long_ago.isoformat()))
    (found,) = locks.read(backend, STACK)
    assert found.here
    assert not found.alive, "this process is younger than the lock"


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"pid": "x"}', b"\xff"])
def test_a_lock_that_cannot_be_read_is_a_lock(tmp_path: Path, content: bytes) -> None:
    backend = folder(tmp_path)
    backend.put(f"{STACK.locks}torn.json", content, None)
    (found,) = locks.read(backend, STACK)
    assert not found.alive
    assert str(found).startswith("an unreadable lock, ")


def test_our_own_lock_is_there_while_it_is_held_and_gone_after(tmp_path: Path) -> None:
    backend = folder(tmp_path)
    with locks.taken(backend, STACK):
        (found,) = locks.read(backend, STACK)
        assert found.alive
        assert found.pid == os.getpid()
    assert locks.read(backend, STACK) == []


def test_our_own_lock_goes_also_when_what_it_was_for_fails(tmp_path: Path) -> None:
    backend = folder(tmp_path)
    with pytest.raises(KeyError), locks.taken(backend, STACK):
        raise KeyError
    assert locks.read(backend, STACK) == []


def test_nobody_gets_in_beside_another(tmp_path: Path) -> None:
    backend = folder(tmp_path)
    key = lock(backend)
    lock_of_ada = r"^organization/shop/prod is locked, taken by ada@build-7"
    with pytest.raises(PalierError, match=lock_of_ada), locks.taken(backend, STACK):
        pytest.fail("two are in")
    assert [found.key for found in locks.read(backend, STACK)] == [key], "only ours went"


def test_a_lock_that_is_known_to_be_left_over_keeps_nobody_out(tmp_path: Path) -> None:
    backend = folder(tmp_path)
    dead = lock(backend)
    with locks.taken(backend, STACK, frozenset({dead})):
        assert len(locks.read(backend, STACK)) == 2
    lock(backend, "second")
    with pytest.raises(PalierError), locks.taken(backend, STACK, frozenset({dead})):
        pass


def test_other_stacks_are_not_locked_with_it(tmp_path: Path) -> None:
    backend = folder(tmp_path)
    backend.put(".pulumi/locks/organization/shop/production/x.json", b"{}", None)
    assert locks.read(backend, STACK) == []
