"""The `gcp` package: the provider's rules and the cloud's, one after the other."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cloud_builders as things
import pytest

from palier.facts import UNKNOWN
from palier.provider.coercions import CallFailsError
from palier.simcloud.cloud import Cloud, ServiceError
from palier.simcloud.gcp import Gcp
from palier.simcloud.packages import Call, Made, Values

BUCKET = "gcp:storage/bucket:Bucket"
CHANNEL = "gcp:monitoring/notificationChannel:NotificationChannel"
MAIL = {"type": "email", "displayName": "People"}
CONFIG = {"project": "acme", "region": things.REGION}


@pytest.fixture
def cloud(tmp_path: Path) -> Cloud:
    return things.open_cloud(tmp_path)


@pytest.fixture
def gcp(cloud: Cloud) -> Gcp:
    made = Gcp(cloud)
    made.configure(CONFIG)
    return made


@pytest.fixture
def drift(tmp_path: Path) -> Callable[[str, dict[str, Any]], None]:
    """`drift("films", {"location": "US"})` changes the inputs of a bucket in the cloud's file."""

    def change(id_: str, inputs: dict[str, Any]) -> None:
        file = tmp_path / "cloud.json"
        content = json.loads(file.read_text(encoding="utf-8"))
        content["resources"]["gcp"][BUCKET][id_]["inputs"] |= inputs
        file.write_text(json.dumps(content), encoding="utf-8")

    return change


def checked(gcp: Gcp, type_: str, name: str, inputs: Values, old: Values | None = None) -> Values:
    """Inputs as the provider takes them; it must."""
    found = gcp.check(Call(type=type_, name=name, inputs=inputs, old_inputs=old or {}))
    assert found.failures == ()
    return found.inputs


def made_of(gcp: Gcp, type_: str, name: str, inputs: Values) -> Made:
    """A resource that is there."""
    return gcp.create(Call(type=type_, name=name, inputs=checked(gcp, type_, name, inputs)))


def later(made: Made, type_: str, name: str, inputs: Values | None = None) -> Call:
    """A later call about a resource that Pulumi remembers."""
    return Call(
        type=type_, name=name, id=made.id, old_inputs=made.inputs, state=made.outputs,
        inputs=made.inputs if inputs is None else inputs,
    )  # fmt: skip


def films(gcp: Gcp) -> Made:
    return made_of(gcp, BUCKET, "films", {"location": "EU"})


def changed_films(gcp: Gcp, made: Made, **inputs: Any) -> Call:
    given = checked(gcp, BUCKET, "films", {"location": "EU", **inputs}, made.inputs)
    return later(made, BUCKET, "films", given)


# --- before a call reaches the cloud ------------------------------------------------------------


def test_check_names_and_fills_in_what_the_program_left_out(gcp: Gcp) -> None:
    found = gcp.check(Call(type=BUCKET, name="films", inputs={"location": "EU"}, digits="1a2b3c4"))
    assert found.failures == ()
    assert found.inputs == {
        "location": "EU", "name": "films-1a2b3c4", "storageClass": "STANDARD",
        "__defaults": ["name", "storageClass"],
    }  # fmt: skip


def test_a_name_that_was_made_up_once_stays(gcp: Gcp) -> None:
    made = films(gcp)
    again = Call(
        type=BUCKET, name="films", inputs={"location": "EU"}, old_inputs=made.inputs, digits="f"
    )
    assert gcp.check(again).inputs["name"] == made.inputs["name"]


@pytest.mark.parametrize(
    ("inputs", "failure"),
    [
        (
            {},
            'Missing required argument. The argument "location" is required, but no definition was'
            " found.. Examine values at 'films.location'.",
        ),
        (
            {"location": "EU", "colour": "red"},
            "Invalid or unknown key. Examine values at 'films.colour'.",
        ),
    ],
)
def test_a_failure_is_worded_as_the_provider_words_it_and_says_where(
    gcp: Gcp, inputs: dict[str, Any], failure: str
) -> None:
    assert gcp.check(Call(type=BUCKET, name="films", inputs=inputs)).failures == (failure,)


def test_a_value_that_cannot_be_turned_fails_the_whole_call(gcp: Gcp) -> None:
    inputs = {"location": "EU", "softDeletePolicy": {"retentionDurationSeconds": "long"}}
    with pytest.raises(CallFailsError, match=r'strconv\.ParseInt: parsing "long"'):
        gcp.check(Call(type=BUCKET, name="films", inputs=inputs))


