"""Previews: what exists after the update, what is done, and what the CLI leaves out."""

from __future__ import annotations

from typing import Any

import documents
import fact_builders as facts
import pytest
from documents import step

from palier.errors import PalierError
from palier.facts import PLATFORM_TYPE, Fact, Facts
from palier.feeds import preview
from palier.feeds.places import Place
from palier.feeds.preview import Preview

SQL = facts.resource(facts.SQL, "db", region="europe-west1")
BUCKET = facts.resource(facts.BUCKET, "films", location="EU")


def state(fact: Fact, **more: Any) -> dict[str, Any]:
    return documents.state(fact, preview=True) | more


def read(*steps: dict[str, Any], **document: Any) -> Preview:
    """A preview with these steps, after the stack's own."""
    stack = step(documents.stack_state(Facts((SQL,))), "same")
    return preview.read({"steps": [stack, *steps], **document})


def names(made: Preview) -> list[str]:
    return [fact.name for fact in made.facts]


def kinds(made: Preview) -> list[tuple[str, str]]:
    return [(operation.kind, operation.urn.name) for operation in made.operations]


# --- steps --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "op",
    ["same", "create", "update", "replace", "create-replacement", "import", "import-replacement",
     "refresh"],
)  # fmt: skip
def test_what_a_step_makes_or_keeps_is_a_fact(op: str) -> None:
    made = read(step(state(SQL), op))
    assert names(made) == ["db"]
    assert kinds(made) == [(op, "db")]


@pytest.mark.parametrize("op", ["delete", "delete-replaced", "discard", "discard-replaced"])
def test_what_a_step_takes_away_is_an_operation_and_no_fact(op: str) -> None:
    gone = {"op": op, "urn": SQL.urn, "oldState": state(SQL), "detailedDiff": None}
    made = read(gone)
    assert names(made) == []
    assert kinds(made) == [(op, "db")]


@pytest.mark.parametrize("op", ["read", "read-replacement"])
def test_what_is_only_read_is_told_and_is_no_fact(op: str) -> None:
    made = read(step(state(SQL, external=True), op))
    assert names(made) == []
    assert [urn.name for urn in made.external] == ["db"]


def test_what_another_stack_owns_is_no_fact_after_a_refresh_either() -> None:
    assert names(read(step(state(SQL, external=True), "refresh"))) == []


def test_the_three_steps_of_a_replacement_leave_one_fact_with_the_new_inputs() -> None:
    new = facts.resource(facts.SQL, "db", region="us-east1")
    made = read(
        step(state(new), "create-replacement"),
        step(state(new), "replace", oldState=state(SQL), replaceReasons=["region"]),
        {"op": "delete-replaced", "urn": SQL.urn, "oldState": state(SQL)},
    )
    (fact,) = made.facts
    assert fact.read("region") == "us-east1"
    assert [operation.reasons for operation in made.operations] == [(), ("region",), ()]


def test_a_delete_before_a_replacement_leaves_the_new_one() -> None:
    made = read(
        {"op": "delete-replaced", "urn": SQL.urn, "oldState": state(SQL)},
        step(state(SQL), "replace", oldState=state(SQL)),
    )
    assert names(made) == ["db"]


def test_an_old_instance_that_waits_for_its_deletion_does_not_take_the_new_one_away() -> None:
    made = read(
        step(state(SQL), "update", oldState=state(SQL)),
        {"op": "delete", "urn": SQL.urn, "oldState": state(SQL, delete=True)},
    )
    assert names(made) == ["db"]


def test_after_a_refresh_the_update_says_what_exists() -> None:
    refreshed = facts.resource(facts.SQL, "db", region="changed-by-hand")
    made = read(step(state(refreshed), "refresh"), step(state(SQL), "update"))
    assert [fact.read("region") for fact in made.facts] == ["europe-west1"]
    gone = {"op": "delete", "urn": SQL.urn, "oldState": state(SQL)}
    assert names(read(step(state(SQL), "refresh"), gone)) == []


def test_an_operation_on_what_was_or_will_be_protected_says_so() -> None:
    shut = {"protect": True}
    for old, new in ((shut, {}), ({}, shut)):
        made = read(step(state(SQL, **new), "update", oldState=state(SQL, **old)))
        assert made.operations[0].protect, "what is about to lose its protection has it still"
    assert not read(step(state(SQL))).operations[0].protect


