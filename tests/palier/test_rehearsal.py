"""A rehearsal: its steps are counted, surprises and quotas told; an engine of scripts answers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cloud_builders as things
import documents
import fact_builders as facts
import pytest

from palier import rehearsal
from palier.engine.find import Engine
from palier.engine.workspace import Workspace
from palier.errors import PalierError
from palier.facts import Facts
from palier.project import Project
from palier.rehearsal import Rehearsal
from palier.simcloud.cloud import Cloud
from palier.simcloud.plugin import ADDRESS

BUCKET = facts.resource(facts.BUCKET, "films", location="EU")
CLUSTER = facts.resource(facts.CLUSTER, "gke", location="europe-west1")
FOREIGN = Facts.of((BUCKET, CLUSTER))
OWN = Facts.of((facts.root(), BUCKET))
RING = things.Thing(type="gcp:kms/keyRing:KeyRing", inputs={"name": "keys", "location": "europe"})
SCRIPT = """#!/bin/sh
echo "$@" >> said
[ -e .rehearsal/address.json ] || echo "no cloud" >> said
number=$(wc -l < said)
cat "answers/$number"
exit "$(cat "answers/$number.code")"
"""


def operations(**changes: int) -> str:
    """Events of a command that does so much, among what else it prints."""
    events: list[Mapping[str, Any]] = [{"sequence": 0, "preludeEvent": {"config": {}}}]
    for operation, count in changes.items():
        metadata = {"op": operation.replace("_", "-"), "urn": "urn"}
        events += [{"sequence": 1, "resOutputsEvent": {"metadata": metadata}}] * count
    return "Updating\n" + "".join(json.dumps(event) + "\n" for event in events)


def preview(**changes: int) -> str:
    return json.dumps({"steps": [], "changeSummary": changes}, indent=4)


def state(held: Facts | None) -> str:
    """What `stack export` prints."""
    if held is None:
        return json.dumps({"version": 3, "deployment": {"manifest": {}}})
    return json.dumps(documents.export(held))


@dataclass
class Stage:
    """A workspace with an engine that prints what it is told to, command after command."""

    folder: Path
    cloud: Cloud
    heard: list[tuple[str, int]] = field(default_factory=list)

    @property
    def said(self) -> list[str]:
        """The commands that the engine was given."""
        lines = (self.folder / "said").read_text(encoding="utf-8").splitlines()
        return [line.removesuffix(" --non-interactive") for line in lines]

    def answers(self, *answers: str | tuple[str, int]) -> None:
        """Prepare what the engine prints, and its exit code where that is not 0."""
        (self.folder / "answers").mkdir()
        for number, answer in enumerate(answers, start=1):
            text, code = answer if isinstance(answer, tuple) else (answer, 0)
            (self.folder / "answers" / str(number)).write_text(text, encoding="utf-8")
            (self.folder / "answers" / f"{number}.code").write_text(str(code), encoding="utf-8")

    def rehearse(self, *, keep: bool = False) -> Rehearsal:
        """Rehearse the stack `dev` of a project on it."""
        engine = Engine(pulumi=self.folder / "pulumi", version=(3, 256, 0), built=False)
        project = Project(
            name="films", root=self.folder, program=self.folder, stack_dir=self.folder
        )
        return rehearsal.rehearse(
            project, Workspace(folder=self.folder, engine=engine), self.cloud, "dev",
            lambda step, done: self.heard.append((step, done)), keep=keep,
        )  # fmt: skip


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    (tmp_path / ".rehearsal").mkdir()
    program = tmp_path / "pulumi"
    program.write_text(SCRIPT, encoding="utf-8")
    program.chmod(0o755)
    config = "config:\n  gcp:project: acme\n"
    (tmp_path / "Pulumi.dev.yaml").write_text(config, encoding="utf-8")
    return Stage(tmp_path, things.open_cloud(tmp_path))


def up_and_down(stage: Stage, **other: str) -> Rehearsal:
    """A rehearsal of a project that is not palier's, with other answers to some of its steps."""
    usual = {
        "init": "", "preview": preview(create=4), "up": operations(create=4),
        "export": state(FOREIGN), "again": operations(same=4), "unprotect": "",
        "destroy": operations(delete=4), "after": state(None),
    }  # fmt: skip
    stage.answers(*(usual | other).values())
    return stage.rehearse()


# --- the steps ----------------------------------------------------------------------------------


def test_a_foreign_project_goes_up_and_down(stage: Stage) -> None:
    made = up_and_down(stage)
    assert stage.said == [
        "stack init dev",
        "preview --json --stack dev",
        "up --yes --json --stack dev",
        "stack export --stack dev",
        "up --yes --json --stack dev",
        "state unprotect --all --yes --stack dev",
        "destroy --yes --json --stack dev",
        "stack export --stack dev",
    ], "the cloud answers all the while"
    assert [(step.name, step.command, dict(step.changes)) for step in made.steps] == [
        ("preview", "pulumi preview --json", {"create": 4}),
        ("up", "pulumi up --yes --json", {"create": 4}),
        ("up again", "pulumi up --yes --json", {"same": 4}),
        ("destroy", "pulumi destroy --yes --json", {"delete": 4}),
    ]
    assert all(step.seconds >= 0 for step in made.steps)
    assert (made.stack, made.engine, made.resources) == ("dev", "v3.256.0", 2)
    assert (made.surprises, made.needs, made.folder) == ((), (), None)


