"""JUnit: a case a rule, well-formed whatever a name holds, and counted right."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Final
from xml.etree.ElementTree import Element, fromstring

import gate_builders as gates
import pytest
import update_builders as updates
from hypothesis import given
from hypothesis import strategies as st

from palier.check import Check
from palier.plan import Plan, Source
from palier.report import junit
from palier.verdicts import Verdict

import fact_builders as facts  # isort: skip

WAIVED: Final = "by jane until 2026-12-31: a trial"


def check(*verdicts: Verdict, file: str = "preview.json") -> Check:
    source = Source(file=file, kind="preview", project="acme")
    plan: Plan = facts.plan(facts.bill(facts.line("1")), verdicts=verdicts, source=source)
    return Check(plan=plan, update=None, places={})


def parsed(*checks: Check) -> Element:
    return fromstring(junit.render(checks))  # noqa: S314 written here


def ended(case: Element) -> list[str]:
    return [part.tag for part in case]


@pytest.mark.parametrize(
    ("verdict", "tags"),
    [
        (gates.verdict(), []),
        (gates.with_findings(gates.finding("db")), ["failure"]),
        (gates.verdict("fail"), ["failure"]),
        (gates.verdict("inconclusive"), ["error"]),
        (gates.verdict("fail", "advisory"), ["system-out"]),
        (gates.verdict("inconclusive", "advisory"), ["system-out"]),
        (gates.verdict(findings=(gates.finding("db", waived=WAIVED),)), ["skipped"]),
        (gates.with_findings(gates.finding("db", waived=WAIVED), gates.finding("x")), ["failure"]),
    ],
)
def test_a_case_ends_as_its_rule_does(verdict: Verdict, tags: list[str]) -> None:
    (case,) = parsed(check(verdict)).iter("testcase")
    assert (case.get("name"), case.get("classname")) == (verdict.rule, verdict.family)
    assert ended(case) == tags


def test_a_failure_names_every_resource_what_is_waived_and_who_asks() -> None:
    verdict = gates.with_findings(
        gates.finding("db"), gates.finding("old", waived=WAIVED), source="A document: page 1"
    )
    (failure,) = parsed(check(verdict)).iter("failure")
    assert failure.get("message") == "A title"
    assert failure.text == (
        f"fail\ndb: is wrong\nold: is wrong Waived {WAIVED}\nAsked by: A document: page 1"
    )


def test_what_is_waived_is_skipped_with_the_reason() -> None:
    verdict = gates.verdict(findings=(gates.finding("db", waived=WAIVED),))
    (skipped,) = parsed(check(verdict)).iter("skipped")
    assert skipped.get("message") == f"db waived {WAIVED}"


def test_every_suite_is_a_file_and_counts_its_cases() -> None:
    one = check(
        gates.verdict(), gates.verdict("fail"), gates.verdict("fail"),
        gates.verdict("inconclusive"), gates.verdict("fail", "advisory"),
        gates.verdict(findings=(gates.finding("db", waived=WAIVED),)), file="one.json",
    )  # fmt: skip
    root = parsed(one, check(gates.verdict(), file="two.json"))
    suites = root.findall("testsuite")
    assert [(suite.get("name"), suite.get("file")) for suite in suites] == [
        ("acme/mvp", "one.json"), ("acme/mvp", "two.json"),
    ]  # fmt: skip
    counts = {"tests": "6", "failures": "2", "errors": "1", "skipped": "1"}
    assert {key: suites[0].get(key) for key in counts} == counts
    assert {key: root.get(key) for key in counts} == counts | {"tests": "7"}


def test_a_pull_request_has_a_case_for_every_verdict(tmp_path: Path) -> None:
    made = updates.checked(tmp_path, updates.failing(), updates.waiver())
    cases = list(parsed(made).iter("testcase"))
    assert [case.get("name") for case in cases] == [one.rule for one in made.plan.verdicts]
    tags = Counter(tag for case in cases for tag in ended(case))
    assert tags == {"failure": 5, "error": 2, "skipped": 1, "system-out": 2}
    text = "".join(case.findtext("failure", "") for case in cases)
    assert "postgres-eu-1 (components/postgres.py:97): would be replaced for region" in text


@given(st.text(min_size=1), st.text(min_size=1))
def test_any_name_and_any_message_make_valid_xml(name: str, message: str) -> None:
    verdict = gates.with_findings(gates.finding(name, message=message), rule=name, source=message)
    waived = gates.verdict(rule=name, findings=(gates.finding(name, waived=message),))
    root = parsed(check(verdict, waived, file=name))
    assert len(list(root.iter("testcase"))) == 2
    assert root.get("tests") == "2"


@pytest.mark.parametrize("letter", ["\x00", "\x0b", "\x1b", "\ud800", "\ufffe", "\u202e", "]]>"])
def test_letters_that_no_xml_holds_are_left_out(letter: str) -> None:
    (case,) = parsed(check(gates.verdict("fail", rule=f"a{letter}b", message=letter))).iter(
        "testcase"
    )
    assert case.get("name") == (f"a{letter}b" if letter == "]]>" else "a b")
