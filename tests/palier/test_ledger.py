"""The ledger: its types are real and apart, each is kept in a way that the provider has.

Also what a teardown changes: nothing but the words.
"""

from __future__ import annotations

import re
from importlib import util
from pathlib import Path

import pytest

from palier.facts import UNKNOWN, Facts, Value
from palier.ledger import DATABASE, OUTSIDE, SQL, STATEFUL, accepted, is_stateful, protections
from palier.project import SECRET
from palier.provider.tree import UnknownTypeError, replacement_of
from palier.rules import data_safety
from palier.rules.model import Rule, verdict
from palier.testing.fixtures import Resource

RING = "gcp:kms/keyRing:KeyRing"
PROTECT = next(rule for rule in data_safety.RULES if rule.id == "ledger-protect")
SWITCH = next(rule for rule in data_safety.RULES if rule.id == "ledger-provider-switch")


def source_of(package: str) -> Path:
    """Folder of an installed package, which is not imported: that takes seconds."""
    found = util.find_spec(package)
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent


def snake(name: str) -> str:
    """A name of a type as the SDK names its file."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def file_of(token: str) -> Path:
    """The file of the SDK that makes resources of a type."""
    package, module, name = token.split(":")
    if package == "kubernetes":
        return source_of("pulumi_kubernetes") / module / f"{name}.py"
    service, _, member = module.partition("/")
    return source_of("pulumi_gcp") / service / f"{snake(member)}.py"


@pytest.mark.parametrize("token", [*STATEFUL, *OUTSIDE])
def test_every_type_is_one_of_the_installed_sdk(token: str) -> None:
    file = file_of(token)
    assert file.exists(), "no file of the SDK is for it"
    assert re.search(rf"""['"]{re.escape(token)}['"]""", file.read_text(encoding="utf-8"))


@pytest.mark.parametrize("token", STATEFUL)
def test_the_provider_was_asked_what_replaces_every_type_of_the_ledger(token: str) -> None:
    assert replacement_of(token)["replacesOn"], "nothing could replace it: was it asked?"


def test_a_type_that_the_data_do_not_have_is_said_to_be_missing() -> None:
    with pytest.raises(UnknownTypeError, match="no type gcp:compute/disk:Disk"):
        list(protections("gcp:compute/disk:Disk"))


def test_no_type_is_listed_twice() -> None:
    listed = [*STATEFUL, *OUTSIDE]
    assert sorted(listed) == sorted({*listed})


@pytest.mark.parametrize("token", [one for one in STATEFUL if one != RING])
def test_everything_but_a_key_ring_is_kept_by_a_property(token: str) -> None:
    kept = dict(protections(token))
    assert kept
    assert {*kept} <= {*replacement_of(token)["deletionProtection"]}
    assert all(value in accepted(token, path) for path, value in kept.items())


def test_google_deletes_no_key_ring_at_all() -> None:
    assert dict(protections(RING)) == {}


def test_a_database_server_has_two_switches_of_which_one_is_on_by_itself() -> None:
    paths = ("deletionProtection", "settings.deletionProtectionEnabled")
    assert dict(protections(SQL)) == dict.fromkeys(paths, True)
    assert [None in accepted(SQL, path) for path in paths] == [True, False]


def test_a_database_is_left_with_its_server() -> None:
    assert dict(protections(DATABASE)) == {"deletionPolicy": "ABANDON"}
    assert "DELETE" not in accepted(DATABASE, "deletionPolicy")


@pytest.mark.parametrize(
    ("inputs", "stateful"),
    [
        ({}, True),
        ({"masterInstanceName": ""}, True),
        ({"masterInstanceName": UNKNOWN}, True),
        ({"masterInstanceName": SECRET}, True),
        ({"masterInstanceName": "main"}, False),
        ({"instanceType": "READ_POOL_INSTANCE"}, False),
        ({"instanceType": "READ_REPLICA_INSTANCE", "masterInstanceName": UNKNOWN}, False),
        ({"instanceType": "CLOUD_SQL_INSTANCE"}, True),
    ],
)
def test_only_a_copy_of_a_known_primary_may_be_lost(
    inputs: dict[str, Value], *, stateful: bool
) -> None:
    assert is_stateful(Resource(type=SQL, name="one", inputs=inputs).fact()) is stateful


def platform(*, teardown: bool) -> Facts:
    """A database without protection below palier's root component."""
    root = Resource(
        type="palier:platform:Platform", name="palier", custom=False,
        outputs={"teardown": teardown},
    )  # fmt: skip
    database = Resource(type=SQL, name="main", inputs={"deletionProtection": False})
    return Facts.of([root.fact(), database.fact()])


@pytest.mark.parametrize("rule", [PROTECT, SWITCH], ids=lambda rule: rule.id)
def test_a_teardown_fails_too_and_says_why(rule: Rule) -> None:
    under_way = verdict(rule, platform(teardown=True))
    assert under_way.status == "fail"
    assert "a teardown is under way" in under_way.message
    assert "teardown" not in verdict(rule, platform(teardown=False)).message


def test_a_standby_is_only_asked_for_where_the_phase_has_one() -> None:
    rule = next(rule for rule in data_safety.RULES if rule.id == "sql-ha")
    database = Resource(type=SQL, name="main", inputs={"settings": {"availabilityType": "ZONAL"}})

    def judged(**recorded: Value) -> str:
        root = Resource(
            type="palier:platform:Platform", name="palier", custom=False, outputs=recorded
        )
        return verdict(rule, Facts.of([root.fact(), database.fact()])).status

    asked = {phase: judged(phase=phase) for phase in ("mvp", "traction", "scale", "hypergrowth")}
    assert asked == {"mvp": "pass", "traction": "pass", "scale": "fail", "hypergrowth": "fail"}
    assert judged(phase=UNKNOWN) == judged(phase="no-such") == judged() == "pass"


def test_rules_that_cannot_be_waived_are_few_and_named() -> None:
    assert {rule.id for rule in data_safety.RULES if rule.ledger} == {
        "ledger-protect", "ledger-provider-switch", "ledger-force-destroy", "sql-backups",
        "redis-no-basic",
    }  # fmt: skip
    assert all(rule.level == "mandatory" for rule in data_safety.RULES if rule.ledger)
