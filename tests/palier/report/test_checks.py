"""Reports of several files: one document, one page or one table after another."""

from __future__ import annotations

import json
from dataclasses import replace
from io import StringIO
from typing import Any, Final

import builders
import fact_builders as facts
import jsonschema
import pytest
from fact_builders import bill, line
from referencing import Registry, Resource
from rich.cells import cell_len
from rich.console import Console

from palier.budget.judge import Verdict
from palier.cost.estimate import Gap
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


def sourced(made: Plan, file: str = "mvp.json", kind: Any = "preview") -> Plan:
    return replace(made, source=Source(file=file, kind=kind, project="palier"))


def mvp() -> Plan:
    return sourced(facts.planned("mvp", 50))


def below_cap() -> Plan:
    """A state whose cost at the cap is not known, with a doubt and a gap."""
    verdict = Verdict(
        rule="unit", level="mandatory", status="inconclusive", value=None, limit=None,
        message="the cost at the cap is not known: why", source="A document: page 1",
    )  # fmt: skip
    gap = Gap(resource="tpu", type="gcp:tpu/node:Node", reason="no price", kind="unpriced")
    made = facts.plan(
        bill(line("50"), gaps=(gap,)), at_cap=None, verdicts=(verdict,), notes=("A note.",),
        doubts=("A doubt.",),
    )  # fmt: skip
    return sourced(made, "state.json", "export")


def foreign() -> Plan:
    return sourced(
        facts.plan(bill(line("1")), phase=None, users=None, at_cap=None), "x.json", "checkpoint"
    )


def table(*plans: Plan) -> str:
    text = StringIO()
    checks.table(plans, Console(file=text, width=checks.WIDTH))
    return text.getvalue()


# --- JSON ---------------------------------------------------------------------------------------


def test_the_document_is_the_one_that_its_schema_describes() -> None:
    made = json.loads(checks.json_text([mvp(), below_cap(), foreign()]))
    SCHEMA.validate(made)
    assert (made["schema"], made["status"]) == ("palier.check/1", "inconclusive")
    assert [check["source"] for check in made["checks"]] == [
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


def test_a_doubt_is_among_the_notes_and_comes_first() -> None:
    made = document.to_dict(below_cap())
    assert made["notes"] == ["A doubt.", "A note."]
    assert made["per_user"] == {"expected": "1.000", "at_cap": None}
    assert made["status"] == "inconclusive"


# --- table and page -----------------------------------------------------------------------------


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
    text = checks.markdown_text([below_cap()])
    assert "A user costs 1.000 € now, not known at the phase's cap." in text


def test_a_page_names_each_file_below_its_title() -> None:
    text = checks.markdown_text([mvp(), below_cap()])
    assert text.startswith(
        "# mvp, 50 users: ✅ pass\n\nThe preview `mvp.json` of stack mvp, project palier.\n"
    )
    assert "\n# mvp, 50 users: ❔ inconclusive\n\nThe export `state.json`" in text
    assert "A doubt.\n\nA note.\n" in text


def test_what_a_file_brings_along_cannot_steer_a_terminal_or_break_a_row() -> None:
    gap = Gap(resource=HOSTILE, type=HOSTILE, reason=HOSTILE, kind="unknown")
    made = sourced(
        facts.plan(bill(line("1", item=HOSTILE), gaps=(gap,)), notes=(HOSTILE,)), HOSTILE
    )
    for text in (table(made), checks.markdown_text([made]), checks.json_text([made])):
        assert "\x1b" not in text
    assert "a [2Jb c" in checks.markdown_text([made])
