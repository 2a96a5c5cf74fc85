"""A real Argo CD syncs every overlay to a real control plane, in order, and keeps it so."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import rendered
from argo import NAMESPACE, VERSION
from kube_api import Json
from rendered import Overlay
from simulated_nodes import NODES, SPOT
from synced_platform import ROOT, SyncedPlatform
from waiting import eventually

from palier.overlay.values import Overlay as Values

pytestmark = pytest.mark.gitops
WAVE = "argocd.argoproj.io/sync-wave"


def each_overlay() -> list[Any]:
    """All overlays; each in a group of its own, for they stand in clusters of their own."""
    return [
        pytest.param(one, id=one.name, marks=pytest.mark.xdist_group(f"overlay {one.name}"))
        for one in rendered.overlays()
    ]


@pytest.fixture(scope="module", params=each_overlay())
def overlay(request: pytest.FixtureRequest) -> Overlay:
    """The overlay that a cluster is given."""
    found: Overlay = request.param
    return found


@pytest.fixture(scope="module")
def platform(
    overlay: Overlay, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SyncedPlatform]:
    """A cluster that has synced the overlay for the first time."""
    folder: Path = tmp_path_factory.mktemp("platform")
    with SyncedPlatform(folder) as made:
        made.climb(overlay.name)
        made.wait(overlay.applications)
        yield made


def test_every_object_of_the_overlay_is_there_as_it_is_in_git(
    platform: SyncedPlatform, overlay: Overlay
) -> None:
    for name, objects in overlay.objects.items():
        synced = {
            (one["kind"], one.get("namespace", ""), one["name"]): one["status"]
            for one in platform.argo.resources(name) if not one.get("hook")
        }  # fmt: skip
        wanted = {
            (one["kind"], one["metadata"].get("namespace", ""), one["metadata"]["name"])
            for one in objects if not hook(one)
        }  # fmt: skip
        assert set(synced) == wanted, name
        assert set(synced.values()) == {"Synced"}, name


def hook(one: Json) -> bool:
    return "argocd.argoproj.io/hook" in one["metadata"].get("annotations", {})


def test_waves_came_in_order(platform: SyncedPlatform, overlay: Overlay) -> None:
    """An Application was made once all of the earlier waves had been synced."""
    there = platform.argo.applications()
    waves = {
        one["metadata"]["name"]: int(one["metadata"]["annotations"][WAVE])
        for one in overlay.root if one["kind"] in {"Application", "ApplicationSet"}
    }  # fmt: skip
    for name, application in there.items():
        if name not in waves:
            continue
        made = application["metadata"]["creationTimestamp"]
        for earlier in (one for one in there if waves.get(one, 99) < waves[name]):
            finished = platform.argo.history(earlier)[0]["deployedAt"]
            assert finished <= made, f"{earlier} was synced at {finished}, {name} made at {made}"


def test_the_quota_controller_counts_what_is_recorded(
    platform: SyncedPlatform, values: Values
) -> None:
    for namespace in ("apps", "platform"):
        pods = values.of(namespace)
        wanted = (
            sum(int(pod.replicas_floor) * pod.cpu_m for pod in pods),
            sum(int(pod.replicas_floor) * pod.memory_mib for pod in pods),
        )
        assert eventually(lambda: used(platform, namespace) == wanted), (  # noqa: B023 asked at once
            f"{namespace}: {used(platform, namespace)}, recorded {wanted}"
        )


@pytest.fixture
def values(overlay: Overlay) -> Values:
    """What the program records for the overlay's cluster."""
    return rendered.values(overlay)


def used(platform: SyncedPlatform, namespace: str) -> tuple[int, int]:
    """Millicores and MiB that the API server counts against a quota."""
    told = platform.get("ResourceQuota", "ceiling", namespace)["status"]["used"]
    return millicores(told["requests.cpu"]), mebibytes(told["requests.memory"])


def millicores(text: str) -> int:
    return int(text[:-1]) if text.endswith("m") else int(text) * 1000


def mebibytes(text: str) -> int:
    units = {"Ki": 1 / 1024, "Mi": 1, "Gi": 1024}
    return int(int(text[:-2]) * units[text[-2:]]) if text[-2:] in units else int(text) >> 20


def test_spot_pods_are_on_spot_nodes_and_no_other_is(
    platform: SyncedPlatform, values: Values
) -> None:
    spot = {name for name, (_, is_spot) in NODES.items() if is_spot}
    for pod in platform.api.list("v1", "Pod", "apps") + platform.api.list("v1", "Pod", "platform"):
        if pod["status"]["phase"] == "Succeeded":
            continue
        name = owner(platform, pod)
        assert (pod["spec"]["nodeName"] in spot) == values.pods[name].spot, name
        assert (SPOT in pod["spec"].get("nodeSelector", {})) == values.pods[name].spot, name


def owner(platform: SyncedPlatform, pod: Json) -> str:
    """The workload that a pod is of."""
    (above,) = pod["metadata"]["ownerReferences"]
    if above["kind"] == "ReplicaSet":
        made = platform.get("ReplicaSet", above["name"], pod["metadata"]["namespace"])
        (above,) = made["metadata"]["ownerReferences"]
    return str(above["name"])


def test_pod_security_is_enforced_where_workloads_are(platform: SyncedPlatform) -> None:
    for namespace in ("apps", "platform"):
        pod = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "intruder", "namespace": namespace},
            "spec": {"containers": [{"name": "main", "image": "x"}]},
        }
        assert "violates PodSecurity" in platform.refused(pod), namespace


def test_a_second_sync_changes_nothing(platform: SyncedPlatform, overlay: Overlay) -> None:
    before = state(platform, overlay)
    for name in platform.argo.applications():
        sync = {"operation": {"sync": {"revision": platform.repository.head}}}
        platform.api.patch(VERSION, "Application", name, sync, NAMESPACE)
    platform.wait(overlay.applications)
    after = state(platform, overlay)
    assert [key for key in before if after[key] != before[key]] == []


def state(platform: SyncedPlatform, overlay: Overlay) -> dict[tuple[str, str, str], Any]:
    """Who every object is, and all that it asks for."""
    found = {}
    for _, one in overlay.all():
        if hook(one):
            continue
        metadata = one["metadata"]
        key = one["kind"], metadata.get("namespace", ""), metadata["name"]
        there = platform.api.get(
            one["apiVersion"], one["kind"], metadata["name"], metadata.get("namespace")
        )
        content = {k: v for k, v in there.items() if k not in {"metadata", "status", "operation"}}
        found[key] = there["metadata"]["uid"], content
    return found


def test_the_facts_are_what_pulumi_handed_over(platform: SyncedPlatform, overlay: Overlay) -> None:
    told = platform.get("Secret", "palier-facts")["data"]
    assert set(told) >= {"phase", "site", "database-eu-1-host"}
    health = platform.argo.application(ROOT)["status"]["health"]["status"]
    assert health == "Healthy", overlay.name
