"""The policy pack behind the SDK's own server: what blocks, what is advice, what cannot pass."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import builders
import pack_builders
import pytest
from pack import policies
from pack_builders import analyzed, blocking, rules_of
from rule_fixtures import FIXTURES

import palier.rules
from palier import pack, plan
from palier.facts import PLATFORM_TYPE, STACK_TYPE, Facts
from palier.rules.model import Rule
from palier.testing.fixtures import Change, Fixture
from palier.verdicts import FAMILIES

SQL = "gcp:sql/databaseInstance:DatabaseInstance"
BACKUPS = "settings.backupConfiguration.enabled"
each_phase = pytest.mark.parametrize("phase", builders.PHASES)
each_fixture = pytest.mark.parametrize("fixture", FIXTURES, ids=lambda fixture: fixture.rule)


def whole(facts: Facts) -> Facts:
    """A fixture's resources as the engine would tell them.

    None is without any input, for that would be one that is only read; a root records all that a
    real one does.
    """
    facts = Facts.of(
        replace(one, inputs=one.inputs or {"project": "acme"}) if one.custom else one
        for one in facts
    )
    root = facts.only(PLATFORM_TYPE)
    if root is None:
        return facts
    real = builders.recorded(root.outputs.get("phase", "mvp")).only(PLATFORM_TYPE)
    assert real is not None
    return Facts.of(
        replace(one, outputs={**real.outputs, **one.outputs}) if one is root else one
        for one in facts
    )


def unbacked() -> Facts:
    """A small platform whose database has no backups."""
    change = Change(type=SQL, at=BACKUPS, to=False)
    changed = change.applied(builders.recorded("mvp"))
    assert changed is not None
    return changed


def raising(*_: object) -> Any:
    raise ValueError("the secret is hunter2")


CRASHING = Rule(
    id="crashing", title="Crashes", family="guardrails", rationale="It has to be seen.",
    remedy="Mend the rule.", reference="a test", judge=raising,
)  # fmt: skip


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A project of its own with the pack, whose limits and waivers a test may write."""
    shutil.copytree(pack_builders.FOLDER, tmp_path / "policies")
    for name in ("stacks", "Pulumi.yaml"):
        (tmp_path / name).symlink_to(builders.ROOT / name)
    return tmp_path / "policies"


def waive(folder: Path, rule: str, resource: str, expires: date, *stacks: str) -> None:
    text = (
        "schema: palier.waivers/1\nwaivers:\n"
        f"  - {{rule: {rule}, resource: {resource}, stacks: [{', '.join(stacks)}], owner: jane,"
        f" reason: until the launch, expires: {expires}}}\n"
    )
    (folder / "waivers.yaml").write_text(text, encoding="utf-8")


@each_phase
def test_every_phase_passes(phase: str) -> None:
    assert blocking(analyzed(builders.recorded(phase))) == []


def test_the_pack_has_a_policy_for_every_family() -> None:
    names = [policy.name for policy in policies(pack.Pack(pack_builders.FOLDER))]
    assert names == ["resources", *FAMILIES, "advice"], "advice tells of those before it"


@each_fixture
@pytest.mark.parametrize("kind", ["violating", "unknown"])
def test_what_a_rule_refuses_or_cannot_know_blocks(fixture: Fixture, kind: str) -> None:
    """Every rule, through the SDK's proxies: none is silenced by an unknown value."""
    rule = next(rule for rule in palier.rules.RULES if rule.id == fixture.rule)
    changed = getattr(fixture, kind)[0].applied(fixture.facts())
    said = [one for one in analyzed(whole(changed)) if rules_of([one]) == {fixture.rule}]
    assert said, "the rule is silent"
    assert {one.level for one in said} == {rule.level}
    policy = rule.family if rule.level == "mandatory" else "advice"
    assert {one.policy for one in said} == {policy}


@each_fixture
def test_what_it_accepts_is_not_reported(fixture: Fixture) -> None:
    assert fixture.rule not in rules_of(analyzed(whole(fixture.facts())))


def test_a_violation_names_the_resource_the_rule_and_what_to_do() -> None:
    (said,) = [one for one in blocking(analyzed(unbacked())) if one.policy == "data-safety"]
    assert said.urn.endswith("::postgres-eu-1")
    assert "sql-backups" in said.message
    assert BACKUPS in said.message


def test_a_rule_that_crashes_blocks_under_its_own_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(palier.rules, "RULES", (*palier.rules.RULES, CRASHING))
    (said,) = blocking(analyzed(builders.recorded("mvp")))
    assert (said.policy, rules_of([said])) == ("guardrails", {"crashing"})
    assert "ValueError" in said.message
    assert "hunter2" not in said.message


def test_a_core_that_crashes_blocks_in_every_family(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pack, "judge", raising)
    said = blocking(analyzed(builders.recorded("mvp")))
    assert {one.policy for one in said} == {*FAMILIES}
    assert all("could not be judged: ValueError" in one.message for one in said)
    assert not any("hunter2" in one.message for one in said)


def test_without_the_ear_nothing_passes() -> None:
    deaf = pack_builders.under_test(without="resources")
    said = blocking(deaf.analyze(builders.recorded("mvp")))
    assert "picture-complete" in rules_of(said)


