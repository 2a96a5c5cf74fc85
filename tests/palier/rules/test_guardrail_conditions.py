"""What guardrails share: ranges, durations, references, grants, openings of firewalls."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest

from palier.facts import UNKNOWN, Fact, Facts, Value
from palier.project import SECRET
from palier.rules.guardrails.conditions import below, met, named, refers, several, within
from palier.rules.guardrails.grants import CUSTOM_ROLE, SOMEBODY, grants
from palier.rules.guardrails.openings import TCP, openings
from palier.rules.guardrails.ranges import anywhere
from palier.rules.judges import each
from palier.rules.requirements import (
    Answer,
    either,
    none_of,
    one_of,
)
from palier.testing.fixtures import Resource

NETWORK = "gcp:compute/network:Network"
FIREWALL = "gcp:compute/firewall:Firewall"
MEMBER = "gcp:projects/iAMMember:IAMMember"
ACCOUNT = Resource(type="gcp:serviceaccount/account:Account", name="nodes").fact()
ROLE = Resource(type="gcp:projects/iAMCustomRole:IAMCustomRole", name="role").fact()


def firewall(**inputs: Value) -> Fact:
    """A firewall with inputs."""
    return Resource(type=FIREWALL, name="one", inputs=inputs).fact()


@pytest.mark.parametrize(
    ("range_", "answer"),
    [
        ("0.0.0.0/0", True), ("::/0", True), ("0.0.0.0/1", True), ("128.0.0.0/1", True),
        ("64.0.0.0/7", True), (" 0.0.0.0/0 ", True), ("1.2.3.4/0", True), ("2000::/3", True),
        ("10.0.0.0/8", False), ("203.0.113.7", False), ("203.0.113.7/32", False),
        ("2001:db8::/32", False), ("fc00::/7", False), ("fd00::/8", False), ("internet", False),
        (None, False), (UNKNOWN, UNKNOWN),
    ],
)  # fmt: skip
def test_a_range_is_everyones_or_somebodys(range_: Value, answer: Answer) -> None:
    assert anywhere(range_) is answer


@pytest.mark.parametrize(
    ("value", "answer"),
    [
        ("60s", True), ("59.999s", True), ("1s", True), ("61s", False), ("60.001s", False),
        ("0s", False), ("-1s", False), ("1m", False), ("60", False), (60, False), ("", False),
        (None, False), (UNKNOWN, UNKNOWN),
    ],
)  # fmt: skip
def test_a_time_is_within_a_limit(value: Value, answer: Answer) -> None:
    inputs = {} if value is None else {"rotationPeriod": value}
    assert within("rotationPeriod", 60, "").of(firewall(**inputs)) is answer


def test_a_name_in_the_program_is_compared() -> None:
    network = Resource(type=NETWORK, name="logical", inputs={"name": "main"}).fact()
    for answers in (named, partial(refers, firewall())):
        assert answers("main", network) is True
        assert answers("projects/acme/global/networks/main", network) is True
        assert answers("projects/acme/global/networks/domain", network) is False
        assert answers("logical", network) is False
        assert answers(UNKNOWN, network) is UNKNOWN


def test_a_reference_that_is_not_known_is_what_the_resource_waits_for() -> None:
    network = Resource(type=NETWORK, name="a", inputs={"name": "a"}).fact()
    other = Resource(type=NETWORK, name="b", inputs={"name": "b"}).fact()
    waits = replace(firewall(), dependencies=(network.urn,))
    assert refers(waits, UNKNOWN, network) is True
    assert refers(waits, UNKNOWN, other) is False
    assert refers(firewall(), UNKNOWN, network) is UNKNOWN


def test_a_name_that_the_provider_makes_up_is_told_by_what_the_resource_waits_for() -> None:
    unnamed = Resource(type=NETWORK, name="a").fact()
    waits = replace(firewall(), dependencies=(unnamed.urn,))
    made_up = "projects/acme/global/networks/a-1a2b3c4"
    assert refers(waits, made_up, unnamed) is True
    assert refers(firewall(), made_up, unnamed) is UNKNOWN
    assert named(made_up, unnamed) is UNKNOWN


def test_a_requirement_can_be_moved_to_an_object_further_down() -> None:
    moved = below("pools.1.", one_of("config.on", True))
    assert moved.of(firewall(pools=[{}, {"config": {"on": True}}])) is True
    assert moved.of(firewall(pools=[{"config": {"on": True}}, {}])) is False


def test_a_requirement_that_may_be_for_a_resource_leaves_it_open() -> None:
    wrong, open_, right = one_of("a", 2), one_of("b", 2), one_of("c", 2)
    fact = firewall(a=1, b=UNKNOWN, c=2)
    said = {
        (str(a), str(b)): met(fact, [(wrong, a), (open_, b), (right, True)]).status
        for a in (True, False, UNKNOWN)
        for b in (True, False)
    }
    assert said == {
        ("True", "True"): "fail", ("True", "False"): "fail",
        ("False", "True"): "inconclusive", ("False", "False"): "pass",
        ("Unknown.UNKNOWN", "True"): "inconclusive", ("Unknown.UNKNOWN", "False"): "inconclusive",
    }  # fmt: skip


def test_several_judges_find_what_each_of_them_finds() -> None:
    judge = several(each(FIREWALL, one_of("a", 1)), each(FIREWALL, none_of("b", 1)))
    found = judge(Facts.of([firewall(a=2)]))
    assert [finding.status for finding in found] == ["fail", "pass"]


def test_a_member_that_comes_from_an_account_of_the_stack_is_somebody() -> None:
    fact = Resource(type=MEMBER, name="m", inputs={"role": "r", "member": UNKNOWN}).fact()
    facts = Facts.of([fact, ACCOUNT, ROLE])
    (alone,) = grants(facts, fact)
    (known,) = grants(facts, replace(fact, dependencies=(ACCOUNT.urn,)))
    (other,) = grants(facts, replace(fact, dependencies=(ROLE.urn,)))
    assert [alone.member, known.member, other.member] == [UNKNOWN, SOMEBODY, UNKNOWN]


def test_a_member_that_is_hidden_is_not_somebody() -> None:
    fact = Resource(type=MEMBER, name="m", inputs={"role": "r", "member": SECRET}).fact()
    (grant,) = grants(Facts.of([ACCOUNT]), replace(fact, dependencies=(ACCOUNT.urn,)))
    assert grant.member is UNKNOWN


def test_a_role_that_comes_from_a_custom_role_of_the_stack_is_none_of_googles() -> None:
    fact = Resource(type=MEMBER, name="m", inputs={"role": UNKNOWN, "member": "x"}).fact()
    facts = Facts.of([fact, ROLE])
    (alone,) = grants(facts, fact)
    (known,) = grants(facts, replace(fact, dependencies=(ROLE.urn,)))
    assert [alone.role, known.role] == [UNKNOWN, CUSTOM_ROLE]


@pytest.mark.parametrize(
    "type_",
    [
        "gcp:projects/iamMemberRemove:IamMemberRemove",
        "gcp:projects/iAMCustomRole:IAMCustomRole",
        "gcp:projects/iAMAuditConfig:IAMAuditConfig",
        "aws:iam/policy:Policy",
        "gcp:dns/policy:Policy",
    ],
)
def test_what_gives_no_roles_is_no_grant(type_: str) -> None:
    fact = Resource(type=type_, name="x", inputs={"role": "r", "member": "allUsers"}).fact()
    assert list(grants(Facts.of([fact]), fact)) == []


def test_a_port_is_looked_for_within_ranges_of_ports() -> None:
    def admits(*ports: str | int) -> Answer:
        fact = firewall(sourceRanges=["0.0.0.0/0"],
                        allows=[{"protocol": "tcp", "ports": list(ports)}])  # fmt: skip
        return either(opening.admits(TCP, 22) for opening in openings(fact))

    assert admits("22") is True
    assert admits("20-25") is True
    assert admits("22-22") is True
    assert admits("1-21", "23-65535") is False
    assert admits("220") is False
    assert admits("ssh") is False
