"""What a call does: makes once, changes what is current, deletes, and frees names or not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import cloud_builders as things
import pytest
from cloud_builders import (
    change,
    drop,
    make,
    open_cloud,
    refusal_of_dropping,
    refusal_of_making,
    there,
)

from palier.provider import schema
from palier.simcloud import refusals
from palier.simcloud.cloud import Cloud, ServiceError
from palier.simcloud.kinds import is_upsert, title
from palier.simcloud.latencies import Latencies, seconds

GRANT = things.Thing(
    type="gcp:projects/iAMMember:IAMMember",
    inputs={"project": things.PROJECT, "role": "roles/viewer", "member": "user:a@example.com"},
)
RING = things.Thing(
    type="gcp:kms/keyRing:KeyRing", inputs={"name": "keys", "location": things.REGION}
)
KEY = things.Thing(
    type="gcp:kms/cryptoKey:CryptoKey",
    inputs={
        "name": "sql",
        "keyRing": f"projects/{things.PROJECT}/locations/{things.REGION}/keyRings/keys",
    },
)
POOL = things.Thing(
    type="gcp:iam/workloadIdentityPool:WorkloadIdentityPool",
    inputs={"workloadIdentityPoolId": "github"},
)
GROUPS = (
    f"https://www.googleapis.com/compute/v1/projects/{things.PROJECT}/zones/europe-west1-b"
    "/networkEndpointGroups/gke-api",
)


def served(cloud: Cloud) -> things.Thing:
    """A backend service that is there."""
    service = things.backend_service()
    make(cloud, things.health_check(), service)
    return service


@pytest.mark.parametrize(
    ("thing", "words"),
    [
        (
            things.network(),
            "Error creating Network: googleapi: Error 409: The resource"
            f" '{things.NETWORK}' already exists, alreadyExists",
        ),
        (
            things.bucket(),
            "Error creating Bucket: googleapi: Error 409: Your previous request to create the"
            " named bucket succeeded and you already own it., conflict",
        ),
        (
            RING,
            "Error creating KeyRing: googleapi: Error 409: KeyRing"
            f" projects/{things.PROJECT}/locations/{things.REGION}/keyRings/keys already exists.",
        ),
        (
            things.account(),
            "Error creating Account: googleapi: Error 409: Service account worker already exists"
            f" within project projects/{things.PROJECT}., alreadyExists",
        ),
        (
            things.zone(),
            "Error creating ManagedZone: googleapi: Error 409: The resource 'entity.managedZone'"
            " named 'dns' already exists, alreadyExists",
        ),
        (
            things.Thing(
                type="gcp:projects/iAMCustomRole:IAMCustomRole",
                inputs={"roleId": "own", "title": "Own", "permissions": ["a.b.c"]},
            ),
            f"Custom project role projects/{things.PROJECT}/roles/own already exists and must be"
            " imported",
        ),
    ],
    ids=lambda value: title(value.type) if isinstance(value, things.Thing) else "",
)
def test_what_exists_is_not_made_twice(tmp_path: Path, thing: things.Thing, words: str) -> None:
    cloud = open_cloud(tmp_path)
    make(cloud, thing)
    assert refusal_of_making(cloud, thing) == words


@pytest.mark.parametrize(
    "thing",
    [
        GRANT,
        things.service("compute"),
        things.Thing(
            type="gcp:logging/projectBucketConfig:ProjectBucketConfig",
            inputs={"project": things.PROJECT, "location": "global", "bucketId": "_Default"},
        ),
        things.Thing(type="gcp:binaryauthorization/policy:Policy", inputs={}),
    ],
    ids=lambda thing: title(thing.type),
)
def test_what_the_service_only_sets_can_be_made_twice(tmp_path: Path, thing: things.Thing) -> None:
    cloud = open_cloud(tmp_path)
    make(cloud, thing, thing)
    assert there(cloud, thing)


def test_members_and_bindings_of_every_service_are_set_and_not_made() -> None:
    grants = {one for one in schema.types() if one.endswith(("Member", "Binding"))}
    assert len(grants) > 10
    assert {one for one in grants if not is_upsert(one)} == set()


def test_every_type_belongs_to_a_service_that_can_be_off() -> None:
    modules = {one.split(":")[1].split("/")[0] for one in schema.types()}
    assert modules - refusals.APIS.keys() == set()


def test_a_type_that_the_schema_does_not_have_is_named(tmp_path: Path) -> None:
    with pytest.raises(ServiceError, match="does not know the type gcp:run/service:Service"):
        open_cloud(tmp_path).create("gcp", "gcp:run/service:Service", "a", {}, {})


def test_what_is_not_there_is_read_as_nothing(tmp_path: Path) -> None:
    assert not there(open_cloud(tmp_path), things.network())


def test_an_update_sets_the_new_inputs(tmp_path: Path) -> None:
    cloud, bucket = open_cloud(tmp_path), things.bucket()
    make(cloud, bucket)
    change(cloud, bucket.with_inputs(storageClass="NEARLINE"))
    record = cloud.read("gcp", bucket.type, bucket.id)
    assert record is not None
    assert record.outputs["storageClass"] == "NEARLINE"


def test_an_update_of_what_is_gone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ServiceError) as caught:
        change(open_cloud(tmp_path), things.network())
    assert str(caught.value) == (
        f'Error updating Network "{things.NETWORK}": googleapi: Error 404: The resource'
        f" '{things.NETWORK}' was not found, notFound"
    )


def test_an_update_keeps_to_the_rules_of_a_create(tmp_path: Path) -> None:
    cloud, database = open_cloud(tmp_path), things.instance()
    make(cloud, database)
    with pytest.raises(ServiceError, match=r"failed to update .* Invalid Tier \(db-perf-"):
        change(cloud, things.instance({"tier": "db-perf-optimized-N-2"}))


def test_a_fingerprint_that_is_current_passes(tmp_path: Path) -> None:
    cloud = open_cloud(tmp_path)
    service = served(cloud)
    kept = cloud.read("gcp", service.type, service.id)
    assert kept is not None
    updated = change(cloud, service.with_inputs(timeoutSec=10), kept.outputs["fingerprint"])
    assert updated.fingerprint != kept.fingerprint


def test_an_update_from_a_state_without_the_attached_endpoints_is_refused(tmp_path: Path) -> None:
    cloud = open_cloud(tmp_path)
    service = served(cloud)
    stale = cloud.read("gcp", service.type, service.id)
    assert stale is not None
    cloud.attach_endpoints(service.id, GROUPS)
    with pytest.raises(ServiceError) as caught:
        change(cloud, service.with_inputs(timeoutSec=10), stale.outputs["fingerprint"])
    assert str(caught.value) == (
        f'Error updating BackendService "{service.id}": googleapi: Error 412: Invalid'
        " fingerprint., conditionNotMet"
    )


def test_after_a_refresh_the_update_passes_and_keeps_the_endpoints(tmp_path: Path) -> None:
    cloud = open_cloud(tmp_path)
    service = served(cloud)
    cloud.attach_endpoints(service.id, GROUPS)
    fresh = cloud.read("gcp", service.type, service.id)
    assert fresh is not None
    assert [one["group"] for one in fresh.outputs["backends"]] == list(GROUPS)
    refreshed = service.with_inputs(timeoutSec=10, backends=fresh.inputs["backends"])
    updated = change(cloud, refreshed, fresh.outputs["fingerprint"])
    assert updated.inputs["backends"] == fresh.inputs["backends"]


def test_endpoints_are_attached_once(tmp_path: Path) -> None:
    cloud = open_cloud(tmp_path)
    service = served(cloud)
    first = cloud.attach_endpoints(service.id, GROUPS)
    again = cloud.attach_endpoints(service.id, GROUPS)
    assert len(again.inputs["backends"]) == 1
    assert again.fingerprint == first.fingerprint


def test_endpoints_show_where_the_service_had_told_of_none(tmp_path: Path) -> None:
    cloud, service = open_cloud(tmp_path), things.backend_service()
    told = {**service.inputs, "backends": []}
    make(cloud, things.health_check())
    cloud.create("gcp", service.type, service.id, service.inputs, told)
    cloud.attach_endpoints(service.id, GROUPS)
    kept = cloud.read("gcp", service.type, service.id)
    assert kept is not None
    assert len(kept.outputs["backends"]) == 1


def test_endpoints_need_a_backend_service(tmp_path: Path) -> None:
    with pytest.raises(ServiceError, match="'nothing' was not found"):
        open_cloud(tmp_path).attach_endpoints("nothing", GROUPS)


@pytest.mark.parametrize("cluster_first", [True, False])
def test_controllers_attach_once_a_cluster_and_a_service_are_there(
    tmp_path: Path, cluster_first: bool
) -> None:
    cloud = open_cloud(tmp_path, controllers=True)
    make(cloud, things.network(), things.health_check())
    pair = [things.cluster(), things.backend_service()]
    for thing in pair if cluster_first else reversed(pair):
        [made] = make(cloud, thing)
    service = cloud.read("gcp", pair[1].type, pair[1].id)
    assert service is not None
    zones = [one["group"].split("/zones/")[1].split("/")[0] for one in service.inputs["backends"]]
    assert zones == ["europe-west1-b", "europe-west1-c", "europe-west1-d"]
    assert made.inputs == pair[cluster_first].inputs, "the caller was told"


def test_no_controller_acts_unless_it_is_asked_for(tmp_path: Path) -> None:
    cloud = open_cloud(tmp_path)
    make(cloud, things.network(), things.health_check(), things.cluster(), things.backend_service())
    service = cloud.read("gcp", things.backend_service().type, things.backend_service().id)
    assert service is not None
    assert "backends" not in service.outputs


def test_an_update_without_a_fingerprint_is_not_held_to_one(tmp_path: Path) -> None:
    cloud = open_cloud(tmp_path)
    service = served(cloud)
    cloud.attach_endpoints(service.id, GROUPS)
    assert "backends" not in change(cloud, service).inputs, "the real service clears them too"


def test_the_fingerprint_moves_when_a_hand_changes_the_file(tmp_path: Path) -> None:
    cloud = open_cloud(tmp_path)
    service = served(cloud)
    before = cloud.read("gcp", service.type, service.id)
    file = tmp_path / "cloud.json"
    file.write_text(file.read_text("utf-8").replace('"protocol": "HTTP"', '"protocol": "HTTPS"'))
    after = cloud.read("gcp", service.type, service.id)
    assert before is not None
    assert after is not None
    assert before.fingerprint != after.fingerprint


def test_a_deleted_thing_can_be_made_again(tmp_path: Path) -> None:
    cloud, network = open_cloud(tmp_path), things.network()
    make(cloud, network)
    drop(cloud, network)
    assert not there(cloud, network)
    make(cloud, network)


def test_deleting_what_is_gone_is_no_error(tmp_path: Path) -> None:
    cloud = open_cloud(tmp_path)
    drop(cloud, things.network())
    assert not there(cloud, things.network())


def test_keys_and_key_rings_outlive_every_deletion(tmp_path: Path) -> None:
    cloud = open_cloud(tmp_path)
    make(cloud, RING, KEY)
    drop(cloud, KEY)
    drop(cloud, RING)
    assert "CryptoKey" in refusal_of_making(cloud, KEY)
    assert "already exists." in refusal_of_making(cloud, RING)


@pytest.mark.parametrize(
    ("thing", "days", "words"),
    [
        (things.instance(), 7, "can't reuse the name of the deleted instance until one week from"),
        (POOL, 30, "Error 409: Requested entity already exists, alreadyExists"),
    ],
    ids=["an instance", "a pool"],
)
def test_some_names_are_free_again_only_after_a_while(
    tmp_path: Path, thing: things.Thing, days: int, words: str
) -> None:
    times = [datetime(2026, 1, 31, tzinfo=UTC)]
    cloud = open_cloud(tmp_path, now=lambda: times[-1])
    make(cloud, thing)
    drop(cloud, thing)
    times.append(times[0] + timedelta(days=days, seconds=-1))
    assert words in refusal_of_making(cloud, thing)
    times.append(times[0] + timedelta(days=days))
    make(cloud, thing)


def test_names_stay_reserved_when_another_process_takes_the_cloud_over(tmp_path: Path) -> None:
    cloud = open_cloud(tmp_path)
    make(cloud, things.instance())
    drop(cloud, things.instance())
    assert "until one week" in refusal_of_making(open_cloud(tmp_path), things.instance())


def test_an_api_that_is_not_to_be_disabled_stays_enabled(tmp_path: Path) -> None:
    cloud = open_cloud(tmp_path)
    kept = things.service("dns")
    gone = things.service("redis").with_inputs(disableOnDestroy=True)
    make(cloud, kept, gone)
    drop(cloud, kept)
    drop(cloud, gone)
    assert (there(cloud, kept), there(cloud, gone)) == (True, False)


def test_objects_of_other_packages_are_kept_and_told_apart(tmp_path: Path) -> None:
    cloud, type_ = open_cloud(tmp_path), "kubernetes:core/v1:Namespace"
    for scope in ("kubernetes one", "kubernetes two"):
        cloud.create(scope, type_, "argocd", {"metadata": {}}, {"metadata": {}})
    with pytest.raises(ServiceError) as caught:
        cloud.create("kubernetes one", type_, "argocd", {}, {})
    assert str(caught.value) == f'{type_} "argocd" already exists'
    cloud.update("kubernetes one", type_, "argocd", {"a": 1}, {"a": 1})
    cloud.delete("kubernetes two", type_, "argocd", {})
    assert [record.inputs for record in cloud.records("kubernetes one", type_)] == [{"a": 1}]
    assert cloud.records("kubernetes two", type_) == ()
    with pytest.raises(ServiceError, match='"argocd" not found'):
        cloud.update("kubernetes two", type_, "argocd", {}, {})


def test_a_call_has_happened_before_it_takes_its_time(tmp_path: Path) -> None:
    """Who is cut off while waiting leaves the resource behind, as with the real services."""
    seen: list[bool] = []

    def cut_off(_: float) -> None:
        seen.append(there(open_cloud(tmp_path), things.network()))
        raise KeyboardInterrupt

    cloud = open_cloud(tmp_path, latencies=Latencies(1, sleep=cut_off))
    with pytest.raises(KeyboardInterrupt):
        make(cloud, things.network())
    assert seen == [True]


def test_others_are_served_while_one_call_takes_its_time(tmp_path: Path) -> None:
    waits: list[float] = []

    def meanwhile(wait: float) -> None:
        waits.append(wait)
        if len(waits) == 1:
            make(cloud, things.bucket())

    cloud = open_cloud(tmp_path, latencies=Latencies(1, sleep=meanwhile))
    make(cloud, things.network())
    expected = [
        seconds(one.type, "create", one.inputs) for one in (things.network(), things.bucket())
    ]
    assert waits == expected


def test_a_refused_call_takes_no_time(tmp_path: Path) -> None:
    waits: list[float] = []
    cloud = open_cloud(tmp_path, latencies=Latencies(1, sleep=waits.append))
    refusal_of_making(cloud, things.subnetwork())
    make(open_cloud(tmp_path), things.network())
    refusal_of_dropping(cloud, things.network(deletionPolicy="PREVENT"))
    assert waits == []
