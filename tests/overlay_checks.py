"""What holds in a cluster in sync with an overlay, as its API server and Argo CD tell it."""

from __future__ import annotations

from typing import Any, Final

from argo import NAMESPACE, VERSION
from kube_api import Json
from rendered import Overlay, values
from simulated_nodes import NODES, SPOT
from synced_platform import SyncedPlatform
from waiting import eventually

WAVE: Final = "argocd.argoproj.io/sync-wave"
TRACKED: Final = "argocd.argoproj.io/tracking-id"


def all_of_them(platform: SyncedPlatform, overlay: Overlay) -> None:
    """Everything that holds whatever came before."""
    every_object_is_as_it_is_in_git(platform, overlay)
    nobody_owns_what_another_owns(platform)
    the_quota_controller_counts_what_is_recorded(platform, overlay)
    spot_pods_are_on_spot_nodes_and_no_other_is(platform, overlay)
    pod_security_is_enforced(platform)
    a_second_sync_changes_nothing(platform, overlay)


def every_object_is_as_it_is_in_git(platform: SyncedPlatform, overlay: Overlay) -> None:
    """Each Application has the objects that its folder renders to, and no other."""
    for name, objects in overlay.objects.items():
        synced = {
            (one["kind"], one.get("namespace", ""), one["name"]): one["status"]
            for one in platform.argo.resources(name)
        }
        wanted = {
            (one["kind"], one["metadata"].get("namespace", ""), one["metadata"]["name"])
            for one in objects
        }
        assert set(synced) == wanted, name
        assert set(synced.values()) == {"Synced"}, name


def nobody_owns_what_another_owns(platform: SyncedPlatform) -> None:
    """Argo CD warns of no Application, shared objects included, and tracks nothing of Pulumi's."""
    for name, application in platform.argo.applications().items():
        assert application["status"].get("conditions", []) == [], name
    for version, kind, name in (
        ("v1", "Namespace", NAMESPACE), (VERSION, "AppProject", "palier"),
        (VERSION, "Application", "root"),
    ):  # fmt: skip
        one = platform.api.get(version, kind, name, None if kind == "Namespace" else NAMESPACE)
        assert TRACKED not in one["metadata"].get("annotations", {}), f"{kind} {name}"


def waves_came_in_order(platform: SyncedPlatform, overlay: Overlay) -> None:
    """An Application was made once all of the earlier waves had been synced: at first only."""
    there = platform.argo.applications()
    waves = {
        one["metadata"]["name"]: int(one["metadata"]["annotations"][WAVE])
        for one in overlay.root if one["kind"] == "Application"
    }  # fmt: skip
    for name, wave in waves.items():
        made = there[name]["metadata"]["creationTimestamp"]
        for earlier in (one for one in waves if waves[one] < wave):
            finished = platform.argo.history(earlier)[0]["deployedAt"]
            assert finished <= made, f"{earlier} was synced at {finished}, {name} made at {made}"


def the_quota_controller_counts_what_is_recorded(
    platform: SyncedPlatform, overlay: Overlay
) -> None:
    """What pods request, as the API server adds it up: the floor of the bill, to the millicore."""
    for namespace in ("apps", "platform"):
        pods = values(overlay).of(namespace)
        wanted = (
            sum(int(pod.replicas_floor) * pod.cpu_m for pod in pods),
            sum(int(pod.replicas_floor) * pod.memory_mib for pod in pods),
        )
        assert eventually(lambda: used(platform, namespace) == wanted), (  # noqa: B023 asked at once
            f"{namespace}: {used(platform, namespace)}, recorded {wanted}"
        )


def used(platform: SyncedPlatform, namespace: str) -> tuple[int, int]:
    """Millicores and MiB that the API server counts against a quota."""
    told = platform.get("ResourceQuota", "ceiling", namespace)["status"]["used"]
    return millicores(told["requests.cpu"]), mebibytes(told["requests.memory"])


def millicores(text: str) -> int:
    """CPU as the API server writes it."""
    return int(text[:-1]) if text.endswith("m") else int(text) * 1000


def mebibytes(text: str) -> int:
    """Memory as the API server writes it."""
    units = {"Ki": 1 / 1024, "Mi": 1, "Gi": 1024}
    return int(int(text[:-2]) * units[text[-2:]]) if text[-2:] in units else int(text) >> 20


def spot_pods_are_on_spot_nodes_and_no_other_is(platform: SyncedPlatform, overlay: Overlay) -> None:
    """The scheduler put every pod where its price is."""
    recorded = values(overlay).pods
    spot = {name for name, (_, is_spot) in NODES.items() if is_spot}
    for pod in platform.api.list("v1", "Pod", "apps") + platform.api.list("v1", "Pod", "platform"):
        if pod["status"]["phase"] == "Succeeded" or "deletionTimestamp" in pod["metadata"]:
            continue
        name = owner(platform, pod)
        assert (pod["spec"]["nodeName"] in spot) == recorded[name].spot, name
        assert (SPOT in pod["spec"].get("nodeSelector", {})) == recorded[name].spot, name


def owner(platform: SyncedPlatform, pod: Json) -> str:
    """The workload that a pod is of."""
    (above,) = pod["metadata"]["ownerReferences"]
    if above["kind"] == "ReplicaSet":
        made = platform.get("ReplicaSet", above["name"], pod["metadata"]["namespace"])
        (above,) = made["metadata"]["ownerReferences"]
    return str(above["name"])


def pod_security_is_enforced(platform: SyncedPlatform) -> None:
    """A pod without a security context is refused where workloads are."""
    for namespace in ("apps", "platform"):
        pod = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "intruder", "namespace": namespace},
            "spec": {"containers": [{"name": "main", "image": "x"}]},
        }
        assert "violates PodSecurity" in platform.refused(pod), namespace


def a_second_sync_changes_nothing(platform: SyncedPlatform, overlay: Overlay) -> None:
    """Every Application is synced again by hand; every object stays the one it was."""
    before = state(platform, overlay)
    for name, application in platform.argo.applications().items():
        # As whoever presses the button: with the Application's own options.
        options = application["spec"]["syncPolicy"]["syncOptions"]
        sync = {"revision": platform.repository.head, "syncOptions": options}
        platform.api.patch(VERSION, "Application", name, {"operation": {"sync": sync}}, NAMESPACE)
    platform.wait(overlay.applications)
    after = state(platform, overlay)
    assert [key for key in before if after[key] != before[key]] == []


def state(platform: SyncedPlatform, overlay: Overlay) -> dict[tuple[str, str, str], Any]:
    """Who every object is, and all that it asks for."""
    found = {}
    for _, one in overlay.all():
        metadata = one["metadata"]
        key = one["kind"], metadata.get("namespace", ""), metadata["name"]
        there = platform.api.get(
            one["apiVersion"], one["kind"], metadata["name"], metadata.get("namespace")
        )
        content = {k: v for k, v in there.items() if k not in {"metadata", "status", "operation"}}
        found[key] = there["metadata"]["uid"], content
    return found
