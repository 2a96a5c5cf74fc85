"""The JSON document: exactly the documented shape, decimals as plain texts, rounded once."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

import builders
import fact_builders as facts
import gate_builders as gates
import pytest
from fact_builders import bill, line, plan

from palier.report import document

SHAPE: Final = {
    "schema": str, "stack": str, "phase": str, "users": int, "region": str,
    "currency": {"code": str, "usd_rate": Decimal, "declared_on": str},
    "resources": [{"name": str, "type": str, "parent": str, "component": str}],
    "estimate": {
        "currency": str, "floor": Decimal, "expected": Decimal, "ceiling": Decimal,
        "expected_usd": Decimal, "priced": str,
        "lines": [{
            "resource": str, "type": str, "item": str, "quantity": Decimal, "unit": str,
            "unit_price_usd": Decimal, "monthly_usd": Decimal, "monthly": Decimal, "bound": str,
            "usage_based": bool, "source": str, "priced_on": str, "confidence": str,
        }],
        "free": [{"type": str, "reason": str}],
        "unpriced": [{"resource": str, "type": str, "reason": str}],
        "unknown": [{"resource": str, "type": str, "reason": str}],
    },
    "per_user": {"expected": Decimal, "at_cap": Decimal},
    "verdicts": [{
        "rule": str, "title": str, "family": str, "level": str, "status": str,
        "value": (Decimal,), "limit": (Decimal,), "message": str, "source": str,
        "findings": [
            {"status": str, "resource": str, "urn": (str,), "message": str, "waived": (str,)},
        ],
    }],
    "notes": [str],
    "status": str,
}  # fmt: skip
"""What `palier.plan/1` promises: `Decimal` is a number written as a text, `(str,)` may be null."""
PLAIN: Final = re.compile(r"-?\d+(\.\d+)?")
CENT: Final = Decimal("0.01")


def check(value: Any, shape: Any, path: str = "plan") -> None:
    """Hold a document to a shape: every key there, no other one, each of its type."""
    if isinstance(shape, dict):
        assert isinstance(value, dict), f"{path} must be an object"
        assert value.keys() == shape.keys(), f"{path} has other keys than the schema documents"
        for key, inner in shape.items():
            check(value[key], inner, f"{path}.{key}")
    elif isinstance(shape, list):
        assert isinstance(value, list), f"{path} must be a list"
        for place, item in enumerate(value):
            check(item, shape[0], f"{path}[{place}]")
    elif isinstance(shape, tuple):
        if value is not None:
            check(value, shape[0], path)
    elif shape is Decimal:
        assert isinstance(value, str), f"{path} is money or a quantity: a text keeps its digits"
        assert PLAIN.fullmatch(value), f"{path} must be a plain number, got {value}"
    else:
        assert type(value) is shape, f"{path} must be {shape.__name__}, got {value!r}"


def parsed(phase: str, users: int) -> Any:
    return json.loads(document.render(facts.planned(phase, users)))


@pytest.mark.parametrize(
    ("phase", "users"), [("mvp", 50), ("scale", 10_000), ("hypergrowth", 11_000_000)]
)
def test_a_plan_has_exactly_the_documented_shape(phase: str, users: int) -> None:
    made = parsed(phase, users)
    check(made, SHAPE)
    assert made["schema"] == "palier.plan/1"
    assert (made["phase"], made["users"], made["status"]) == (phase, users, "pass")
    assert made["currency"] == {"code": "EUR", "usd_rate": "0.92", "declared_on": "2026-11-21"}


def test_gaps_and_verdicts_have_the_documented_shape_too() -> None:
    gaps = (
        gates.gap("tpu"),
        replace(gates.gap("db", "settings is not known yet"), type=facts.SQL, kind="unknown"),
    )
    waived = gates.finding("db", urn="urn:pulumi:a::b::c:d:E::db", waived="by jane: a trial")
    verdict = gates.verdict(
        "fail", value=Decimal("1E+2"), limit=Decimal("0.000001"), message="too much",
        findings=(waived,),
    )  # fmt: skip
    made = document.to_dict(plan(bill(line("1"), gaps=gaps), verdicts=(verdict,), notes=("a",)))
    check(made, SHAPE)
    assert [gap["resource"] for gap in made["estimate"]["unpriced"]] == ["tpu"]
    assert [gap["resource"] for gap in made["estimate"]["unknown"]] == ["db"]
    assert (made["verdicts"][0]["value"], made["verdicts"][0]["limit"]) == ("100", "0.000001")
    assert made["status"] == "fail"


def test_a_verdict_without_figures_says_null() -> None:
    verdict = gates.verdict("inconclusive", message="not known")
    made = document.to_dict(plan(bill(), verdicts=(verdict,)))["verdicts"][0]
    assert (made["value"], made["limit"]) == (None, None), "not known is not zero"


def test_a_finding_without_a_resource_or_a_waiver_says_null() -> None:
    verdict = gates.with_findings(gates.finding("stack"))
    (told,) = document.to_dict(plan(bill(), verdicts=(verdict,)))["verdicts"][0]["findings"]
    assert told == {
        "status": "fail", "resource": "stack", "urn": None, "message": "is wrong", "waived": None,
    }, "and no place: a program's plan knows none"  # fmt: skip


def test_a_plan_without_a_root_says_null_for_what_it_does_not_know() -> None:
    made = document.to_dict(plan(bill(line("1")), phase=None, users=None, at_cap=None))
    assert (made["phase"], made["users"]) == (None, None)
    assert made["per_user"] == {"expected": None, "at_cap": None}
    assert made["status"] == "inconclusive"


@pytest.mark.parametrize(("phase", "users"), builders.PHASE_USERS)
def test_lines_of_a_bound_add_up_to_its_total_within_a_cent(phase: str, users: int) -> None:
    made = document.to_dict(facts.planned(phase, users))["estimate"]
    for bound in ("floor", "expected", "ceiling"):
        lines = [line for line in made["lines"] if line["bound"] == bound]
        total = sum(Decimal(line["monthly"]) for line in lines)
        assert abs(total - Decimal(made[bound])) <= CENT, (
            "who adds the printed lines up must find the printed total"
        )
    dollars = sum(
        Decimal(line["monthly_usd"]) for line in made["lines"] if line["bound"] == "expected"
    )
    assert abs(dollars - Decimal(made["expected_usd"])) <= CENT


def test_a_line_shows_the_quantity_and_the_price_it_is_the_product_of() -> None:
    for row in document.to_dict(facts.planned("mvp", 50))["estimate"]["lines"]:
        product = Decimal(row["quantity"]) * Decimal(row["unit_price_usd"])
        assert abs(product - Decimal(row["monthly_usd"])) < CENT, f"{row['item']} does not multiply"


def test_every_resource_is_listed_with_its_parent_and_component() -> None:
    made = document.to_dict(facts.planned("mvp", 50))
    recorded = facts.recorded("mvp", 50)
    assert len(made["resources"]) == len(recorded.resources)
    database = next(row for row in made["resources"] if row["type"] == facts.SQL)
    assert (database["parent"], database["component"]) == ("postgres", "postgres")
    assert made["estimate"]["priced"] == f"{len(recorded.resources)} of {len(recorded.resources)}"


def test_a_resource_outside_every_component_has_no_parent() -> None:
    alone = document.to_dict(plan(bill(), facts.resource(facts.ADDRESS)))["resources"]
    assert alone == [{"name": "it", "type": facts.ADDRESS, "parent": None, "component": "-"}]


def test_the_same_plan_is_written_the_same_every_time() -> None:
    made = facts.planned("mvp", 50)
    assert document.render(made) == document.render(made)
    assert document.render(made).endswith("}\n"), "a text file ends in a newline"
    assert "€" in document.render(made), "letters are letters, not escapes"


# --- rounding -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("exact", "written"),
    [
        ("0", "0.00"), ("1", "1.00"), ("0.005", "0.01"), ("0.015", "0.02"), ("0.025", "0.03"),
        ("2.675", "2.68"), ("1.004999", "1.00"), ("-0.005", "-0.01"), ("1E+3", "1000.00"),
        ("77.566666", "77.57"),
        ("123456789012345678901234567890.125", "123456789012345678901234567890.13"),
    ],
)  # fmt: skip
def test_money_is_rounded_half_up_to_the_cent(exact: str, written: str) -> None:
    assert document.money(Decimal(exact)) == written


@pytest.mark.parametrize(
    ("exact", "written"),
    [
        ("0", "0"), ("0.00", "0"), ("100", "100"), ("1E+3", "1000"), ("1.50", "1.5"),
        ("0.0000001234", "0.0000001234"), ("1234567890.5", "1234567890"),
        ("0.3333333333333333", "0.333333333"), ("-73", "-73"), ("1E-20", "0.00000000000000000001"),
    ],
)  # fmt: skip
def test_a_quantity_keeps_nine_digits_and_has_no_exponent(exact: str, written: str) -> None:
    assert document.number(Decimal(exact)) == written


@pytest.mark.parametrize(
    ("exact", "written"),
    [
        ("1.5514", "1.551"), ("1.5515", "1.552"), ("2", "2.000"), ("0.1", "0.100"),
        ("0.0999999", "0.1000"), ("0.040951", "0.04095"), ("0.0091823", "0.009182"),
        ("0.00327", "0.00327"), ("0.0000012345", "0.000001234"), ("0", "0"),
    ],
)  # fmt: skip
def test_a_cost_per_user_has_three_decimals_or_four_digits(exact: str, written: str) -> None:
    assert document.unit_cost(Decimal(exact)) == written


@pytest.mark.parametrize("rate", ["1E+2", "1E-7", "0.920"])
def test_a_rate_is_written_without_an_exponent(rate: str) -> None:
    made = document.to_dict(plan(bill(), usd_rate=Decimal(rate)))
    check(made["currency"], SHAPE["currency"])
    assert Decimal(made["currency"]["usd_rate"]) == Decimal(rate)
