"""A plan as Markdown: tables that stay tables, and letters that stay letters."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal

import builders
import fact_builders as facts
import gate_builders as gates
import pytest
from fact_builders import bill, line, plan

from palier.report import markdown
from palier.verdicts import Verdict


def rows(text: str) -> list[str]:
    return [row for row in text.splitlines() if row.startswith("|")]


def verdict(status: str, message: str = "1.00 € of 2.00 € allowed") -> Verdict:
    made = gates.verdict(status, rule="monthly-mvp", message=message)
    return replace(made, limit=Decimal(2))


@pytest.mark.parametrize("phase", builders.PHASES)
def test_a_phase_is_told_with_its_totals_its_verdicts_and_its_lines(phase: str) -> None:
    users = dict(builders.PHASE_USERS)[phase]
    made = facts.planned(phase, users)
    text = markdown.render(made)
    assert text.startswith(f"# {phase}, {users} users: ✅ pass\n")
    assert f"1 $ = {made.usd_rate} € (2026-11-21)" in text, "a rate is printed with its day"
    assert f"| € a month | {made.estimate.sum('floor'):.2f} |" in text
    for judged in made.verdicts:
        shown = judged.limit is not None or judged.status != "pass"
        assert (f"| {judged.rule} |" in text) == shown, "limits, and rules that do not hold"
    held = sum(one.family == "guardrails" for one in made.verdicts)
    assert f"guardrails: {held} rules hold" in text, "the rest is counted"
    for heading in ("## Verdicts", "## Lines"):
        assert heading in text
    assert "## Not priced" not in text
    assert text.rstrip().endswith(made.notes[-1] if made.notes else "|")


@pytest.mark.parametrize("phase", builders.PHASES)
def test_every_row_of_a_table_has_as_many_cells_as_its_head(phase: str) -> None:
    users = dict(builders.PHASE_USERS)[phase]
    for block in markdown.render(facts.planned(phase, users)).split("\n\n"):
        cells = {len(re.findall(r"(?<!\\)\|", row)) for row in rows(block)}
        assert len(cells) <= 1, f"a row is broken: {block[:200]}"


def test_a_pipe_or_a_line_break_in_a_cell_does_not_end_it() -> None:
    odd = bill(line("1", resource="a|b", item="first\nsecond"))
    text = markdown.render(plan(odd, verdicts=(verdict("pass", "x | y"),)))
    assert "| a&#124;b | first second |" in text, "a pipe must be escaped, a line break taken out"
    assert "x &#124; y" in text


def test_what_is_not_priced_is_told_with_its_kind_and_reason() -> None:
    gap = gates.gap("tpu", "no price of a TPU")
    text = markdown.render(plan(bill(line("1"), gaps=(gap,))))
    assert "## Not priced" in text
    assert "| tpu | unpriced | no price of a TPU |" in text
    assert "priced 1 of 2" in text


@pytest.mark.parametrize(
    ("status", "mark"),
    [("pass", "✅ pass"), ("fail", "❌ fail"), ("inconclusive", "❔ inconclusive")],
)
def test_each_status_is_told_in_a_word_and_a_sign(status: str, mark: str) -> None:
    text = markdown.render(plan(bill(line("1")), verdicts=(verdict(status),)))
    assert text.splitlines()[0].endswith(f": {mark}")
    assert f"| monthly-mvp | mandatory | {mark} |" in text


def test_only_expected_lines_are_listed() -> None:
    both = bill(line("1", item="memory"), line("9", item="worst", bound="ceiling"))
    text = markdown.render(plan(both))
    assert "| db | memory | 1 | month | 1 | 1.00 |" in text
    assert "worst" not in text


def test_a_rate_is_printed_without_an_exponent() -> None:
    assert "1 $ = 100 €" in markdown.render(plan(bill(line("1")), usd_rate=Decimal("1E+2")))


def test_a_project_without_a_root_is_told_by_its_stack_and_has_no_cost_per_user() -> None:
    text = markdown.render(
        plan(bill(line("1")), stack="dev", phase=None, users=None, at_cap=None,
             notes=("No budget verdict: nothing to judge by.",))
    )  # fmt: skip
    assert text.startswith("# dev: ❔ inconclusive\n")
    assert "A user costs" not in text
    assert "## Verdicts" not in text
    assert text.endswith("No budget verdict: nothing to judge by.\n")
