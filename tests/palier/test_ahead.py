"""A program recorded ahead: the same facts, from a process of its own."""

from __future__ import annotations

from pathlib import Path

import builders
import pytest
from fact_differences import differences

from palier import recorder
from palier.ahead import Ahead
from palier.errors import PalierError
from palier.project import find

PROGRAM = """
import pulumi_gcp as gcp
print("a program may say what it likes")
gcp.storage.Bucket("web", location=__import__("pulumi").Config().require("place"))
"""


def project(folder: Path, program: str = PROGRAM) -> Path:
    (folder / "Pulumi.yaml").write_text("name: films\nruntime: python\n", encoding="utf-8")
    (folder / "__main__.py").write_text(program, encoding="utf-8")
    return folder


def test_it_says_what_a_recording_here_says() -> None:
    config = builders.stack_config("mvp", 10)
    ahead = Ahead(builders.project(), "mvp", config)
    found = ahead.record(builders.project(), "mvp", config)
    assert differences(found, builders.recorded("mvp", 10)) == []
    assert ahead.record(builders.project(), "mvp", config) is found, "it is asked once"


def test_what_the_program_prints_is_no_answer(tmp_path: Path) -> None:
    own = find(project(tmp_path))
    ahead = Ahead(own, "dev", {"films:place": "EU"})
    (bucket,) = ahead.record(own, "dev", {"films:place": "EU"}).resources
    assert bucket.read("location") == "EU"


def test_another_question_is_answered_here_and_now(tmp_path: Path) -> None:
    own = find(project(tmp_path))
    ahead = Ahead(own, "dev", {"films:place": "EU"})
    (bucket,) = ahead.record(own, "dev", {"films:place": "US"}).resources
    assert bucket.read("location") == "US"
    assert ahead.record(own, "dev", {"films:place": "EU"}).resources[0].read("location") == "EU"


def test_one_that_nobody_asks_is_ended(tmp_path: Path) -> None:
    own = find(project(tmp_path, "import time\ntime.sleep(600)\n"))
    ahead = Ahead(own, "dev", {})
    ahead.close()
    with pytest.raises((PalierError, ValueError)):
        ahead.record(own, "dev", {})


def test_a_program_that_fails_says_why(tmp_path: Path) -> None:
    own = find(project(tmp_path))
    ahead = Ahead(own, "dev", {})
    with pytest.raises(PalierError) as told:
        ahead.record(own, "dev", {})
    with pytest.raises(PalierError) as here:
        recorder.record_project(own, "dev", {})
    assert str(told.value) == str(here.value)


def test_a_process_that_dies_is_no_pass(tmp_path: Path) -> None:
    own = find(project(tmp_path, "import os\nos._exit(0)\n"))
    ahead = Ahead(own, "dev", {})
    with pytest.raises(PalierError, match="ended without a word"):
        ahead.record(own, "dev", {})
