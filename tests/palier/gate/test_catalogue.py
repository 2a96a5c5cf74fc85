"""The catalogue: has everything that is judged, once, family by family, each with a reason."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby

import builders
import fact_builders as facts
import gate_builders as gates
import pytest
from gate_builders import finding, limit

from palier.budget.limits import Limits
from palier.budget.measures import MEASURES
from palier.errors import PalierError
from palier.gate.catalogue import BUDGET, KEPT, OWN, WAIVERS, entries
from palier.rules import RULES
from palier.rules.model import Entry
from palier.verdicts import FAMILIES, NAMED

SHIPPED = {entry.id: entry for entry in entries(gates.shipped())}
each_entry = pytest.mark.parametrize("entry", SHIPPED.values(), ids=SHIPPED.keys())


def test_ids_are_unique() -> None:
    assert len(SHIPPED) == len(entries(gates.shipped()))


def test_families_are_in_order_and_none_is_split() -> None:
    order = [family for family, _ in groupby(entries(gates.shipped()), lambda one: one.family)]
    assert order == [family for family in FAMILIES if family in order]
    assert {"budget", "unit-cost", "data-safety", "waivers"} <= {*order}


def test_every_limit_every_rule_and_the_gates_own_are_in_it() -> None:
    assert {*SHIPPED} == {
        *(row.id for row in gates.shipped().rows),
        *(rule.id for rule in RULES),
        *(entry.id for entry in OWN),
    }
    assert len(OWN) == 5


def test_without_limits_the_rest_is_in_it() -> None:
    assert {entry.id for entry in entries("none")} == {*SHIPPED} - {
        row.id for row in gates.shipped().rows
    }


@pytest.mark.parametrize("phase", builders.PHASES)
def test_every_verdict_of_a_phase_is_an_entry_and_says_the_same_of_itself(phase: str) -> None:
    for verdict in facts.planned(phase, dict(builders.PHASE_USERS)[phase]).verdicts:
        entry = SHIPPED[verdict.rule]
        assert (verdict.title, verdict.family, verdict.level, verdict.source) == (
            entry.title, entry.family, entry.level, entry.reference,
        )  # fmt: skip


@pytest.mark.parametrize("phase", builders.PHASES)
def test_every_entry_for_a_phase_is_judged_there_but_for_what_only_a_preview_tells(
    phase: str,
) -> None:
    judged = {one.rule for one in facts.planned(phase, dict(builders.PHASE_USERS)[phase]).verdicts}
    meant = {
        entry.id for entry in SHIPPED.values() if not entry.phases or phase in entry.phases
    }  # fmt: skip
    undeclared = {"revenue-hypergrowth"}  # judged once a revenue is declared
    assert meant - judged == {KEPT.id} | (undeclared & meant)


@each_entry
def test_an_entry_says_what_for_what_to_do_and_who_asks(entry: Entry) -> None:
    for text in (entry.id, entry.title, entry.rationale, entry.remedy, entry.reference):
        assert text.strip(" .")
    assert entry.rationale.endswith(".")
    assert entry.remedy.endswith(".")
    assert not entry.title.endswith(".")
    assert not entry.ledger or entry.level == "mandatory", "what keeps data is never a hint"


def test_a_limit_keeps_its_level_its_phases_its_source_and_the_family_of_its_measure() -> None:
    row = limit("hint", "2", measure="cost_per_user_at_cap", level="advisory", phases=("mvp",))
    (entry,) = [one for one in entries(Limits((row,))) if one.id == "hint"]
    about = MEASURES["cost_per_user_at_cap"]
    assert (entry.family, entry.rationale, entry.remedy) == (
        about.family, about.rationale, about.remedy,
    )  # fmt: skip
    assert (entry.level, entry.phases, entry.title) == ("advisory", ("mvp",), row.title)
    assert (entry.reference, entry.ledger) == ("A document: page 1", False)


def test_the_ledger_is_kept_and_so_are_waivers() -> None:
    assert {entry.id for entry in OWN if entry.ledger} == {"ledger-kept", "waivers-valid"}
    ledger = {rule.id for rule in RULES if rule.ledger}
    assert ledger <= {entry.id for entry in SHIPPED.values() if entry.ledger}


@pytest.mark.parametrize("taken", ["ledger-kept", "sql-backups", "prices-complete"])
def test_a_limit_may_not_have_the_id_of_something_else(taken: str) -> None:
    with pytest.raises(PalierError, match=f"limits.yaml: the id {taken} is that of a rule"):
        entries(Limits((limit(), limit(taken))))


# --- what an entry says of a stack --------------------------------------------------------------


def test_an_entry_without_findings_holds() -> None:
    verdict = BUDGET.of_findings((), "it has one")
    assert (verdict.status, verdict.message, verdict.findings) == ("pass", "it has one", ())


def test_an_entrys_worst_finding_decides_and_the_remedy_comes_last() -> None:
    both = finding("a", "inconclusive"), finding("b", "fail")
    verdict = KEPT.of_findings(both, "holds")
    assert (verdict.status, verdict.findings) == ("fail", both)
    assert verdict.message == f"a: is wrong; b: is wrong. {KEPT.remedy}"
    assert KEPT.of_findings(both[:1], "holds").status == "inconclusive"


def test_a_message_names_a_few_and_counts_the_rest() -> None:
    many = tuple(finding(f"r{place}") for place in range(NAMED + 4))
    verdict = WAIVERS.of_findings(many, "holds")
    assert f"r{NAMED - 1}: is wrong (and 4 more). " in verdict.message
    assert f"r{NAMED}" not in verdict.message
    assert verdict.findings == many


def test_an_entry_gives_a_verdict_its_own_words() -> None:
    hint = replace(BUDGET, level="advisory")
    verdict = hint.verdict("fail", "too much")
    assert (verdict.rule, verdict.level, verdict.family) == (BUDGET.id, "advisory", "budget")
    assert (verdict.title, verdict.source) == (BUDGET.title, BUDGET.reference)
