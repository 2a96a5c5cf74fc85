"""Cloud Armor rules: a rate limit in every phase, more rules only ever added."""

from __future__ import annotations

from typing import Any

import pytest

from components.armor import DEFAULT_PRIORITY, armor_rules
from palier.errors import PalierError
from palier.sizes import CdnSize

COUNTS = range(2, 21)
each_count = pytest.mark.parametrize("count", COUNTS)


def expression(rule: Any) -> str:
    """What a rule matches, as text."""
    expr = rule.match.expr
    return str(expr.expression) if expr else "everyone"


@each_count
def test_a_phase_gets_exactly_the_rules_it_pays_for(count: int) -> None:
    assert len(armor_rules(count)) == count


@each_count
def test_no_two_rules_stand_at_the_same_place(count: int) -> None:
    priorities = [rule.priority for rule in armor_rules(count)]
    assert len(set(priorities)) == count


@each_count
def test_no_two_rules_say_the_same(count: int) -> None:
    said = [(expression(rule), rule.action) for rule in armor_rules(count)]
    assert len(set(said)) == count, "a rule said twice is paid for twice"


@each_count
def test_everybody_is_held_to_a_rate_before_anything_is_allowed(count: int) -> None:
    rate, *_, default = armor_rules(count)
    assert rate.action == "throttle"
    assert rate.rate_limit_options.exceed_action == "deny(429)"
    assert expression(rate) == "everyone"
    assert (default.action, default.priority) == ("allow", DEFAULT_PRIORITY)


@each_count
def test_the_rate_limit_is_looked_at_first(count: int) -> None:
    rate, *rest = armor_rules(count)
    assert all(rate.priority < rule.priority for rule in rest), "an attack is throttled as well"


@pytest.mark.parametrize("count", range(2, 20))
def test_a_phase_up_keeps_every_rule_where_it_is(count: int) -> None:
    fewer = {rule.priority: expression(rule) for rule in armor_rules(count)}
    more = {rule.priority: expression(rule) for rule in armor_rules(count + 1)}
    assert more.items() > fewer.items(), "a rule that moves leaves a gap while it is updated"


def test_rule_sets_begin_in_preview_and_named_scanners_are_refused() -> None:
    rules = armor_rules(20)[1:-1]
    preview = {rule.preview for rule in rules if "evaluatePreconfiguredWaf" in expression(rule)}
    enforced = {rule.preview for rule in rules if "user-agent" in expression(rule)}
    assert preview == {True}, "a set that is wrong about a team's traffic must not block it"
    assert enforced == {False}


@pytest.mark.parametrize("count", [1, 21])
def test_sizes_outside_the_table_are_refused(count: int) -> None:
    with pytest.raises(PalierError, match=f"cdn.armor_rules: 2 to 20, got {count}"):
        CdnSize(armor_rules=count)
