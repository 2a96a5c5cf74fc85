"""The state file: readable, changed by hand at any time, never half written, without secrets."""

from __future__ import annotations

import json
import stat
import threading
from pathlib import Path
from typing import Any

import cloud_builders as things
import pytest
from cloud_builders import make, open_cloud, there

from palier.errors import PalierError
from palier.simcloud import seals, store
from palier.simcloud.records import made
from palier.simcloud.store import Store

USER = "gcp:sql/user:User"


def content(folder: Path) -> dict[str, Any]:
    """What the state file holds."""
    held: dict[str, Any] = json.loads((folder / "cloud.json").read_text(encoding="utf-8"))
    return held


def write(folder: Path, held: Any) -> None:
    """Change the file by hand."""
    (folder / "cloud.json").write_text(json.dumps(held), encoding="utf-8")


def password_of(folder: Path, password: str) -> dict[str, Any]:
    """Inputs of a database user, as the file holds them."""
    inputs = {"name": "app", "instance": "db", "password": password}
    Store(folder / "cloud.json").put("gcp", USER, "app//db", inputs, inputs)
    held: dict[str, Any] = content(folder)["resources"]["gcp"][USER]["app//db"]
    return held


def test_another_store_reads_what_one_has_written(tmp_path: Path) -> None:
    network = things.network()
    make(open_cloud(tmp_path), network)
    read = Store(tmp_path / "cloud.json").get("gcp", network.type, network.id)
    assert read is not None
    assert read.inputs == network.inputs


def test_the_file_is_laid_out_for_a_reader(tmp_path: Path) -> None:
    thing = things.Thing(
        type="gcp:compute/address:Address",
        inputs={"name": "nat", "region": "europe-west1", "labels": {"b": "2", "a": "1"}},
        outputs={"address": "203.0.113.1"},
    )
    make(open_cloud(tmp_path), thing)
    text = (tmp_path / "cloud.json").read_text(encoding="utf-8")
    assert text.startswith('{\n "schema": "palier.cloud/1",\n "salt": ')
    assert text.endswith(
        """
    "projects/acme-platform/regions/europe-west1/addresses/nat": {
     "inputs": {
      "labels": {
       "a": "1",
       "b": "2"
      },
      "name": "nat",
      "region": "europe-west1"
     },
     "computed": {
      "address": "203.0.113.1"
     }
    }
   }
  }
 }
}
"""
    )


def test_only_its_owner_can_read_the_file(tmp_path: Path) -> None:
    make(open_cloud(tmp_path), things.network())
    assert stat.S_IMODE((tmp_path / "cloud.json").stat().st_mode) == 0o600


def test_a_change_by_hand_is_seen_at_the_next_call(tmp_path: Path) -> None:
    cloud, network = open_cloud(tmp_path), things.network()
    make(cloud, network)
    held = content(tmp_path)
    held["resources"]["gcp"][network.type][network.id]["inputs"]["routingMode"] = "GLOBAL"
    write(tmp_path, held)
    record = cloud.read("gcp", network.type, network.id)
    assert record is not None
    assert record.inputs["routingMode"] == record.outputs["routingMode"] == "GLOBAL"


def test_a_resource_taken_out_by_hand_is_gone_and_can_be_made_again(tmp_path: Path) -> None:
    cloud, network = open_cloud(tmp_path), things.network()
    make(cloud, network, things.subnetwork())
    held = content(tmp_path)
    del held["resources"]["gcp"][network.type]
    write(tmp_path, held)
    assert not there(cloud, network)
    make(cloud, network)
    assert there(cloud, things.subnetwork())


def test_without_its_file_the_cloud_is_empty(tmp_path: Path) -> None:
    cloud = open_cloud(tmp_path)
    make(cloud, things.network())
    (tmp_path / "cloud.json").unlink()
    assert not there(cloud, things.network())


def test_a_change_by_hand_is_kept_by_the_next_write(tmp_path: Path) -> None:
    cloud, network = open_cloud(tmp_path), things.network()
    make(cloud, network)
    held = content(tmp_path)
    held["resources"]["gcp"][network.type][network.id]["inputs"]["routingMode"] = "GLOBAL"
    write(tmp_path, held)
    make(cloud, things.subnetwork())
    inputs = content(tmp_path)["resources"]["gcp"][network.type][network.id]["inputs"]
    assert inputs["routingMode"] == "GLOBAL"