def test_the_stack_and_the_engines_own_providers_are_neither_facts_nor_operations() -> None:
    default = documents.default_provider(Facts((SQL,)))
    made = read(step(default), step(state(SQL)))
    assert names(made) == ["db"]
    assert kinds(made) == [("create", "db")]
    assert made.facts.items[0].provider is None, "no program named that provider"


# --- what exists now ----------------------------------------------------------------------------


def old(fact: Fact, **more: Any) -> dict[str, Any]:
    return {"oldState": state(fact, **more)}


def before(*steps: dict[str, Any]) -> list[tuple[str, Any]]:
    """Names and regions of what a preview says exists now."""
    return [(fact.name, fact.read("region")) for fact in read(*steps).before]


NEW = facts.resource(facts.SQL, "db", region="us-east1")


@pytest.mark.parametrize("op", ["same", "update", "replace", "refresh"])
def test_what_a_step_finds_exists_now(op: str) -> None:
    assert before(step(state(NEW), op, **old(SQL))) == [("db", "europe-west1")]


@pytest.mark.parametrize("op", ["delete", "delete-replaced", "discard"])
def test_what_a_step_takes_away_exists_now(op: str) -> None:
    assert before({"op": op, "urn": SQL.urn, **old(SQL)}) == [("db", "europe-west1")]


def test_what_is_created_does_not_exist_now() -> None:
    assert before(step(state(SQL)), step(state(BUCKET), "import")) == []


def test_before_a_replacement_and_a_refresh_is_what_the_first_step_found() -> None:
    changed = facts.resource(facts.SQL, "db", region="changed-by-hand")
    assert before(
        step(state(changed), "refresh", **old(SQL)), step(state(NEW), "update", **old(changed))
    ) == [("db", "europe-west1")]
    assert before(
        step(state(NEW), "create-replacement", **old(SQL)),
        step(state(NEW), "replace", **old(SQL)),
        {"op": "delete-replaced", "urn": SQL.urn, **old(SQL)},
    ) == [("db", "europe-west1")], "one database exists, and not three"


def test_what_is_left_of_a_replacement_is_no_second_one_of_what_exists() -> None:
    leftover = {"op": "delete", "urn": SQL.urn, **old(SQL, delete=True)}
    assert before(leftover, step(state(NEW), "same", **old(NEW))) == [("db", "us-east1")]
    assert before(leftover) == []


def test_what_another_stack_owns_and_what_is_the_engines_does_not_exist_here() -> None:
    assert before(step(state(SQL, external=True), "refresh", **old(SQL, external=True))) == []
    default = documents.default_provider(Facts((SQL,)))
    assert before(step(default, "same", oldState=default)) == []


# --- where it is made ---------------------------------------------------------------------------


def test_places_are_those_of_the_new_states_and_of_no_others() -> None:
    at = {"sourcePosition": "project:///components/postgres.py#97"}
    moved = {"sourcePosition": "project:///components/postgres.py#120"}
    made = read(
        step(state(SQL, **moved), "update", **old(SQL, **at)),
        {"op": "delete", "urn": BUCKET.urn, **old(BUCKET, **at)},
    )
    assert made.sources == {SQL.urn: Place(file="components/postgres.py", line=120)}, (
        "no line of the program makes what it deletes"
    )


def test_a_resource_without_a_place_has_none() -> None:
    assert read(step(state(SQL)), step(state(BUCKET, sourcePosition=""))).sources == {}


# --- what a fact has ----------------------------------------------------------------------------


def test_a_component_records_its_inputs_and_never_the_outputs_of_the_update_before() -> None:
    root = facts.component(PLATFORM_TYPE, "palier", {"users": 60, "phase": "scale"})
    stale = state(root, outputs={"users": 50, "address": "203.0.113.10"})
    (fact,) = read(step(stale, "update")).facts
    assert fact.outputs == {"users": 60, "phase": "scale", "address": "203.0.113.10"}


def test_options_are_read_and_dependencies_are_in_order() -> None:
    waits = ["urn:pulumi:test::test::a:b:C::y", "urn:pulumi:test::test::a:b:C::x"]
    (fact,) = read(
        step(state(SQL, protect=True, ignoreChanges=["region"], dependencies=waits * 2))
    ).facts
    assert (fact.protect, fact.ignore_changes) == (True, ("region",))
    assert fact.dependencies == tuple(sorted(waits))


