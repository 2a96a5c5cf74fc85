"""The comment of a pull request: what a reviewer asks, in that order, and never too long.

Whole comments are in golden/; here each part is tried alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import fact_builders as facts
import gate_builders as gates
import pytest
import update_builders as updates
from fact_builders import bill, line
from markdown_it import MarkdownIt

from palier.check import Check, Update
from palier.cost.estimate import Estimate
from palier.feeds.places import Place
from palier.gate.catalogue import PRICES
from palier.operations import Change, Touched
from palier.plan import Source
from palier.report import pull_request
from palier.report.pull_request import MOST
from palier.verdicts import Verdict

RENDERER: Final = MarkdownIt("commonmark", {"html": True}).enable("table")
HOSTILE: Final = "<img src=x>|@acme/all #1 [x](//e.example) `x` https://e.example \x1b\u202e"
URN: Final = "urn:pulumi:mvp::acme::gcp:sql/databaseInstance:DatabaseInstance::db"


def made(
    *verdicts: Verdict,
    now: Estimate | None = None,
    before: Estimate | None = None,
    touched: Sequence[Touched] = (),
    places: Mapping[str, Place] | None = None,
    **plan: Any,
) -> Check:
    """A check of a preview; where nothing is said, a month costs 50 € before and after."""
    source = Source(file="preview.json", kind="preview", project="acme")
    update = Update(
        before=before or bill(line("50")), before_phase="mvp", before_users=50,
        touched=tuple(touched),
    )  # fmt: skip
    fields: dict[str, Any] = {"verdicts": verdicts or (gates.verdict(message="holds"),)}
    planned = facts.plan(now or bill(line("50")), source=source, **fields | plan)
    return Check(plan=planned, update=update, places=places or {})


def page(check: Check) -> str:
    """Its comment, which says of the rule `rule` how to mend it."""
    return pull_request.render([check], [replace(PRICES, id="rule", remedy="Mend it.")])


def touched(change: Change, name: str = "db", **other: Any) -> Touched:
    fields: dict[str, Any] = {
        "change": change, "name": name, "type": facts.SQL, "urn": f"{URN}-{name}",
        "stateful": True, "protect": False, "reasons": (),
    }  # fmt: skip
    return Touched(**fields | other)


def answer(told: str, question: str) -> str:
    """What a comment answers to a question."""
    (found,) = re.findall(rf"^- \*\*{question}:\*\* (.*)$", told, re.MULTILINE)
    return str(found)


def rows(told: str) -> list[str]:
    """Rows of all tables, heads among them."""
    return [row for row in told.splitlines() if row.startswith("|") and "---" not in row]


def open_rows(told: str) -> list[list[str]]:
    """Cells of the table of what is wrong."""
    return [row.strip("| ").split(" | ") for row in rows(told) if row.startswith(("| ❌", "| ❔",
            "| ⚠️", "| ☑️"))]  # fmt: skip


# --- the head -----------------------------------------------------------------------------------


def test_the_first_line_tells_whose_comment_it_is() -> None:
    assert page(made()).splitlines()[0] == "<!-- palier: acme/mvp -->"


@pytest.mark.parametrize(
    ("statuses", "headline"),
    [
        (["pass", "pass"], "## ✅ acme/mvp: pass"),
        (["fail", "inconclusive"], "## ❌ acme/mvp: 1 mandatory rule fails"),
        (["fail", "fail"], "## ❌ acme/mvp: 2 mandatory rules fail"),
        (["inconclusive", "pass"], "## ❔ acme/mvp: 1 mandatory rule stays open"),
        (["inconclusive", "inconclusive"], "## ❔ acme/mvp: 2 mandatory rules stay open"),
    ],
)
def test_the_headline_says_how_many_rules_decide(statuses: list[str], headline: str) -> None:
    advisory = gates.verdict("fail", "advisory", message="x")
    check = made(*(gates.verdict(one, message="x") for one in statuses), advisory)
    assert page(check).splitlines()[2] == headline


@pytest.mark.parametrize(
    ("before", "now", "told"),
    [
        ("50", "50", "€ 50.00 a month, unchanged"),
        ("50", "50.004", "€ 50.00 a month, unchanged"),
        ("4399.10", "4411.40", "€ 4 411.40 a month, +12.30 (+0.3 %)"),
        ("100", "75", "€ 75.00 a month, -25.00 (-25.0 %)"),
        ("1", "2345.67", "€ 2 345.67 a month, +2 344.67 (+234467.0 %)"),
        (None, "75", "€ 75.00 a month, all of it new"),
        (None, None, "€ 0.00 a month, unchanged"),
    ],
)
def test_the_cost_is_told_with_its_change(before: str | None, now: str | None, told: str) -> None:
    bills = [bill(line(euros)) if euros else bill() for euros in (before, now)]
    assert answer(page(made(before=bills[0], now=bills[1])), "Cost") == told


def test_a_cost_that_lacks_a_price_is_the_least_it_can_be() -> None:
    check = made(now=bill(line("60"), gaps=(gates.gap("tpu"),)))
    assert answer(page(check), "Cost") == (
        "at least € 60.00 a month, +10.00 (+20.0 %); 1 resource has no full price"
    )


def test_the_cost_of_a_user_is_told_with_that_before() -> None:
    assert answer(page(made()), "Cost of a user") == "€ 1.000 a month, at 50 users, unchanged"
    dearer = made(now=bill(line("60")))
    assert answer(page(dearer), "Cost of a user") == (
        "€ 1.200 a month, at 50 users, € 1.000 before"
    )  # fmt: skip
    assert "Cost of a user" not in page(made(users=None, phase=None, at_cap=None))


def test_a_climb_is_told_as_one() -> None:
    check = made(phase="traction", users=100)
    assert answer(page(check), "Phase") == "mvp with 50 users to traction with 100 users"
    assert "Phase" not in page(made())


@pytest.mark.parametrize(
    ("done", "told"),
    [
        ([], "untouched: nothing that holds data is touched"),
        ([touched("created")], "untouched: nothing that holds data is touched"),
        ([touched("replaced", stateful=False)], "untouched: nothing that holds data is touched"),
        ([touched("changed")], "in place: what holds data is changed in place, and kept"),
        ([touched("changed"), touched("deleted")],
         "at risk: something that holds data is replaced or deleted"),
        ([touched("replaced")], "at risk: something that holds data is replaced or deleted"),
    ],
)  # fmt: skip
def test_what_happens_to_data_is_told_in_words(done: list[Touched], told: str) -> None:
    assert answer(page(made(touched=done)), "Data") == told


def test_resources_are_counted_by_what_happens_to_them() -> None:
    done = [touched("created", "a"), touched("created", "b"), touched("replaced", "c")]
    assert answer(page(made(touched=done)), "Resources") == "2 created, 1 replaced"
    assert answer(page(made()), "Resources") == "none"


def test_an_export_has_no_update_to_tell_of() -> None:
    told = page(replace(made(), update=None))
    assert answer(told, "Cost") == "€ 50.00 a month"
    assert "Data" not in told
    assert "✅ All 1 mandatory rules hold.\n" in told


# --- verdicts -----------------------------------------------------------------------------------


def test_a_clean_update_is_one_green_line() -> None:
    told = page(made(gates.verdict(message="x"), gates.verdict(message="x")))
    assert "✅ All 2 mandatory rules hold; nothing that holds data is touched.\n" in told
    assert open_rows(told) == []
    assert "### " not in told, "nothing else needs to be read"


@pytest.mark.parametrize("status", ["fail", "inconclusive"])
def test_nothing_is_green_when_a_mandatory_rule_does_not_hold(status: str) -> None:
    told = page(made(gates.verdict(status, message="x"), gates.verdict(message="x")))
    assert "✅" not in told


def test_what_is_waived_is_said_on_the_green_line() -> None:
    waived = gates.finding("db", waived="by jane until 2026-12-31: a trial")
    told = page(made(gates.verdict(findings=(waived,), message="x"), gates.verdict(message="x")))
    assert "✅ All 2 mandatory rules hold, 1 of them by a waiver; nothing" in told


def test_failures_come_first_then_what_is_open_then_advisory_then_waived() -> None:
    waived = gates.finding("db", waived="by jane until 2026-12-31: a trial")
    check = made(
        gates.verdict(rule="waived", findings=(waived,), message="x"),
        gates.verdict("inconclusive", "advisory", rule="advisory-open", message="x"),
        gates.verdict("fail", "advisory", rule="advisory-failing", message="x"),
        gates.verdict("inconclusive", rule="open", message="x"),
        gates.verdict(rule="holding", message="x"),
        gates.verdict("fail", rule="failing", message="x"),
    )
    assert [(row[0], row[1]) for row in open_rows(page(check))] == [
        ("❌ fails", "failing"), ("❔ open", "open"), ("⚠️ advisory", "advisory-failing"),
        ("⚠️ advisory", "advisory-open"), ("☑️ waived", "waived"),
    ]  # fmt: skip


def test_a_row_has_the_arithmetic_what_to_do_and_who_asks() -> None:
    check = made(gates.verdict("fail", message="60.00 € a month of 50.00 € allowed"))
    assert open_rows(page(check)) == [
        ["❌ fails", "rule", "60.00 € a month of 50.00 € allowed. Mend it.", "A document: page 1"]
    ]


def test_a_rule_names_the_first_resources_the_worst_before_others() -> None:
    unknown = [gates.finding(f"u{n}", "inconclusive", urn=f"{URN}{n}") for n in range(3)]
    wrong = [gates.finding("w", urn=f"{URN}-w"), gates.finding("x", urn=f"{URN}-x")]
    (row,) = open_rows(page(made(gates.with_findings(*unknown, *wrong))))
    assert row[2] == "w: is wrong. x: is wrong. u0: is wrong. And 2 more. Mend it."


def test_waived_findings_do_not_hide_open_ones() -> None:
    waived = [
        gates.finding(f"w{n}", urn=f"{URN}{n}", waived="by jane until 2026-12-31: a trial")
        for n in range(4)
    ]
    check = made(gates.with_findings(*waived, gates.finding("open", urn=f"{URN}-open")))
    failing, *others = open_rows(page(check))
    assert failing[2] == "open: is wrong. Mend it."
    assert [row[2] for row in others] == [
        f"w{n}: is wrong. Waived by jane until 2026-12-31: a trial" for n in range(4)
    ]


def test_a_resource_is_named_with_the_line_that_makes_it() -> None:
    check = made(
        gates.with_findings(gates.finding("db", urn=URN)),
        places={URN: Place(file="components/db.py", line=7)},
    )
    assert "db (components/db.py line 7): is wrong." in page(check)


def test_what_holds_is_folded_away_with_its_arithmetic() -> None:
    told = page(made(gates.verdict(rule="a", message="1 of 2"), gates.verdict(message="x")))
    head, _, folded = told.partition("<details>\n<summary>2 rules hold</summary>\n\n")
    assert "| a | 1 of 2 |" in folded
    assert "| a |" not in head
    assert folded.endswith("\n\n</details>\n")


# --- what changes -------------------------------------------------------------------------------


def test_resources_that_hold_data_are_named_with_what_happens_and_why() -> None:
    done = [
        touched("changed", "kept"), touched("created", "new"), touched("deleted", "gone"),
        touched("replaced", "lost", reasons=("region", "network"), protect=True),
        touched("replaced", "node", stateful=False),
    ]  # fmt: skip
    assert rows(page(made(touched=done)).partition("### What holds data")[2])[:4] == [
        "| resource | type | what happens |",
        "| lost | DatabaseInstance | replaced for region, network (protected) |",
        "| gone | DatabaseInstance | deleted |",
        "| kept | DatabaseInstance | changed |",
    ]


def test_components_are_told_where_their_cost_changes() -> None:
    before = bill(line("5", component="cdn"), line("20", component="db"), line("1", component="z"))
    now = bill(line("5", component="cdn"), line("50", component="db"), line("9", component="new"))
    told = page(made(before=before, now=now)).partition("### Cost by component")[2]
    assert rows(told)[:4] == [
        "| component | now | after | change |", "| db | 20.00 | 50.00 | +30.00 |",
        "| new | 0.00 | 9.00 | +9.00 |", "| z | 1.00 | 0.00 | -1.00 |",
    ]  # fmt: skip
    assert "### Cost" not in page(made())


def test_remarks_are_told_in_their_order() -> None:
    told = page(made(notes=("Waived: a.", "Next phase traction: 124 €.")))
    assert told.endswith("### Remarks\n\n- Waived: a.\n- Next phase traction: 124 €.\n")


# --- hostile and long ---------------------------------------------------------------------------


def hostile() -> Check:
    finding = gates.finding(HOSTILE, message=HOSTILE, urn=URN)
    waived = gates.finding(HOSTILE, message=HOSTILE, urn=URN, waived=HOSTILE)
    return made(
        gates.with_findings(finding, waived, rule=HOSTILE, source=HOSTILE),
        gates.verdict(rule=HOSTILE, message=HOSTILE),
        now=bill(line("60", component=HOSTILE)), notes=(HOSTILE,),
        touched=[touched("replaced", HOSTILE, type=HOSTILE, reasons=(HOSTILE,))],
    )  # fmt: skip


def test_whatever_a_file_holds_no_markup_comes_of_it() -> None:
    tokens = RENDERER.parse(page(hostile()))
    blocks = [token.content.strip() for token in tokens if token.type == "html_block"]
    assert blocks == [
        "<!-- palier: acme/mvp -->", "<details>\n<summary>1 rule holds</summary>", "</details>",
    ]  # fmt: skip
    inside = [child for token in tokens for child in token.children or []]
    assert {child.type for child in inside} == {"text", "strong_open", "strong_close"}
    text = "".join(child.content for child in inside)
    assert text.count("<img src=x>") >= 10, "it is all there, as letters"
    assert not re.search(r"@\w|#\d|://|\x1b|\u202e", text)


def test_rows_keep_their_cells_whatever_a_file_holds() -> None:
    tokens = [token.type for token in RENDERER.parse(page(hostile()))]
    assert tokens.count("table_open") == 4
    assert tokens.count("th_open") == 4 + 3 + 4 + 2
    assert tokens.count("td_open") == 2 * 4 + 3 + 4 * 2 + 2, "no cell more than meant"


def many(count: int) -> Check:
    """So many of everything."""
    found = [gates.finding(f"db-{n}-|@<>", urn=f"{URN}{n}", waived="by jane") for n in range(count)]
    return made(
        *(gates.verdict("fail", rule=f"rule-{n}-|@<>", message="|@<>" * 50) for n in range(count)),
        gates.with_findings(*found),
        *(gates.verdict(rule=f"holding-{n}", message="|@<>" * 50) for n in range(count)),
        now=bill(*(line("9", component=f"c{n}-|@<>") for n in range(count))),
        touched=[touched("replaced", f"db-{n}-|@<>") for n in range(count)],
        notes=tuple(f"Waived: {n}: {'|@<>' * 50}" for n in range(count)),
    )


@pytest.mark.parametrize("count", [30, 300, 5000])
def test_a_comment_fits_whatever_there_is_to_say(count: int) -> None:
    told = page(many(count))
    assert len(told) <= MOST
    assert answer(told, "Resources") == f"{count} replaced", "what is counted is counted whole"
    shown = told.count("| ☑️ waived |") + told.count("| ❌ fails |")
    (left,) = re.findall(r"… and (\d+) more", told.partition("### ")[0])
    assert shown + int(left) == 2 * count + 1, "and says how much is left out"
    assert RENDERER.render(told).count("<table>") == 4, "cut between tables' rows, never within"


def test_a_cut_list_ends_its_table_before_it_says_so() -> None:
    told = page(many(300))
    assert re.search(r"\|\n\n… and \d+ more\n\n", told)
    for block in told.split("\n\n"):
        cells = {len(re.findall(r"(?<!\\)\|", row)) for row in block.splitlines() if row[0] == "|"}
        assert len(cells) <= 1, f"a row is broken: {block[:200]}"


def test_a_preview_of_five_thousand_resources_fits(tmp_path: Path) -> None:
    before = updates.platform()
    buckets = [updates.added(facts.BUCKET, f"films-{n}", location="EU") for n in range(5000)]
    document = updates.preview(type(before).of([*before, *buckets]), before)
    told = page(updates.checked(tmp_path, document))
    assert len(told) <= MOST
    assert answer(told, "Resources") == "5000 deleted"
    assert "films-0 | Bucket | deleted |" in told


def test_many_stacks_share_one_comments_room() -> None:
    checks = [many(50) for _ in range(6)]
    told = pull_request.render(checks, [])
    assert len(told) <= MOST
    assert told.count("<!-- palier: acme/mvp -->") == 6, "each has its own first line"
    assert RENDERER.render(told).count("<details>") == 6


def test_stacks_that_no_comment_can_hold_are_counted() -> None:
    told = pull_request.render([made() for _ in range(500)], [])
    assert len(told) <= MOST
    shown = told.count("<!-- palier: acme/mvp -->")
    assert 50 < shown < 500
    assert told.endswith(f"\nAnd {500 - shown} more stacks.\n")
