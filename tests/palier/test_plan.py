"""A plan: facts, estimate, cost per user and verdicts of one stack, made offline."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import builders
import fact_builders as facts
import pytest
from fact_builders import bill, line
from gate_builders import found, verdict

from palier import phases, plan, reference
from palier.budget.limits import load_beside
from palier.errors import PalierError
from palier.facts import Facts
from palier.gate.gate import Gate
from palier.plan import Changes, Plan, Subject, changed_config
from palier.project import Project, find
from palier.rules import RULES
from palier.verdicts import overall

# --- of a ready-made stack ----------------------------------------------------------------------


def test_a_plan_says_which_phase_for_whom_where_and_at_which_rate() -> None:
    made = facts.planned("scale", 10_000)
    assert (made.stack, made.phase, made.users) == ("scale", "scale", 10_000)
    assert (made.region, made.usd_rate, made.rate_date) == (
        "europe-west1", Decimal("0.92"), "2026-11-21",
    )  # fmt: skip
    assert made.estimate.sum("expected") == facts.euros("scale", 10_000).sum("expected")


def test_a_user_costs_the_bill_shared_by_the_users_of_now_and_of_the_cap() -> None:
    made = facts.planned("scale", 10_000)
    assert made.per_user == facts.euros("scale", 10_000).sum("expected") / 10_000
    assert made.per_user_at_cap == facts.euros("scale", 50_000).sum("expected") / 50_000, (
        "a unit cost is judged at the cap, from a bill of the cap"
    )


def test_at_the_cap_the_program_runs_once_and_both_bills_are_one() -> None:
    made = facts.planned("mvp", 50)
    assert made.at_cap is made.estimate


def test_every_limit_of_the_phase_is_judged_and_every_rule() -> None:
    made = facts.planned("traction", 100)
    assert [verdict.rule for verdict in made.verdicts] == [
        "budget-exists", "prices-complete", "monthly-traction", "per-user-traction",
        "unit-cost-falls", "unit-cost-now", "ceiling", "parity", "observability",
        "picture-complete", *(rule.id for rule in RULES), "waivers-valid",
    ]  # fmt: skip


@pytest.mark.parametrize("phase", builders.PHASES[:-1])
def test_a_plan_tells_what_the_next_phase_costs_and_when_it_pays_off(phase: str) -> None:
    after = phases.following(phases.get(phase))
    assert after is not None
    table, rate = reference.default(), Decimal("0.92")
    entry, cap, even = (
        table.at_entry(after.name),
        table.at_cap(after.name),
        table.break_even(after.name),
    )
    assert even is not None
    (note,) = facts.planned(phase, phases.get(phase).max_users).notes
    assert note.startswith(f"Next phase {after.name}: {entry.expected_usd * rate:.2f} € a month")
    assert f"at {entry.users} users" in note
    assert f"{cap.expected_usd * rate:.2f} € at {cap.users} users" in note
    assert f"Cheaper per user than {phase} at its cap from {even.last} users" in note


def test_the_last_phase_has_no_next_one() -> None:
    assert facts.planned("hypergrowth", 11_000_000).notes == ()


def test_resources_are_listed_with_their_parent_and_their_component() -> None:
    listed = plan.resources(facts.planned("mvp", 50))
    assert len(listed) == len(facts.recorded("mvp", 50).resources)
    user = next(row for row in listed if row["type"] == "gcp:sql/user:User")
    assert user["component"] == "postgres"
    assert all(row["type"] != "palier:platform:Platform" for row in listed), "no component is one"


# --- status -------------------------------------------------------------------------------------


def test_a_plan_passes_only_when_its_verdicts_do() -> None:
    for status in ("pass", "inconclusive", "fail"):
        assert facts.plan(bill(line("1")), verdicts=(verdict(status),)).status == status
    assert facts.plan(bill(line("1"))).status == "inconclusive", "nobody judged it"


def test_a_plan_passes_only_when_all_is_priced() -> None:
    gate = Gate(limits=load_beside(builders.ROOT))
    mvp, unpriced = facts.recorded("mvp", 50), facts.resource("gcp:tpu/node:Node", "tpu")

    def status(everything: Facts, rate: str) -> str:
        return plan.of_facts(
            Subject(stack="mvp", facts=everything, at_cap=lambda _: "no", gate=gate, region="-",
                    usd_rate=Decimal(rate))
        ).status  # fmt: skip

    more = Facts.of([*mvp, unpriced])
    assert [status(mvp, "0.92"), status(more, "0.92"), status(more, "9")] == [
        "pass", "inconclusive", "fail",
    ], "what is not priced is no pass, and makes no failure better"  # fmt: skip


def test_without_a_root_there_is_no_cost_per_user() -> None:
    made = facts.plan(bill(line("1")), phase=None, users=None, at_cap=None)
    assert (made.per_user, made.per_user_at_cap) == (None, None)


# --- changes from the command line --------------------------------------------------------------


def test_changes_go_where_the_config_has_them_and_leave_the_config_alone() -> None:
    config = {"gcp:region": "europe-west1", "palier:users": "50", "palier:domain": "example.com"}
    before = dict(config)
    changed = changed_config(
        config,
        Changes(phase="scale", users=1000, region="europe-west9", usd_rate=Decimal("0.9"),
                fields={"web.cpu_m": "500", "load.static_gib": "3"}),
    )  # fmt: skip
    assert config == before, "a stack's config is not ours to change"
    assert changed["palier:phase"] == "scale"
    assert changed["palier:users"] == "1000"
    assert changed["gcp:region"] == "europe-west9"
    assert changed["palier:domain"] == "example.com"
    assert json.loads(changed["palier:currency"])["usd_rate"] == "0.9"
    assert json.loads(changed["palier:sizes"]) == {"web": {"cpu_m": "500"}}
    assert json.loads(changed["palier:load"]) == {"static_gib": "3"}


def test_no_change_changes_nothing() -> None:
    config = {"palier:users": "50"}
    assert changed_config(config, Changes()) == config


def test_a_field_joins_the_fields_a_stack_has_set_and_wins() -> None:
    config = {"palier:sizes": '{"web": {"cpu_m": 300, "memory_mib": 600}, "cdn": {}}'}
    changed = changed_config(config, Changes(fields={"web.cpu_m": "500", "cdn.log_sample": "0.5"}))
    assert json.loads(changed["palier:sizes"]) == {
        "web": {"cpu_m": "500", "memory_mib": 600}, "cdn": {"log_sample": "0.5"},
    }  # fmt: skip


@pytest.mark.parametrize("own", ["many", "[1]", "5", '"text"'])
@pytest.mark.parametrize("key", ["sizes", "load"])
def test_a_stack_whose_fields_are_none_is_refused_by_key(key: str, own: str) -> None:
    path = "web.cpu_m" if key == "sizes" else "load.static_gib"
    with pytest.raises(PalierError, match=f"palier:{key}: expected fields"):
        changed_config({f"palier:{key}": own}, Changes(fields={path: "1"}))


def test_a_field_that_is_set_as_a_whole_and_in_part_is_refused() -> None:
    with pytest.raises(PalierError, match="as a whole and in part"):
        changed_config({"palier:sizes": '{"web": 1}'}, Changes(fields={"web.cpu_m": "1"}))


# --- the limits file, and the rate --------------------------------------------------------------


def made_in(project: Project, stack: str = "mvp", changes: Changes | None = None) -> Plan:
    """A plan of a ready-made stack in another folder, out of what is recorded already."""
    with facts.from_records():
        return plan.make(project, stack, changes or Changes(users=50))


def test_a_project_without_limits_gets_prices_and_says_that_nothing_was_judged(
    tmp_path: Path,
) -> None:
    made = made_in(replace(builders.project(), root=tmp_path))
    missing = found(made.verdicts, "budget-exists")
    assert (missing.status, missing.message) == (
        "inconclusive", "there is no policies/limits.yaml beside Pulumi.yaml",
    )  # fmt: skip
    assert all(one.limit is None for one in made.verdicts), "no limit is judged"
    assert made.estimate.complete
    assert made.status == "inconclusive", "no verdict is no pass"


def test_limits_that_cannot_be_read_stop_the_plan(tmp_path: Path) -> None:
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "limits.yaml").write_text("schema: none\n", encoding="utf-8")
    with pytest.raises(PalierError, match=r"limits\.yaml: expected schema"):
        made_in(replace(builders.project(), root=tmp_path))


# --- a program without the root component -------------------------------------------------------

FOREIGN: Final = """
import pulumi
import pulumi_gcp as gcp

