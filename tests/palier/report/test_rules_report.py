"""The catalogue as it is read: every rule once, all of a rule that is asked for."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from io import StringIO
from typing import Any, Final

import builders
import gate_builders as gates
import jsonschema
import pytest
from markdown_it import MarkdownIt
from referencing import Registry, Resource
from rich.cells import cell_len
from rich.console import Console

from palier.gate.catalogue import KEPT, entries
from palier.report import rules
from palier.report.table import WIDTH
from palier.rules.model import Entry
from palier.verdicts import FAMILIES

DOCS: Final = builders.ROOT / "docs"
RULES, PLAN = (
    json.loads((DOCS / f"{name}.schema.json").read_text(encoding="utf-8"))
    for name in ("rules", "plan")
)
SCHEMA: Final = jsonschema.Draft202012Validator(
    RULES, registry=Registry().with_resources([("plan.schema.json", Resource.from_contents(PLAN))])
)
KNOWN: Final = entries(gates.shipped())
WHY: Final = "there is no policies/limits.yaml beside Pulumi.yaml"
HOSTILE: Final = Entry(
    id="a|<b>[red]", family="budget", title="[red]x[/red] \x1b[2J", rationale="@acme #1",
    remedy="http://evil.example", reference="`x`",
)  # fmt: skip


def shown(render: Any) -> str:
    text = StringIO()
    render(Console(file=text, width=WIDTH))
    return text.getvalue()


def test_the_document_is_the_one_that_its_schema_describes() -> None:
    for listed, why in ((KNOWN, None), (entries(WHY), WHY), ([KEPT], None)):
        made = json.loads(rules.json_text(listed, why))
        SCHEMA.validate(made)
        assert [rule["id"] for rule in made["rules"]] == [entry.id for entry in listed]
        assert made["without_limits"] == why
    assert made["rules"][0]["ledger"] is True


@pytest.mark.parametrize(
    "change", [{"schema": "palier.rules/2"}, {"rules": []}, {"rules": [{}]}, {"more": 1}]
)
def test_the_schema_refuses_what_is_no_catalogue(change: dict[str, Any]) -> None:
    assert not SCHEMA.is_valid(rules.to_dict(KNOWN, None) | change)


@pytest.mark.parametrize("key", list(rules.to_dict([KEPT], None)["rules"][0]))
def test_the_schema_asks_for_every_key_of_a_rule(key: str) -> None:
    made = json.loads(rules.json_text([KEPT], None))
    del made["rules"][0][key]
    assert not SCHEMA.is_valid(made)


def test_the_table_has_a_line_a_rule_by_family() -> None:
    text = shown(partial(rules.table, KNOWN, None))
    assert text.split("\n")[0].strip() == f"{len(KNOWN)} rules"
    assert all(f" {entry.id} " in text for entry in KNOWN)
    families = [entry.family for entry in KNOWN]
    assert families == sorted(families, key=FAMILIES.index)
    assert "No limits" not in text
    assert all(cell_len(row) <= WIDTH for row in text.splitlines())


def test_missing_limits_are_said_with_the_reason() -> None:
    text = shown(partial(rules.table, entries(WHY), WHY))
    assert f"No limits of a project are among them: {WHY}." in " ".join(text.split())
    assert f"are among them: {WHY}." in rules.markdown_text(entries(WHY), WHY)
    assert "No limits" not in rules.markdown_text(KNOWN, None)


@pytest.mark.parametrize("entry", [KEPT, KNOWN[0]], ids=lambda entry: entry.id)
def test_everything_of_one_rule_is_told(entry: Entry) -> None:
    for text in (shown(partial(rules.table_of_one, entry)), rules.markdown_of_one(entry)):
        flat = " ".join(text.replace("\\", "").split())
        for part in (entry.id, entry.title, entry.family, entry.level, entry.rationale,
                     entry.remedy, entry.reference):  # fmt: skip
            assert part in flat, f"{part!r} must be told"


def test_what_cannot_be_waived_says_so() -> None:
    assert "neither a waiver nor settings lift it" in rules.markdown_of_one(KEPT)
    free = replace(KEPT, ledger=False)
    assert "a waiver with an owner and an end may cover it" in rules.markdown_of_one(free)


def test_a_rule_of_some_phases_names_them() -> None:
    assert "| phases | mvp, scale |" in rules.markdown_of_one(
        replace(KEPT, phases=("mvp", "scale"))
    )
    assert "| phases | all |" in rules.markdown_of_one(KEPT)


def test_a_projects_own_limits_cannot_steer_or_mark_up_anything() -> None:
    for text in (shown(partial(rules.table, [HOSTILE], None)),
                 shown(partial(rules.table_of_one, HOSTILE))):  # fmt: skip
        assert "\x1b" not in text
        assert "a|<b>[red]" in text
        assert "[red]x[/red]" in text, "a title is no style"
    for page in (rules.markdown_text([HOSTILE], None), rules.markdown_of_one(HOSTILE)):
        tokens = MarkdownIt("commonmark", {"html": True}).enable("table").parse(page)
        kinds = {child.type for token in tokens for child in token.children or []}
        assert kinds == {"text"}
        assert not {token.type for token in tokens} & {"html_block", "fence"}
        assert "@acme" not in page
