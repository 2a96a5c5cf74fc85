"""States: what a stack holds, and what is told beside it and never priced."""

from __future__ import annotations

from typing import Any

import documents
import fact_builders as facts
import pytest

from palier.errors import PalierError
from palier.facts import Fact, Facts
from palier.feeds import export
from palier.feeds.places import Place

SQL = facts.resource(facts.SQL, "db", region="europe-west1")
BUCKET = facts.resource(facts.BUCKET, "films", location="EU")
BOTH = Facts.of((SQL, BUCKET))


def state(fact: Fact, **more: Any) -> dict[str, Any]:
    return documents.state(fact, preview=False) | more


def holding(*resources: dict[str, Any], **deployment: Any) -> dict[str, Any]:
    """An export of these resources."""
    made = documents.export(BOTH, **deployment)
    made["deployment"]["resources"] = list(resources)
    return made


def test_a_state_holds_its_resources_without_the_stack_and_the_engines_own_provider() -> None:
    made = export.read(documents.export(BOTH))
    assert (made.project, made.stack) == ("test", "test")
    assert {fact.name for fact in made.facts} == {"db", "films"}
    assert (made.pending, made.deleting, made.external) == ((), (), ())


def test_a_version_4_is_read_alike() -> None:
    made = documents.export(BOTH) | {"version": 4, "features": ["refreshBeforeUpdate"]}
    assert export.read(made) == export.read(documents.export(BOTH))


def test_a_component_has_the_outputs_it_registered() -> None:
    root = facts.component("palier:x:X", "x", {"users": 50, "n": 3.0})
    made = export.read(documents.export(Facts((root,))))
    assert made.facts.items[0].outputs == {"users": 50, "n": 3}


def test_outputs_of_a_cloud_are_no_part_of_a_fact() -> None:
    assert all(fact.outputs == {} for fact in export.read(documents.export(BOTH)).facts)


def test_what_waits_for_its_deletion_is_told_and_is_no_fact() -> None:
    made = export.read(holding(state(SQL), state(SQL, delete=True), state(BUCKET, delete=True)))
    assert [fact.name for fact in made.facts] == ["db"], "the new one, beside the old"
    assert [urn.name for urn in made.deleting] == ["db", "films"]


def test_what_is_only_read_is_told_and_is_no_fact() -> None:
    made = export.read(holding(state(SQL), state(BUCKET, external=True)))
    assert [fact.name for fact in made.facts] == ["db"]
    assert [urn.name for urn in made.external] == ["films"]


def test_pending_operations_are_told_and_make_no_fact() -> None:
    pending = [{"type": "creating", "resource": state(BUCKET, protect=True)}]
    made = export.read(holding(state(SQL), pending_operations=pending))
    assert [fact.name for fact in made.facts] == ["db"]
    (operation,) = made.pending
    assert (operation.kind, operation.urn.text, operation.protect) == (
        "creating", BUCKET.urn, True,
    )  # fmt: skip


def test_a_state_of_nothing_but_pending_operations_is_still_one() -> None:
    pending = [{"type": "creating", "resource": state(BUCKET)}]
    made = export.read(holding(pending_operations=pending))
    assert (len(made.facts), len(made.pending)) == (0, 1)


def test_places_in_the_program_are_told_where_the_engine_knew_them() -> None:
    placed = state(SQL, sourcePosition="project:///components/postgres.py#97")
    provider = documents.default_provider(BOTH) | {"sourcePosition": "project:///__main__.py#1"}
    made = export.read(holding(provider, placed, state(BUCKET)))
    assert made.sources == {SQL.urn: Place(file="components/postgres.py", line=97)}, (
        "nothing is told of a bucket without a place, and the engine's provider is no resource"
    )


# --- what cannot be -----------------------------------------------------------------------------

WRONG: dict[str, tuple[Any, str]] = {
    "a list": ([], "^state: expected fields, got a list"),
    "no version": ({"deployment": {}}, "version: expected 3 or 4"),
    "a version of before": ({"version": 2, "deployment": {}}, "version: expected 3 or 4"),
    "a version that is true": ({"version": True, "deployment": {}}, "version: expected 3 or 4"),
    "a version that is a list": ({"version": [3], "deployment": {}}, "version: expected 3 or 4"),
    "no deployment": ({"version": 3, "deployment": 5}, "state: deployment: expected fields"),
    "a checkpoint of nothing": ({"version": 3, "checkpoint": {}}, "state: holds no resource"),
    "a checkpoint in a text": ({"version": 3, "checkpoint": "x"}, "checkpoint: expected fields"),
    "an empty stack": (holding(), "state: holds no resource"),
    "resources in fields": (
        {"version": 3, "deployment": {"resources": {}}},
        "deployment.resources: expected a list, got fields",
    ),
    "a resource that is none": (
        holding(5), r"deployment.resources\[0\]: expected fields, got a number",  # type: ignore[arg-type]
    ),
    "no type": (holding(state(SQL, type=None)), r"resources\[0\].type: expected a text"),
    "a type that its urn does not say": (
        holding(state(SQL, type="gcp:storage/bucket:Bucket")), "type: expected gcp:sql/databaseIns",
    ),
    "a urn of another kind": (holding(state(SQL, urn="arn:aws:s3")), "urn: expected urn:pulumi:"),
    "a urn that steers a terminal": (
        holding(state(SQL, urn=SQL.urn + "\x1b[2J")), "urn: expected urn:pulumi:",
    ),
    "a stack that is a path": (
        holding(state(SQL, urn="urn:pulumi:../etc::test::a:b:C::x")), "urn: expected urn:pulumi:",
    ),
    "a parent in numbers": (holding(state(SQL, parent=5)), "parent: expected a text, got a num"),
    "a provider that is none": (holding(state(SQL, provider="x::y")), "provider: expected urn:pul"),
    "custom in words": (holding(state(SQL, custom="yes")), "custom: expected true or false"),
    "protect in numbers": (holding(state(SQL, protect=1)), "protect: expected true or false"),
    "dependencies in a text": (
        holding(state(SQL, dependencies="x")), "dependencies: expected a list, got a text",
    ),
    "inputs in a list": (holding(state(SQL, inputs=[])), "inputs: expected fields, got a list"),
    "the same urn twice": (
        holding(state(SQL), state(SQL)), f"resources: two resources have the urn {SQL.urn}",
    ),
    "a place in numbers": (
        holding(state(SQL, sourcePosition=97)), "sourcePosition: expected a text, got a number",
    ),
    "a pending operation that is none": (
        holding(pending_operations=[5]), r"pending_operations\[0\]: expected fields",
    ),
    "a pending operation without a resource": (
        holding(pending_operations=[{"type": "creating"}]), r"\[0\].resource: expected fields",
    ),
    "a pending operation without a type": (
        holding(pending_operations=[{"resource": state(SQL)}]), r"\[0\].type: expected a text",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("document", "says"), WRONG.values(), ids=WRONG.keys())
def test_what_is_no_state_is_refused_at_its_place(document: Any, says: str) -> None:
    with pytest.raises(PalierError, match=says):
        export.read(document)


def test_a_value_that_is_wrong_is_never_repeated() -> None:
    with pytest.raises(PalierError) as refused:
        export.read(holding(state(SQL, dependencies=[{"password": "hunter2"}])))
    assert "hunter2" not in str(refused.value), "it may be secret"
