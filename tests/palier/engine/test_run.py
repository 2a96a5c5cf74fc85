"""The CLI, run: what it says is passed on as it comes, errors are found, and it can be ended."""

from __future__ import annotations

import json
import os
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from palier.engine.run import Event, Pulumi, Said, kill

TIMEOUT_S = 30.0


def cli(folder: Path, script: str) -> Pulumi:
    """A CLI that does what a shell script says."""
    program = folder / "pulumi"
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    program.chmod(0o755)
    return Pulumi(program=program, folder=folder, environment={"PULUMI_HOME": "/home"})


def event(sequence: int = 0, **content: Any) -> str:
    return json.dumps({"sequence": sequence, **content})


def printing(folder: Path, *lines: str, code: int = 0) -> Pulumi:
    """A CLI that prints lines."""
    (folder / "lines").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return cli(folder, f"cat lines; exit {code}")


def followed(pulumi: Pulumi) -> tuple[Said, list[Event]]:
    told: list[Event] = []
    return pulumi.follow(told.append, "up"), told


def said(out: str = "", err: str = "") -> Said:
    return Said(command=("pulumi",), code=1, out=out, err=err)


# --- running ------------------------------------------------------------------------------------


def test_a_command_runs_in_its_folder_with_its_environment_and_asks_nobody(tmp_path: Path) -> None:
    made = cli(tmp_path, 'pwd; echo "$PULUMI_HOME" "$HOME"; echo "$@"; cat; echo oh >&2; exit 3')
    for ran in (made.run("up", "--yes"), made.follow(lambda _: None, "up", "--yes")):
        assert ran.out.splitlines() == [
            str(tmp_path), f"/home {os.environ['HOME']}", "up --yes --non-interactive",
        ]  # fmt: skip
        assert (ran.command, ran.code, ran.err) == (("pulumi", "up", "--yes"), 3, "oh\n")


def test_each_event_is_passed_on_and_all_else_is_what_the_command_said(tmp_path: Path) -> None:
    lines = ("{", event(1, resOutputsEvent={"metadata": {"op": "create"}}), "}", event(2))
    ran, told = followed(printing(tmp_path, *lines))
    assert [one["sequence"] for one in told] == [1, 2]
    assert ran.out == "{\n}\n"


def test_an_event_is_passed_on_before_the_command_has_ended(tmp_path: Path) -> None:
    go_on = tmp_path / "go-on"
    script = f"echo '{event(1)}'; while [ ! -e go-on ]; do sleep 0.05; done; echo '{event(2)}'"
    told: list[int] = []

    def tell(one: Event) -> None:
        told.append(one["sequence"])
        go_on.touch()

    cli(tmp_path, script).follow(tell)
    assert told == [1, 2]


def test_a_command_that_says_much_on_both_outputs_does_not_stall(tmp_path: Path) -> None:
    many = "i=0; while [ $i -lt 3000 ]; do echo a line that is long enough; i=$((i+1)); done"
    ran, _ = followed(cli(tmp_path, f"({many}) >&2; {many}"))
    assert ran.out == ran.err
    assert len(ran.out) > 65_536, "more than a pipe holds"


def test_an_event_that_was_cut_off_is_none(tmp_path: Path) -> None:
    ran, told = followed(printing(tmp_path, event(1), '{"sequence":2,"diagnos', code=137))
    assert [one["sequence"] for one in told] == [1]
    assert (ran.code, ran.why) == (137, '{"sequence":2,"diagnos')


# --- why a command failed -----------------------------------------------------------------------


def test_errors_are_found_in_a_text_once_each() -> None:
    out = "Updating (mvp):\n  error: no such thing\n  gcp:x  error\nerror: update failed\n"
    assert said(out, "error: no such thing\nwarning: old\n").why == (
        "error: no such thing\nerror: update failed"
    )


def test_without_an_error_the_last_words_are_told() -> None:
    assert said("a\nb\nc\n\nd\n", "e\nf\n").why == "b\nc\nd\ne\nf"


def diagnosed(*diagnostics: dict[str, str]) -> str:
    """What a preview as JSON says, and what follows it."""
    document = {"steps": [], "diagnostics": list(diagnostics), "changeSummary": {"create": 1}}
    return json.dumps(document, indent=4) + "\n"


def test_errors_are_found_in_a_preview_that_is_json() -> None:
    out = diagnosed(
        {"message": "warning: using another\n", "severity": "warning"},
        {"message": "error: Program failed:\n  ValueError: boo\n", "severity": "error"},
        {
            "urn": "urn:pulumi:mvp::palier::gcp:storage/bucket:Bucket::films",
            "message": "error: no\n  location\n", "severity": "error",
        },
    )  # fmt: skip
    assert said(out).why == ("error: Program failed: ValueError: boo\nerror: films: no location")


@pytest.mark.parametrize(
    "out", ["{}", "[]", "{", diagnosed(), diagnosed({"severity": "error"}), '{"diagnostics": [1]}']
)
def test_a_document_without_an_error_has_its_last_words_told(out: str) -> None:
    assert said(out, "the end").why.splitlines()[-1] == "the end"


def test_errors_are_found_among_the_events(tmp_path: Path) -> None:
    lines = (
        event(1, diagnosticEvent={"message": "registering\n", "severity": "debug"}),
        event(
            2, diagnosticEvent={"message": "creating x: 1 error:\n\t* no\n", "severity": "error"}
        ),
        event(3, summaryEvent={}),
        event(4, diagnosticEvent={"message": "update failed\n", "severity": "error"}),
    )
    ran, _ = followed(printing(tmp_path, *lines, code=255))
    assert (ran.code, ran.why) == (255, "error: creating x: 1 error: * no\nerror: update failed")


# --- the end ------------------------------------------------------------------------------------


class Child:
    """A script whose child goes on, and a pipe that the child holds open."""

    def __init__(self, folder: Path) -> None:
        os.mkfifo(folder / "held")
        self.pipe = os.open(folder / "held", os.O_RDONLY | os.O_NONBLOCK)
        script = f"(exec 3> held; echo '{event()}'; exec sleep 600) & wait"
        self.cli = cli(folder, script)

    def gone(self) -> bool:
        """Whether the child has ended; it has plenty of time."""
        last = time.monotonic() + TIMEOUT_S
        while time.monotonic() < last:
            try:
                return os.read(self.pipe, 1) == b""
            except BlockingIOError:
                time.sleep(0.01)
        return False


@pytest.fixture
def child(tmp_path: Path) -> Child:
    return Child(tmp_path)


def interrupt(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_who_stops_following_ends_the_command_with_all_it_started(child: Child) -> None:
    with pytest.raises(KeyboardInterrupt):
        child.cli.follow(interrupt)
    assert child.gone()


def test_who_stops_waiting_ends_the_command_with_all_it_started(
    child: Child, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subprocess.Popen, "communicate", _interrupted_after_a_line)
    with pytest.raises(KeyboardInterrupt):
        child.cli.run()
    assert child.gone()


def _interrupted_after_a_line(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    process.stdout.readline()
    raise KeyboardInterrupt


def test_a_command_is_ended_with_its_group(child: Child) -> None:
    with child.cli.start("up") as process:
        assert process.stdout is not None
        process.stdout.readline()
        kill(process)
    assert process.returncode == -9
    assert child.gone()


def test_a_command_that_has_ended_needs_no_end(tmp_path: Path) -> None:
    with cli(tmp_path, "exit 4").start() as process:
        process.wait()
        kill(process)
    assert process.returncode == 4
