"""Backups: whole, private, with a manifest, and never with a secret in clear."""

from __future__ import annotations

import hashlib
import json
import stat
from datetime import datetime
from pathlib import Path

import pytest
from state_builders import KEY, STACK, bucket, folder, lock, secret, state, stored, unmade, urn

from palier.errors import PalierError
from palier.state import backup, layout
from palier.state.backup import make


def test_a_backup_is_an_export_with_a_manifest_that_fits(tmp_path: Path) -> None:
    deployment = state(bucket("a", inputs={"password": secret()}))
    made = make(folder(tmp_path / "states", deployment), STACK, tmp_path / "out", False)
    data = made.file.read_bytes()
    assert json.loads(data) == {"version": 3, "deployment": deployment}
    manifest = json.loads(made.manifest_file.read_text(encoding="utf-8"))
    assert manifest["sha256"] == hashlib.sha256(data).hexdigest()
    assert manifest["bytes"] == len(data)
    assert (manifest["stack"], manifest["project"]) == ("prod", "shop")
    assert (manifest["resources"], manifest["pending_operations"]) == (3, [])
    assert manifest["backend"] == f"file://{tmp_path}/states"
    assert "locked" not in manifest
    assert datetime.fromisoformat(manifest["made_at"]).tzinfo


def test_a_backup_is_only_its_owners(tmp_path: Path) -> None:
    made = make(folder(tmp_path / "states", state()), STACK, tmp_path / "out", False)
    for file in (made.file, made.manifest_file):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o700


def test_two_backups_are_two_files(tmp_path: Path) -> None:
    backend = folder(tmp_path / "states", state())
    first, second = (make(backend, STACK, tmp_path / "out", False) for _ in range(2))
    assert first.file != second.file
    assert len(list((tmp_path / "out").iterdir())) == 4


def test_a_locked_stack_is_backed_up_only_when_that_is_asked_for(tmp_path: Path) -> None:
    deployment = state(bucket("a"), pending=[("creating", unmade("b"))])
    backend = folder(tmp_path / "states", deployment)
    lock(backend)
    with pytest.raises(PalierError, match=r"locked, taken by ada@build-7.*--even-locked"):
        make(backend, STACK, tmp_path / "out", False)
    assert not (tmp_path / "out").exists()
    manifest = make(backend, STACK, tmp_path / "out", True).manifest
    assert manifest["locked"] == [
        "taken by ada@build-7, process 4711, at 2026-11-22T05:21:17+00:00"
    ]
    assert manifest["pending_operations"] == [
        {"type": "creating", "urn": urn("gcp:storage/bucket:Bucket", "b")}
    ]


def test_a_secret_in_clear_is_refused(tmp_path: Path) -> None:
    clear = {key: value for key, value in secret().items() if key != "ciphertext"}
    row = bucket("a", outputs={"deep": [clear | {"plaintext": '"hunter2"'}]})
    backend = folder(tmp_path / "states", state(row))
    with pytest.raises(PalierError, match=r"holds secrets in clear") as refused:
        make(backend, STACK, tmp_path / "out", False)
    assert "hunter2" not in str(refused.value)
    assert not (tmp_path / "out").exists()


def test_a_property_that_is_only_called_plaintext_is_no_secret(tmp_path: Path) -> None:
    backend = folder(tmp_path / "states", state(bucket("a", inputs={"plaintext": "no"})))
    assert make(backend, STACK, tmp_path / "out", False).file.is_file()


def test_a_damaged_state_is_refused(tmp_path: Path) -> None:
    backend = folder(tmp_path / "states")
    backend.put(KEY, stored(state(bucket("a")))[:-30], None)
    with pytest.raises(PalierError, match=r"prod\.json: not valid JSON at byte"):
        make(backend, STACK, tmp_path / "out", False)


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("", encoding="utf-8")
    with pytest.raises(PalierError, match=r"^--out .*/out: (File exists|Not a directory)$"):
        make(folder(tmp_path / "states", state()), STACK, tmp_path / "out", False)


def test_what_is_kept_in_the_backend_is_named_as_the_cli_names_it(tmp_path: Path) -> None:
    backend = folder(tmp_path, state(bucket("a")))
    backend.put(f"{STACK.folder}prod.json.gz", b"packed", None)
    plain = layout.Stored(key=KEY, blob=backend.get(KEY) or pytest.fail("nothing is there"))
    packed_blob = backend.get(f"{KEY}.gz") or pytest.fail("nothing is there")
    keys = [
        backup.keep(backend, STACK, plain),
        backup.keep(backend, STACK, layout.Stored(key=f"{KEY}.gz", blob=packed_blob)),
    ]
    assert [key.rsplit("/", 1)[0] for key in keys] == [".pulumi/backups/shop/prod"] * 2
    for key, ending in zip(keys, (".json", ".json.gz"), strict=True):
        name = key.rsplit("/", 1)[-1]
        assert name.startswith("prod.")
        assert name.endswith(ending)
        assert backup.age(key) is not None


@pytest.mark.parametrize(
    "key", ["prod.1795324876999551532.json", "a/prod-1795324876999551532.checkpoint.json.gz"]
)
def test_the_age_of_a_backup_is_in_its_name(key: str) -> None:
    found = backup.age(key)
    assert found is not None
    assert found.isoformat(timespec="seconds") == "2026-11-22T05:21:16+00:00"
    assert backup.age("prod.json.bak") is None
