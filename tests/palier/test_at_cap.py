"""At the cap: which program stands for a stack there, with which config, and when none does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import builders
import fact_builders as facts
import pytest

from palier import phases
from palier.at_cap import AtCap
from palier.errors import PalierError
from palier.facts import PLATFORM_TYPE, Facts
from palier.project import Project, find

SCALE: Final = phases.get("scale")


def platform(**other: Any) -> Facts:
    """A stack at the cap of scale, in one region of Europe unless told otherwise."""
    root = facts.root()
    cap = {"phase": SCALE.name, "users": SCALE.max_users}
    return Facts.of([replace(root, outputs={**root.outputs, **cap, **other})])


class Recorder:
    """Answers in the place of the recorder, and keeps what it was asked."""

    def __init__(self, answer: Facts | PalierError) -> None:
        self.answer = answer
        self.asked: list[tuple[Project, str, dict[str, str]]] = []

    def __call__(self, project: Project, stack: str, config: Mapping[str, str]) -> Facts:
        self.asked.append((project, stack, dict(config)))
        if isinstance(self.answer, PalierError):
            raise self.answer
        return self.answer


def at_cap(
    monkeypatch: pytest.MonkeyPatch, answer: Facts | PalierError | None = None, **other: Any
) -> tuple[Facts | str, Recorder]:
    """What stands for a stack at the cap of scale, and what the recorder was asked."""
    recorder = Recorder(platform() if answer is None else answer)
    monkeypatch.setattr("palier.recorder.record_project", recorder)
    fields: dict[str, Any] = {
        "project": builders.project(), "owner": "palier", "stack": "scale",
        "config": {"palier:users": "10000"}, "facts": platform(),
    }  # fmt: skip
    return AtCap(**fields | other)(SCALE), recorder


# --- the program stands for it ------------------------------------------------------------------


def test_the_program_is_recorded_at_the_cap_of_the_phase(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = platform(users=50_000)
    found, recorder = at_cap(monkeypatch, answer)
    assert found is answer
    ((project, stack, config),) = recorder.asked
    assert (project.name, stack) == ("palier", "scale")
    assert config == {"palier:users": "50000", "palier:phase": "scale"}


def test_a_config_that_is_given_is_the_one_that_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {"palier:users": "7", "palier:phase": "mvp", "palier:domain": "own.example"}
    _, recorder = at_cap(monkeypatch, config=given)
    ((_, _, config),) = recorder.asked
    assert config == {
        "palier:users": "50000", "palier:phase": "scale", "palier:domain": "own.example",
    }, "the cap is the phase's, the rest the stack's, and none of it the stack file's"  # fmt: skip
    assert given["palier:users"] == "7", "it is not ours to change"


def test_an_empty_config_is_one_that_was_given(monkeypatch: pytest.MonkeyPatch) -> None:
    _, recorder = at_cap(monkeypatch, config={})
    assert recorder.asked[0][2] == {"palier:users": "50000", "palier:phase": "scale"}


def test_without_a_config_the_stacks_file_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    _, recorder = at_cap(monkeypatch, config=None)
    file = builders.project().config("scale")
    assert recorder.asked[0][2] == {**file, "palier:users": "50000", "palier:phase": "scale"}
    assert len(file) > 2, "the file has something to say"


# --- and when it does not -----------------------------------------------------------------------


def test_outside_a_project_the_reason_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    found, recorder = at_cap(monkeypatch, project="no Pulumi.yaml here")
    assert found == "no Pulumi.yaml here"
    assert recorder.asked == []


def test_a_stack_of_another_project_is_not_recorded_with_this_program(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found, recorder = at_cap(monkeypatch, owner="films")
    assert found == "the stack is of project films, and Pulumi.yaml here of palier"
    assert recorder.asked == [], "a file that somebody sent runs no program"


def test_a_stack_without_a_file_and_without_a_config_is_not_recorded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found, recorder = at_cap(monkeypatch, config=None, stack="prod")
    assert str(found).startswith("the program does not run for it: stack 'prod' has no Pulumi.prod")
    assert recorder.asked == []


def test_a_program_that_fails_is_a_reason_and_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    found, _ = at_cap(monkeypatch, PalierError("palier:users: expected a number"))
    assert found == "the program does not run for it: palier:users: expected a number"


@pytest.mark.parametrize(
    ("there", "differs"),
    [
        (platform(home="us"), "home"),
        (platform(regions={"eu": "europe-west9"}), "regions"),
        (platform(regions={"eu": facts.REGION, "us": "us-east1"}), "regions"),
        (platform(home="us", regions={"us": "us-east1"}), "home"),
    ],
)
def test_a_program_of_other_sites_does_not_stand_for_the_stack(
    monkeypatch: pytest.MonkeyPatch, there: Facts, differs: str
) -> None:
    says = f"the program here records other {differs} than the stack"
    assert at_cap(monkeypatch, there)[0] == says
    assert at_cap(monkeypatch, facts=there)[0] == says, "whichever of the two is the other"


def test_a_program_without_a_root_does_not_stand_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert at_cap(monkeypatch, Facts(()))[0] == "the program here has no root component"


@pytest.mark.parametrize("other", [{"users": 10}, {"phase": "mvp"}])
def test_a_program_that_goes_by_no_config_does_not_stand_for_the_cap(
    monkeypatch: pytest.MonkeyPatch, other: dict[str, Any]
) -> None:
    """It would be judged at the users that it fixes, and found cheap."""
    says = "the program here does not go by palier:phase and palier:users"
    assert at_cap(monkeypatch, platform(**other))[0] == says


def test_where_neither_has_a_root_nothing_stands_for_the_stack(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert isinstance(at_cap(monkeypatch, Facts(()), facts=Facts(()))[0], str)


def test_what_is_no_site_may_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    more = platform(users=50_000, load={"rps": "7"}, quotas={"eu-g1": {"vcpu": "9"}})
    assert at_cap(monkeypatch, more)[0] is more


# --- a real program -----------------------------------------------------------------------------


def test_this_repositorys_program_stands_for_its_own_stacks() -> None:
    here = facts.recorded("mvp", 50)
    (root,) = here.of_type(PLATFORM_TYPE)
    few = Facts.of([replace(root, outputs={**root.outputs, "users": 5})])
    found = AtCap(
        project=builders.project(), owner="palier", stack="mvp", config=None, facts=few
    )(phases.get("mvp"))  # fmt: skip
    assert found == here


@pytest.mark.parametrize(
    ("program", "says"),
    [("raise ValueError('hunter2')", "__main__.py"), ("import nothing_of_the_kind", "nothing_of")],
)
def test_a_program_that_does_not_run_is_told_in_one_line(
    tmp_path: Path, program: str, says: str
) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: films\nruntime: python\n", encoding="utf-8")
    (tmp_path / "__main__.py").write_text(program, encoding="utf-8")
    found = AtCap(
        project=find(tmp_path), owner="films", stack="dev", config={}, facts=platform()
    )(SCALE)  # fmt: skip
    assert isinstance(found, str)
    assert found.startswith("the program does not run for it: ")
    assert says in found
    assert "\n" not in found
