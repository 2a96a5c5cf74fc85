"""Secrets: kept apart from manifests and states, readable by few, never lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import builders
import pytest
from google.protobuf import json_format

from components.secrets import ACCESSOR, Secrets, SecretsArgs
from palier.errors import PalierError
from palier.facts import Facts
from palier.recorder import RecordingMonitor, record
from palier.wire import SIGNATURE

Deploy = Callable[..., Facts]
SECRET = "gcp:secretmanager/secret:Secret"  # noqa: S105 a type
VALUE = "correct horse battery staple"


def secrets(*names: str, **more: Any) -> Secrets:
    """Secrets of the names given, one for a database by default."""
    return Secrets(
        "secrets",
        SecretsArgs(
            values=dict.fromkeys(names or ("database-eu-1",), VALUE),
            **{"locations": ["europe-west1", "europe-west4"], **more},
        ),
    )


def test_a_secret_is_protected_twice(deploy: Deploy) -> None:
    secret = builders.only(deploy(secrets), "secret:Secret")
    assert secret.protect
    assert secret.read("deletionProtection") is True, "off by default in the provider"


def test_a_value_is_secret_on_the_wire_even_when_it_comes_in_clear() -> None:
    monitor = RecordingMonitor()
    record(secrets, project="test", stack="test", monitor=monitor)
    [version] = [item for item in monitor.registrations.values() if "Version" in item.type]
    data = json_format.MessageToDict(version.object)["secretData"]
    assert SIGNATURE in data, "it would stand in the state in clear"


def test_no_value_is_recorded_on_the_component(deploy: Deploy) -> None:
    component = builders.only(deploy(secrets, known=True), "secrets:Secrets")
    assert VALUE not in str(component.inputs)
    assert VALUE not in str(component.outputs)
    assert component.recorded("secrets") == ["database-eu-1"]


def test_a_new_value_leaves_the_old_version_to_fall_back_to(deploy: Deploy) -> None:
    version = builders.only(deploy(secrets), "SecretVersion")
    assert version.read("deletionPolicy") == "DISABLE"
    assert not version.protect, "a new value replaces it"


def test_the_order_of_regions_does_not_matter(deploy: Deploy) -> None:
    regions = ["us-east1", "europe-west1"]

    def replicas(locations: list[str]) -> Any:
        facts = deploy(lambda: secrets(locations=locations))
        return builders.only(facts, "secret:Secret").read("replication.userManaged.replicas")

    assert replicas(regions) == replicas(regions[::-1]), "another order replaces the secret"


def test_a_new_secret_touches_no_other(deploy: Deploy) -> None:
    one = {fact.urn: fact.inputs for fact in deploy(lambda: secrets("a")).resources}
    two = {fact.urn: fact.inputs for fact in deploy(lambda: secrets("a", "b")).resources}
    assert two.items() > one.items()


def test_each_secret_is_read_by_the_accessors_and_nobody_else(deploy: Deploy) -> None:
    facts = deploy(lambda: secrets("a", "b", accessors={"apps": "serviceAccount:web@acme"}))
    grants = [fact for fact in facts if fact.type.endswith("SecretIamMember")]
    assert [grant.name for grant in grants] == ["secrets-a-apps", "secrets-b-apps"]
    assert {grant.read("role") for grant in grants} == {ACCESSOR}
    assert {grant.read("member") for grant in grants} == {"serviceAccount:web@acme"}


def test_ids_are_told_by_name(deploy: Deploy) -> None:
    facts = deploy(lambda: secrets("a"), known=True)
    assert builders.only(facts, "secrets:Secrets").recorded("names") == {"a": "secrets-a"}


@pytest.mark.parametrize("locations", [[], ["europe-west1", "europe-west1"]])
def test_regions_are_one_or_more_each_once(deploy: Deploy, locations: list[str]) -> None:
    with pytest.raises(PalierError, match=r"secrets\.locations: expected one region or more"):
        deploy(lambda: secrets(locations=locations))
