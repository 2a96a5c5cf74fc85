"""A rehearsal as a table that loses nothing, and as JSON of the documented shape."""

from __future__ import annotations

import json
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import builders
import fact_builders as facts
import jsonschema
import pytest
from rich.cells import cell_len
from rich.console import Console

from palier.graph import Path as Chain
from palier.rehearsal import Rehearsal, Step
from palier.report import rehearsal
from palier.simcloud.quotas import Need

SCHEMA = jsonschema.Draft202012Validator(
    json.loads((builders.ROOT / "docs" / "rehearse.schema.json").read_text(encoding="utf-8"))
)
NETWORK = facts.resource("gcp:compute/network:Network", "net")
CLUSTER = facts.resource(facts.CLUSTER, "gke[/bold]")
LABEL = facts.resource("gcp:projects/service:Service", "instant")
MADE = Rehearsal(
    stack="mvp",
    engine="v3.256.0",
    steps=(
        Step(name="preview", command="pulumi preview --json", changes={"create": 3}, seconds=1.26),
        Step(
            name="up again", command="pulumi up --yes --json", changes={"update": 1, "same": 2},
            seconds=12.0,
        ),
        Step(name="destroy", command="pulumi destroy --yes --json", changes={}, seconds=0.0),
    ),
    resources=3,
    longest=(NETWORK, CLUSTER),
    critical=Chain((LABEL, NETWORK, CLUSTER), 522.4),
    critical_seconds=(0.4, 22.0, 500.0),
    needs=(),
    surprises=(),
    folder=None,
)  # fmt: skip
NEED = Need(metric="NETWORKS", place="europe-west1", needed=12, default=5)


def shown(made: Rehearsal) -> str:
    text = StringIO()
    rehearsal.render(made, Console(file=text, width=100))
    return text.getvalue()


def rows(made: Rehearsal) -> list[str]:
    """What is shown, with one space between words."""
    return [" ".join(row.split()) for row in shown(made).splitlines()]


def written(made: Rehearsal) -> Any:
    """The document, which its schema must describe."""
    document = json.loads(rehearsal.document(made))
    SCHEMA.validate(document)
    return document


# --- table --------------------------------------------------------------------------------------


def test_a_table_says_what_each_step_did_and_how_long_it_took_here() -> None:
    assert shown(MADE).startswith(
        "Rehearsal of mvp · 3 resources · Pulumi v3.256.0 · simulated cloud"
    )
    found = rows(MADE)
    assert "preview pulumi preview --json 3 create 1.3 s" in found
    assert "up again pulumi up --yes --json 2 same, 1 update 12.0 s" in found
    assert "destroy pulumi destroy --yes --json nothing 0.0 s" in found


def test_a_table_says_what_the_real_cloud_waits_for() -> None:
    assert "in Google's cloud: 8 min 42 s (longest chain: 2 resources)" in shown(MADE)
    found = rows(MADE)
    assert "net gcp:compute/network:Network 22 s" in found
    assert f"gke[/bold] {facts.CLUSTER} 8 min 20 s" in found, "no name is a style"
    assert not any("instant" in row for row in found), "what takes no time is no wait"


def test_a_table_says_which_quotas_to_ask_for_where_there_are_any() -> None:
    assert "ask Google" not in shown(MADE)
    made = replace(MADE, needs=(NEED,))
    assert "ask Google for them first" in shown(made)
    assert "NETWORKS europe-west1 5 12" in rows(made)


def test_the_last_word_is_whether_there_was_a_surprise() -> None:
    assert shown(MADE).rstrip().endswith("✔ No surprise.")
    one = rows(replace(MADE, surprises=("up again: 1 × update[/]",)))
    assert [row for row in one if row][-2:] == ["✘ 1 surprise", "up again: 1 × update[/]"]
    assert "✘ 2 surprises" in shown(replace(MADE, surprises=("a", "b")))
    assert not any("✔" in row for row in one)


