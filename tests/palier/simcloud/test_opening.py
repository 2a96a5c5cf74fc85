"""A cloud's folder: its settings are written, read and refused, and the cloud is like them."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import cloud_builders as things
import pytest

from palier.errors import PalierError
from palier.simcloud import opening
from palier.simcloud.cloud import ServiceError
from palier.simcloud.opening import SETTINGS, STATE, Settings, open_cloud


def write(folder: Path, content: object) -> None:
    text = content if isinstance(content, str) else json.dumps(content)
    (folder / SETTINGS).write_text(text, encoding="utf-8")


def test_settings_are_read_as_they_were_saved(tmp_path: Path) -> None:
    settings = Settings(
        pace=0.5, faults=("create gcp:sql/* 1 quota",), quotas={"NETWORKS": 3, "ROUTERS": None},
        controllers=True,
    )  # fmt: skip
    opening.save(settings, tmp_path)
    assert opening.read(tmp_path) == settings


def test_without_a_file_they_are_the_usual_ones(tmp_path: Path) -> None:
    assert opening.read(tmp_path) == Settings()
    write(tmp_path, {})
    assert opening.read(tmp_path) == Settings()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "is no JSON"),
        ("\udcff", "is no JSON"),
        ([1], "expected an object of pace, faults, quotas or controllers"),
        ({"speed": 1}, "expected an object of pace, faults, quotas or controllers"),
        ({"pace": "fast"}, "pace: expected a number, got 'fast'"),
        ({"pace": True}, "pace: expected a number, got True"),
        ({"pace": -1}, "latency: expected a factor of 0 or more, got -1"),
        ({"faults": "create 1 409"}, "faults: expected a list of texts, got 'create 1 409'"),
        ({"faults": [1]}, "faults: expected a list of texts, got [1]"),
        ({"faults": ["create 0 409"]}, "fault 'create 0 409': expected OPERATION"),
        ({"faults": ["create 1 kill-after"]}, "nobody to end was named"),
        ({"quotas": [1]}, "quotas: expected an object or null, got [1]"),
        ({"quotas": {"NETWORKS": "3"}}, "quotas: NETWORKS: expected a whole number, got '3'"),
        ({"quotas": {"FILMS": 3}}, "got FILMS"),
        ({"controllers": "no"}, "controllers: expected true or false, got 'no'"),
    ],
)
def test_a_file_that_is_no_settings_is_refused_and_named(
    tmp_path: Path, content: object, message: str
) -> None:
    if content == "\udcff":
        (tmp_path / SETTINGS).write_bytes(b"\xff")
    else:
        write(tmp_path, content)
    with pytest.raises(PalierError) as caught:
        open_cloud(tmp_path)
    assert str(caught.value).startswith(f"{tmp_path / SETTINGS}: ")
    assert message in str(caught.value)


def test_a_file_that_cannot_be_read_is_refused_and_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, {})

    def fail(*_: object, **__: object) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_text", fail)
    with pytest.raises(PalierError, match=r"settings\.json: Permission denied"):
        opening.read(tmp_path)


@pytest.mark.parametrize(
    "wrong", [{"pace": float("nan")}, {"faults": ("nonsense",)}, {"quotas": {"FILMS": 1}}]
)
def test_settings_that_no_cloud_can_have_are_refused_at_once(wrong: dict[str, Any]) -> None:
    with pytest.raises(PalierError):
        Settings(**wrong)


def test_a_cloud_keeps_its_state_in_its_folder(tmp_path: Path) -> None:
    cloud = open_cloud(tmp_path)
    things.make(cloud, things.bucket())
    assert (tmp_path / STATE).is_file()
    assert things.there(open_cloud(tmp_path), things.bucket()), "the next process finds it"


def test_a_cloud_has_no_quotas_unless_it_was_given_some(tmp_path: Path) -> None:
    usual = open_cloud(tmp_path)
    things.make(usual, things.service("compute"))
    things.make(usual, *(things.network(name=f"net-{number}") for number in range(6)))
    write(tmp_path, {"quotas": {}})
    with pytest.raises(ServiceError, match="Quota 'NETWORKS' exceeded"):
        things.make(open_cloud(tmp_path), things.network(name="one-more"))


def test_a_cloud_has_the_faults_that_it_was_given(tmp_path: Path) -> None:
    write(tmp_path, {"faults": ["create gcp:storage/* 2 quota"]})
    cloud = open_cloud(tmp_path)
    things.make(cloud, things.bucket())
    with pytest.raises(ServiceError, match="Quota exceeded"):
        things.make(cloud, things.bucket(name="acme-others"))


@pytest.mark.parametrize("controllers", [True, False])
def test_clusters_attach_their_endpoints_only_where_controllers_act(
    tmp_path: Path, controllers: bool
) -> None:
    write(tmp_path, {"controllers": controllers})
    cloud = open_cloud(tmp_path)
    things.make(
        cloud, things.service("compute"), things.service("container"), things.network(),
        things.health_check(), things.backend_service(), things.cluster(),
    )  # fmt: skip
    (service,) = cloud.records("gcp", things.backend_service().type)
    assert bool(service.read("backends")) is controllers


def test_a_slow_cloud_takes_no_time_any_more_when_nobody_waits_for_it(tmp_path: Path) -> None:
    write(tmp_path, {"pace": 1000})
    over = threading.Event()
    cloud = open_cloud(tmp_path, over)
    call = threading.Thread(target=things.make, args=(cloud, things.bucket()), daemon=True)
    call.start()
    call.join(timeout=0.2)
    assert call.is_alive(), "it takes 1000 times as long as Google's"
    over.set()
    call.join(timeout=30)
    assert not call.is_alive()
