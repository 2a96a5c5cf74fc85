"""Mutations: whole platforms, broken in one place; the rule that guards the place has to say no.

The changes are those of the fixtures, done to each of the five phases that has such a resource; for
limits they are made here. A mutation that nobody notices is a hole in the gate.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import builders
import pytest
from mutations import Mutation, mutations

from palier import plan, rules
from palier.facts import Fact, Facts
from palier.gate.gate import gate_of
from palier.plan import Subject
from palier.rules.model import verdict
from palier.testing.fixtures import put
from palier.verdicts import Verdict

LEAST = 150
SQL = "gcp:sql/databaseInstance:DatabaseInstance"
ALERT = "gcp:monitoring/alertPolicy:AlertPolicy"
LARGEST = "db-custom-96-638976"
BY_ID = {rule.id: rule for rule in rules.RULES}


def said(mutation: Mutation) -> str:
    """What the rule says of the broken platform."""
    return verdict(BY_ID[mutation.rule], mutation.facts).status


def test_every_mutation_is_killed() -> None:
    survivors = [str(one) for one in mutations() if said(one) != "fail"]
    rate = 1 - Decimal(len(survivors)) / len(mutations())
    assert not survivors, f"kill rate {rate:.1%} of {len(mutations())}"


def test_there_are_enough_of_them_for_every_rule() -> None:
    assert len(mutations()) >= LEAST
    assert {one.rule for one in mutations()} == {*BY_ID}, "a rule that no phase can break"


def judged(facts: Facts, phase: str) -> dict[str, Verdict]:
    """All verdicts of a stack at its cap."""
    made = plan.of_facts(
        Subject(
            stack=phase, facts=facts, gate=gate_of(builders.ROOT), region="-",
            at_cap=lambda _: "not asked: it is at the cap",
        )
    )  # fmt: skip
    return {one.rule: one for one in made.verdicts}


def with_dear_databases(facts: Facts) -> Facts:
    """Every database on the largest machine."""
    return Facts.of(
        replace(one, inputs=put(put(one.inputs, "settings.tier", LARGEST), "settings.edition",
                                "ENTERPRISE"))
        if one.type == SQL
        else one
        for one in facts
    )  # fmt: skip


def with_many_alerts(facts: Facts) -> Facts:
    """Alerts enough to cost more than a tenth of anything."""
    first = facts.of_type(ALERT)[0]
    return Facts.of([*facts, *(_copy(first, number) for number in range(60_000))])


def _copy(fact: Fact, number: int) -> Fact:
    return replace(fact, urn=f"{fact.urn}-{number}", name=f"{fact.name}-{number}")


@pytest.mark.parametrize("phase", builders.PHASES)
def test_limits_of_money_are_broken_by_dear_machines(phase: str) -> None:
    before = judged(builders.recorded(phase), phase)
    after = judged(with_dear_databases(builders.recorded(phase)), phase)
    guarded = {f"monthly-{phase}", f"per-user-{phase}", "unit-cost-falls", "ceiling"} & {*before}
    assert {before[rule].status for rule in guarded} == {"pass"}
    assert f"per-user-{phase}" in guarded
    told = {rule for rule in guarded if after[rule].status == "fail"}
    # Shared by 50 000 users, the dearest machine still costs each less than in the phase below.
    assert told == guarded - ({"unit-cost-falls"} if phase == "scale" else set())


@pytest.mark.parametrize("phase", ["mvp", "scale"])
def test_the_limit_of_observability_is_broken_by_many_alerts(phase: str) -> None:
    assert judged(builders.recorded(phase), phase)["observability"].status == "pass"
    after = judged(with_many_alerts(builders.recorded(phase)), phase)
    assert after["observability"].status == "fail"
