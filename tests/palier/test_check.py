"""A check: what is judged where, what is told beside it, and that no file can break it."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any, Final

import builders
import documents
import fact_builders as facts
import pytest
from gate_builders import found, verdict
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.console import Console

from palier import check
from palier.budget.limits import load_beside
from palier.check import Check, Surroundings
from palier.cost.pricers import PRICERS
from palier.errors import PalierError
from palier.facts import Fact, Facts
from palier.feeds.places import Place
from palier.gate.gate import Gate
from palier.plan import Plan
from palier.report import checks, junit, sarif
from palier.report.text import printable
from palier.verdicts import Verdict

BELOW_CAP: Final = ("scale", 10_000)
ROOT: Final = builders.ROOT
NOWHERE: Final = Surroundings(
    project="no Pulumi.yaml here", gate=Gate(limits=load_beside(ROOT))
)  # fmt: skip
"""Limits, and no program to record at the cap."""
CAP_RULES: Final = {"cost_per_user_at_cap", "unit_cost_falls"}


def previewed(phase: str, users: int, config: Mapping[str, str] | None = None) -> dict[str, Any]:
    recorded = facts.recorded(phase, users)
    return documents.preview(recorded, {**builders.stack_config(phase, users), **(config or {})})


def made_of(
    folder: Path, document: object, around: Surroundings | None = None, **options: Any
) -> Check:
    """A check, out of what is recorded already; inside this repository unless something is said."""
    with facts.from_records():
        file = documents.write(folder, document)
        return check.check(file, around or check.surroundings(ROOT), **options)


def checked(folder: Path, document: object, *around: Surroundings, **options: Any) -> Plan:
    """The plan of a check."""
    return made_of(folder, document, *around, **options).plan


def open_rules(made: Plan) -> set[str]:
    return {verdict.rule for verdict in made.verdicts if verdict.status == "inconclusive"}


def mandatory(made: Plan) -> list[Verdict]:
    return [verdict for verdict in made.verdicts if verdict.level == "mandatory"]


def at_cap_rules(phase: str) -> set[str]:
    rows = load_beside(ROOT).of(phase)
    return {row.id for row in rows if row.measure in CAP_RULES}


# --- at the cap ---------------------------------------------------------------------------------


def test_at_the_cap_no_program_is_needed(tmp_path: Path) -> None:
    made = checked(tmp_path, previewed("mvp", 50), NOWHERE)
    assert made.status == "pass"
    assert made.at_cap is made.estimate


def test_below_the_cap_and_outside_the_project_unit_costs_stay_open(tmp_path: Path) -> None:
    made = checked(tmp_path, previewed(*BELOW_CAP), NOWHERE)
    assert open_rules(made) == at_cap_rules("scale")
    assert len(open_rules(made)) >= 1
    assert (made.status, made.at_cap, made.per_user_at_cap) == ("inconclusive", None, None)
    (verdict,) = [row for row in made.verdicts if row.rule == min(open_rules(made))]
    assert verdict.message == "the cost at the cap is not known: no Pulumi.yaml here"
    assert verdict.limit is not None
    assert made.per_user is not None, "what is known is told"


def test_a_file_of_another_project_is_not_recorded_with_this_program(tmp_path: Path) -> None:
    text = json.dumps(previewed(*BELOW_CAP)).replace("::palier::", "::films::")
    made = checked(tmp_path, json.loads(text))
    assert open_rules(made) == at_cap_rules("scale")
    assert "the stack is of project films, and Pulumi.yaml here of palier" in str(made.verdicts)


def test_a_preview_is_recorded_at_the_cap_with_its_own_config(tmp_path: Path) -> None:
    asked: list[Mapping[str, str]] = []
    at_cap = facts.recorded("scale", 50_000)

    def record(_project: object, _stack: str, config: Mapping[str, str]) -> Facts:
        asked.append(config)
        return at_cap

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("palier.recorder.record_project", record)
        file = documents.write(tmp_path, previewed(*BELOW_CAP, {"palier:domain": "own.example"}))
        check.check(file, check.surroundings(ROOT))
    (config,) = asked
    assert config["palier:domain"] == "own.example", "not the stack file's"
    assert (config["palier:users"], config["palier:phase"]) == ("50000", "scale")


def test_an_export_of_a_stack_without_a_file_leaves_unit_costs_open(tmp_path: Path) -> None:
    document = documents.export(facts.recorded(*BELOW_CAP))
    text = json.dumps(document).replace("urn:pulumi:scale::", "urn:pulumi:prod::")
    made = checked(tmp_path, json.loads(text))
    assert open_rules(made) == at_cap_rules("scale")
    assert "the program does not run for it: stack 'prod' has no Pulumi.prod.yaml" in str(
        made.verdicts
    )


def test_a_program_of_other_regions_does_not_stand_for_the_file(tmp_path: Path) -> None:
    text = json.dumps(previewed(*BELOW_CAP)).replace('"eu": "europe-west1"', '"eu": "europe-west9"')
    made = checked(tmp_path, json.loads(text))
    assert made.region == "europe-west9"
    assert "the program here records other regions than the stack" in str(made.verdicts)


# --- limits, rate, region -----------------------------------------------------------------------


def test_outside_a_project_there_are_prices_and_no_budget(tmp_path: Path) -> None:
    made = checked(tmp_path, previewed("mvp", 50), check.surroundings(tmp_path))
    missing = found(made.verdicts, "budget-exists")
    assert (missing.status, missing.level) == ("inconclusive", "mandatory")
    assert missing.message.startswith("no Pulumi.yaml in")
    assert all(one.limit is None for one in made.verdicts), "no limit is judged"
    assert made.estimate == facts.euros("mvp", 50)
    assert made.status == "inconclusive"


def test_a_bill_beyond_its_limit_fails(tmp_path: Path) -> None:
    recorded = facts.recorded("mvp", 50)
    large = [
        replace(fact, inputs={**fact.inputs, "settings": {**fact.inputs["settings"],
                                                          "tier": "db-custom-8-30720"}})
        if fact.type == facts.SQL else fact
        for fact in recorded
    ]  # fmt: skip
    assert checked(tmp_path, documents.preview(Facts.of(large))).status == "fail"


def test_another_rate_takes_the_place_of_the_recorded_one(tmp_path: Path) -> None:
    made = checked(tmp_path, previewed("mvp", 50), usd_rate=Decimal(1))
    assert made.estimate.sum("expected") == facts.euros("mvp", 50).sum_usd("expected")
    assert made.usd_rate == 1
    assert made.rate_date != "2026-11-21", "a rate of the command line is of today"
    with pytest.raises(PalierError, match=r"file\.json: usd_rate: expected"):
        checked(tmp_path, previewed("mvp", 50), usd_rate=Decimal("1e30"))


def test_a_stack_without_a_root_gets_prices_and_the_region_that_is_told(tmp_path: Path) -> None:
    films = Facts.of([
        facts.provider(), facts.resource(facts.ADDRESS, region="europe-west1"),
    ])  # fmt: skip
    exported = checked(tmp_path, documents.export(films))
    assert (exported.phase, exported.region) == (None, "europe-west1")
    missing = found(exported.verdicts, "budget-exists")
    assert missing.status == "inconclusive"
    assert missing.message.startswith("the program has no palier:platform:Platform")
    assert exported.status == "inconclusive"
    config = {"gcp:region": "europe-west9"}
    assert checked(tmp_path, documents.preview(films, config)).region == "europe-west9"
    alone = Facts.of([facts.resource(facts.ADDRESS)])
    assert checked(tmp_path, documents.export(alone)).region == "-"


# --- what is told -------------------------------------------------------------------------------


def exported(**deployment: Any) -> dict[str, Any]:
    return documents.export(facts.recorded("mvp", 50), **deployment)


def first(type_: str) -> Fact:
    return facts.recorded("mvp", 50).of_type(type_)[0]


def test_pending_operations_are_told_and_nothing_passes(tmp_path: Path) -> None:
    pending = [{"type": "creating", "resource": documents.state(first(facts.SQL), preview=False)}]
    made = checked(tmp_path, exported(pending_operations=pending))
    assert made.status == "inconclusive"
    whole = found(made.verdicts, "picture-complete")
    assert (whole.status, whole.level) == ("inconclusive", "mandatory")
    assert "creating postgres-eu-1" in whole.message
    assert "pulumi refresh" in whole.message
    assert {one.status for one in mandatory(made) if one != whole} == {"pass"}, (
        "all else holds: an operation that never ended is what nothing passes for"
    )


def test_pending_operations_make_no_failure_better(tmp_path: Path) -> None:
    document = exported(pending_operations=[
        {"type": "creating", "resource": documents.state(first(facts.SQL), preview=False)}
    ])  # fmt: skip
    made = checked(tmp_path, document, usd_rate=Decimal(9))
    assert made.status == "fail"


def test_what_waits_for_its_deletion_costs_and_nothing_passes(tmp_path: Path) -> None:
    document = exported()
    old = documents.state(first(facts.SQL), preview=False) | {"delete": True}
    document["deployment"]["resources"].append(old)
    made = checked(tmp_path, document)
    assert made.status == "inconclusive"
    whole = found(made.verdicts, "picture-complete")
    assert whole.status == "inconclusive"
    assert [one.message for one in whole.findings] == [
        "Replaced and not deleted yet, so that it costs until then: postgres-eu-1",
    ]  # fmt: skip


def test_what_is_only_read_is_told_and_costs_nothing_here(tmp_path: Path) -> None:
    document = exported()
    read = documents.state(facts.resource(facts.SQL, "theirs"), preview=False) | {"external": True}
    read["urn"] = read["urn"].replace(":test::test::", ":mvp::palier::")
    document["deployment"]["resources"].append(read)
    made = checked(tmp_path, document)
    assert made.status == "pass"
    assert made.notes[0] == "Only read, and of another stack's bill: theirs."


def test_replacements_and_deletions_of_data_fail_with_protection_and_reason(tmp_path: Path) -> None:
    document = replacing(previewed("mvp", 50), facts.SQL)
    gone = [
        facts.resource(facts.BUCKET, f"films-{place}", location="EU") for place in range(7)
    ]  # fmt: skip
    for fact in gone:
        urn = fact.urn.replace(":test::test::", ":mvp::palier::")
        old = documents.state(fact, preview=True) | {"urn": urn}
        document["steps"].append({"op": "delete", "urn": urn, "oldState": old})
    made = made_of(tmp_path, document)
    kept = found(made.plan.verdicts, "ledger-kept")
    assert (kept.status, kept.level, made.plan.status) == ("fail", "mandatory", "fail")
    assert {(one.name, one.message) for one in kept.findings} == {
        ("postgres-eu-1", "would be replaced for region"),
        *((fact.name, "would be deleted") for fact in gone),
    }  # fmt: skip
    assert made.update is not None
    told = {one.name: one for one in made.update.touched}
    assert (told["postgres-eu-1"].change, told["postgres-eu-1"].protect) == ("replaced", True)
    assert (told["films-6"].change, told["films-6"].protect) == ("deleted", False)
    assert made.update.safety == "at risk"


def replacing(document: dict[str, Any], type_: str) -> dict[str, Any]:
    """The preview, with the first resource of a type replaced for its region."""
    for step in document["steps"]:
        if step["urn"] == first(type_).urn:
            step |= {"op": "replace", "oldState": step["newState"], "replaceReasons": ["region"]}
    return document


def test_a_replacement_of_what_holds_no_data_passes_and_is_told(tmp_path: Path) -> None:
    cluster = first("gcp:container/cluster:Cluster")
    made = made_of(tmp_path, replacing(previewed("mvp", 50), cluster.type))
    assert made.plan.status == "pass"
    assert found(made.plan.verdicts, "ledger-kept").status == "pass"
    assert made.update is not None
    (swapped,) = [one for one in made.update.touched if one.change == "replaced"]
    assert (swapped.name, swapped.stateful, swapped.reasons) == (cluster.name, False, ("region",))
    assert made.update.safety == "untouched"


def test_only_a_preview_tells_what_an_update_does(tmp_path: Path) -> None:
    made = made_of(tmp_path, exported())
    assert made.update is None
    assert "ledger-kept" not in {one.rule for one in made.plan.verdicts}


def test_what_exists_now_is_priced_at_the_plans_rate(tmp_path: Path) -> None:
    document = previewed("mvp", 50)
    for step in document["steps"]:
        step |= {"op": "same", "oldState": step["newState"]}
        if step["newState"]["type"] == facts.SQL:
            del step["oldState"]
            step["op"] = "create"
    made = made_of(tmp_path, document, usd_rate=Decimal(1))
    assert made.update is not None
    lines = [line for line in made.plan.estimate.lines if line.type != facts.SQL]
    assert list(made.update.before.lines) == lines, "everything but the database, at the same rate"
    assert (made.update.before_phase, made.update.before_users) == ("mvp", 50)
    new = made_of(tmp_path, previewed("mvp", 50))
    assert new.update is not None
    assert (new.update.before.lines, new.update.before_phase) == ((), None), "nothing exists yet"


def test_what_exists_now_is_held_to_its_shape_as_well(tmp_path: Path) -> None:
    document = previewed("mvp", 50)
    for step in document["steps"]:
        old = copy.deepcopy(step["newState"])
        step |= {"op": "update", "oldState": old}
        if old["type"] == "palier:platform:Platform":
            old["inputs"]["users"] = "many"
        if old["type"] == facts.SQL:
            old["inputs"]["settings"]["diskSize"] = -1000
    with pytest.raises(
        PalierError, match=r"file\.json:? oldState:.*users: expected a whole number"
    ):
        checked(tmp_path, document)
    for step in document["steps"]:
        if step["oldState"]["type"] == "palier:platform:Platform":
            step["oldState"]["inputs"]["users"] = 50
    with pytest.raises(PalierError, match=r"postgres-eu-1: disk, PD_SSD: a quantity below nothing"):
        checked(tmp_path, document)


def test_places_in_the_program_come_from_the_file(tmp_path: Path) -> None:
    document = exported()
    (database,) = [one for one in document["deployment"]["resources"] if one["type"] == facts.SQL]
    database["sourcePosition"] = "project:///components/postgres.py#97"
    assert made_of(tmp_path, document).places == {
        database["urn"]: Place(file="components/postgres.py", line=97)
    }


def test_settings_of_a_stack_are_read_with_its_surroundings(tmp_path: Path) -> None:
    file = tmp_path / "settings.json"
    file.write_text('{"budget": {"limits": {"monthly-mvp": 5}}}', encoding="utf-8")
    made = checked(tmp_path, previewed("mvp", 50), check.surroundings(ROOT, file))
    judged = found(made.verdicts, "monthly-mvp")
    assert (judged.status, judged.limit, made.status) == ("fail", Decimal(5), "fail")
    file.write_text('{"budget": {"limits": {"monthly-mvp": 500}}}', encoding="utf-8")
    with pytest.raises(PalierError, match=r"settings\.json: budget\.limits\.monthly-mvp: 500"):
        check.surroundings(ROOT, file)


def test_a_preview_that_failed_does_not_pass(tmp_path: Path) -> None:
    failed = previewed("mvp", 50) | {
        "diagnostics": [{"severity": "error", "message": "error: preview failed\n"}]
    }
    made = checked(tmp_path, failed)
    assert made.status == "inconclusive"
    whole = found(made.verdicts, "picture-complete")
    assert whole.status == "inconclusive"
    assert [one.message for one in whole.findings] == [
        "Not all may be here, for the preview failed: error: preview failed",
    ]  # fmt: skip


def of(made: Plan) -> Check:
    return Check(plan=made, update=None, places={})


def test_the_worst_of_several_counts() -> None:
    unjudged = facts.plan(facts.bill(facts.line("1")))
    assert check.worst([of(unjudged)]) == "inconclusive", "nobody judged it"


@pytest.mark.parametrize(
    ("statuses", "worst"),
    [
        (("pass",), "pass"), (("pass", "inconclusive"), "inconclusive"),
        (("inconclusive", "fail", "pass"), "fail"),
    ],
)  # fmt: skip
def test_a_failure_is_worse_than_what_stays_open(statuses: tuple[str, ...], worst: str) -> None:
    plans = [
        replace(facts.planned("mvp", 50), verdicts=(verdict(status),)) for status in statuses
    ]  # fmt: skip
    assert check.worst(map(of, plans)) == worst


# --- secrets ------------------------------------------------------------------------------------


@pytest.mark.parametrize("feed", ["preview", "export"])
def test_no_secret_reaches_a_report(tmp_path: Path, feed: str) -> None:
    document = previewed("mvp", 50) if feed == "preview" else exported()
    text = json.dumps(document).replace(documents.CIPHERTEXT, "hunter2")
    text = text.replace('"ciphertext"', '"plaintext"')
    made = made_of(tmp_path, json.loads(text))
    assert "hunter2" not in _written(made)
    assert "hunter2" not in str(made.plan.facts), "it is not even kept"


def _written(made: Check) -> str:
    """A check in all formats."""
    console = Console(file=StringIO(), width=checks.WIDTH)
    checks.table([made], console)
    return "".join([
        console.file.getvalue(),  # type: ignore[attr-defined]
        checks.json_text([made]),
        checks.markdown_text([made], NOWHERE.gate.entries),
        sarif.render([made], NOWHERE),
        junit.render([made]),
    ])  # fmt: skip


# --- anything at any place ----------------------------------------------------------------------


def with_disk(size: Any) -> dict[str, Any]:
    """The preview of mvp, its database with a disk of this size."""
    document = previewed("mvp", 50)
    for step in document["steps"]:
        if step["newState"]["type"] == facts.SQL:
            step["newState"]["inputs"]["settings"]["diskSize"] = size
    return document


@pytest.mark.parametrize(
    ("size", "says"),
    [
        ("1e25", "postgres-eu-1: disk, PD_SSD: a quantity beyond reason"),
        ("1e-25", "postgres-eu-1: disk, PD_SSD: a quantity beyond reason"),
        (-1000, "postgres-eu-1: disk, PD_SSD: a quantity below nothing"),
        (-(10**29), "a resource has a value that no provider accepts (InvalidOperation)"),
    ],
)
def test_a_size_that_no_provider_accepts_is_no_bill(tmp_path: Path, size: Any, says: str) -> None:
    with pytest.raises(PalierError, match=r"file\.json: ") as refused:
        checked(tmp_path, with_disk(size))
    assert says in str(refused.value)


@pytest.mark.parametrize("size", [None, "many", [], {}, True, "[secret]", "1e40", "1e-40"])
def test_a_size_that_is_no_number_is_a_gap_and_never_a_zero(tmp_path: Path, size: Any) -> None:
    made = checked(tmp_path, with_disk(size))
    if size is None:
        assert made.estimate.complete, "absent is the provider's default"
        return
    assert {gap.kind for gap in made.estimate.gaps} == {"unknown"}
    assert "postgres-eu-1" in {gap.resource for gap in made.estimate.gaps}
    for rule in ("prices-complete", "monthly-mvp"):
        assert found(made.verdicts, rule).status == "inconclusive"
    assert made.status != "pass"


@pytest.mark.parametrize(
    "error", [ZeroDivisionError, AttributeError, KeyError, TypeError, ValueError]
)
def test_a_value_that_a_pricer_does_not_expect_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    def fail(*_: object) -> Any:
        raise error("hunter2")

    monkeypatch.setitem(PRICERS, facts.SQL, fail)
    with pytest.raises(PalierError) as refused:
        checked(tmp_path, previewed("mvp", 50))
    said = f"a resource has a value that no provider accepts ({error.__name__})"
    assert str(refused.value).endswith(said), "without the value, which may be secret"


ODD: Final[tuple[Any, ...]] = (
    None, True, False, -1, 0, 7, 0.1, 1e29, 10**29, -(10**29), "", "x", "[secret]", "-5",
    "1e400000", "1e-400000", "nan", "Infinity", "04da6b54-80e4-46f7-96ec-b56ff0331ba9", "\x1b[2J",
    [], [[]], [None], ["x"], {}, {"a": 1}, {"4dabf18193072939515e22adb298388d": 5},
    {"__defaults": 5}, "europe-north1", "db-custom-99-1", "gcp:storage/bucket:Bucket",
)  # fmt: skip
"""What may stand anywhere in a file that somebody forged."""


@cache
def small() -> tuple[Mapping[str, Any], ...]:
    """A preview and an export with one resource of each type, and their parents."""
    found = []
    for phase, users in (("mvp", 50), BELOW_CAP, ("hypergrowth", 11_000_000)):
        everything = facts.recorded(phase, users)
        chosen = [same[0] for same in everything.by_type.values()]
        few = Facts.of(chosen)
        found += [
            documents.preview(few, builders.stack_config(phase, users)),
            documents.export(few, pending_operations=[
                {"type": "creating", "resource": documents.state(chosen[0], preview=False)}
            ]),
        ]  # fmt: skip
    return tuple(found)


def places(value: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Paths of all values inside a document."""
    inner: Any = ()
    if isinstance(value, dict):
        inner = value.items()
    elif isinstance(value, list):
        inner = enumerate(value)
    for key, item in inner:
        yield (*above, key)
        yield from places(item, (*above, key))


