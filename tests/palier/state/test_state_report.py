"""What a person reads of a state: nothing that matters is left unsaid."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from state_builders import KEY, STACK, bucket, exported, folder, lock, state, stored, unmade, urn

from palier.state import report
from palier.state.backup import make
from palier.state.checkpoint import Operation
from palier.state.pending import Answers
from palier.state.restore import Candidate, Chosen, Restored, Seen, restore
from palier.state.unlock import look

NOTHING = Answers(adopt={}, gone=frozenset())


def restored(tmp_path: Path, replaced: bytes | None, **changes: Any) -> list[str]:
    backend = folder(tmp_path)
    if replaced is not None:
        backend.put(KEY, replaced, None)
    done: Restored = restore(backend, STACK, Chosen(where="it", data=exported(state())), False)
    return list(report.restored(replace(done, **changes), STACK))


def test_a_restoration_says_what_it_could_not_compare(tmp_path: Path) -> None:
    lines = restored(tmp_path / "1", b"{")
    assert any("what it replaces is unreadable" in line for line in lines)
    lines = restored(tmp_path / "2", None)
    assert not any("unreadable" in line or "kept as" in line for line in lines)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"rekeyed": True}, "! its secrets were encrypted otherwise"),
        ({"unsettled": (Operation(type="creating", resource=unmade("b")),)},
         f"! {urn('gcp:storage/bucket:Bucket', 'b')}: was interrupted while creating"),
        ({"returned": (bucket("c"),)}, f"! {urn('gcp:storage/bucket:Bucket', 'c')}: is back"),
    ],
)  # fmt: skip
def test_a_restoration_says_what_may_surprise(
    tmp_path: Path, changes: dict[str, Any], says: str
) -> None:
    quiet = restored(tmp_path / "1", stored(state()))
    assert not any(line.startswith("!") for line in quiet)
    (line,) = [
        line
        for line in restored(tmp_path / "2", stored(state()), **changes)
        if line.startswith("!")
    ]
    assert line.startswith(says)


def test_imports_come_after_the_refresh_and_before_the_preview(tmp_path: Path) -> None:
    lines = restored(tmp_path, stored(state(bucket("a"), bucket("b"))))
    commands = [line.split()[1] for line in lines if line.startswith("  pulumi ")]
    assert commands == ["refresh", "refresh", "import", "import", "preview"]


def test_a_list_tells_the_current_the_unreadable_and_the_rest(tmp_path: Path) -> None:
    backend = folder(tmp_path, state())
    entry = backend.entries(STACK.folder)[0]
    item = Candidate(
        id="v1", kind="version", modified=entry.modified, current=True, read=lambda: None
    )
    rows = [
        Seen(candidate=item, resources=None, pending=None),
        Seen(candidate=replace(item, current=False), resources=3, pending=2),
    ]
    lines = list(report.listed(rows, 4))
    assert lines[0].endswith("v1  unreadable  (current)")
    assert lines[1].endswith("v1  3 resources, 2 pending")
    assert lines[2] == "… and 4 older: --limit"
    assert len(list(report.listed(rows, 0))) == 2


def test_a_backup_says_what_was_under_way(tmp_path: Path) -> None:
    backend = folder(tmp_path / "states", state(pending=[("creating", unmade("b"))]))
    lines = list(report.backed_up(make(backend, STACK, tmp_path / "out", False)))
    assert lines[-1].endswith("::b: was interrupted while creating")


def test_a_situation_says_where_to_look(tmp_path: Path) -> None:
    backend = folder(tmp_path)
    lock(backend)
    backend.put(f"{STACK.locks}torn.json", b"{", None)
    lines = list(report.situation(look(backend, STACK, NOTHING)))
    assert any("look on build-7 before --yes" in line for line in lines)
    assert any("an unreadable lock" in line for line in lines)
    assert lines[-1] == "! there is no such stack: only its lock is removed"
    thing = unmade("x", type="acme:index:Thing", urn=urn("acme:index:Thing", "x"))
    backend.put(KEY, stored(state(pending=[("creating", thing)])), None)
    lines = list(report.situation(look(backend, STACK, NOTHING)))
    assert lines[-1] == "  no command is known for its type: look in its console"