provider = gcp.Provider("gcp", project="acme", region="europe-west1")
options = pulumi.ResourceOptions(provider=provider)
gcp.storage.Bucket("films", location="EU", opts=options)
gcp.sql.DatabaseInstance(
    "db", database_version="POSTGRES_16", region="europe-west1", opts=options,
    settings={"tier": "db-g1-small", "edition": "ENTERPRISE", "disk_size": 20},
)
"""


def foreign(folder: Path) -> Project:
    (folder / "Pulumi.yaml").write_text("name: films\nruntime: python\n", encoding="utf-8")
    (folder / "Pulumi.dev.yaml").write_text(
        "config:\n  gcp:region: europe-west1\n", encoding="utf-8"
    )
    (folder / "__main__.py").write_text(FOREIGN, encoding="utf-8")
    return find(folder)


def test_a_foreign_project_gets_prices_and_says_that_nothing_was_judged(tmp_path: Path) -> None:
    made = plan.make(foreign(tmp_path), "dev", Changes())
    assert (made.phase, made.users, made.at_cap) == (None, None, None)
    missing, unpriced = (
        found(made.verdicts, rule) for rule in ("budget-exists", "prices-complete")
    )
    assert missing.status == unpriced.status == "inconclusive"
    assert missing.message.startswith("the program has no palier:platform")
    assert unpriced.message.startswith("films: ")
    assert all(one.limit is None for one in made.verdicts), "no limit is judged"
    # 0.035 × 730 + 20 × 0.17, in euros
    assert made.estimate.sum("expected") == Decimal("28.95") * Decimal("0.92")
    assert [(gap.resource, gap.kind) for gap in made.estimate.gaps] == [("films", "unknown")], (
        "what the bucket holds is not declared: unknown, not empty"
    )
    assert overall([missing, unpriced]) == "inconclusive"
    assert found(made.verdicts, "sql-backups").status == "fail", "rules are for any project"
    assert made.status == "fail"


@pytest.mark.parametrize("changes", [Changes(users=5), Changes(fields={"web.cpu_m": "1"})])
def test_users_and_sizes_of_a_foreign_project_are_refused(tmp_path: Path, changes: Changes) -> None:
    with pytest.raises(PalierError, match="need palier's root component"):
        plan.make(foreign(tmp_path), "dev", changes)


def test_a_rate_of_the_command_line_has_the_day_it_was_given(tmp_path: Path) -> None:
    given = Changes(usd_rate=Decimal("0.5"))
    days = {date.today().isoformat()}
    made = plan.make(foreign(tmp_path), "dev", given)
    changed = json.loads(changed_config({}, given)["palier:currency"])
    days.add(date.today().isoformat())
    assert made.usd_rate == Decimal("0.5")
    assert made.estimate.sum("expected") == Decimal("28.95") * Decimal("0.5")
    assert {made.rate_date, changed["declared_on"]} <= days, "it is not the planning rate's day"
    own = plan.make(foreign(tmp_path), "dev", Changes())
    assert own.rate_date == "2026-11-21", "the planning rate has its own"


@contextmanager
def _recorded_as(**recorded: Any) -> Iterator[None]:
    """The recorder returns a root component with these outputs, and nothing else."""
    everything = facts.recorded("mvp", 50)
    (root,) = everything.of_type("palier:platform:Platform")
    other = replace(root, outputs={**root.outputs, **recorded})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("palier.recorder.record_project",
                      lambda *_: type(everything).of([other]))  # fmt: skip
        yield


@pytest.mark.parametrize("rate", [None, "1E+30", "1E-30"])
def test_a_rate_that_no_currency_has_is_refused(rate: str | None) -> None:
    with (
        _recorded_as(currency={"code": "EUR", "usd_rate": rate, "declared_on": "2026-11-21"}),
        pytest.raises(PalierError, match=r"usd_rate"),
    ):
        plan.make(builders.project(), "mvp", Changes(users=50))
