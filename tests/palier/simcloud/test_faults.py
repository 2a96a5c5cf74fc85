"""Faults: which operation fails, how, how often, and what the cloud has done by then."""

from __future__ import annotations

import threading
from pathlib import Path

import cloud_builders as things
import pytest
from cloud_builders import change, drop, make, open_cloud, refusal_of_making, there

from palier.errors import PalierError
from palier.simcloud.cloud import Cloud, ServiceError
from palier.simcloud.faults import KINDS, OPERATIONS, Faults
from palier.simcloud.latencies import Latencies


def faulty(folder: Path, *lines: str) -> Cloud:
    """A cloud in which this goes wrong."""
    return open_cloud(folder, faults=Faults.parse(lines))


def outcomes(cloud: Cloud, *made: things.Thing) -> list[bool]:
    """Whether each creation went well."""
    told = []
    for thing in made:
        try:
            make(cloud, thing)
        except ServiceError:
            told.append(False)
        else:
            told.append(True)
    return told


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (
            "409",
            f"Error creating Network: googleapi: Error 409: The resource '{things.NETWORK}'"
            " already exists, alreadyExists",
        ),
        (
            "quota",
            "Error creating Network: googleapi: Error 403: Quota exceeded for this project.,"
            " quotaExceeded",
        ),
        (
            "503",
            "Error creating Network: googleapi: Error 503: The service is currently unavailable.,"
            " backendError",
        ),
    ],
)
def test_a_fault_fires_once_and_the_next_try_passes(tmp_path: Path, fault: str, words: str) -> None:
    cloud = faulty(tmp_path, f"create 1 {fault}")
    assert refusal_of_making(cloud, things.network()) == words
    assert not there(cloud, things.network())
    make(cloud, things.network())


def test_only_the_nth_match_fails(tmp_path: Path) -> None:
    cloud = faulty(tmp_path, "create gcp:compute/* 2 quota")
    made = [things.bucket(), things.network(), things.zone(), things.network(name="b")]
    assert outcomes(cloud, *made, things.network(name="c")) == [True, True, True, False, True]


def test_a_fault_may_go_on_for_ever(tmp_path: Path) -> None:
    cloud = faulty(tmp_path, "create *things* 2 503 always")
    made = [things.bucket(name=f"things-{number}") for number in range(4)]
    assert outcomes(cloud, *made, things.network()) == [True, False, False, False, True]


def test_a_pattern_may_be_the_name_of_a_resource(tmp_path: Path) -> None:
    cloud = faulty(tmp_path, "create net-2 1 503")
    made = [things.network(name=f"net-{number}") for number in range(4)]
    assert outcomes(cloud, *made) == [True, True, False, True]


def test_updates_and_deletions_fail_too(tmp_path: Path) -> None:
    cloud = faulty(tmp_path, "update 1 503", "delete 1 503")
    make(cloud, things.bucket())
    with pytest.raises(ServiceError, match=r'Error updating Bucket "acme-things": .* Error 503'):
        change(cloud, things.bucket(storageClass="NEARLINE"))
    with pytest.raises(ServiceError, match=r"Error when reading or editing Bucket: .* Error 503"):
        drop(cloud, things.bucket())
    assert there(cloud, things.bucket())


def test_after_a_timeout_the_cloud_has_done_it_all_the_same(tmp_path: Path) -> None:
    cloud = faulty(tmp_path, "create 1 timeout")
    with pytest.raises(ServiceError) as caught:
        make(cloud, things.network())
    assert str(caught.value) == (
        "Error waiting to create Network: Error waiting for Creating Network: timeout while waiting"
        " for state to become 'DONE' (last state: 'RUNNING', timeout: 20m0s)"
    )
    assert there(cloud, things.network())


def test_a_call_that_hangs_is_done_and_not_answered_until_it_is_let_go(tmp_path: Path) -> None:
    done, answered = threading.Event(), threading.Event()
    cloud = open_cloud(
        tmp_path,
        faults=Faults.parse(["create gcp:compute/* 1 hang"]),
        latencies=Latencies(1, sleep=lambda _: done.set()),
    )

    def call() -> None:
        make(cloud, things.network())
        answered.set()

    caller = threading.Thread(target=call, daemon=True)
    caller.start()
    assert done.wait(10)
    assert there(cloud, things.network())
    make(cloud, things.bucket())  # others are served
    assert not answered.is_set()
    cloud.faults.release()
    caller.join(10)
    assert answered.is_set()


@pytest.mark.parametrize(("fault", "done"), [("kill-before", False), ("kill-after", True)])
def test_the_caller_is_ended_before_or_after_the_cloud_has_done_it(
    tmp_path: Path, fault: str, done: bool
) -> None:
    seen: list[bool] = []

    def kill() -> None:
        seen.append(there(open_cloud(tmp_path), things.network()))

    faults = Faults.parse([f"create 2 {fault}"], kill=kill)
    cloud = open_cloud(tmp_path, faults=faults)
    make(cloud, things.bucket())
    assert outcomes(cloud, things.network()) == [done]
    assert seen == [done]
    assert there(cloud, things.network()) is done


def test_a_fault_that_kills_needs_somebody_to_kill() -> None:
    with pytest.raises(PalierError, match="nobody to end was named"):
        Faults.parse(["create 1 kill-after"])


def test_remarks_and_empty_lines_are_left_out(tmp_path: Path) -> None:
    cloud = faulty(tmp_path, "# a bad day", "", "  create   1   503  # at once")
    assert outcomes(cloud, things.network()) == [False]


@pytest.mark.parametrize(
    "line",
    [
        "create",
        "create quota",
        "create 0 quota",
        "create -1 quota",
        "create x quota",
        "create gcp:* quota",
        "create 1 explode",
        "read 1 quota",
        "create gcp:* 1 quota once",
        "create a b 1 quota",
    ],
)
def test_a_line_that_is_no_fault_is_refused_with_the_form(line: str) -> None:
    with pytest.raises(PalierError) as caught:
        Faults.parse([line])
    message = str(caught.value)
    assert message.startswith(f"fault {line!r}: expected OPERATION [PATTERN] NUMBER FAULT [always]")
    assert all(word in message for word in (*KINDS, *OPERATIONS))
