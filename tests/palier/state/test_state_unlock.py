"""Unlocking: nothing while somebody works, all or nothing, a backup first, and twice is once."""

from __future__ import annotations

import os
import socket
from datetime import UTC, datetime
from pathlib import Path

import pytest
from state_builders import KEY, STACK, bucket, folder, lock, now, state, stored, unmade, urn

from palier.errors import PalierError
from palier.state import backup, locks
from palier.state.file_backend import FileBackend
from palier.state.pending import Answers
from palier.state.unlock import Situation, apply, look

NOTHING = Answers(adopt={}, gone=frozenset())
HALF = state(bucket("a"), pending=[("creating", unmade("b")), ("updating", bucket("a"))])
ALERT = unmade(
    "alert", urn=urn("gcp:monitoring/alertPolicy:AlertPolicy", "alert"),
    type="gcp:monitoring/alertPolicy:AlertPolicy", inputs={"displayName": "Disk full"},
)  # fmt: skip


def interrupted(tmp_path: Path) -> FileBackend:
    backend = folder(tmp_path, HALF)
    lock(backend)
    return backend


def unlock(backend: FileBackend) -> tuple[Situation, str | None]:
    found = look(backend, STACK, NOTHING)
    return found, apply(backend, found)


def test_an_interrupted_update_is_settled_and_its_lock_removed(tmp_path: Path) -> None:
    backend = interrupted(tmp_path)
    found, kept = unlock(backend)
    assert [item.action for item in found.decisions] == ["adopt", "drop"]
    assert locks.read(backend, STACK) == []
    after = now(backend)
    assert "pending_operations" not in after
    assert [row["id"] for row in after["resources"][2:]] == ["acme-a", "acme-b"]
    blob = backend.get(kept or "")
    assert blob is not None, "the state from before is kept"
    assert blob.data == stored(HALF)


def test_unlocking_twice_changes_nothing_more(tmp_path: Path) -> None:
    backend = interrupted(tmp_path)
    unlock(backend)
    after, backups = now(backend), backend.entries(STACK.backups)
    found, kept = unlock(backend)
    assert found.clean
    assert kept is None
    assert now(backend) == after
    assert backend.entries(STACK.backups) == backups


def test_looking_changes_nothing(tmp_path: Path) -> None:
    backend = interrupted(tmp_path)
    look(backend, STACK, NOTHING)
    assert now(backend) == HALF
    assert len(locks.read(backend, STACK)) == 1
    assert backend.entries(STACK.backups) == []


def test_a_lock_alone_goes_without_a_backup(tmp_path: Path) -> None:
    backend = folder(tmp_path, state(bucket("a")))
    lock(backend)
    _, kept = unlock(backend)
    assert kept is None
    assert locks.read(backend, STACK) == []


def test_what_is_pending_without_a_lock_is_settled_too(tmp_path: Path) -> None:
    backend = folder(tmp_path, HALF)
    _, kept = unlock(backend)
    assert kept
    assert "pending_operations" not in now(backend)


def test_nothing_is_touched_while_the_process_lives_here(tmp_path: Path) -> None:
    backend = folder(tmp_path, HALF)
    lock(backend, pid=os.getpid(), hostname=socket.gethostname(),
         timestamp=datetime.now(UTC).isoformat())  # fmt: skip
    with pytest.raises(PalierError, match=rf"process {os.getpid()}, .* still runs here"):
        look(backend, STACK, NOTHING)
    assert now(backend) == HALF
    assert len(locks.read(backend, STACK)) == 1


def test_what_is_undecided_leaves_everything_and_the_lock(tmp_path: Path) -> None:
    deployment = state(pending=[("creating", unmade("b")), ("creating", ALERT)])
    backend = folder(tmp_path, deployment)
    lock(backend)
    found = look(backend, STACK, NOTHING)
    assert [item.urn for item in found.undecided] == [ALERT["urn"]]
    with pytest.raises(PalierError, match=r"alert: is undecided"):
        apply(backend, found)
    assert now(backend) == deployment
    assert len(locks.read(backend, STACK)) == 1, "or the next update would make them again"


def test_an_update_that_began_after_the_look_is_left_alone(tmp_path: Path) -> None:
    backend = interrupted(tmp_path)
    found = look(backend, STACK, NOTHING)
    lock(backend, "somebody-else")
    with pytest.raises(PalierError, match=r"is locked"):
        apply(backend, found)
    assert now(backend) == HALF
    assert len(locks.read(backend, STACK)) == 2


def test_a_state_that_changed_after_the_look_is_left_alone(tmp_path: Path) -> None:
    backend = interrupted(tmp_path)
    found = look(backend, STACK, NOTHING)
    later = state(bucket("later"), pending=[("creating", unmade("b"))])
    (tmp_path / KEY).write_bytes(stored(later))
    with pytest.raises(PalierError, match=r"changed while palier worked on it"):
        apply(backend, found)
    assert now(backend) == later
    assert len(locks.read(backend, STACK)) == 1


def test_a_state_that_is_broken_besides_is_left_alone(tmp_path: Path) -> None:
    deployment = state(bucket("a", id=None), pending=[("creating", unmade("b"))])
    backend = folder(tmp_path, deployment)
    lock(backend)
    with pytest.raises(PalierError, match=r"broken besides, .*::a: .* `palier state verify prod`"):
        apply(backend, look(backend, STACK, NOTHING))
    assert now(backend) == deployment
    assert backend.entries(STACK.backups) == []


def test_the_lock_is_the_last_to_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    backend = interrupted(tmp_path)
    found = look(backend, STACK, NOTHING)

    def fail(*_: object) -> str:
        raise PalierError("the disk is full")

    monkeypatch.setattr(backup, "keep", fail)
    with pytest.raises(PalierError, match=r"the disk is full"):
        apply(backend, found)
    assert len(locks.read(backend, STACK)) == 1
    assert now(backend) == HALF


def test_the_lock_of_a_stack_that_is_gone_can_be_removed(tmp_path: Path) -> None:
    backend = folder(tmp_path)
    lock(backend)
    found, kept = unlock(backend)
    assert (found.state, kept) == (None, None)
    assert locks.read(backend, STACK) == []


def test_a_stack_that_never_was_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PalierError, match=r"no stack 'prod' of project 'shop'"):
        look(folder(tmp_path), STACK, NOTHING)


@pytest.mark.parametrize("cut", ["", '{"user.cache_control":'])
def test_a_sidecar_that_was_cut_off_is_removed_and_a_whole_one_stays(
    tmp_path: Path, cut: str
) -> None:
    backend = folder(tmp_path, state(bucket("a")))
    (sidecar,) = (file.with_name(f"{file.name}.attrs") for file in tmp_path.rglob(Path(KEY).name))
    sidecar.write_text(cut, encoding="utf-8")
    found, _ = unlock(backend)
    assert found.obstacle == f"{KEY}.attrs"
    assert not found.clean
    assert not sidecar.exists()
    sidecar.write_text("{}", encoding="utf-8")
    assert look(backend, STACK, NOTHING).clean, "the CLI reads that one"