def test_what_a_service_adds_is_laid_over_the_inputs() -> None:
    inputs = {"size": 1, "rules": [{"a": 1}, {"a": 2}], "block": {"x": 1}, "names": ["a"]}
    outputs = {
        "size": 1,
        "rules": [{"a": 1}, {"a": 2, "b": 3}],
        "block": {"x": 1, "y": 2},
        "names": ["a", "b"],
        "id": 7,
    }
    record = made("gcp:compute/network:Network", "n", inputs, outputs)
    assert record.computed == {
        "rules": [{}, {"b": 3}],
        "block": {"y": 2},
        "names": ["a", "b"],
        "id": 7,
    }
    assert record.outputs == outputs


def test_many_threads_lose_nothing(tmp_path: Path) -> None:
    cloud = open_cloud(tmp_path)
    names = [f"net-{number}" for number in range(24)]

    def work(own: list[str]) -> None:
        for name in own:
            make(cloud, things.network(name=name))

    threads = [threading.Thread(target=work, args=(names[start::4],)) for start in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    held = content(tmp_path)["resources"]["gcp"]["gcp:compute/network:Network"]
    assert len(held) == len(names)


def test_what_cannot_be_written_has_not_happened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud = open_cloud(tmp_path)
    make(cloud, things.network())
    before = (tmp_path / "cloud.json").read_text(encoding="utf-8")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("palier.simcloud.store.os.fsync", full)
        with pytest.raises(PalierError, match=r"cloud\.json: cannot write .* No space left"):
            make(cloud, things.bucket())
    assert not there(cloud, things.bucket())
    assert (tmp_path / "cloud.json").read_text(encoding="utf-8") == before
    assert [file.name for file in tmp_path.iterdir()] == ["cloud.json"], "a draft was left behind"


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(PalierError, match=r"nowhere/cloud\.json: cannot write the cloud's file"):
        make(open_cloud(tmp_path / "nowhere"), things.network())


ENTRY = {"inputs": {"name": "net"}}
TYPE = "gcp:compute/network:Network"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('{\n "schema": "palier.cloud/1",\n}', r"cloud\.json:3:1: the cloud's file is no JSON"),
        ("[]", 'expected an object with "schema": "palier.cloud/1"'),
        ('{"schema": "palier.cloud/2"}', 'expected an object with "schema": "palier.cloud/1"'),
        ({"salt": 1}, "salt: expected a text, got 1"),
        ({"resources": []}, "resources: expected an object, got"),
        ({"resources": {"gcp": {TYPE: []}}}, f"{TYPE}: expected an object"),
        ({"resources": {"gcp": {"gcp:a/b:C": {}}}}, "gcp:a/b:C: the simulated cloud does not know"),
        ({"resources": {"gcp": {TYPE: {"n": {}}}}}, "n: inputs: expected an object, got None"),
        (
            {"resources": {"gcp": {TYPE: {"n": {**ENTRY, "input": {}}}}}},
            "n: expected inputs or computed, got input",
        ),
        (
            {"resources": {"gcp": {TYPE: {"n": {"inputs": {"nam": "net"}}}}}},
            "n: inputs.nam: ",
        ),
        ({"deleted": {TYPE: {"n": "yesterday"}}}, "deleted: n: expected a time such as 2026-"),
    ],
)
def test_a_file_that_is_none_is_refused_with_its_place(
    tmp_path: Path, text: str | dict[str, Any], complaint: str
) -> None:
    content = text if isinstance(text, str) else json.dumps({"schema": store.SCHEMA, **text})
    (tmp_path / "cloud.json").write_text(content, encoding="utf-8")
    with pytest.raises(PalierError, match=complaint):
        make(open_cloud(tmp_path), things.network())
    assert (tmp_path / "cloud.json").read_text(encoding="utf-8") == content, "overwritten"