def test_a_folder_that_was_kept_is_told_with_what_to_type_there() -> None:
    text = shown(replace(MADE, folder=Path("/a b/here")))
    typed = [row.strip() for row in text.splitlines()][-5:]
    assert [row for row in typed if row][-3:] == [
        "cd '/a b/here'", ". .rehearsal/environment", "pulumi preview --stack mvp",
    ]  # fmt: skip
    assert "Kept" not in shown(MADE)


def test_no_line_is_wider_than_a_hundred_columns() -> None:
    long = "a-name-that-nobody-would-ever-give-to-anything-" * 4
    fact = facts.resource("gcp:compute/network:Network", long)
    made = replace(
        MADE, critical=Chain((fact,), 60.0), critical_seconds=(60.0,),
        needs=(replace(NEED, metric=long),),
        steps=(replace(MADE.steps[0], changes={long: 1}),),
    )  # fmt: skip
    assert all(cell_len(row) <= 100 for row in shown(made).splitlines())


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"), (59.4, "59 s"), (59.6, "1 min 00 s"), (698, "11 min 38 s"),
        (7200, "120 min 00 s"),
    ],
)  # fmt: skip
def test_a_time_is_said_as_people_say_it(seconds: float, said: str) -> None:
    assert rehearsal.spoken(seconds) == said


# --- JSON ---------------------------------------------------------------------------------------


def test_the_document_is_the_one_that_its_schema_describes() -> None:
    assert written(MADE) == {
        "schema": "palier.rehearse/1",
        "stack": "mvp",
        "engine": "v3.256.0",
        "resources": 3,
        "steps": [
            {
                "name": "preview", "command": "pulumi preview --json", "changes": {"create": 3},
                "seconds": 1.3,
            },
            {
                "name": "up again", "command": "pulumi up --yes --json",
                "changes": {"same": 2, "update": 1}, "seconds": 12.0,
            },
            {
                "name": "destroy", "command": "pulumi destroy --yes --json", "changes": {},
                "seconds": 0.0,
            },
        ],
        "longest_chain": [NETWORK.urn, CLUSTER.urn],
        "critical_path": {
            "cloud_seconds": 522,
            "resources": [
                {"urn": LABEL.urn, "cloud_seconds": 0},
                {"urn": NETWORK.urn, "cloud_seconds": 22},
                {"urn": CLUSTER.urn, "cloud_seconds": 500},
            ],
        },
        "quotas": [],
        "surprises": [],
        "folder": None,
    }  # fmt: skip


def test_the_document_has_quotas_surprises_and_the_folder() -> None:
    made = written(
        replace(MADE, needs=(NEED,), surprises=("up again: 1 × update",), folder=Path("/a b"))
    )
    assert made["quotas"] == [
        {"metric": "NETWORKS", "place": "europe-west1", "needed": 12, "default": 5}
    ]
    assert (made["surprises"], made["folder"]) == (["up again: 1 × update"], "/a b")
    text = rehearsal.document(replace(MADE, surprises=("1 × update",)))
    assert "×" in text, "signs are signs, not escapes"
    assert text.endswith("}\n")


@pytest.mark.parametrize(
    "change",
    [
        {"schema": "palier.rehearse/2"}, {"resources": -1}, {"more": 1}, {"steps": []},
        {"steps": [{"name": "up"}]}, {"quotas": [{"metric": "NETWORKS"}]}, {"surprises": None},
        {"critical_path": {}}, {"folder": 1}, {"engine": "3.256.0"},
    ],
)  # fmt: skip
def test_the_schema_refuses_what_is_no_rehearsal(change: dict[str, Any]) -> None:
    assert not SCHEMA.is_valid(written(MADE) | change)


@pytest.mark.parametrize("key", list(json.loads(rehearsal.document(MADE))))
def test_the_schema_asks_for_every_key(key: str) -> None:
    made = written(MADE)
    del made[key]
    assert not SCHEMA.is_valid(made)