def test_a_stack_may_be_stricter() -> None:
    said = analyzed(builders.recorded("mvp"), {"budget": {"limits": {"monthly-mvp": 50}}})
    assert {"monthly-mvp", "ceiling"} == rules_of(blocking(said))


@pytest.mark.parametrize(
    ("family", "config", "why"),
    [
        ("budget", {"limits": {"monthly-mvp": 150}}, "above the 100 of policies/limits.yaml"),
        ("budget", {"limits": {"monthly-nvp": 50}}, "budget.limits: unknown key 'monthly-nvp'"),
        ("budget", {"inconclusive": "off"}, "expected mandatory or advisory"),
        ("data-safety", {"levels": {"sql-backups": "advisory"}}, "cannot be relaxed"),
        ("guardrails", {"limits": {}}, "unknown key 'limits', allowed are levels or inconclusive"),
    ],
)
def test_a_wrong_setting_blocks_and_names_the_key(
    family: str, config: dict[str, Any], why: str
) -> None:
    (said,) = blocking(analyzed(builders.recorded("mvp"), {family: config}))
    assert said.policy == family
    assert why in said.message


def test_what_is_relaxed_is_said() -> None:
    config = {"budget": {"levels": {"observability": "advisory"}, "inconclusive": "advisory"}}
    said = analyzed(builders.recorded("mvp"), config)
    assert blocking(said) == []
    assert [one.message.split("\n")[1] for one in said if one.policy == "advice"] == [
        "Relaxed by settings: observability is advisory.",
        "Relaxed by settings: what is inconclusive in budget does not block.",
    ]


def test_an_inconclusive_family_can_be_relaxed_and_a_failure_cannot() -> None:
    unknown = next(one for one in FIXTURES if one.rule == "sql-disk-grows").unknown[0]
    open_ = unknown.applied(builders.recorded("mvp"))
    assert open_ is not None
    config = {name: {"inconclusive": "advisory"} for name in ("budget", "data-safety")}
    assert blocking(analyzed(open_, config)) == []
    assert "sql-disk-grows" in rules_of(analyzed(open_, config))
    assert "sql-backups" in rules_of(blocking(analyzed(unbacked(), config)))


def test_a_family_that_was_disabled_is_said() -> None:
    said = pack_builders.under_test(without="guardrails").analyze(builders.recorded("mvp"))
    assert [one.message.split("\n")[1] for one in said] == [
        "guardrails is disabled: nothing of it was judged"
    ]


def test_a_waiver_covers_and_is_said(elsewhere: Path) -> None:
    waive(elsewhere, "observability", "stack", date.today() + timedelta(days=30), "mvp")
    strict = {"budget": {"limits": {"observability": 0.001}}}
    said = analyzed(builders.recorded("mvp"), strict, elsewhere)
    assert blocking(said) == []
    assert any("Waived: observability on stack, by jane" in one.message for one in said)


def test_an_expired_waiver_blocks_and_covers_nothing(elsewhere: Path) -> None:
    waive(elsewhere, "observability", "stack", date.today() - timedelta(days=1), "mvp")
    strict = {"budget": {"limits": {"observability": 0.001}}}
    said = analyzed(builders.recorded("mvp"), strict, elsewhere)
    assert rules_of(blocking(said)) == {"observability", "waivers-valid"}


def test_unreadable_limits_block_in_every_family(elsewhere: Path) -> None:
    (elsewhere / "limits.yaml").write_text("schema: other\n", encoding="utf-8")
    said = blocking(analyzed(builders.recorded("mvp"), folder=elsewhere))
    assert {one.policy for one in said} == {*FAMILIES}
    assert all("expected schema: palier.limits/1" in one.message for one in said)


def test_a_forged_root_blocks() -> None:
    facts = builders.recorded("mvp")
    root = facts.only(PLATFORM_TYPE)
    assert root is not None
    forged = replace(root, outputs={**root.outputs, "users": -5})
    said = blocking(analyzed(Facts.of(forged if one is root else one for one in facts)))
    assert {one.policy for one in said} == {*FAMILIES}


def test_another_update_is_judged_anew() -> None:
    under_test = pack_builders.under_test()
    assert blocking(under_test.analyze(builders.recorded("mvp"))) == []
    assert "sql-backups" in rules_of(blocking(under_test.analyze(unbacked())))
    assert blocking(under_test.analyze(builders.recorded("mvp"))) == []


def test_a_stack_below_its_cap_is_judged_at_the_cap() -> None:
    said = analyzed(builders.recorded("scale", 10_000))
    assert "per-user-scale" not in rules_of(said), "the program here is recorded at the cap"


def test_a_foreign_stack_has_rules_and_no_budget() -> None:
    bucket = next(one for one in builders.recorded("mvp") if one.type.endswith(":Bucket"))
    said = blocking(analyzed(Facts.of([replace(bucket, parent=None)])))
    assert "budget-exists" in rules_of(said)


def test_the_stack_is_priced_once_for_all_policies(monkeypatch: pytest.MonkeyPatch) -> None:
    priced: list[int] = []
    real = plan.price

    def counted(subject: Any) -> Any:
        priced.append(len(subject.facts))
        return real(subject)

    monkeypatch.setattr(plan, "price", counted)
    analyzed(builders.recorded("mvp"))
    assert len(priced) == 1
    assert STACK_TYPE not in {fact.type for fact in builders.recorded("mvp")}
