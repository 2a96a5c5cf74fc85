"""`palier state` as it is typed: what it prints, how it leaves, and never a traceback."""

from __future__ import annotations

import json
import os
import socket
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from command_line import Run, assert_refused
from state_builders import KEY, STACK, bucket, folder, lock, now, state, stored, unmade, urn

from palier.state import locks
from palier.state.file_backend import FileBackend

ALERT_TYPE = "gcp:monitoring/alertPolicy:AlertPolicy"
ALERT = unmade(
    "alert", urn=urn(ALERT_TYPE, "alert"), type=ALERT_TYPE, inputs={"displayName": "Disk full"}
)
HALF = state(bucket("a"), pending=[("creating", unmade("b"))])


@pytest.fixture
def run(palier: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """`run("verify", "prod")` is `palier state` in a project whose backend is a folder beside."""
    home = tmp_path / "project"
    home.mkdir()
    text = f"name: shop\nruntime: python\nbackend: {{url: 'file://{tmp_path}/states'}}\n"
    (home / "Pulumi.yaml").write_text(text, encoding="utf-8")
    monkeypatch.delenv("PULUMI_BACKEND_URL", raising=False)
    return partial(palier, "state", cwd=home)


@pytest.fixture
def backend(tmp_path: Path) -> FileBackend:
    """The project's backend, with a whole state."""
    return folder(tmp_path / "states", state(bucket("a")))


def replace(tmp_path: Path, deployment: dict[str, object]) -> None:
    (tmp_path / "states" / KEY).write_bytes(stored(deployment))


@pytest.mark.usefixtures("backend")
def test_a_whole_state_is_verified(run: Run) -> None:
    ran = run("verify", "prod")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.endswith(f"{KEY}: 3 resources, nothing wrong\n")


def test_findings_are_a_line_each_and_exit_code_1(
    run: Run, backend: FileBackend, tmp_path: Path
) -> None:
    replace(tmp_path, state(bucket("a", id=None), bucket("b", parent=urn("x", "gone"))))
    ran = run("verify", "prod")
    assert ran.code == 1
    names = [line.split("::")[3].partition(":")[0] for line in ran.out.splitlines()]
    assert names == ["a", "b"]
    assert backend.entries(STACK.backups) == []


def test_what_cannot_be_read_is_exit_code_2(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "broken.json"
    file.write_text("{", encoding="utf-8")
    assert_refused(run("verify", str(file)), "broken.json: not valid JSON at byte 1")
    assert_refused(run("verify", "nowhere.json"), "nowhere.json: No such file or directory")
    assert_refused(run("verify", "prod"), "no stack 'prod' of project 'shop'; there is none")


def test_a_backup_is_verified_with_its_manifest(
    run: Run, backend: FileBackend, tmp_path: Path
) -> None:
    ran = run("backup", "prod", "--out", str(tmp_path / "out"))
    assert (ran.code, ran.err) == (0, "")
    file = Path(ran.out.split(":")[0])
    assert run("verify", str(file)).code == 0
    file.write_bytes(file.read_bytes() + b"\n")
    ran = run("verify", str(file))
    assert ran.code == 1
    assert "checksum" in ran.out
    assert now(backend) == state(bucket("a"))


def test_a_backup_of_a_locked_stack_says_so(run: Run, backend: FileBackend, tmp_path: Path) -> None:
    lock(backend)
    assert_refused(run("backup", "prod"), "is locked, taken by ada@build-7")
    ran = run("backup", "prod", "--even-locked", "--out", str(tmp_path))
    assert ran.code == 0
    assert "! backed up while locked, taken by ada@build-7" in ran.out


def test_restoring_lists_restores_and_says_what_is_next(run: Run, backend: FileBackend) -> None:
    backend.put(f"{STACK.backups}prod.1795324876999551532.json", stored(state()), None)
    ran = run("restore", "prod", "--list")
    assert ran.code == 0
    assert ran.out == (
        "2026-11-22T05:21:16+00:00  backup   prod.1795324876999551532.json  2 resources\n"
    )
    ran = run("restore", "prod", "--version", "prod.1795324876999551532.json", "--yes")
    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    refresh = lines.index("  pulumi refresh --stack organization/shop/prod --preview-only")
    assert lines[refresh + 1] == "  pulumi refresh --stack organization/shop/prod"
    assert lines[-2].startswith("  pulumi import gcp:storage/bucket:Bucket a acme-a --stack ")
    assert lines[-1] == "  pulumi preview --stack organization/shop/prod"
    assert now(backend) == state()


@pytest.mark.usefixtures("backend")
@pytest.mark.parametrize(
    "args", [[], ["--list", "--version", "x"], ["--file", "x.json", "--version", "x"]]
)
def test_restoring_needs_to_know_what(run: Run, args: list[str]) -> None:
    assert_refused(run("restore", "prod", *args), "one of --version, --file and --list")


@pytest.mark.usefixtures("backend")
def test_a_backend_that_keeps_nothing_else_is_said(run: Run) -> None:
    assert_refused(run("restore", "prod", "--list"), "keeps no other state of organization/shop")


def test_nothing_is_changed_in_a_pipe_without_yes(
    run: Run, backend: FileBackend, tmp_path: Path
) -> None:
    replace(tmp_path, HALF)
    lock(backend)
    ran = run("unlock", "prod")
    assert ran.code == 3
    assert ran.out.endswith("Nothing was changed: add --yes.\n")
    assert now(backend) == HALF
    assert len(locks.read(backend, STACK)) == 1


def test_unlocking_explains_settles_and_says_what_is_next(
    run: Run, backend: FileBackend, tmp_path: Path
) -> None:
    replace(tmp_path, HALF)
    lock(backend)
    ran = run("unlock", "prod", "--yes")
    assert (ran.code, ran.err) == (0, "")
    assert "locked: taken by ada@build-7, process 4711" in ran.out
    assert "look on build-7 before --yes" in ran.out
    assert "  it enters the state as acme-b\n" in ran.out
    assert ran.out.endswith(
        "Next:\n  pulumi refresh --stack organization/shop/prod\n"
        "  pulumi up --stack organization/shop/prod\n"
    )
    again = run("unlock", "prod", "--yes")
    assert (again.code, again.out) == (0, "organization/shop/prod: no lock, nothing pending\n")
    assert now(backend)["resources"][-1]["id"] == "acme-b"


def test_what_is_undecided_is_exit_code_3_until_it_is_decided(
    run: Run, backend: FileBackend, tmp_path: Path
) -> None:
    other = ALERT | {"urn": urn(ALERT_TYPE, "other")}
    deployment = state(pending=[("creating", ALERT), ("creating", other)])
    replace(tmp_path, deployment)
    lock(backend)
    ran = run("unlock", "prod", "--yes", "--gone", ALERT["urn"])
    assert ran.code == 3
    assert "gcloud monitoring policies list --filter 'displayName=\"Disk full\"'" in ran.out
    assert ran.out.endswith("Nothing was changed: 1 to be decided.\n")
    assert now(backend) == deployment
    adopt = f"{other['urn']}=projects/acme/alertPolicies/7"
    assert run("unlock", "prod", "--yes", "--gone", ALERT["urn"], "--adopt", adopt).code == 0
    assert [row["id"] for row in now(backend)["resources"][2:]] == ["projects/acme/alertPolicies/7"]


@pytest.mark.usefixtures("backend")
@pytest.mark.parametrize("text", ["urn", "urn=", "=id"])
def test_an_answer_without_a_urn_or_an_id_is_refused(run: Run, text: str) -> None:
    assert_refused(run("unlock", "prod", "--adopt", text), "--adopt: expected URN=ID")


def test_a_living_update_is_not_unlocked(run: Run, backend: FileBackend) -> None:
    lock(backend, pid=os.getpid(), hostname=socket.gethostname(),
         timestamp=datetime.now(UTC).isoformat())  # fmt: skip
    assert_refused(run("unlock", "prod", "--yes"), "still runs here")
    assert len(locks.read(backend, STACK)) == 1


def test_a_place_is_made_and_the_login_line_is_the_last(run: Run, tmp_path: Path) -> None:
    ran = run("bootstrap", f"file://{tmp_path}/fresh")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines()[-1] == f"pulumi login file://{tmp_path}/fresh"
    assert (tmp_path / "fresh").is_dir()


@pytest.mark.usefixtures("backend")
def test_the_backend_of_a_command_outweighs_the_projects(run: Run) -> None:
    assert_refused(
        run("verify", "prod", "--backend", "https://api.pulumi.com"), "Pulumi Cloud keeps its own"
    )


def test_a_manifest_is_json_with_its_schema(run: Run, backend: FileBackend, tmp_path: Path) -> None:
    run("backup", "prod", "--out", str(tmp_path / "out"))
    (file,) = (tmp_path / "out").glob("*.manifest.json")
    manifest = json.loads(file.read_text(encoding="utf-8"))
    assert manifest["schema"] == "palier.state-backup/1"
    assert manifest["resources"] == len(now(backend)["resources"])