def test_diff_tells_an_update_from_a_replacement(gcp: Gcp) -> None:
    made = films(gcp)
    update = gcp.diff(changed_films(gcp, made, labels={"tier": "web"}))
    assert (update.changed, update.replaces) == (True, ())
    replacement = gcp.diff(changed_films(gcp, made, location="US"))
    assert replacement.replaces == ("location",)


def test_diff_lets_be_what_the_program_told_it_to_ignore(gcp: Gcp) -> None:
    made = films(gcp)
    given = changed_films(gcp, made, location="US").inputs
    call = Call(
        type=BUCKET, name="films", id=made.id, inputs=given, old_inputs=made.inputs,
        state=made.outputs, ignored=("location",),
    )  # fmt: skip
    assert not gcp.diff(call).changed


def test_what_only_a_comparison_refuses_is_refused_there(gcp: Gcp) -> None:
    backups = {"enabled": True, "pointInTimeRecoveryEnabled": True}
    settings = {"tier": "db-n1-standard-1", "backupConfiguration": backups}
    type_ = things.instance().type
    given = checked(gcp, type_, "db", {"databaseVersion": "MYSQL_8_0", "settings": settings})
    with pytest.raises(ServiceError, match="point_in_time_recovery_enabled is only available"):
        gcp.diff(Call(type=type_, name="db", inputs=given, old_inputs=given, state=given))


def test_a_preview_of_a_create_knows_what_was_given_and_nothing_of_the_service(gcp: Gcp) -> None:
    seen = gcp.preview(
        Call(type=BUCKET, name="films", inputs=checked(gcp, BUCKET, "films", {"location": "EU"}))
    )
    assert (seen["location"], seen["storageClass"]) == ("EU", "STANDARD")
    assert (seen["id"], seen["selfLink"]) == (UNKNOWN, UNKNOWN)


def test_a_preview_of_an_update_keeps_what_the_service_told(gcp: Gcp) -> None:
    made = films(gcp)
    seen = gcp.preview(changed_films(gcp, made, labels={"tier": "web"}))
    assert seen["labels"] == {"tier": "web"}
    assert seen["selfLink"] == made.outputs["selfLink"]


def test_a_resource_without_a_project_is_refused_in_preview_and_in_update(cloud: Cloud) -> None:
    nowhere = Gcp(cloud)
    nowhere.configure({"region": things.REGION, "project": ""})
    call = Call(type=CHANNEL, name="mail", inputs=checked(nowhere, CHANNEL, "mail", MAIL))
    for ask in (nowhere.preview, nowhere.create):
        with pytest.raises(ServiceError, match="project: required field is not set"):
            ask(call)


def test_a_changed_configuration_replaces_nothing(gcp: Gcp) -> None:
    found = gcp.diff_config({"project": "acme", "zone": "a"}, {"project": "other"})
    assert [(change.path, change.kind) for change in found.changes] == [
        ("project", "update"), ("zone", "delete"),
    ]  # fmt: skip
    assert found.replaces == ()


# --- what the cloud then has --------------------------------------------------------------------


def test_a_create_answers_an_id_and_all_outputs(gcp: Gcp, cloud: Cloud) -> None:
    made = films(gcp)
    assert made.id == made.inputs["name"]
    assert made.outputs["url"] == f"gs://{made.id}"
    assert UNKNOWN not in made.outputs.values()
    assert cloud.read("gcp", BUCKET, made.id) is not None


def test_the_cloud_is_not_told_the_notes_of_the_provider(gcp: Gcp, cloud: Cloud) -> None:
    inputs = {"location": "EU", "lifecycleRules": [
        {"action": {"type": "Delete"}, "condition": {"age": 3}}
    ]}  # fmt: skip
    made = made_of(gcp, BUCKET, "films", inputs)
    assert "__defaults" in json.dumps(made.inputs["lifecycleRules"])
    record = cloud.read("gcp", BUCKET, made.id)
    assert record is not None
    assert "__defaults" not in json.dumps(record.inputs)


def test_a_service_that_picks_ids_picks_none_twice(gcp: Gcp) -> None:
    ids = {made_of(gcp, CHANNEL, "mail", MAIL).id for _ in range(3)}
    assert len(ids) == 3, "three of a name, in three stacks of one project"


def test_a_name_that_is_taken_is_refused(gcp: Gcp) -> None:
    made_of(gcp, BUCKET, "films", {"location": "EU", "name": "films"})
    with pytest.raises(ServiceError, match="Error creating Bucket: googleapi: Error 409"):
        made_of(gcp, BUCKET, "other", {"location": "EU", "name": "films"})


