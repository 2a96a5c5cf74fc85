"""Operations: nothing that holds data is replaced or deleted, whatever the engine calls it."""

from __future__ import annotations

from itertools import chain, permutations
from typing import Any, Final, get_args

import documents
import fact_builders as facts
import pytest
from documents import step
from gate_builders import found, gate, stack

from palier.facts import UNKNOWN, Fact, Facts
from palier.feeds import preview
from palier.feeds.preview import OPERATIONS, Preview
from palier.gate.catalogue import entries
from palier.gate.gate import judge, waivable
from palier.gate.settings import Settings
from palier.ledger import STATEFUL
from palier.operations import KINDS, Change, Touched, safety, touched, verdict

DATABASE: Final = facts.resource(facts.SQL, "db", region="europe-west1")
REPLICA: Final = facts.resource(facts.SQL, "db-replica", masterInstanceName="db")
CLUSTER: Final = facts.resource(facts.CLUSTER, "cluster", location="europe-west1")
NOTHING: Final = {
    "same", "refresh", "read", "read-replacement", "remove-pending-replace", "diff",
    "extend-parameterize",
}  # fmt: skip
"""Steps that neither make nor change nor take away anything in a cloud."""


def state(fact: Fact, **more: Any) -> dict[str, Any]:
    return documents.state(fact, preview=True) | more


def done(op: str, fact: Fact, *, new: Fact | None = None, **more: Any) -> dict[str, Any]:
    """A step on a resource that exists."""
    if op in preview.TAKES:
        return {"op": op, "urn": fact.urn, "oldState": state(fact), **more}
    return step(state(new or fact), op, oldState=state(fact), **more)


def read(*steps: dict[str, Any]) -> Preview:
    return preview.read(
        {"steps": [step(documents.stack_state(Facts((DATABASE,))), "same"), *steps]}
    )


def only(*steps: dict[str, Any]) -> Touched:
    """The one resource that these steps do something to."""
    (one,) = touched(read(*steps))
    return one


def status(*steps: dict[str, Any]) -> str:
    return verdict(touched(read(*steps))).status


# --- kinds of steps -----------------------------------------------------------------------------


def test_every_step_of_the_engine_is_classified_once() -> None:
    classified = [*chain(*KINDS.values()), *NOTHING]
    assert sorted(classified) == sorted(OPERATIONS), "one is forgotten, or has two classes"
    assert set(KINDS) == set(get_args(Change))


@pytest.mark.parametrize(
    ("op", "change"), [(op, change) for change, own in KINDS.items() for op in own]
)
def test_a_step_does_what_its_kind_says(op: str, change: Change) -> None:
    one = only(done(op, DATABASE))
    assert (one.change, one.name, one.type, one.urn, one.stateful) == (
        change, "db", facts.SQL, DATABASE.urn, True,
    )  # fmt: skip


@pytest.mark.parametrize("op", sorted(NOTHING))
def test_a_step_that_does_nothing_touches_nothing(op: str) -> None:
    assert touched(read(done(op, DATABASE))) == ()


@pytest.mark.parametrize(
    ("op", "worse"),
    [(op, "fail") for op in (*KINDS["replaced"], *KINDS["deleted"])]
    + [(op, "pass") for op in (*KINDS["created"], *KINDS["changed"], *sorted(NOTHING))],
)
def test_what_takes_data_away_fails_and_nothing_else_does(op: str, worse: str) -> None:
    assert status(done(op, DATABASE)) == worse
    assert status(done(op, CLUSTER)) == "pass", "a cluster generation holds no data"


# --- what holds data ----------------------------------------------------------------------------


@pytest.mark.parametrize("type_", STATEFUL)
@pytest.mark.parametrize("op", ["replace", "delete"])
def test_every_type_of_the_ledger_is_kept(type_: str, op: str) -> None:
    one = facts.resource(type_, "it")
    assert status(done(op, one)) == "fail"


@pytest.mark.parametrize("op", ["replace", "delete"])
def test_a_replica_of_a_database_may_go_its_primary_may_not(op: str) -> None:
    assert status(done(op, REPLICA)) == "pass", "its data are its primary's"
    assert only(done(op, REPLICA)).stateful is False
    unknown = facts.resource(facts.SQL, "db-replica", masterInstanceName=UNKNOWN)
    assert status(done(op, unknown)) == "fail", "whose copy it is is not known"


def test_what_exists_decides_and_not_what_the_program_would_make_of_it() -> None:
    as_replica = facts.resource(facts.SQL, "db", masterInstanceName="other")
    assert status(done("replace", DATABASE, new=as_replica)) == "fail", (
        "a program that calls a primary a replica loses its data all the same"
    )
    promoted = facts.resource(facts.SQL, "db-replica")
    assert status(done("replace", REPLICA, new=promoted)) == "pass", "it is a replica still"


def test_what_is_left_of_a_replacement_holds_the_data() -> None:
    leftover = {"op": "delete", "urn": DATABASE.urn, "oldState": state(DATABASE, delete=True)}
    assert status(leftover) == "fail", "and the program no longer makes it"
    assert status(leftover, done("same", DATABASE)) == "fail", "the new one is empty"


