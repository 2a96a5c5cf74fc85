"""The table: a plan on a terminal of a hundred columns, with nothing lost and nothing invented."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from io import StringIO
from typing import Any

import builders
import fact_builders as facts
import gate_builders as gates
import pytest
from fact_builders import bill, line, plan
from rich.cells import cell_len
from rich.console import Console

from palier.plan import Plan
from palier.report import table
from palier.verdicts import Verdict

LONG = "a-name-of-a-resource-that-somebody-thought-would-never-be-printed-" * 3


def shown(made: Plan, width: int = table.WIDTH) -> str:
    text = StringIO()
    table.render(made, Console(file=text, width=width))
    return text.getvalue()


def rows(made: Plan) -> list[str]:
    """What is shown, without the spaces around it."""
    return [row.strip() for row in shown(made).splitlines()]


def verdict(status: str, level: str = "mandatory", **other: Any) -> Verdict:
    """What a limit says: it is always shown."""
    fields: dict[str, Any] = {
        "rule": "monthly-mvp", "family": "budget", "message": "1.00 € allowed",
        "limit": Decimal(1),
    }  # fmt: skip
    return gates.verdict(status, level, **fields | other)


def rule(status: str = "pass", **other: Any) -> Verdict:
    """What a rule says."""
    return gates.verdict(status, **{"rule": "sql-backups", "message": "holds for 1 of 1"} | other)


@pytest.mark.parametrize(("phase", "users"), builders.PHASE_USERS)
def test_no_line_of_a_phase_is_wider_than_a_hundred_columns(phase: str, users: int) -> None:
    for row in shown(facts.planned(phase, users)).splitlines():
        assert cell_len(row) <= 100, f"{cell_len(row)} columns: {row}"


def test_long_names_are_folded_and_never_widen_the_table() -> None:
    gap = replace(gates.gap(), resource=LONG, type=LONG, reason=LONG, kind="unknown")
    made = plan(
        bill(line("1", component=LONG, item=LONG), gaps=(gap,)),
        facts.resource(facts.ADDRESS, LONG), verdicts=(verdict("fail", message=LONG),),
        notes=(LONG,),
    )  # fmt: skip
    assert all(cell_len(row) <= 100 for row in shown(made).splitlines())


@pytest.mark.parametrize("phase", builders.PHASES)
def test_a_phase_is_told_part_by_part(phase: str) -> None:
    users = dict(builders.PHASE_USERS)[phase]
    made = facts.planned(phase, users)
    text = shown(made)
    first = text.splitlines()[0]
    assert first.startswith(f"{phase} · {users:,} users".replace(",", " "))
    assert "1 $ = 0.92 € (2026-11-21)" in first, "a rate is printed with its day"
    for heading in (
        f"{len(made.facts.resources)} resources would be created",
        "Expected month, line by line", "Total a month", "Verdicts",
    ):  # fmt: skip
        assert heading in text
    for component in ("network", "gke", "postgres", "cdn", "observability"):
        assert f"\n {component} " in text, f"{component} must be listed"
    for bound in ("floor", "expected", "ceiling"):
        assert f"{made.estimate.sum(bound):.2f}" in text, f"the {bound} must be shown"
    for judged in made.verdicts:
        if judged.limit is not None:
            assert judged.rule in text, "every limit is shown"
    assert "Not priced" not in text
    assert text.rstrip().endswith("✔ pass"), "the last word is the status"


def test_resources_are_counted_by_component_and_type() -> None:
    recorded = facts.recorded("mvp", 50)
    text = shown(facts.planned("mvp", 50))
    policies = len(recorded.of_type(facts.ALERT_POLICY))
    observed = [fact for fact in recorded.of_type(facts.ALERT_POLICY)
                if recorded.component_of(fact) == "observability"]  # fmt: skip
    assert f"{len(observed)} AlertPolicy" in text
    assert f"{policies - len(observed)} AlertPolicy" in text, "those of the audit trail"


def test_lines_of_one_component_item_and_price_are_added_up() -> None:
    policies = [
        line("0.1", resource=name, component="observability", item="alert conditions")
        for name in ("a", "b", "c")
    ]
    other = line("0.2", resource="d", component="observability", item="alert conditions")
    elsewhere = line("0.1", resource="e", component="audit", item="alert conditions")
    told = [
        row.split()
        for row in rows(plan(bill(*policies, other, elsewhere)))
        if "alert conditions" in row
    ]
    assert [(row[0], row[3], row[-1]) for row in told] == [
        ("audit", "1", "0.10"), ("observability", "3", "0.30"), ("observability", "1", "0.20"),
    ], "lines at another price, or of another component, are other lines"  # fmt: skip


def test_a_price_of_low_confidence_is_marked_and_explained() -> None:
    marked = shown(plan(bill(line("7", confidence="low"))))
    assert "~7" in marked
    assert "a price of low confidence" in marked
    assert "low confidence" not in shown(plan(bill(line("7", confidence="med"))))


def test_what_is_not_priced_stands_above_the_total_that_lacks_it() -> None:
    gap = gates.gap("tpu", "no price of a TPU")
    text = shown(plan(bill(line("1"), gaps=(gap,))))
    assert text.index("Not priced") < text.index("Total a month")
    row = next(row for row in text.splitlines() if row.strip().startswith("tpu"))
    assert row.split() == ["tpu", "no", "price", "of", "a", "TPU", "unpriced"]
    assert "priced 1 of 2 resources" in text


@pytest.mark.parametrize(("status", "mark"), [("pass", "✔"), ("fail", "✘"), ("inconclusive", "?")])
def test_each_status_has_a_mark_of_its_own(status: str, mark: str) -> None:
    told = rows(plan(bill(line("1")), verdicts=(verdict(status),)))
    assert any(row.split()[:2] == [mark, "monthly-mvp"] for row in told)
    assert f"{mark} {status}" in told[-2:], "the last word is the status"


def test_an_advisory_verdict_says_so() -> None:
    text = shown(plan(bill(line("1")), verdicts=(verdict("fail", "advisory"),)))
    assert "monthly-mvp (advisory)" in text
    assert "(advisory)" not in shown(plan(bill(line("1")), verdicts=(verdict("fail"),)))


def test_rules_that_hold_are_counted_by_family_and_not_listed() -> None:
    held = [rule(rule=f"r{n}", family=family) for n, family in enumerate(
        ["guardrails", "data-safety", "data-safety", "waivers"])]  # fmt: skip
    text = shown(plan(bill(line("1")), verdicts=(*held, verdict("pass"))))
    assert [row.split() for row in text.splitlines() if "hold" in row] == [
        ["✔", "data-safety", "2", "rules", "hold"], ["✔", "guardrails", "1", "rule", "holds"],
        ["✔", "waivers", "1", "rule", "holds"],
    ], "in the order of the families"  # fmt: skip
    assert "r0" not in text
    assert "monthly-mvp" in text, "a limit is shown with its arithmetic all the same"


@pytest.mark.parametrize(("status", "mark"), [("fail", "✘"), ("inconclusive", "?")])
def test_a_rule_that_does_not_hold_is_told_in_its_own_words(status: str, mark: str) -> None:
    findings = tuple(gates.finding(f"db-{n}", status) for n in range(5))
    made = plan(
        bill(line("1")),
        verdicts=(rule(status, message="db-0: is wrong (and 4 more)", findings=findings), rule()),
    )
    told = rows(made)
    assert any(row.split()[:2] == [mark, "sql-backups"] for row in told)
    text = shown(made)
    assert "db-0: is wrong (and 4 more)" in text
    assert "db-3" not in text, "findings beyond the message's are not repeated"
    assert "1 rule holds" in text


def test_a_waived_rule_is_shown_with_its_waiver() -> None:
    waived = gates.finding("db", waived="by jane until 2026-12-31: a trial")
    message = "db: is wrong. Waived: db waived by jane until 2026-12-31: a trial"
    text = shown(plan(bill(line("1")), verdicts=(rule(message=message, findings=(waived,)),)))
    assert "✔   sql-backups (waived)" in text
    assert "waived by jane until 2026-12-31: a trial" in " ".join(text.split())
    assert "1 rule holds" not in text, "it holds because somebody answers for it"


def test_what_looks_like_markup_is_printed_as_it_is() -> None:
    gap = gates.gap("tpu[/bold]", "a [red]reason[/red] :warning:")
    made = plan(
        bill(line("1", component="db[0]", item="disk [/]"), gaps=(gap,)),
        verdicts=(verdict("fail", message="no [bold]price[/bold]"),), notes=("a [note]",),
        stack="dev[1]", phase=None,
    )  # fmt: skip
    text = shown(made)
    for part in ("db[0]", "disk [/]", "tpu[/bold]", "a [red]reason[/red] :warning:",
                 "no [bold]price[/bold]", "a [note]", "dev[1]"):  # fmt: skip
        assert part in text, f"{part} is a name, not a style"


def test_a_rate_is_printed_without_an_exponent() -> None:
    assert "1 $ = 100 €" in shown(plan(bill(line("1")), usd_rate=Decimal("1E+2")))


def test_a_stack_of_another_name_than_its_phase_is_named() -> None:
    assert "stack prod" in shown(plan(bill(line("1")), stack="prod")).splitlines()[0]
    assert "stack" not in shown(plan(bill(line("1")))).splitlines()[0]


def test_a_project_without_a_root_has_no_cost_per_user_and_no_verdicts() -> None:
    text = shown(plan(bill(line("1")), stack="dev", phase=None, users=None, at_cap=None,
                      notes=("No budget verdict.",)))  # fmt: skip
    assert text.startswith(f"dev · {facts.REGION} · 1 $ = {Decimal('0.92')} €")
    assert "€/user" not in text
    assert "Verdicts" not in text
    assert "No budget verdict." in text
    assert text.rstrip().endswith("? inconclusive")
