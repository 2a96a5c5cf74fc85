"""An older state comes back, what it replaces is kept, and what the cloud has besides is told."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import gcs_server
import pytest
from state_builders import (
    BUCKET,
    KEY,
    PROVIDER,
    PROVIDER_ID,
    ROOT,
    STACK,
    bucket,
    exported,
    folder,
    lock,
    now,
    secret,
    state,
    stored,
    unmade,
    urn,
)

from palier.errors import PalierError
from palier.state import backup, bootstrap, locks
from palier.state.address import Address
from palier.state.backend import Backend, connect
from palier.state.file_backend import FileBackend
from palier.state.restore import (
    Chosen,
    Restored,
    candidates,
    choose,
    choose_file,
    import_line,
    restore,
    seen,
)

OLD, NEW = state(bucket("a")), state(bucket("a"), bucket("b"))


def chosen(deployment: dict[str, object]) -> Chosen:
    return Chosen(where="it", data=exported(deployment))


def test_a_file_becomes_the_state_and_what_it_replaces_is_kept(tmp_path: Path) -> None:
    backend = folder(tmp_path, NEW)
    done = restore(backend, STACK, chosen(OLD), False)
    assert now(backend) == OLD
    assert done.resources == 3
    kept = backend.get(done.kept or "")
    assert kept is not None
    assert kept.data == stored(NEW)
    assert locks.read(backend, STACK) == []
    blob = backend.get(KEY)
    assert blob is not None
    assert json.loads(blob.data)["checkpoint"]["stack"] == STACK.full


def test_a_backup_of_palier_can_be_restored(tmp_path: Path) -> None:
    backend = folder(tmp_path / "states", OLD)
    made = backup.make(backend, STACK, tmp_path, False)
    restore(backend, STACK, chosen(NEW), False)
    restore(backend, STACK, choose_file(made.file), False)
    assert now(backend) == OLD


def test_a_backup_that_was_changed_is_refused(tmp_path: Path) -> None:
    backend = folder(tmp_path / "states", OLD)
    made = backup.make(backend, STACK, tmp_path, False)
    made.file.write_bytes(made.file.read_bytes().replace(b"acme-a", b"evil-a"))
    with pytest.raises(PalierError, match=r"is broken: .*checksum"):
        restore(backend, STACK, choose_file(made.file), False)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PalierError, match=r"none\.json: No such file or directory$"):
        choose_file(tmp_path / "none.json")


def test_a_stack_that_was_removed_can_be_restored(tmp_path: Path) -> None:
    backend = folder(tmp_path)
    done = restore(backend, STACK, chosen(OLD), False)
    assert (done.kept, done.compared) == (None, False)
    assert now(backend) == OLD


def test_a_damaged_state_can_be_replaced(tmp_path: Path) -> None:
    backend = folder(tmp_path)
    backend.put(KEY, b"{", None)
    done = restore(backend, STACK, chosen(OLD), False)
    assert not done.compared, "what the cloud has besides cannot be told"
    assert (backend.get(done.kept or "") or pytest.fail("not kept")).data == b"{"


def test_a_locked_stack_is_left_alone(tmp_path: Path) -> None:
    backend = folder(tmp_path, NEW)
    lock(backend)
    with pytest.raises(PalierError, match=r"is locked, .*`palier state unlock prod`"):
        restore(backend, STACK, chosen(OLD), False)
    assert now(backend) == NEW


def test_a_lock_is_told_before_what_is_wrong_with_the_file(tmp_path: Path) -> None:
    backend = folder(tmp_path, NEW)
    lock(backend)
    half = state(bucket("a"), pending=[("creating", unmade("b"))])
    with pytest.raises(PalierError, match=r"is locked, taken by ada@build-7"):
        restore(backend, STACK, chosen(half), False)


def test_a_broken_state_is_restored_only_when_that_is_asked_for(tmp_path: Path) -> None:
    backend = folder(tmp_path, NEW)
    rows = [bucket(name, id=None) for name in "abcde"]
    with pytest.raises(PalierError, match=r"^it is broken: .*, and 2 more; .* --even-broken$"):
        restore(backend, STACK, chosen(state(*rows)), False)
    assert now(backend) == NEW
    restore(backend, STACK, chosen(state(*rows)), True)
    assert now(backend) == state(*rows)


def test_a_state_with_something_under_way_is_broken(tmp_path: Path) -> None:
    half = state(bucket("a"), pending=[("creating", unmade("b"))])
    with pytest.raises(PalierError, match=r"was interrupted while creating"):
        restore(folder(tmp_path, NEW), STACK, chosen(half), False)


@pytest.mark.parametrize("even_broken", [False, True])
def test_a_state_of_another_stack_is_refused_whatever_is_asked(
    tmp_path: Path, even_broken: bool
) -> None:
    backend = folder(tmp_path, NEW)
    other = Chosen(where="it", data=stored(OLD, stack="organization/shop/dev"))
    with pytest.raises(PalierError, match=r"^it: is a state of organization/shop/dev, not of"):
        restore(backend, STACK, other, even_broken)
    foreign = bucket("a", urn=f"urn:pulumi:dev::shop::{BUCKET}::a")
    with pytest.raises(PalierError, match=r"^it: urn:pulumi:dev::shop::.* is of another stack"):
        restore(backend, STACK, chosen(state(foreign)), even_broken)


def test_secrets_in_clear_are_never_written(tmp_path: Path) -> None:
    clear = {key: value for key, value in secret().items() if key != "ciphertext"}
    row = bucket("a", inputs={"password": clear | {"plaintext": '"hunter2"'}})
    with pytest.raises(PalierError, match=r"^it: holds secrets in clear; `pulumi stack import`"):
        restore(folder(tmp_path, NEW), STACK, chosen(state(row)), True)


def test_an_update_that_began_meanwhile_is_not_overwritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = folder(tmp_path, NEW)
    true, later = backup.keep, state(bucket("later"))

    def keep(*args: object) -> str:
        key = true(*args)  # type: ignore[arg-type]
        (tmp_path / KEY).write_bytes(stored(later))
        return key

    monkeypatch.setattr(backup, "keep", keep)
    with pytest.raises(PalierError, match=r"changed while palier worked on it"):
        restore(backend, STACK, chosen(OLD), False)
    assert now(backend) == later


# What is told


def compared(tmp_path: Path, replaced: dict[str, object], by: dict[str, object]) -> Restored:
    return restore(folder(tmp_path, replaced), STACK, chosen(by), True)


def names(rows: tuple[dict[str, object], ...]) -> list[str]:
    return [str(row["urn"]).rsplit("::", 1)[-1] for row in rows]


def test_what_only_one_of_the_two_has_is_told(tmp_path: Path) -> None:
    done = compared(tmp_path, state(bucket("a"), bucket("b")), state(bucket("a"), bucket("c")))
    assert names(done.orphans) == ["b"]
    assert names(done.returned) == ["c"]


def test_what_was_replaced_since_is_an_orphan_under_its_new_id(tmp_path: Path) -> None:
    done = compared(tmp_path, state(bucket("a", id="new")), state(bucket("a", id="old")))
    assert [row["id"] for row in done.orphans] == ["new"]
    assert [row["id"] for row in done.returned] == ["old"]


def test_components_and_providers_are_in_no_cloud(tmp_path: Path) -> None:
    part = {"urn": urn("acme:part:Part", "p"), "custom": False, "type": "acme:part:Part"}
    read = bucket("read", external=True)
    done = compared(tmp_path, state(part, read), state() | {"resources": [OLD["resources"][0]]})
    assert done.orphans == ()


def test_what_was_under_way_is_in_no_state_now(tmp_path: Path) -> None:
    done = compared(tmp_path, state(pending=[("creating", unmade("b"))]), OLD)
    assert [item.type for item in done.unsettled] == ["creating"]


def test_other_keys_are_told(tmp_path: Path) -> None:
    other = state(bucket("a"), secrets_providers={"type": "passphrase", "state": {"salt": "v2"}})
    assert compared(tmp_path / "1", NEW, other).rekeyed
    assert not compared(tmp_path / "2", NEW, OLD).rekeyed


def test_an_import_line_brings_a_resource_back_under_its_urn() -> None:
    part = urn("acme:part:Part", "the-part")
    words = shlex.split(import_line(bucket("a", parent=part, protect=True, id="x y"), STACK))
    assert words == [
        "pulumi", "import", BUCKET, "a", "x y", "--stack", STACK.full,
        "--parent", f"the-part={part}", "--provider", f"gcp={PROVIDER}",
        "--generate-code=false", "--protect=true",
    ]  # fmt: skip


def test_an_import_line_needs_neither_the_root_nor_a_default_provider() -> None:
    default = urn("pulumi:providers:gcp", "default_10_2_0")
    line = import_line(bucket("a", parent=ROOT, provider=f"{default}::{PROVIDER_ID}"), STACK)
    assert "--parent" not in line
    assert "--provider" not in line
    assert line.endswith("--protect=false")
    own = urn("pulumi:providers:gcp", "default-eu")
    assert "--provider" in import_line(bucket("a", provider=f"{own}::{PROVIDER_ID}"), STACK)


# What can be chosen


def test_a_folder_offers_the_backups_and_the_history_of_the_cli(tmp_path: Path) -> None:
    backend = folder(tmp_path, NEW)
    backend.put(f"{STACK.backups}prod.1795324876999551532.json", stored(OLD), None)
    backend.put(f"{STACK.history}prod-1795324877999551532.checkpoint.json", stored(NEW), None)
    backend.put(f"{STACK.history}prod-1795324877999551532.history.json", b"{}", None)
    backend.put(f"{KEY}.bak", b"{", None)
    backend.put(f"{STACK.folder}production.json.bak", b"{", None)
    found = {item.candidate.id: item for item in seen(candidates(backend, STACK), 10)}
    assert set(found) == {
        "prod.1795324876999551532.json", "prod-1795324877999551532.checkpoint.json",
        "prod.json.bak",
    }  # fmt: skip
    assert found["prod.1795324876999551532.json"].resources == 3
    assert found["prod-1795324877999551532.checkpoint.json"].resources == 4
    assert found["prod.json.bak"].resources is None, "it cannot be read"
    done = restore(backend, STACK, choose(backend, STACK, "prod.1795324876999551532.json"), False)
    assert now(backend) == OLD
    assert names(done.orphans) == ["b"]


def test_the_newest_comes_first_and_only_so_many_are_read(tmp_path: Path) -> None:
    backend = folder(tmp_path, NEW)
    for number in range(5):
        backend.put(f"{STACK.backups}prod.179532487699955153{number}.json", stored(OLD), None)
    found = candidates(backend, STACK)
    assert found[0].id == "prod.1795324876999551534.json"
    assert len(seen(found, 2)) == 2


@pytest.mark.parametrize("kind", ["s3", "gcs"])
def test_a_bucket_offers_what_the_state_has_been(kind: str, request: pytest.FixtureRequest) -> None:
    backend = bucketed(kind, request)
    tag = None
    for deployment in (OLD, state(pending=[("creating", unmade("b"))]), NEW):
        backend.put(KEY, stored(deployment), tag)
        tag = (backend.get(KEY) or pytest.fail("nothing is there")).tag
    found = seen(candidates(backend, STACK), 10)
    # Two writes of one second have one time on S3: their order is not told by it.
    assert sorted((item.resources or 0, item.pending or 0) for item in found) == [
        (2, 1), (3, 0), (4, 0),
    ]  # fmt: skip
    (current,) = [item for item in found if item.candidate.current]
    assert current.resources == 4
    (old,) = [item.candidate.id for item in found if item.resources == 3]
    restore(backend, STACK, choose(backend, STACK, old), False)
    blob = backend.get(KEY)
    assert blob is not None
    assert json.loads(blob.data)["checkpoint"]["latest"] == OLD


@pytest.mark.parametrize("kind", ["s3", "gcs"])
def test_a_state_that_was_deleted_comes_back_from_a_bucket(
    kind: str, request: pytest.FixtureRequest
) -> None:
    backend = bucketed(kind, request)
    backend.put(KEY, stored(OLD), None)
    backend.delete(KEY)
    (found,) = candidates(backend, STACK)
    restore(backend, STACK, choose(backend, STACK, found.id), False)
    assert backend.get(KEY) is not None


def bucketed(kind: str, request: pytest.FixtureRequest) -> Backend:
    made: Address | tuple[Address, gcs_server.Store] = request.getfixturevalue(kind)
    address = made[0] if isinstance(made, tuple) else made
    if kind == "s3":
        bootstrap.ensure(address, None, None)
    return connect(address)


def test_a_version_that_is_not_offered_is_refused(tmp_path: Path) -> None:
    backend: FileBackend = folder(tmp_path, NEW)
    with pytest.raises(PalierError, match=r"^--version v9: .* `palier state restore prod --list`"):
        choose(backend, STACK, "v9")
