"""The gate: what waivers cover, what settings change, what is open, and what is said of it all."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import builders
import fact_builders as facts
import pytest
import yaml
from fact_builders import bill, line
from gate_builders import (
    TODAY,
    finding,
    found,
    gap,
    gate,
    limit,
    stack,
    verdict,
    waiver,
    with_findings,
)
from hypothesis import given
from hypothesis import strategies as st

from palier.errors import PalierError
from palier.facts import UNKNOWN, Fact
from palier.gate.gate import Gate, Judged, Stack, gate_of, judge
from palier.gate.settings import Settings
from palier.gate.waivers import Waiver
from palier.verdicts import Status, Verdict, overall

STATUSES: Final[tuple[Status, ...]] = ("pass", "inconclusive", "fail")
TWO: Final = with_findings(finding("a", urn="urn:a"), finding("b", urn="urn:b"))
"""A rule that is broken by two resources."""


def status(judged: Judged) -> Status:
    return overall(judged.verdicts)


def of(judged: Judged, rule: str) -> Verdict:
    return found(judged.verdicts, rule)


def database(**backup: Any) -> Fact:
    """A database, with what keeps its data unless told otherwise."""
    kept = {"enabled": True, "pointInTimeRecoveryEnabled": True} | backup
    return facts.resource(facts.SQL, "db", settings={"backupConfiguration": kept})


# --- what is judged -----------------------------------------------------------------------------


def test_a_stack_within_its_limits_passes_and_nothing_is_said() -> None:
    judged = judge(stack(), gate())
    assert {one.status for one in judged.verdicts} == {"pass"}
    assert judged.remarks == ()
    assert status(judged) == "pass"


def test_limits_rules_and_what_a_preview_tells_are_judged_together() -> None:
    judged = judge(stack(database(enabled=False), euros="101", operations=(TWO,)), gate())
    assert of(judged, "monthly").status == "fail"
    assert of(judged, "sql-backups").status == "fail"
    assert of(judged, "rule") == TWO
    assert status(judged) == "fail"


def test_a_verdict_comes_once() -> None:
    rules = [one.rule for one in judge(stack(operations=(TWO,)), gate()).verdicts]
    assert len(rules) == len({*rules})


# --- waivers ------------------------------------------------------------------------------------


def test_a_waiver_covers_one_finding_and_not_the_other() -> None:
    judged = judge(stack(operations=(TWO,)), gate(waivers=(waiver("rule", "a"),)))
    left = of(judged, "rule")
    assert (left.status, status(judged)) == ("fail", "fail")
    assert [(one.name, one.urn, one.status, one.waived) for one in left.findings] == [
        ("a", "urn:a", "fail", "by jane@acme.example until 2026-12-22: it is a trial"),
        ("b", "urn:b", "fail", None),
    ]
    assert left.message == (
        "something is wrong. Waived: a waived by jane@acme.example until 2026-12-22: it is a trial"
    )


def test_a_rule_all_of_whose_findings_are_waived_passes() -> None:
    both = waiver("rule", "a"), waiver("rule", "b", owner="joe")
    judged = judge(stack(operations=(TWO,)), gate(waivers=both))
    assert (of(judged, "rule").status, status(judged)) == ("pass", "pass")
    assert [bool(one.waived) for one in of(judged, "rule").findings] == [True, True]
    assert judged.remarks == (
        "Waived: rule on a, by jane@acme.example until 2026-12-22: it is a trial.",
        "Waived: rule on b, by joe until 2026-12-22: it is a trial.",
    ), "nothing is waived in silence"


def test_what_is_left_open_stays_open_when_the_failure_is_waived() -> None:
    mixed = with_findings(finding("a"), finding("b", "inconclusive"))
    judged = judge(stack(operations=(mixed,)), gate(waivers=(waiver("rule", "a"),)))
    assert of(judged, "rule").status == "inconclusive"


@pytest.mark.parametrize(
    "other",
    [waiver("rule", "c"), waiver("rule"), waiver("another", "a"), waiver("rul", "a")],
    ids=str,
)
def test_a_waiver_of_another_rule_or_resource_covers_nothing(other: Waiver) -> None:
    judged = judge(stack(operations=(TWO,)), gate(waivers=(other,)))
    assert of(judged, "rule") == TWO
    assert judged.remarks == (f"Unused waiver, to be deleted: {other}.",)


@pytest.mark.parametrize("euros", ["101", "100000"])
def test_a_limit_is_waived_as_of_the_stack(euros: str) -> None:
    judged = judge(stack(euros=euros), gate(waivers=(waiver("monthly"),)))
    passed = of(judged, "monthly")
    assert (passed.status, status(judged)) == ("pass", "pass")
    assert (passed.value, passed.limit) == (Decimal(euros), Decimal(100)), "the arithmetic stays"
    assert passed.message.startswith(f"{euros}.00 € a month of 100.00 € allowed; largest: db")
    assert passed.message.endswith(". Waived: stack waived by jane@acme.example until 2026-12-22:"
                                   " it is a trial")  # fmt: skip
    assert [one.status for one in passed.findings] == ["fail"]


def test_a_waiver_in_force_covers_on_its_last_day_and_not_on_the_next() -> None:
    last = waiver("rule", "a", expires=TODAY), waiver("rule", "b", expires=TODAY)
    on_it = judge(stack(operations=(TWO,)), gate(waivers=last))
    assert (of(on_it, "rule").status, of(on_it, "waivers-valid").status) == ("pass", "pass")
    after = judge(
        stack(operations=(TWO,)), gate(waivers=last, today=TODAY + timedelta(days=1))
    )  # fmt: skip
    assert of(after, "rule") == TWO


def test_an_expired_waiver_fails_by_itself() -> None:
    gone = waiver("rule", "a", expires=TODAY - timedelta(days=1), owner="joe")
    judged = judge(stack(), gate(waivers=(gone,)))
    expired = of(judged, "waivers-valid")
    assert (expired.status, expired.level, status(judged)) == ("fail", "mandatory", "fail")
    assert [(one.name, one.message) for one in expired.findings] == [
        ("a", "the waiver of rule by joe expired 2026-11-21")
    ]
    assert judged.remarks == (), "it is said once"


def test_no_waiver_covers_an_expired_one() -> None:
    gone = waiver("rule", "a", expires=TODAY - timedelta(days=1))
    more = waiver("waivers-valid", "a"), waiver("waivers-valid")
    judged = judge(stack(), gate(waivers=(gone, *more)))
    assert of(judged, "waivers-valid").status == "fail"


def test_a_waiver_that_covers_nothing_is_said_and_does_no_harm() -> None:
    judged = judge(stack(), gate(waivers=(waiver("rule", "a"), waiver("monthly"))))
    assert status(judged) == "pass"
    assert judged.remarks == (
        "Unused waiver, to be deleted: rule on a, by jane@acme.example until 2026-12-22.",
        "Unused waiver, to be deleted: monthly on stack, by jane@acme.example until 2026-12-22.",
    )


def test_a_waiver_is_not_used_because_another_one_of_its_rule_is() -> None:
    both = waiver("rule", "a"), waiver("rule", "c")
    remarks = judge(stack(operations=(TWO,)), gate(waivers=both)).remarks
    assert [remark.split(":")[0] for remark in remarks] == [
        "Waived", "Unused waiver, to be deleted",
    ]  # fmt: skip


@pytest.mark.parametrize("days", [30, -30])
def test_a_waiver_of_another_stack_is_nothing_here(days: int) -> None:
    other = waiver("rule", "a", stacks=("prod",), expires=TODAY + timedelta(days=days))
    judged = judge(stack(operations=(TWO,)), gate(waivers=(other,)))
    assert of(judged, "rule") == TWO
    assert of(judged, "waivers-valid").status == "pass"
    assert judged.remarks == ()


def test_a_waiver_of_several_stacks_holds_in_each() -> None:
    shared = gate(waivers=(waiver("monthly", stacks=("mvp", "test")),))
    for name in ("mvp", "test"):
        assert status(judge(stack(euros="101", name=name), shared)) == "pass"
    assert status(judge(stack(euros="101", name="prod"), shared)) == "fail"


# --- what is open -------------------------------------------------------------------------------


def test_a_platform_with_a_gap_has_not_passed_whatever_was_judged() -> None:
    gaps = gap("tpu"), gap("other", "another reason")
    judged = judge(stack(estimate=bill(line("50"), gaps=gaps)), gate())
    priced = of(judged, "prices-complete")
    assert (priced.status, priced.level) == ("inconclusive", "mandatory")
    assert [(one.name, one.urn, one.message) for one in priced.findings] == [
        ("tpu", gaps[0].urn, "no price"), ("other", gaps[1].urn, "another reason"),
    ]  # fmt: skip
    assert priced.message.startswith("tpu: no price; other: another reason. Add the price")
    assert status(judged) == "inconclusive"
    over = judge(stack(estimate=bill(line("101"), gaps=gaps)), gate())
    assert status(over) == "fail", "what is missing only makes it dearer"


def test_a_gap_is_a_finding_that_can_be_waived_and_limits_stay_open_all_the_same() -> None:
    judged = judge(
        stack(estimate=bill(line("50"), gaps=(gap(),))),
        gate(waivers=(waiver("prices-complete", "tpu"),)),
    )
    assert of(judged, "prices-complete").status == "pass"
    assert of(judged, "monthly").status == "inconclusive", "nothing stays within every budget"


def test_without_gaps_all_is_priced_and_how_much_that_is_is_said() -> None:
    assert of(judge(stack(), gate()), "prices-complete").message == "priced 1 of 1"


def test_many_gaps_are_counted_and_not_listed() -> None:
    gaps = tuple(gap(f"tpu-{place}") for place in range(500))
    priced = of(judge(stack(estimate=bill(line("1"), gaps=gaps)), gate()), "prices-complete")
    assert "tpu-2: no price (and 497 more). " in priced.message
    assert len(priced.findings) == 500, "a finding names each"


def test_doubts_leave_the_picture_open_one_finding_each() -> None:
    judged = judge(stack(doubts=("The preview failed.", "An update was interrupted.")), gate())
    whole = of(judged, "picture-complete")
    assert (whole.status, whole.level, status(judged)) == (
        "inconclusive", "mandatory", "inconclusive",
    )  # fmt: skip
    assert [one.message for one in whole.findings] == [
        "The preview failed", "An update was interrupted",
    ]  # fmt: skip
    assert status(judge(stack(doubts=("Why.",), euros="101"), gate())) == "fail"


@pytest.mark.parametrize(
    ("case", "limits", "says"),
    [
        ("it has no root", None, "it has no root"),
        (None, "there is no file", "there is no file"),
        ("it has no root", "there is no file", "it has no root"),
    ],
)
def test_without_a_root_or_limits_there_is_no_budget_and_rules_are_judged(
    case: str | None, limits: str | None, says: str
) -> None:
    judged = judge(
        stack(database(enabled=False), **({"case": case} if case else {})),
        gate(**({"limits": limits} if limits else {})),
    )
    missing = of(judged, "budget-exists")
    assert (missing.status, missing.level, missing.message) == ("inconclusive", "mandatory", says)
    assert all(one.limit is None for one in judged.verdicts)
    assert of(judged, "prices-complete").status == "pass", "prices need no limits"
    assert of(judged, "sql-backups").status == "fail"


def test_limits_of_other_phases_are_no_budget() -> None:
    judged = judge(stack(), gate(limit(phases=("growth",))))
    assert of(judged, "budget-exists").message == "no limit is set for mvp"
    assert status(judged) == "inconclusive"
    assert of(judge(stack(), gate()), "budget-exists").message == "1 limits are set for mvp"


# --- settings -----------------------------------------------------------------------------------


def test_a_stricter_limit_changes_the_verdict() -> None:
    assert of(judge(stack(euros="50"), gate()), "monthly").limit == 100
    strict = Settings(limits={"monthly": Decimal("49.99")})
    judged = judge(stack(euros="50"), gate(settings=strict))
    assert (of(judged, "monthly").status, of(judged, "monthly").limit) == (
        "fail", Decimal("49.99"),
    )  # fmt: skip
    assert judged.remarks == (), "what is stricter is not relaxed"


def test_what_is_measured_in_caps_is_measured_in_the_stricter_one() -> None:
    worst = limit("ceiling", "1.2", measure="ceiling")
    top = bill(line("50"), line("110", bound="ceiling"))
    strict = gate(limit(), worst, settings=Settings(limits={"monthly": Decimal(90)}))
    assert of(judge(stack(estimate=top), gate(limit(), worst)), "ceiling").status == "pass"
    assert of(judge(stack(estimate=top), strict), "ceiling").status == "fail"


def test_a_figure_above_a_step_leaves_the_step() -> None:
    steps = limit("by-users", None, steps=((50, Decimal(60)), (100, Decimal(200))))
    looser = gate(steps, settings=Settings(limits={"by-users": Decimal(150)}))
    assert of(judge(stack(euros="61"), looser), "by-users").limit == 60
    tighter = gate(steps, settings=Settings(limits={"by-users": Decimal(55)}))
    assert of(judge(stack(euros="56"), tighter), "by-users").status == "fail"


def test_a_rule_that_is_made_advisory_no_longer_decides_and_that_is_said() -> None:
    relaxed = gate(settings=Settings(levels={"monthly": "advisory"}))
    judged = judge(stack(euros="101"), relaxed)
    assert (of(judged, "monthly").status, of(judged, "monthly").level) == ("fail", "advisory")
    assert status(judged) == "pass"
    assert judged.remarks == ("Relaxed by settings: monthly is advisory.",)


def test_a_rule_that_is_made_mandatory_decides() -> None:
    hint = gate(limit(), limit("hint", "10", level="advisory"))
    assert status(judge(stack(), hint)) == "pass"
    strict = gate(*hint.limits.rows, settings=Settings(levels={"hint": "mandatory"}))  # type: ignore[union-attr]
    assert status(judge(stack(), strict)) == "fail"


def test_what_is_inconclusive_in_one_family_can_be_let_through_and_what_fails_cannot() -> None:
    lax = gate(settings=Settings(unsure={"budget": "advisory"}))
    unsure = bill(line("50"), gaps=(gap(),))
    judged = judge(stack(estimate=unsure), lax)
    for rule in ("prices-complete", "monthly"):
        assert (of(judged, rule).status, of(judged, rule).level) == ("inconclusive", "advisory")
    assert status(judged) == "pass"
    assert judged.remarks == (
        "Relaxed by settings: what is inconclusive in budget does not block.",
    )
    assert status(judge(stack(estimate=unsure, doubts=("Why.",)), lax)) == "inconclusive", (
        "another family is another"
    )
    over = judge(stack(estimate=bill(line("101"), gaps=(gap(),))), lax)
    assert (of(over, "monthly").level, status(over)) == ("mandatory", "fail")


def test_what_keeps_data_blocks_while_it_is_not_known_whatever_is_set() -> None:
    lax = gate(settings=Settings(unsure={"data-safety": "advisory"}))
    judged = judge(stack(database(enabled=UNKNOWN), doubts=("Why.",)), lax)
    assert of(judged, "picture-complete").level == "advisory"
    unknown = of(judged, "sql-backups")
    assert (unknown.status, unknown.level) == ("inconclusive", "mandatory")


def test_being_unsure_may_be_said_to_block_as_it_does() -> None:
    strict = gate(settings=Settings(unsure={"budget": "mandatory"}))
    unsure = stack(estimate=bill(line("50"), gaps=(gap(),)))
    assert judge(unsure, strict) == judge(unsure, gate())


# --- laws ---------------------------------------------------------------------------------------

names = st.sampled_from(["a", "b", "c", "stack"])
findings = st.builds(finding, names, st.sampled_from(["fail", "inconclusive"]))
operations = st.lists(findings, max_size=3).map(
    lambda told: with_findings(*told) if told else verdict()
)
waivers = st.lists(
    st.builds(
        waiver,
        st.sampled_from(["rule", "monthly", "prices-complete", "picture-complete"]),
        st.one_of(names, st.just("tpu")),
        stacks=st.sampled_from([("test",), ("prod",)]),
        expires=st.integers(0, 180).map(lambda days: TODAY + timedelta(days=days)),
    ),
    max_size=4,
)
stacks = st.builds(
    lambda euros, gaps, doubts, told: stack(
        estimate=bill(line(str(euros)), gaps=gaps), doubts=doubts, operations=(told,)
    ),
    st.integers(1, 200),
    st.sampled_from([(), (gap(),)]),
    st.sampled_from([(), ("Why.",)]),
    operations,
)


def rank(judged: Judged) -> int:
    return STATUSES.index(status(judged))


@given(stacks, waivers, waivers)
def test_a_waiver_in_force_never_makes_anything_worse(
    judged: Stack, held: list[Waiver], more: list[Waiver]
) -> None:
    before = judge(judged, gate(waivers=tuple(held)))
    after = judge(judged, gate(waivers=(*held, *more)))
    assert rank(after) <= rank(before)
    for was, now in zip(before.verdicts, after.verdicts, strict=True):
        assert STATUSES.index(now.status) <= STATUSES.index(was.status)


@given(stacks, waivers, st.integers(1, 400))
def test_time_that_passes_never_makes_a_waived_stack_better(
    judged: Stack, held: list[Waiver], days: int
) -> None:
    later = TODAY + timedelta(days=days)
    before = judge(judged, gate(waivers=tuple(held)))
    assert rank(judge(judged, gate(waivers=tuple(held), today=later))) >= rank(before)


@given(stacks, waivers, st.integers(1, 100), st.integers(1, 100))
def test_a_lower_limit_never_turns_a_failure_into_a_pass(
    judged: Stack, held: list[Waiver], one: int, other: int
) -> None:
    low, high = sorted((one, other))
    strict, lax = (
        judge(judged, gate(waivers=tuple(held), settings=Settings(limits={"monthly": Decimal(at)})))
        for at in (low, high)
    )
    assert rank(strict) >= rank(lax) >= rank(judge(judged, gate(waivers=tuple(held))))


@given(stacks, waivers, st.lists(findings, max_size=2))
def test_another_finding_never_makes_the_status_better(
    judged: Stack, held: list[Waiver], more: Sequence[Any]
) -> None:
    (told,) = judged.operations
    worse = with_findings(*told.findings, *more) if more else told
    by = gate(waivers=tuple(held))
    assert rank(judge(stack(estimate=judged.estimate, doubts=judged.doubts, operations=(worse,)),
                      by)) >= rank(judge(judged, by))  # fmt: skip


@given(stacks, waivers)
def test_every_waiver_in_force_is_said_once_used_or_not(judged: Stack, held: list[Waiver]) -> None:
    own = [one for one in held if "test" in one.stacks]
    remarks = judge(judged, gate(waivers=tuple(held))).remarks
    assert len(remarks) == len(own)
    for one, remark in zip(own, remarks, strict=True):
        assert str(one) in remark


# --- the gate of a project ----------------------------------------------------------------------


def project(folder: Path, *rows: dict[str, Any], limits: bool = True) -> Path:
    """A project with the shipped limits, and these waivers."""
    (folder / "policies").mkdir()
    if limits:
        shipped = (builders.ROOT / "policies" / "limits.yaml").read_text(encoding="utf-8")
        (folder / "policies" / "limits.yaml").write_text(shipped, encoding="utf-8")
    text = yaml.safe_dump({"schema": "palier.waivers/1", "waivers": list(rows)})
    (folder / "policies" / "waivers.yaml").write_text(text, encoding="utf-8")
    return folder


def row(rule: str, resource: str = "stack") -> dict[str, Any]:
    return {
        "rule": rule, "resource": resource, "stacks": ["mvp"], "owner": "jane",
        "reason": "a trial", "expires": TODAY,
    }  # fmt: skip


def test_the_gate_of_a_project_has_its_limits_and_waivers(tmp_path: Path) -> None:
    made = gate_of(project(tmp_path, row("monthly-mvp"), row("prices-complete", "tpu")))
    assert made.limits == gate_of(builders.ROOT).limits
    assert [one.rule for one in made.waivers] == ["monthly-mvp", "prices-complete"]
    assert made.settings == Settings()


@pytest.mark.parametrize("rule", ["ledger-kept", "waivers-valid", "sql-backups"])
def test_the_ledger_cannot_be_waived(tmp_path: Path, rule: str) -> None:
    with pytest.raises(PalierError, match=f"waiver of {rule} on stack: no waiver lifts a rule"):
        gate_of(project(tmp_path, row(rule)))


def test_a_limit_of_another_project_is_no_rule_here(tmp_path: Path) -> None:
    with pytest.raises(PalierError, match="waiver of monthly-mvp on stack: there is no such rule"):
        gate_of(project(tmp_path, row("monthly-mvp"), limits=False))


def test_a_project_without_limits_has_a_gate_that_says_so(tmp_path: Path) -> None:
    made = gate_of(project(tmp_path, limits=False))
    assert made.limits == "there is no policies/limits.yaml beside Pulumi.yaml"
    assert made.waivers == ()


def test_without_a_project_the_reason_stands_in_the_place_of_limits() -> None:
    made = gate_of("no Pulumi.yaml in /srv or above")
    assert (made.limits, made.waivers) == ("no Pulumi.yaml in /srv or above", ())


def test_settings_are_held_to_the_limits_and_the_catalogue_of_the_project(tmp_path: Path) -> None:
    file = tmp_path / "settings.json"
    file.write_text(json.dumps({"budget": {"limits": {"monthly-mvp": 80}}}), encoding="utf-8")
    assert gate_of(builders.ROOT, file).settings.limits == {"monthly-mvp": 80}
    with pytest.raises(PalierError, match=r"settings\.json: budget\.limits: no Pulumi\.yaml"):
        gate_of("no Pulumi.yaml", file)


def test_a_gate_holds_to_its_catalogue() -> None:
    made = Gate(limits="none")
    assert "monthly" not in {entry.id for entry in made.entries}
    assert "monthly" in {entry.id for entry in gate().entries}


def test_no_waiver_covers_a_rule_that_crashed() -> None:
    """Nobody can answer for what was not judged."""
    crashed = with_findings(finding("stack", waivable=False))
    judged = judge(stack(operations=(crashed,)), gate(waivers=(waiver("rule", "stack"),)))
    assert of(judged, "rule").status == "fail"
    assert judged.remarks[0].startswith("Unused waiver")
