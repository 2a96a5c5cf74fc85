"""Reports of several files: one document, or one table after another."""

from __future__ import annotations

import json
from dataclasses import replace
from io import StringIO
from typing import Any, Final

import builders
import fact_builders as facts
import gate_builders as gates
import jsonschema
import pytest
from fact_builders import bill, line
from referencing import Registry, Resource
from rich.cells import cell_len
from rich.console import Console

from palier.check import Check, Update
from palier.feeds.places import Place
from palier.operations import Touched
from palier.plan import Plan, Source
from palier.report import checks, document

DOCS: Final = builders.ROOT / "docs"
CHECK, PLAN = (
    json.loads((DOCS / f"{name}.schema.json").read_text(encoding="utf-8"))
    for name in ("check", "plan")
)
SCHEMA: Final = jsonschema.Draft202012Validator(
    CHECK, registry=Registry().with_resources([("plan.schema.json", Resource.from_contents(PLAN))])
)
HOSTILE: Final = "a\x1b[2Jb\nc"


URN: Final = "urn:pulumi:mvp::palier::gcp:sql/databaseInstance:DatabaseInstance::db"


def sourced(made: Plan, file: str = "mvp.json", kind: Any = "preview", **other: Any) -> Check:
    plan = replace(made, source=Source(file=file, kind=kind, project="palier"))
    return Check(**{"plan": plan, "update": None, "places": {}} | other)


def mvp() -> Check:
    return sourced(facts.planned("mvp", 50))


def below_cap() -> Check:
    """A state whose cost at the cap is not known, with a gap."""
    verdict = gates.verdict("inconclusive", rule="unit", message="the cost is not known: why")
    made = facts.plan(
        bill(line("50"), gaps=(gates.gap(),)), at_cap=None, verdicts=(verdict,), notes=("A note.",)
    )
    return sourced(made, "state.json", "export")


def foreign() -> Check:
    return sourced(
        facts.plan(bill(line("1")), phase=None, users=None, at_cap=None), "x.json", "checkpoint"
    )


def updating() -> Check:
    """A preview that replaces a database, and makes its component dearer."""
    finding = gates.finding("db", urn=URN, waived="by jane until 2026-12-31: a trial")
    lost = Touched(
        change="replaced", name="db", type=facts.SQL, urn=URN, stateful=True, protect=True,
        reasons=("region",),
    )  # fmt: skip
    new = Touched(
        change="created", name="it", type=facts.ADDRESS, urn=f"{URN}-it", stateful=False,
        protect=False, reasons=(),
    )  # fmt: skip
    before = bill(line("20"), line("30", component="cdn"), line("9", bound="ceiling"))
    made = facts.plan(
        bill(line("50.004"), line("30", component="cdn")),
        verdicts=(gates.with_findings(finding), gates.with_findings(gates.finding("stack"))),
    )
    update = Update(before=before, before_phase="mvp", before_users=20, touched=(lost, new))
    return sourced(made, update=update, places={URN: Place(file="components/db.py", line=7)})


def table(*made: Check) -> str:
    text = StringIO()
    checks.table(made, Console(file=text, width=checks.WIDTH))
    return text.getvalue()


# --- JSON ---------------------------------------------------------------------------------------


def test_the_document_is_the_one_that_its_schema_describes() -> None:
    made = json.loads(checks.json_text([mvp(), below_cap(), foreign(), updating()]))
    SCHEMA.validate(made)
    assert (made["schema"], made["status"]) == ("palier.check/1", "fail")
    assert [check["source"] for check in made["checks"]][:3] == [
        {"file": "mvp.json", "kind": "preview", "project": "palier"},
        {"file": "state.json", "kind": "export", "project": "palier"},
        {"file": "x.json", "kind": "checkpoint", "project": "palier"},
    ]
    assert made["checks"][0]["plan"] == document.to_dict(facts.planned("mvp", 50))


@pytest.mark.parametrize(
    "change",
    [
        {"schema": "palier.check/2"}, {"status": "perhaps"}, {"checks": []}, {"more": 1},
        {"checks": [{"source": None, "plan": {}}]},
    ],
)  # fmt: skip
def test_the_schema_refuses_what_is_no_check(change: dict[str, Any]) -> None:
    made = checks.to_dict([mvp()]) | change
    assert not SCHEMA.is_valid(made)


def test_the_schema_holds_the_plan_inside_to_the_schema_of_plans() -> None:
    made = json.loads(checks.json_text([mvp()]))
    made["checks"][0]["plan"]["estimate"]["expected"] = 77.57
    (error,) = SCHEMA.iter_errors(made)
    assert list(error.absolute_path)[-2:] == ["estimate", "expected"]


