"""Every rule: has its fixtures, holds, fires, is open when it must be, and in all five phases."""

from __future__ import annotations

import builders
import pytest
from rule_fixtures import FIXTURES

from palier import rules
from palier.rules.model import Rule, verdict
from palier.testing.fixtures import Added, Change, Fixture, Removed, missing

BY_ID = {rule.id: rule for rule in rules.RULES}
each_fixture = pytest.mark.parametrize("fixture", FIXTURES, ids=lambda fixture: fixture.rule)
each_violation = pytest.mark.parametrize(
    ("fixture", "change"),
    [
        pytest.param(fixture, change, id=f"{fixture.rule}-{place}")
        for fixture in FIXTURES
        for place, change in enumerate(fixture.violating)
    ],
)
each_unknown = pytest.mark.parametrize(
    ("fixture", "change"),
    [
        pytest.param(fixture, change, id=f"{fixture.rule}-{place}")
        for fixture in FIXTURES
        for place, change in enumerate(fixture.unknown)
    ],
)
each_rule = pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.id)


def test_every_rule_has_a_passing_a_violating_and_an_unknown_fixture() -> None:
    assert missing(BY_ID, FIXTURES) == []


def test_ids_are_unique() -> None:
    assert len(BY_ID) == len(rules.RULES)


@each_fixture
def test_what_is_right_holds(fixture: Fixture) -> None:
    said = verdict(BY_ID[fixture.rule], fixture.facts())
    assert said.status == "pass", said.message
    assert said.message.startswith("holds for"), "the rule is about none of its own fixture"


@each_violation
def test_what_is_wrong_fails(fixture: Fixture, change: Change | Added | Removed) -> None:
    changed = change.applied(fixture.facts())
    assert changed is not None, "the change meets no resource"
    said = verdict(BY_ID[fixture.rule], changed)
    assert said.status == "fail", said.message
    assert BY_ID[fixture.rule].remedy in said.message


@each_unknown
def test_what_is_not_known_is_open(fixture: Fixture, change: Change) -> None:
    changed = change.applied(fixture.facts())
    assert changed is not None, "the change meets no resource"
    assert verdict(BY_ID[fixture.rule], changed).status == "inconclusive"


@each_rule
@pytest.mark.parametrize("phase", builders.PHASES)
def test_every_phase_holds(rule: Rule, phase: str) -> None:
    said = verdict(rule, builders.recorded(phase))
    assert said.status == "pass", said.message


@each_rule
def test_a_rule_says_what_for_and_what_to_do(rule: Rule) -> None:
    for text in (rule.title, rule.rationale, rule.remedy, rule.reference):
        assert text.strip(" .")
    assert rule.rationale.endswith(".")
    assert rule.remedy.endswith(".")
    assert not rule.title.endswith(".")