def test_config_project_and_stack_are_told() -> None:
    made = read(step(state(SQL)), config={"gcp:region": "europe-west1", "palier:domain": ""})
    assert (made.project, made.stack) == ("test", "test")
    assert made.config == {"gcp:region": "europe-west1", "palier:domain": ""}


# --- what is left out ---------------------------------------------------------------------------


def test_a_preview_without_its_unchanged_resources_is_refused_with_the_remedy() -> None:
    with pytest.raises(PalierError, match=r"leaves out 41 unchanged .*--show-sames"):
        read(step(state(SQL)), changeSummary={"same": 42, "create": 1})


def test_a_preview_with_its_unchanged_resources_is_whole() -> None:
    assert names(read(step(state(SQL), "same"), changeSummary={"same": 2})) == ["db"]


def test_a_refreshed_resource_is_there_although_its_unchanged_step_is_not() -> None:
    stack = step(documents.stack_state(Facts((SQL,))), "refresh")
    made = read(stack, step(state(SQL), "refresh"), changeSummary={"same": 2})
    assert names(made) == ["db"]
    with pytest.raises(PalierError, match="leaves out 1 unchanged"):
        read(step(state(SQL), "refresh"), step(state(SQL), "update"), changeSummary={"same": 2})


def test_a_preview_that_failed_says_why_in_one_line() -> None:
    errors = [
        {"severity": "info", "message": "all is well"},
        {"severity": "error", "message": "  \x1b[31mcannot delete:\nbecause\n"},
        {"severity": "error"},
    ]
    assert read(step(state(SQL)), diagnostics=errors).errors == (
        "[31mcannot delete:", "no message",
    )  # fmt: skip
    with pytest.raises(PalierError, match=r"failed before its first step: \[31mcannot delete:$"):
        preview.read({"diagnostics": errors})


# --- what cannot be -----------------------------------------------------------------------------

WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "steps of another type": ({"steps": 5}, "preview: steps: expected a list, got a number"),
    "a step that is none": ({"steps": ["x"]}, r"steps\[0\]: expected fields, got a text"),
    "no operation": ({"steps": [{"urn": SQL.urn}]}, r"steps\[0\].op: expected a text, got nothing"),
    "an unknown operation": (
        {"steps": [step(state(SQL), "explode")]}, r"op: expected same, create.*got 'explode'",
    ),
    "no urn": ({"steps": [{"op": "create"}]}, r"steps\[0\].urn: expected a text"),
    "no new state": (
        {"steps": [{"op": "create", "urn": SQL.urn}]}, r"newState: expected the state of urn:",
    ),
    "the state of another resource": (
        {"steps": [step(state(SQL), newState=state(BUCKET))]}, r"newState: expected the state of",
    ),
    "no resource": ({"steps": []}, "preview: holds no resource"),
    "a summary of another type": (
        {"steps": [step(state(SQL))], "changeSummary": []}, "changeSummary: expected fields",
    ),
    "a summary in words": (
        {"steps": [step(state(SQL))], "changeSummary": {"same": "all"}},
        "changeSummary.same: expected a number, got a text",
    ),
    "a config in numbers": (
        {"steps": [step(state(SQL))], "config": {"palier:users": 5}},
        "config.palier:users: expected a text, got a number",
    ),
    "reasons that are none": (
        {"steps": [step(state(SQL), replaceReasons=[1])]},
        r"replaceReasons\[0\]: expected a text, got a number",
    ),
    "a place in numbers": (
        {"steps": [step(state(SQL, sourcePosition=97))]},
        r"newState.sourcePosition: expected a text, got a number",
    ),
    "a diagnostic that is none": (
        {"steps": [step(state(SQL))], "diagnostics": [None]}, r"diagnostics\[0\]: expected fields",
    ),
    "two stacks": (
        {"steps": [step(state(SQL)), step(state(facts.component("a:b:C", "c", {})) | {
            "urn": "urn:pulumi:prod::test::a:b:C::c"})]},
        "holds resources of several stacks: prod of test and test of test",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("document", "says"), WRONG.values(), ids=WRONG.keys())
def test_what_is_no_preview_is_refused_at_its_place(document: dict[str, Any], says: str) -> None:
    with pytest.raises(PalierError, match=says):
        preview.read(document)