@cache
def all_places(which: int) -> tuple[tuple[Any, ...], ...]:
    return tuple(places(small()[which]))


def changed(document: Mapping[str, Any], path: tuple[Any, ...], value: Any) -> Any:
    made = copy.deepcopy(dict(document))
    here: Any = made
    for key in path[:-1]:
        here = here[key]
    if value is DROPPED:
        del here[path[-1]]
    else:
        here[path[-1]] = value
    return made


DROPPED: Final = object()


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_forged_file_is_priced_or_refused_in_one_line_and_never_breaks(
    tmp_path: Path, data: st.DataObject
) -> None:
    which = data.draw(st.integers(0, len(small()) - 1), label="document")
    path = data.draw(st.sampled_from(all_places(which)), label="place")
    value = data.draw(st.sampled_from([DROPPED, *ODD]), label="value")
    forged = changed(small()[which], path, value)
    said = outcome(tmp_path, forged)
    assert said.startswith(str(tmp_path)), "a report, and a refusal, name the file"
    assert "\x1b[2J" not in said, "no file may steer a terminal"


def outcome(folder: Path, document: object) -> str:
    """All reports of a document, or the line that refuses it, which names the file."""
    try:
        return _written(made_of(folder, document, NOWHERE))
    except PalierError as error:
        return printable(str(error))


JSON: Final = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=9)
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(
                ["steps", "op", "urn", "newState", "type", "inputs", "deployment", "resources",
                 "version", "checkpoint", "latest", "changeSummary", "same", "__defaults"]
            ),
            inner, max_size=5,
        ),
    ),
    max_leaves=20,
)  # fmt: skip


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(JSON)
def test_no_document_of_any_shape_breaks_a_check(tmp_path: Path, document: Any) -> None:
    with pytest.raises(PalierError):
        checked(tmp_path, document, NOWHERE)