def test_two_providers_of_other_projects_share_one_cloud(gcp: Gcp, cloud: Cloud) -> None:
    other = Gcp(cloud)
    other.configure({"project": "other"})
    one, two = made_of(gcp, CHANNEL, "mail", MAIL), made_of(other, CHANNEL, "mail", MAIL)
    assert one.id.startswith("projects/acme/")
    assert two.id.startswith("projects/other/")
    assert gcp.read(later(two, CHANNEL, "mail")) is not None, "one cloud, whoever asks"


def test_a_read_tells_what_is_there_in_place_of_what_was_given(
    gcp: Gcp, drift: Callable[[str, dict[str, Any]], None]
) -> None:
    made = made_of(gcp, BUCKET, "films", {"location": "EU", "labels": {"tier": "web"}})
    drift(
        made.id,
        {"labels": {"tier": "db"}, "storageClass": "NEARLINE", "versioning": {"enabled": True}},
    )
    read = gcp.read(later(made, BUCKET, "films"))
    assert read is not None
    assert (read.inputs["labels"], read.outputs["storageClass"]) == ({"tier": "db"}, "NEARLINE")
    assert "versioning" not in read.inputs, "what the program did not give is none of its inputs"
    assert read.outputs["versioning"] == {"enabled": True}
    assert read.inputs["__defaults"] == made.inputs["__defaults"]


def test_a_read_without_a_state_is_an_import_of_all_that_is_there(gcp: Gcp) -> None:
    made = films(gcp)
    read = gcp.read(Call(type=BUCKET, name="films", id=made.id))
    assert read is not None
    assert read.inputs == {"location": "EU", "name": made.id, "storageClass": "STANDARD"}
    assert read.outputs["url"] == f"gs://{made.id}"


def test_a_read_of_what_is_gone_finds_nothing(gcp: Gcp) -> None:
    made = films(gcp)
    gcp.delete(later(made, BUCKET, "films"))
    assert gcp.read(later(made, BUCKET, "films")) is None


def test_an_update_changes_what_is_there_and_keeps_its_id(gcp: Gcp, cloud: Cloud) -> None:
    made = films(gcp)
    updated = gcp.update(changed_films(gcp, made, labels={"tier": "web"}))
    assert (updated.id, updated.outputs["labels"]) == (made.id, {"tier": "web"})
    assert updated.outputs["timeCreated"] == made.outputs["timeCreated"]
    record = cloud.read("gcp", BUCKET, made.id)
    assert record is not None
    assert record.inputs["labels"] == {"tier": "web"}


def test_a_backend_service_is_updated_only_with_the_fingerprint_that_is_current(
    gcp: Gcp, cloud: Cloud
) -> None:
    type_ = things.backend_service().type
    check = made_of(gcp, things.health_check().type, "health", things.health_check().inputs)
    inputs = {"name": "api", "healthChecks": check.id}
    made = made_of(gcp, type_, "api", inputs)
    group = "projects/acme/zones/europe-west1-b/networkEndpointGroups/gke-api"
    cloud.attach_endpoints(made.id, [group])
    given = checked(gcp, type_, "api", {**inputs, "timeoutSec": 60}, made.inputs)
    with pytest.raises(ServiceError, match="Error 412: Invalid fingerprint"):
        gcp.update(later(made, type_, "api", given))

    read = gcp.read(later(made, type_, "api"))
    assert read is not None
    assert [one["group"] for one in read.outputs["backends"]] == [group]
    updated = gcp.update(later(read, type_, "api", given))
    assert updated.outputs["fingerprint"] not in {
        made.outputs["fingerprint"], read.outputs["fingerprint"],
    }  # fmt: skip


def test_a_protected_resource_is_not_deleted(gcp: Gcp) -> None:
    things.make(gcp.cloud, things.network())
    inputs = {**things.cluster().inputs, "deletionProtection": True}
    made = made_of(gcp, things.cluster().type, "gke", inputs)
    with pytest.raises(ServiceError, match="deletion_protection is set to true"):
        gcp.delete(later(made, things.cluster().type, "gke"))


def test_what_the_provider_marks_as_secret_is_told(gcp: Gcp) -> None:
    assert "password" in gcp.secret("gcp:sql/user:User")
    assert gcp.secret("gcp:compute/network:Network") == frozenset()
