"""`palier rehearse`: one line for every mistake, and nothing left behind unless it was asked for.

The rehearsal itself is another test's (`test_rehearsal.py`): here it is told what to come to.
"""

from __future__ import annotations

import json
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import builders
import cloud_builders as things
import command_line
import fact_builders as facts
import pytest
from command_line import Ran, Run

from palier import rehearsal
from palier.cli.rehearse import _Shown
from palier.engine import find
from palier.engine.workspace import Workspace
from palier.errors import PalierError
from palier.graph import Path as Chain
from palier.project import Project
from palier.rehearsal import Rehearsal, Step
from palier.simcloud.cloud import Cloud, ServiceError

BUCKET = facts.resource(facts.BUCKET, "films")
MADE = Rehearsal(
    stack="mvp", engine="v3.256.0", resources=1,
    steps=(Step(name="up", command="pulumi up", changes={"create": 1}, seconds=1.0),),
    longest=(BUCKET,), critical=Chain((BUCKET,), 2.0), critical_seconds=(2.0,), needs=(),
    surprises=(), folder=None,
)  # fmt: skip


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary folders are made."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture(autouse=True)
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A CLI on PATH, with its language host."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("pulumi", find.HOST):
        (folder / name).write_text("#!/bin/sh\necho v3.256.0\n", encoding="utf-8")
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return folder


@dataclass
class Stand:
    """Stands for the rehearsal: notes what it is given, and comes to what it is told."""

    made: Rehearsal = MADE
    fails: BaseException | None = None
    spaces: list[Workspace] = field(default_factory=list)
    clouds: list[Cloud] = field(default_factory=list)
    kept: list[bool] = field(default_factory=list)
    meanwhile: Callable[[Cloud], None] = lambda _: None

    def __call__(
        self, project: Project, space: Workspace, cloud: Cloud, stack: str,
        progress: rehearsal.Progress, *, keep: bool,
    ) -> Rehearsal:  # fmt: skip
        assert (project.root, stack) == (builders.ROOT, "mvp")
        assert (space.inside / "settings.json").is_file(), "the workspace is there"
        self.spaces.append(space)
        self.clouds.append(cloud)
        self.kept.append(keep)
        progress("up", 1)
        self.meanwhile(cloud)
        if self.fails:
            raise self.fails
        return replace(self.made, folder=space.folder if keep else None)


@pytest.fixture
def stand(monkeypatch: pytest.MonkeyPatch) -> Stand:
    """What `palier rehearse` runs."""
    made = Stand()
    monkeypatch.setattr(rehearsal, "rehearse", made)
    return made


@pytest.fixture
def palier(palier: Run, scratch: Path) -> Run:
    """`palier("mvp", cwd=folder)` is `palier rehearse mvp`, with what it leaves in `scratch`."""
    assert scratch.is_dir()
    return partial(palier, "rehearse")


def assert_refused(ran: Ran, scratch: Path, *says: str) -> None:
    """A mistake is one line, and leaves nothing behind."""
    command_line.assert_refused(ran, *says)
    assert list(scratch.iterdir()) == [], "nothing is left behind"


# --- mistakes -----------------------------------------------------------------------------------


@pytest.mark.usefixtures("stand")
@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["nope"], ["stack 'nope' has no Pulumi.nope.yaml", "there is growth, hypergrowth, mvp"]),
        (["mvp", "--pace", "-1"], ["--pace: expected a number of 0 or more, got '-1'"]),
        (["mvp", "--pace", "nan"], ["--pace: expected a number of 0 or more, got 'nan'"]),
        (["mvp", "--pace", "inf"], ["--pace: expected a number of 0 or more, got 'inf'"]),
        (["mvp", "--pace", "slow"], ["--pace: expected a number of 0 or more, got 'slow'"]),
        (["mvp", "--fault", "create sql quota"], ["fault 'create sql quota': expected OPERATION"]),
        (["mvp", "--fault", "create 1 kill-after"], ["nobody to end was named"]),
        (["mvp", "--keep", "--fault", "nonsense"], ["fault 'nonsense'"]),
        (["mvp", "--format", "markdown"], ["--format: a rehearsal is written as table or json"]),
        ([], ["Missing parameter"]),
    ],
)
def test_a_mistake_is_one_line_and_leaves_nothing_behind(
    palier: Run, scratch: Path, stand: Stand, args: list[str], says: list[str]
) -> None:
    assert_refused(palier(*args), scratch, *says)
    assert stand.spaces == [], "nothing was rehearsed"