def test_a_mended_file_is_read_again(tmp_path: Path) -> None:
    cloud = open_cloud(tmp_path)
    make(cloud, things.network())
    good = (tmp_path / "cloud.json").read_text(encoding="utf-8")
    (tmp_path / "cloud.json").write_text(good + "}", encoding="utf-8")
    with pytest.raises(PalierError, match="no JSON"):
        there(cloud, things.network())
    (tmp_path / "cloud.json").write_text(good, encoding="utf-8")
    assert there(cloud, things.network())


def test_no_password_stands_in_the_file(tmp_path: Path) -> None:
    held = password_of(tmp_path, "correct horse")
    assert held["inputs"]["password"].startswith("sealed:")
    assert "correct horse" not in (tmp_path / "cloud.json").read_text(encoding="utf-8")


def test_secrets_of_other_packages_and_those_the_caller_names_are_sealed_too(
    tmp_path: Path,
) -> None:
    cloud = open_cloud(tmp_path)
    secret = "kubernetes:core/v1:Secret"  # noqa: S105 a type
    inputs = {"stringData": {"key": "battery"}, "note": "staple", "kind": "Secret"}
    cloud.create("kubernetes", secret, "a", inputs, inputs, secret=frozenset({"note"}))
    held = content(tmp_path)["resources"]["kubernetes"][secret]["a"]["inputs"]
    assert held["kind"] == "Secret"
    assert seals.is_seal(held["stringData"]["key"])
    assert seals.is_seal(held["note"])


def test_every_text_below_a_secret_place_is_sealed_and_opened_again() -> None:
    keys = {"encryptionKey": "battery", "more": [{"a": "staple"}], "size": 3}
    inputs = {"customerEncryption": keys}
    places = seals.places("gcp:storage/bucketObject:BucketObject")
    sealed = seals.seal(inputs, places, "salt")
    assert "battery" not in str(sealed)
    assert "staple" not in str(sealed)
    assert sealed["customerEncryption"]["size"] == 3
    assert seals.seal(sealed, places, "salt") == sealed
    assert seals.unseal(sealed, inputs, "salt") == inputs
    assert seals.unseal(sealed, {}, "salt")["customerEncryption"]["more"] == [{"a": seals.CHANGED}]


def test_labels_stay_readable_though_the_provider_calls_them_secret(tmp_path: Path) -> None:
    bucket = things.bucket()
    outputs = {**bucket.inputs, "effectiveLabels": {"a": "b"}}
    record = open_cloud(tmp_path).create("gcp", bucket.type, bucket.id, bucket.inputs, outputs)
    assert record.outputs["effectiveLabels"] == {"a": "b"}
    assert "sealed:" not in (tmp_path / "cloud.json").read_text(encoding="utf-8")


def test_a_secret_is_read_back_from_the_state_of_who_knows_it(tmp_path: Path) -> None:
    cloud = open_cloud(tmp_path)
    user = things.Thing(
        type=USER, inputs={"name": "app", "instance": "db", "password": "correct horse"}
    )
    [created] = make(cloud, things.instance(), user)[1:]
    assert created.inputs == user.inputs
    known = cloud.read("gcp", USER, user.id, user.inputs, user.inputs)
    changed = cloud.read("gcp", USER, user.id, {**user.inputs, "password": "other"}, {})
    sealed = cloud.read("gcp", USER, user.id)
    assert known is not None
    assert changed is not None
    assert sealed is not None
    assert known.outputs["password"] == user.inputs["password"]
    assert changed.inputs["password"] == seals.CHANGED
    assert seals.is_seal(sealed.inputs["password"])


def test_two_files_seal_one_password_differently(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    one, other = (password_of(tmp_path / name, "same") for name in "ab")
    assert one["inputs"]["password"] != other["inputs"]["password"]


def test_a_write_encodes_only_what_it_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hundreds of resources are made one after another, and the file has all of them each time."""
    cloud = open_cloud(tmp_path)
    make(cloud, *(things.network(name=f"net-{number}") for number in range(5)))
    encoded: list[Any] = []
    real = store._text

    def counted(value: Any, depth: int) -> str:
        encoded.append(value)
        return real(value, depth)

    monkeypatch.setattr(store, "_text", counted)
    make(cloud, things.network(name="net-5"))
    assert [value for value in encoded if value.get("name", "net-5") != "net-5"] == []