def test_a_step_without_the_old_state_is_taken_by_its_type() -> None:
    gone = {"op": "delete", "urn": DATABASE.urn}
    assert only(gone).stateful
    assert status(gone) == "fail"
    assert status({"op": "delete", "urn": CLUSTER.urn}) == "pass"


# --- one resource, several steps ----------------------------------------------------------------

REPLACEMENT: Final = (
    done("create-replacement", DATABASE),
    done("replace", DATABASE, replaceReasons=["region", "name"]),
    done("delete-replaced", DATABASE),
)


@pytest.mark.parametrize("order", [*permutations(range(3))])
def test_a_replacement_of_several_steps_counts_once_in_any_order(order: tuple[int, ...]) -> None:
    one = only(*(REPLACEMENT[place] for place in order))
    assert (one.change, one.reasons) == ("replaced", ("region", "name"))
    (found,) = verdict([one]).findings
    assert found.message == "would be replaced for region, name"


def test_reasons_that_several_steps_give_are_told_once() -> None:
    one = only(
        done("create-replacement", DATABASE, replaceReasons=["region"]),
        done("replace", DATABASE, replaceReasons=["region", "name"]),
    )
    assert one.reasons == ("region", "name")


@pytest.mark.parametrize(
    ("ops", "change"),
    [
        (("refresh", "update"), "changed"),
        (("refresh", "delete"), "deleted"),
        (("delete", "create"), "deleted"),
        (("update", "replace"), "replaced"),
        (("delete", "replace"), "replaced"),
    ],
)
def test_the_step_that_does_most_decides(ops: tuple[str, ...], change: str) -> None:
    for order in permutations(ops):
        assert only(*(done(op, DATABASE) for op in order)).change == change


def test_a_resource_was_protected_if_any_step_says_so() -> None:
    shut = {"oldState": state(DATABASE, protect=True)}
    assert only(done("replace", DATABASE) | shut).protect
    assert only(done("refresh", DATABASE) | shut, done("delete", DATABASE)).protect
    assert not only(done("replace", DATABASE)).protect


def test_resources_are_told_in_an_order_that_no_file_decides() -> None:
    steps = [done("delete", REPLICA), done("update", CLUSTER), done("delete", DATABASE)]
    told = [[one.urn for one in touched(read(*order))] for order in permutations(steps)]
    assert all(one == sorted(one) for one in told)
    assert all(len(one) == 3 for one in told)


# --- the verdict --------------------------------------------------------------------------------


def test_the_verdict_names_each_resource_why_and_what_to_do() -> None:
    made = verdict(touched(read(
        done("replace", DATABASE, replaceReasons=["region"]),
        done("delete", facts.resource(facts.BUCKET, "films")),
        done("delete", CLUSTER),
    )))  # fmt: skip
    assert (made.rule, made.level, made.family) == ("ledger-kept", "mandatory", "data-safety")
    assert [(one.name, one.urn, one.message) for one in made.findings] == [
        ("db", DATABASE.urn, "would be replaced for region"),
        ("films", facts.resource(facts.BUCKET, "films").urn, "would be deleted"),
    ]
    assert made.message.endswith("Keep the property that forces it as it was, or move the data "
                                 "first.")  # fmt: skip


def test_an_update_that_touches_nothing_passes() -> None:
    made = verdict([])
    assert (made.status, made.message) == ("pass", "nothing that holds data is replaced or deleted")


def test_the_ledger_cannot_be_waived_or_relaxed() -> None:
    assert "ledger-kept" in waivable(entries("none")).ledger, "no file of waivers may name it"
    lost = verdict([only(done("delete", DATABASE))])
    lax = gate(settings=Settings(unsure={"data-safety": "advisory"}))
    assert found(judge(stack(operations=(lost,)), lax).verdicts, "ledger-kept") == lost
    assert (lost.status, lost.level) == ("fail", "mandatory")


# --- safety classes -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ((), "untouched"),
        ((done("same", DATABASE),), "untouched"),
        ((done("create", DATABASE),), "untouched"),
        ((done("import", DATABASE),), "untouched"),
        ((done("update", DATABASE),), "in place"),
        ((done("update", DATABASE), done("delete", CLUSTER)), "in place"),
        ((done("replace", DATABASE),), "at risk"),
        ((done("delete", DATABASE),), "at risk"),
        ((done("update", DATABASE), done("delete", facts.resource(facts.BUCKET, "b"))), "at risk"),
        ((done("update", CLUSTER),), "untouched"),
        ((done("replace", CLUSTER), done("delete", REPLICA)), "untouched"),
    ],
)
def test_an_update_has_the_class_of_the_worst_it_does_to_data(
    steps: tuple[dict[str, Any], ...], expected: str
) -> None:
    made = touched(read(*steps))
    assert safety(made) == expected
    assert (safety(made) == "at risk") == (verdict(made).status == "fail"), "both say the same"