@pytest.mark.usefixtures("stand")
def test_without_an_engine_it_is_said_how_to_get_one(
    palier: Run, scratch: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert_refused(palier("mvp"), scratch, "no Pulumi CLI of 3.200 or later", "make engine")


@pytest.mark.usefixtures("stand")
def test_outside_of_a_project_there_is_nothing_to_rehearse(
    palier: Run, scratch: Path, tmp_path: Path
) -> None:
    assert_refused(palier("mvp", cwd=tmp_path), scratch, "no Pulumi.yaml in")


@pytest.mark.usefixtures("stand")
def test_a_folder_with_something_in_it_is_refused_and_left_as_it_is(
    palier: Run, scratch: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "film").write_text("a film", encoding="utf-8")
    assert_refused(palier("mvp", "--in", str(folder)), scratch, "mine: is not empty")
    assert [file.read_text(encoding="utf-8") for file in folder.iterdir()] == ["a film"]


@pytest.mark.usefixtures("stand")
def test_a_workspace_that_cannot_be_made_leaves_nothing_behind(
    palier: Run, scratch: Path, tmp_path: Path
) -> None:
    for name, text in (
        ("Pulumi.yaml", "name: films\nruntime: python\n"), ("__main__.py", ""),
        ("Pulumi.dev.yaml", ""), ("Pulumi.other.yaml", "a: ["),
    ):  # fmt: skip
        (tmp_path / name).write_text(text, encoding="utf-8")
    ran = palier("dev", "--keep", cwd=tmp_path)
    assert_refused(ran, scratch, "Pulumi.other.yaml line 1: not valid YAML")


def test_a_rehearsal_that_fails_is_one_line_and_leaves_nothing_behind(
    palier: Run, scratch: Path, stand: Stand
) -> None:
    stand.fails = PalierError("pulumi up: error: no\nerror: update failed")
    ran = palier("mvp")
    assert_refused(ran, scratch, "palier: pulumi up: error: no error: update failed")
    assert "kept" not in ran.err


def test_a_rehearsal_that_is_interrupted_leaves_nothing_behind(
    palier: Run, scratch: Path, stand: Stand
) -> None:
    stand.fails = KeyboardInterrupt()
    assert palier("mvp").code == 130
    assert list(scratch.iterdir()) == []


# --- what is shown, and kept --------------------------------------------------------------------


def test_a_rehearsal_without_a_surprise_passes_and_goes(
    palier: Run, scratch: Path, stand: Stand
) -> None:
    ran = palier("mvp")
    assert (ran.code, ran.err) == (0, ""), "progress is for terminals"
    assert ran.out.startswith("Rehearsal of mvp · 1 resources · Pulumi v3.256.0")
    assert ran.out.rstrip().endswith("✔ No surprise.")
    assert stand.kept == [False]
    assert stand.spaces[0].folder.parent == scratch
    assert list(scratch.iterdir()) == []


def test_a_surprise_fails(palier: Run, stand: Stand) -> None:
    stand.made = replace(MADE, surprises=("up again: 1 × update",))
    ran = palier("mvp", "--format", "json")
    assert ran.code == 1
    assert json.loads(ran.out)["surprises"] == ["up again: 1 × update"]


@pytest.mark.usefixtures("stand")
@pytest.mark.parametrize("format_", ["table", "json"])
def test_a_file_has_what_standard_output_would_have(
    palier: Run, tmp_path: Path, format_: str
) -> None:
    out = tmp_path / "rehearsal"
    shown = palier("mvp", "-f", format_).out
    ran = palier("mvp", "-f", format_, "-o", str(out))
    assert (ran.code, ran.out, out.read_text(encoding="utf-8")) == (0, "", shown)


def test_the_cloud_is_as_the_options_say(palier: Run, stand: Stand) -> None:
    def fail(cloud: Cloud) -> None:
        with pytest.raises(ServiceError, match="Quota exceeded"):
            things.make(cloud, things.bucket())

    stand.meanwhile = fail
    assert palier("mvp", "--pace", "0", "--fault", "create gcp:storage/* 1 quota").code == 0
    assert len(stand.clouds) == 1


def test_what_is_kept_stays_and_is_told(palier: Run, scratch: Path, stand: Stand) -> None:
    ran = palier("mvp", "--keep")
    (folder,) = scratch.iterdir()
    assert folder.name.startswith("palier-mvp-")
    assert (folder / "Pulumi.yaml").is_file()
    assert (ran.code, stand.kept) == (0, [True])
    assert f"Kept in {folder}" in ran.out


def test_what_is_kept_of_a_rehearsal_that_fails_is_told_too(
    palier: Run, scratch: Path, stand: Stand
) -> None:
    stand.fails = PalierError("pulumi up: error: no")
    ran = palier("mvp", "--keep")
    (folder,) = scratch.iterdir()
    assert (ran.code, ran.err) == (2, f"palier: pulumi up: error: no (kept in {folder})\n")


@pytest.mark.parametrize("keep", [True, False])
def test_a_folder_of_the_users_own_is_used(
    palier: Run, scratch: Path, stand: Stand, tmp_path: Path, keep: bool
) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    ran = palier("mvp", "--in", str(folder), *(["--keep"] if keep else []))
    assert ran.code == 0
    assert stand.spaces[0].folder == folder
    assert any(folder.iterdir()) is keep, "it was theirs before: it stays, empty"
    assert list(scratch.iterdir()) == []


@pytest.mark.parametrize("option", [["--fault", "create 1 hang"], ["--pace", "1000"]])
def test_a_call_that_hangs_does_not_keep_the_process_from_ending(
    palier: Run, stand: Stand, option: list[str]
) -> None:
    calls: list[threading.Thread] = []

    def call(cloud: Cloud) -> None:
        calls.append(threading.Thread(target=things.make, args=(cloud, things.bucket())))
        calls[0].daemon = True
        calls[0].start()
        calls[0].join(timeout=0.2)
        assert calls[0].is_alive()

    stand.meanwhile = call
    stand.fails = KeyboardInterrupt()
    assert palier("mvp", *option).code == 130
    calls[0].join(timeout=30)
    assert not calls[0].is_alive()


# --- progress -----------------------------------------------------------------------------------


def test_progress_counts_each_step_against_the_most_that_was_seen(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with _Shown() as shown:
        for step, done in (("preview", 0), ("preview", 3), ("up", 0), ("up", 1), ("up", 2)):
            shown.update_step(step, done)
    seen: list[tuple[Any, ...]] = [
        (task.description, task.completed, task.total) for task in shown.tasks
    ]
    assert seen == [("preview", 3, None), ("up", 2, 3)]
    assert shown.tasks[0].stop_time is not None, "the clock of a step that is over stands still"
    assert capsys.readouterr().err == "", "nothing in a pipe"
