"""The table: a plan on a terminal of a hundred columns, with nothing lost and nothing invented."""

from __future__ import annotations

from decimal import Decimal
from io import StringIO

import builders
import fact_builders as facts
import pytest
from fact_builders import bill, line, plan
from rich.cells import cell_len
from rich.console import Console

from palier.budget.judge import Verdict
from palier.cost.estimate import Gap
from palier.plan import Plan
from palier.report import table

LONG = "a-name-of-a-resource-that-somebody-thought-would-never-be-printed-" * 3


def shown(made: Plan, width: int = table.WIDTH) -> str:
    text = StringIO()
    table.render(made, Console(file=text, width=width))
    return text.getvalue()


def rows(made: Plan) -> list[str]:
    """What is shown, without the spaces around it."""
    return [row.strip() for row in shown(made).splitlines()]


def verdict(status: str, level: str = "mandatory", message: str = "1.00 € allowed") -> Verdict:
    return Verdict(
        rule="monthly-mvp", level=level, status=status, value=None, limit=None, message=message,  # type: ignore[arg-type]
        source="A document: page 1",
    )  # fmt: skip


@pytest.mark.parametrize(("phase", "users"), builders.PHASE_USERS)
def test_no_line_of_a_phase_is_wider_than_a_hundred_columns(phase: str, users: int) -> None:
    for row in shown(facts.planned(phase, users)).splitlines():
        assert cell_len(row) <= 100, f"{cell_len(row)} columns: {row}"


def test_long_names_are_folded_and_never_widen_the_table() -> None:
    gap = Gap(resource=LONG, type=LONG, reason=LONG, kind="unknown")
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
        assert judged.rule in text, "every verdict is shown"
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
    gap = Gap(resource="tpu", type="gcp:tpu/node:Node", reason="no price of a TPU", kind="unpriced")
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


def test_what_looks_like_markup_is_printed_as_it_is() -> None:
    gap = Gap(
        resource="tpu[/bold]", type="t", reason="a [red]reason[/red] :warning:", kind="unknown"
    )
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
