"""The program: short, ready to run in five stacks, and blind to the name of its stack."""

from __future__ import annotations

import json
import re
import runpy
from typing import Any

import builders
import pytest
import yaml

from palier import recorder
from palier.errors import PalierError
from palier.facts import Fact, Facts
from palier.phases import PHASES
from palier.project import SECRET

STACKS = builders.ROOT / "stacks"
EDITED = {"gcp:project", "gcp:region", "palier:domain", "palier:repository", "palier:users"}
each_phase = pytest.mark.parametrize("phase", sorted(PHASES))


def content(phase: str) -> dict[str, Any]:
    text = (STACKS / f"Pulumi.{phase}.yaml").read_text(encoding="utf-8")
    found: dict[str, Any] = yaml.safe_load(text)
    return found


# Files


def test_the_entry_point_is_read_at_a_glance() -> None:
    lines = (STACKS / "__main__.py").read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 25
    assert not [line for line in lines if re.match(r"(if|for|while|def|class)\b", line)], (
        "decisions belong to settings and topology"
    )


def test_there_is_one_ready_made_stack_a_phase() -> None:
    assert builders.project().stacks() == sorted(PHASES)


@each_phase
def test_a_ready_made_stack_holds_only_what_a_user_edits(phase: str) -> None:
    found = content(phase)
    assert set(found) == {"config"}, "no salt and no provider of secrets: those are the user's own"
    assert set(found["config"]) == EDITED


@each_phase
def test_a_ready_made_stack_stands_at_the_cap_of_its_phase(phase: str) -> None:
    assert content(phase)["config"]["palier:users"] == PHASES[phase].max_users


@each_phase
def test_ready_made_stacks_differ_in_their_users_alone(phase: str) -> None:
    mine, first = content(phase)["config"], content("mvp")["config"]
    assert {key for key in EDITED if mine[key] != first[key]} <= {"palier:users"}


@pytest.mark.parametrize("file", ["__main__.py", "handover.py", "settings.py", "topology.py"])
def test_the_program_asks_no_phase_for_its_name(file: str) -> None:
    text = (STACKS / file).read_text(encoding="utf-8")
    assert not re.search(r"(==|!=|\bin\b)\s*[\[({]?\s*[\"'](" + "|".join(PHASES) + r")[\"']", text)


# The stack's name


def unnamed(facts: Facts, stack: str) -> list[Fact]:
    """Facts with the stack's part taken out of every urn."""
    own = f"urn:pulumi:{stack}::"
    root = f"pulumi:pulumi:Stack::palier-{stack}"
    return [
        Fact(
            urn=fact.urn.replace(own, "urn::"),
            type=fact.type,
            name=fact.name,
            parent=fact.parent and fact.parent.replace(own, "urn::").replace(root, "stack"),
            custom=fact.custom,
            inputs=fact.inputs,
            outputs=fact.outputs,
            protect=fact.protect,
            ignore_changes=fact.ignore_changes,
            dependencies=tuple(item.replace(own, "urn::") for item in fact.dependencies),
        )
        for fact in facts
    ]


def test_a_production_stack_of_a_phase_is_the_stack_named_after_it() -> None:
    prod = builders.stack_config("mvp") | {"palier:phase": "mvp"}
    found = recorder.record_project(builders.project(), "prod", prod)
    named = builders.recorded("mvp")
    assert unnamed(found, "prod") == unnamed(named, "mvp"), "physical names would change"
    assert all(fact.urn.startswith("urn:pulumi:prod::") for fact in found)


# The program's words


def test_the_program_exports_what_people_ask_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(STACKS))
    monitor = recorder.RecordingMonitor()
    recorder.record(
        lambda: runpy.run_path(str(STACKS / "__main__.py"), run_name="__main__"),
        project="palier",
        stack="mvp",
        config=builders.stack_config("mvp"),
        root=builders.ROOT,
        monitor=monitor,
    )
    (exports,) = [found for urn, found in monitor.outputs.items() if urn.endswith("::palier-mvp")]
    assert set(exports) == {"phase", "address", "name_servers", "clusters"}
    assert exports["phase"] == "mvp"
    assert list(exports["clusters"]) == ["eu-g1"]


@pytest.mark.parametrize(
    ("own", "message"),
    [
        ({"users": "51"}, "palier:users: mvp serves 1 to 50 users, got 51; the phase for that is"),
        ({"user": "5"}, "palier:user: unknown key, allowed are phase, users"),
        ({"domain": "nowhere"}, "palier:domain: expected a domain, e.g. example.com"),
        ({"sizes": {"web": {"cpu_m": 5}}}, "web: cpu_m: at least 50, got 5"),
    ],
)
def test_a_wrong_config_is_one_line_without_a_place_in_the_code(
    own: dict[str, Any], message: str
) -> None:
    with pytest.raises(PalierError, match=f"^{message}") as caught:
        builders.record_with("mvp", builders.stack_config("mvp", **own))
    assert ".py" not in str(caught.value), "the mistake is in the stack's file, not in the program"


def test_what_a_stack_decides_reaches_its_resources() -> None:
    config = builders.stack_config(
        "mvp",
        alerts={"slack_channel": "#alerts"},
        sizes={"postgres.shards.us-1.disk_gib": 33},
    )
    config |= {"gcp:region": "us-east1", "palier:slack_token": SECRET}
    facts = builders.record_with("mvp", config)
    database = builders.only(facts, "DatabaseInstance")
    assert database.number("settings.diskSize") == 33
    assert database.read("region") == "us-east1", "the program runs in a home in America too"
    channel = builders.only(facts, "NotificationChannel")
    assert channel.read("type") == "slack"
    assert SECRET in json.dumps(channel.inputs), "the token reaches the one who needs it"