def test_what_an_update_does_is_told_in_figures() -> None:
    SCHEMA.validate(checks.to_dict([updating()]))
    (made,) = checks.to_dict([updating()])["checks"]
    assert made["update"] == {
        "before": {
            "phase": "mvp", "users": 20, "floor": "0.00", "expected": "50.00", "ceiling": "9.00",
            "priced": "3 of 3",
        },
        "delta": {"floor": "0.00", "expected": "30.00", "ceiling": "-9.00"},
        "components": [
            {"component": "postgres", "before": "20.00", "after": "50.00", "delta": "30.00"},
        ],
        "touched": [
            {"change": "replaced", "resource": "db", "type": facts.SQL, "urn": URN,
             "stateful": True, "protect": True, "reasons": ["region"]},
            {"change": "created", "resource": "it", "type": facts.ADDRESS, "urn": f"{URN}-it",
             "stateful": False, "protect": False, "reasons": []},
        ],
        "safety": "at risk",
    }  # fmt: skip
    (other,) = checks.to_dict([below_cap()])["checks"]
    assert other["update"] is None, "an export tells of no update"


def test_a_finding_has_the_place_that_its_file_tells() -> None:
    (made,) = checks.to_dict([updating()])["checks"]
    one, other = (verdict["findings"][0] for verdict in made["plan"]["verdicts"])
    assert one["place"] == {"file": "components/db.py", "line": 7}
    assert "place" not in other, "nothing is said where nothing is known"


@pytest.mark.parametrize("key", ["before", "delta", "components", "touched", "safety"])
def test_the_schema_asks_for_every_part_of_an_update(key: str) -> None:
    made = checks.to_dict([updating()])
    del made["checks"][0]["update"][key]
    assert not SCHEMA.is_valid(made)


def test_what_is_not_known_is_null_and_the_notes_are_there() -> None:
    made = document.to_dict(below_cap().plan)
    assert made["notes"] == ["A note."]
    assert made["per_user"] == {"expected": "1.000", "at_cap": None}
    assert made["status"] == "inconclusive"


# --- table ----------------------------------------------------------------------------------


def test_a_table_says_which_file_it_is_of_and_what_is_there() -> None:
    text = table(mvp(), below_cap(), foreign())
    assert text.startswith("mvp.json · preview · mvp · 50 users")
    assert "resources would exist after the update" in text
    assert "state.json · export · mvp" in text
    assert "x.json · checkpoint · mvp" in text
    assert text.count("0 resources exist") == 2
    assert "would be created" not in text
    assert all(cell_len(row) <= 100 for row in text.splitlines())


def test_a_unit_cost_that_is_not_known_at_the_cap_is_no_number() -> None:
    rows = [row.split() for row in table(below_cap()).splitlines()]
    assert ["€/user", "now", "1.000"] in rows
    assert ["€/user", "at", "the", "cap", "?"] in rows


def test_a_preview_tells_what_its_update_changes() -> None:
    rows = [row.split() for row in table(updating()).splitlines()]
    assert ["postgres", "20.00", "50.00", "+30.00"] in rows
    assert ["in", "all", "50.00", "80.00", "+30.00"] in rows
    assert ["db", "DatabaseInstance", "replaced", "for", "region", "(protected)"] in rows
    text = table(updating())
    assert "Resources of the update: 1 created, 1 replaced; these hold data" in text
    assert "Data: at risk (something that holds data is replaced or deleted)" in text
    assert "cdn    " not in text.partition("What the update changes")[2].partition("in all")[0]
    assert text.index("Data: at risk") < text.index("Verdicts")
    assert "What the update changes" not in table(below_cap())


def test_a_long_update_names_the_first_resources_and_counts_the_rest() -> None:
    made = updating()
    assert made.update is not None
    lost = made.update.touched[0]
    many = tuple(replace(lost, name=f"db-{n}", urn=f"{URN}{n}") for n in range(60))
    dear = bill(*(line("1", component=f"c-{n}") for n in range(70)))
    update = replace(made.update, touched=many, before=dear)
    text = table(replace(made, update=update))
    assert "db-49 " in text
    assert "db-50 " not in text
    assert "and 10 more" in text
    assert "and 22 more" in text, "72 components change"


def test_an_update_that_is_not_priced_in_full_says_so() -> None:
    made = updating()
    assert made.update is not None
    assert "not all is priced" not in table(made)
    update = replace(made.update, before=bill(line("1"), gaps=(gates.gap(),)))
    assert "not all is priced: this is the change of what is" in table(replace(made, update=update))


def test_an_update_of_nothing_says_so() -> None:
    made = updating()
    assert made.update is not None
    update = replace(made.update, touched=())
    text = table(replace(made, update=update))
    assert "Resources of the update: none." in text
    assert "Data: untouched (nothing that holds data is touched)" in text


def test_what_a_file_brings_along_cannot_steer_a_terminal_or_break_a_row() -> None:
    gap = replace(gates.gap(), resource=HOSTILE, type=HOSTILE, reason=HOSTILE, kind="unknown")
    lost = Touched(
        change="replaced", name=HOSTILE, type=HOSTILE, urn=URN, stateful=True, protect=False,
        reasons=(HOSTILE,),
    )  # fmt: skip
    update = Update(
        before=bill(line("1", component=HOSTILE)), before_phase=None, before_users=None,
        touched=(lost,),
    )  # fmt: skip
    made = sourced(
        facts.plan(bill(line("1", item=HOSTILE), gaps=(gap,)), notes=(HOSTILE,)), HOSTILE,
        update=update,
    )  # fmt: skip
    for text in (table(made), checks.markdown_text([made]), checks.json_text([made])):
        assert "\x1b" not in text
    assert "a \\[2Jb c" in checks.markdown_text([made])