def test_a_platform_of_palier_is_taken_down_as_its_users_are_told_to(stage: Stage) -> None:
    stage.answers(
        "", preview(create=3), operations(create=3), state(OWN), operations(same=3), "",
        operations(same=2, update=1), operations(delete=3), state(None),
    )  # fmt: skip
    made = stage.rehearse()
    assert stage.said[5:7] == [
        "config set palier:teardown acme --stack dev", "up --yes --json --stack dev",
    ]  # fmt: skip
    assert [(step.name, dict(step.changes)) for step in made.steps[3:]] == [
        ("teardown", {"same": 2, "update": 1}), ("destroy", {"delete": 3}),
    ]  # fmt: skip
    assert made.surprises == ()


def test_what_is_kept_is_left_standing(stage: Stage) -> None:
    stage.answers("", preview(create=4), operations(create=4), state(FOREIGN), operations(same=4))
    made = stage.rehearse(keep=True)
    assert [step.name for step in made.steps] == ["preview", "up", "up again"]
    assert made.folder == stage.folder
    assert len(stage.said) == 5


def test_progress_is_told_resource_by_resource(stage: Stage) -> None:
    up_and_down(stage)
    up = [done for step, done in stage.heard if step == "up"]
    assert up == [0, 1, 2, 3, 4]
    assert list(dict(stage.heard)) == ["preview", "up", "up again", "destroy"]


# --- what came of it ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("other", "surprises"),
    [
        ({"preview": preview(create=3, read=1)}, ("preview: 1 × read",)),
        (
            {"again": operations(same=1, update=2, create_replacement=1)},
            ("up again: 1 × create-replacement", "up again: 2 × update"),
        ),
        ({"destroy": operations(delete=3, discard=1)}, ("destroy: 1 × discard",)),
        (
            {"after": state(Facts.of((BUCKET,)))},
            (
                f"destroy: {documents.stack_urn(BUCKET)} is still in the state",
                "destroy: urn:pulumi:test::test::pulumi:providers:random::default_4_21_0 is still"
                " in the state",
                f"destroy: {BUCKET.urn} is still in the state",
            ),
        ),
    ],
)
def test_what_a_user_may_not_expect_is_a_surprise(
    stage: Stage, other: dict[str, str], surprises: tuple[str, ...]
) -> None:
    assert up_and_down(stage, **other).surprises == surprises


def test_what_is_left_in_the_cloud_is_a_surprise_but_for_what_no_call_deletes(
    stage: Stage,
) -> None:
    things.make(stage.cloud, things.service("compute"), RING, things.bucket(name="films"))
    assert up_and_down(stage).surprises == ("destroy: films is still in the cloud",)


def test_quotas_that_a_new_project_does_not_have_are_told(stage: Stage) -> None:
    things.make(stage.cloud, *(things.network(name=f"net-{number}") for number in range(6)))
    (need,) = up_and_down(stage).needs
    assert (need.metric, need.place, need.default, need.needed) == ("NETWORKS", "global", 5, 6)


def test_the_critical_path_is_that_of_the_real_cloud(stage: Stage) -> None:
    made = up_and_down(stage)
    assert [fact.name for fact in made.critical.facts] == ["gke"]
    assert made.critical_seconds == (made.critical.seconds,)
    assert made.critical.seconds > 60, "a cluster takes minutes, whatever it took here"
    assert len(made.longest) == 1


# --- what goes wrong ----------------------------------------------------------------------------

BROKEN = json.dumps({"sequence": 1, "diagnosticEvent": {"severity": "error", "message": "no"}})


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        ([("error: it is there", 1)], "pulumi stack init dev: error: it is there"),
        (
            ["", (json.dumps({"diagnostics": [{"severity": "error", "message": "no"}]}), 1)],
            "pulumi preview --json --stack dev: error: no",
        ),
        (
            ["", preview(create=1), (BROKEN, 255)],
            "pulumi up --yes --json --stack dev: error: no",
        ),
        (
            ["", preview(create=1), operations(create=1), ("error: locked", 1)],
            "pulumi stack export --stack dev: error: locked",
        ),
    ],
)
def test_a_command_that_fails_ends_the_rehearsal_with_its_errors(
    stage: Stage, answers: list[str | tuple[str, int]], message: str
) -> None:
    stage.answers(*answers)
    with pytest.raises(PalierError) as caught:
        stage.rehearse()
    assert str(caught.value) == message
    assert len(stage.said) == len(answers), "no command follows"
    assert not (stage.folder / ".rehearsal" / ADDRESS).exists(), "the cloud is closed"
