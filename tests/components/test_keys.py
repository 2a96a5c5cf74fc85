"""Keys: one a purpose and place, for life, usable by the one agent that needs each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import builders
import known_cloud
import pulumi_gcp as gcp
import pytest

from components.keys import AGENT_ADDRESS, AGENT_API, PURPOSES, Keys, KeysArgs, project_number
from palier.errors import PalierError
from palier.facts import Facts

Deploy = Callable[..., Facts]
KEY = "cryptoKey:CryptoKey"
GRANT = "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember"
LONGEST_ROTATION_S = 90 * 86_400
"""CIS Google Cloud Foundation 1.11."""


def keys(places: Mapping[str, Sequence[Any]] | None = None) -> Keys:
    """Keys by location, all purposes in one by default."""
    return Keys("keys", KeysArgs(project="acme", keys=places or {"europe-west1": PURPOSES}))


def seconds(duration: str) -> int:
    """A duration as Google spells it."""
    return int(duration.removesuffix("s"))


def test_every_key_is_rotated_as_often_as_the_benchmark_asks(deploy: Deploy) -> None:
    facts = deploy(keys)
    periods = [fact.read("rotationPeriod") for fact in facts if fact.type.endswith(KEY)]
    assert len(periods) == len(PURPOSES)
    assert all(seconds(period) <= LONGEST_ROTATION_S for period in periods)


def test_a_key_cannot_be_lost_by_mistake(deploy: Deploy) -> None:
    facts = deploy(keys)
    for fact in facts.of_type(f"gcp:kms/{KEY}"):
        assert fact.protect, "a key that is gone takes all it encrypted with it"
        assert fact.read("deletionPolicy") == "PREVENT"
        assert seconds(fact.read("destroyScheduledDuration")) >= 30 * 86_400, "a month to notice"
    assert builders.only(facts, "KeyRing").protect


def test_keys_are_of_software_and_so_cost_cents(deploy: Deploy) -> None:
    levels = {fact.read("versionTemplate.protectionLevel") for fact in
              deploy(keys).of_type(f"gcp:kms/{KEY}")}  # fmt: skip
    assert levels == {"SOFTWARE"}


def test_names_tell_the_place_and_the_purpose_and_nothing_else(deploy: Deploy) -> None:
    places = {"europe-west1": ("sql",), "europe": ("registry",)}
    facts = deploy(lambda: keys(places))
    assert builders.names(facts, KEY) == ["keys-europe-registry", "keys-europe-west1-sql"]
    assert {fact.read("name") for fact in facts.of_type(f"gcp:kms/{KEY}")} == {"registry", "sql"}


def test_a_new_place_touches_no_other(deploy: Deploy) -> None:
    alone = deploy(lambda: keys({"europe": ("registry",)})).resources
    both = deploy(lambda: keys({"europe": ("registry",), "us": ("registry",)})).resources
    one, two = ({fact.urn: fact.inputs for fact in facts} for facts in (alone, both))
    assert two.items() > one.items()


def test_each_key_is_granted_to_one_member_that_is_an_agent() -> None:
    grants = known_cloud.deploy(keys).of_type(GRANT)
    assert len(grants) == len(PURPOSES)
    for grant in grants:
        assert grant.read("role") == "roles/cloudkms.cryptoKeyEncrypterDecrypter"
        assert str(grant.read("member")).startswith("serviceAccount:"), "no person, no group"


def test_agents_that_google_does_not_name_are_told_by_the_projects_number() -> None:
    members = {grant.name: grant.read("member") for grant in
               known_cloud.deploy(keys).of_type(GRANT)}  # fmt: skip
    number = builders.PROJECT_NUMBER
    assert members["keys-europe-west1-disks"] == (
        f"serviceAccount:service-{number}@compute-system.iam.gserviceaccount.com"
    )
    assert members["keys-europe-west1-backup"] == (
        f"serviceAccount:service-{number}@gs-project-accounts.iam.gserviceaccount.com"
    )


def test_every_purpose_has_an_agent() -> None:
    assert AGENT_API.keys() | AGENT_ADDRESS.keys() == set(PURPOSES)
    assert AGENT_API.keys().isdisjoint(AGENT_ADDRESS)


def test_only_agents_of_the_apis_in_use_are_called_into_being(deploy: Deploy) -> None:
    sql = deploy(lambda: keys({"europe-west1": ("sql",)}))
    assert builders.names(sql, "ServiceIdentity") == ["keys-sqladmin"]
    backup = deploy(lambda: keys({"europe": ("backup",)}))
    assert builders.names(backup, "ServiceIdentity") == ["keys-container", "keys-storage"], (
        "the project's number is read off the first, the grant waits for the second"
    )


def test_what_is_given_a_key_waits_until_its_agent_may_use_it(deploy: Deploy) -> None:
    def program() -> None:
        gcp.storage.Bucket(
            "encrypted",
            location="EU",
            encryption=gcp.storage.BucketEncryptionArgs(
                default_kms_key_name=keys({"europe": ("backup",)}).key("europe", "backup")
            ),
        )

    facts = deploy(program)
    awaited = builders.only(facts, "bucket:Bucket").dependencies
    assert builders.only(facts, "CryptoKeyIAMMember").urn in awaited
    known = builders.only(known_cloud.deploy(program), "bucket:Bucket")
    assert known.read("encryption.defaultKmsKeyName") == (
        "projects/acme/locations/europe/keyRings/keys/cryptoKeys/backup"
    )


def test_a_key_that_does_not_exist_is_refused_with_those_that_do(deploy: Deploy) -> None:
    with pytest.raises(PalierError, match=r"expected europe/registry, got europe/sql"):
        deploy(lambda: keys({"europe": ("registry",)}).key("europe", "sql"))


@pytest.mark.parametrize(
    ("places", "message"),
    [
        ({"europe": ()}, r"keys\.europe: expected one or more of sql"),
        ({"europe": ("sql", "sql")}, "each once, got sql or sql"),
        ({"europe": ("everything",)}, "got everything"),
    ],
)
def test_purposes_are_one_or_more_known_ones(
    deploy: Deploy, places: Mapping[str, Sequence[Any]], message: str
) -> None:
    with pytest.raises(PalierError, match=message):
        deploy(lambda: keys(places))


def test_a_place_at_least_is_needed(deploy: Deploy) -> None:
    with pytest.raises(PalierError, match="keys: expected one location or more, got none"):
        deploy(lambda: Keys("keys", KeysArgs(project="acme", keys={})))


def test_the_projects_number_is_read_off_an_agents_address() -> None:
    assert project_number("service-42@container-engine-robot.iam.gserviceaccount.com") == "42"


def test_an_address_of_another_form_is_refused() -> None:
    with pytest.raises(PalierError, match="expected a GKE agent such as service-1@"):
        project_number("42-compute@developer.gserviceaccount.com")
