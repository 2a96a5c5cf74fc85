"""The page of hardening, the rules and the tests of the manifests: each answers for the other."""

from __future__ import annotations

import ast
from collections.abc import Callable

import builders
import pytest

from palier.rules import RULES, guardrails
from palier.rules.model import Rule
from tools.pages import PlanOf, hardening
from tools.pages.hardening import ENFORCED, NOT_DONE, PARTS, Row

ROWS = [(part, row) for part in PARTS for row in hardening.rows(part)]
BENCHMARKS = {"CIS GKE": "gke", "CIS GCP": "gcp"}
CITED = [
    (rule, benchmark)
    for rule in guardrails.RULES
    for benchmark in BENCHMARKS
    if rule.reference.startswith(benchmark)
]
HELD = [
    builders.ROOT / "tests" / "gitops" / name
    for name in ("test_hardening_of_manifests.py", "test_pods_of_manifests.py")
]
"""Files whose tests hold every overlay to what rows say of the manifests."""
each_row = pytest.mark.parametrize(
    "row", [row for _, row in ROWS], ids=lambda row: f"{row.id}: {row.asks}"
)


def items(text: str) -> set[str]:
    """Items of a benchmark: `5.5.2, 5.5.3`, and `5.5.5 to 5.5.7` with those between."""
    found: set[str] = set()
    for part in text.split(","):
        first, _, last = part.strip().partition(" to ")
        head, _, begin = first.rpartition(".")
        end = last.rpartition(".")[2] or begin
        found |= {f"{head}.{number}" for number in range(int(begin), int(end) + 1)}
    return found


def answered(part: str, rule: str) -> set[str]:
    """Items of a benchmark in whose rows a rule is named."""
    return {
        item for in_, row in ROWS if in_ == part and rule in row.rules for item in items(row.id)
    }


def test_items_are_read_as_they_are_written() -> None:
    assert items("4.1.6, 4.1.8") == {"4.1.6", "4.1.8"}
    assert items("5.5.5 to 5.5.7") == {"5.5.5", "5.5.6", "5.5.7"}
    assert items("2.1") == {"2.1"}


@each_row
def test_every_rule_that_a_row_names_exists(row: Row) -> None:
    assert set(row.rules) <= {rule.id for rule in RULES}
    assert len(set(row.rules)) == len(row.rules)


@pytest.mark.parametrize(
    ("rule", "benchmark"), CITED, ids=lambda value: getattr(value, "id", value)
)
def test_every_item_that_a_guardrail_cites_has_a_row_that_names_it(
    rule: Rule, benchmark: str
) -> None:
    cited = items(rule.reference.removeprefix(benchmark))
    assert cited <= answered(BENCHMARKS[benchmark], rule.id)


def test_every_guardrail_is_named_in_a_row() -> None:
    named = {rule for _, row in ROWS for rule in row.rules}
    assert [rule.id for rule in guardrails.RULES if rule.id not in named] == []


def test_most_guardrails_cite_a_benchmark() -> None:
    assert len(CITED) > len(guardrails.RULES) / 2


@each_row
def test_no_row_is_without_an_answer(row: Row) -> None:
    if row.status in NOT_DONE:
        assert row.note, "it is not done, and nobody says why"
        return
    assert row.status in ENFORCED
    assert row.by, "something does it, and is not named"
    if row.status == "manifests":
        assert row.tests, "the manifests do it, and nothing holds them to it"
    for folder in (part for part in row.by.split(", ") if part.startswith("base")):
        assert (builders.ROOT / "gitops" / folder).is_dir(), f"there is no gitops/{folder}"


def of_every_overlay() -> set[str]:
    """Tests in the files that look at every overlay."""
    return {
        one.name
        for file in HELD
        for one in ast.parse(file.read_text(encoding="utf-8")).body
        if isinstance(one, ast.FunctionDef) and one.name.startswith("test_")
        and any(isinstance(by, ast.Name) and by.id == "every_overlay" for by in one.decorator_list)
    }  # fmt: skip


def test_every_test_of_the_manifests_is_named_in_a_row_and_every_named_one_exists() -> None:
    assert {test for _, row in ROWS for test in row.tests} == of_every_overlay()


@pytest.mark.parametrize(("part", "page"), [
    ("gke", hardening.gke), ("gcp", hardening.gcp), ("google", hardening.google),
])  # fmt: skip
def test_what_a_row_names_is_in_its_line_of_the_page(
    part: str, page: Callable[[PlanOf], str]
) -> None:
    _, _, *lines = page(builders.planned).splitlines()
    for row, line in zip(hardening.rows(part), lines, strict=True):
        assert row.asks in line
        assert all(f"`{name}`" in line for name in (*row.rules, *row.tests))
