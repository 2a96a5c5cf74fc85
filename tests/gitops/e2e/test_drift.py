"""What hands do to a cluster: healed, reported, or left alone, as designed; what Git drops goes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import builders
import pytest
import rendered
import yaml
from argo import NAMESPACE
from synced_platform import ROOT, SyncedPlatform
from waiting import eventually

pytestmark = [pytest.mark.gitops, pytest.mark.xdist_group("drift")]
BASE = "gitops/base"


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SyncedPlatform]:
    """A cluster of the first phase, in sync; every test leaves it so."""
    folder: Path = tmp_path_factory.mktemp("drift")
    with SyncedPlatform(folder) as made:
        made.climb("mvp")
        made.wait(applications())
        yield made


def applications() -> list[str]:
    return list(rendered.overlays()[0].applications)


def file(path: str) -> str:
    return (builders.ROOT / path).read_text(encoding="utf-8")


def test_a_changed_deployment_is_set_back(platform: SyncedPlatform) -> None:
    platform.patch("Deployment", "web", {"spec": {"replicas": 7}})
    platform.patch("ResourceQuota", "ceiling", {"spec": {"hard": {"requests.cpu": "64"}}})
    platform.look()
    assert eventually(lambda: platform.get("Deployment", "web")["spec"]["replicas"] == 1)
    assert eventually(
        lambda: platform.get("ResourceQuota", "ceiling")["spec"]["hard"]["requests.cpu"] != "64"
    ), "nobody lifts the ceiling by hand"
    platform.wait(applications())


def test_a_deleted_object_comes_back(platform: SyncedPlatform) -> None:
    path = platform.api.path("networking.k8s.io/v1", "NetworkPolicy", "apps", "default-deny")
    before = platform.get("NetworkPolicy", "default-deny")["metadata"]["uid"]
    platform.api.request("DELETE", path)
    platform.look()
    assert eventually(lambda: platform.find("NetworkPolicy", "default-deny"))
    assert platform.get("NetworkPolicy", "default-deny")["metadata"]["uid"] != before
    platform.wait(applications())


def test_what_nobody_declared_is_left_alone(platform: SyncedPlatform) -> None:
    mine = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "by-hand", "namespace": "apps"},
        "data": {"note": "an experiment"},
    }
    platform.api.apply(mine)
    platform.look()
    platform.wait(applications())
    assert platform.find("ConfigMap", "by-hand"), "only what Argo CD made is Argo CD's to prune"


def test_what_git_drops_goes_and_what_is_protected_stays(platform: SyncedPlatform) -> None:
    network = f"{BASE}/access/network.yaml"
    kept = [one for one in yaml.safe_load_all(file(network)) if one["metadata"]["name"] != "traces"]
    platform.push({network: yaml.safe_dump_all(kept)}, "Drop a policy")
    assert eventually(lambda: platform.find("NetworkPolicy", "traces") is None)
    platform.wait(applications())
    platform.push({network: file(network)}, "Bring it back")
    assert eventually(lambda: platform.find("NetworkPolicy", "traces"))
    platform.wait(applications())

    root = f"{BASE}/root/kustomization.yaml"
    without = file(root).replace("  - namespaces.yaml\n", "")
    platform.push({root: without}, "Drop the namespaces by mistake")
    assert eventually(
        lambda: platform.argo.application(ROOT)["status"]["sync"]["status"] == "OutOfSync"
    ), "it is reported"
    asks = {one["name"] for one in platform.argo.resources(ROOT) if one.get("requiresPruning")}
    assert asks == {"apps", "platform"}
    assert platform.find("Namespace", "apps", "")["status"]["phase"] == "Active"  # type: ignore[index]
    platform.push({root: file(root)}, "Bring them back")
    platform.wait(applications())


def test_deleting_an_application_by_hand_deletes_nothing_that_runs(
    platform: SyncedPlatform,
) -> None:
    before = platform.get("Deployment", "web")["metadata"]["uid"]
    path = platform.api.path("argoproj.io/v1alpha1", "Application", NAMESPACE, "app")
    platform.api.request("DELETE", path)
    platform.look()
    platform.wait(applications())
    assert platform.get("Deployment", "web")["metadata"]["uid"] == before, "it never went"


def test_a_release_rolls_on_and_its_revert_rolls_back(platform: SyncedPlatform) -> None:
    image = "gitops/image/kustomization.yaml"
    before = running(platform)
    digest = "sha256:" + "1" * 64
    release = platform.push({image: file(image).replace("sha256:" + "0" * 64, digest)}, "Release")
    platform.wait(applications())
    assert all(one.endswith(digest) for one in running(platform).values())
    assert set(running(platform)) == {"web", "web-spot", "worker", "migrations"}
    platform.repository.revert(release)
    platform.look()
    platform.wait(applications())
    assert running(platform) == before, "rollback is a revert"


def running(platform: SyncedPlatform) -> dict[str, str]:
    """The application's image in every workload that runs it."""
    found = {}
    for version, kind in (("apps/v1", "Deployment"), ("batch/v1", "Job")):
        for one in platform.api.list(version, kind, "apps"):
            (container,) = one["spec"]["template"]["spec"]["containers"]
            if "/reference-app@" in container["image"]:
                found[one["metadata"]["name"]] = container["image"]
    return found


def test_a_broken_release_takes_nothing_away(platform: SyncedPlatform) -> None:
    """A pod that the API server refuses: the old ones go on, and the sync says what is wrong."""
    deployment = f"{BASE}/web/deployment.yaml"
    broken = file(deployment).replace("runAsNonRoot: true", "runAsNonRoot: false")
    ready_before = ready(platform, "web")
    release = platform.push({deployment: broken}, "A pod that may be root")
    assert eventually(lambda: "violates PodSecurity" in failure(platform))
    assert ready(platform, "web") == ready_before
    platform.repository.revert(release)
    platform.look()
    platform.wait(applications())


def test_replicas_are_the_autoscalers_up_to_its_maximum_and_within_the_quota(
    platform: SyncedPlatform,
) -> None:
    """A peak fills the tier to what is priced as its ceiling; Argo CD does not set it back."""
    most = platform.get("HorizontalPodAutoscaler", "web-spot")["spec"]["maxReplicas"]
    platform.metrics.busy = 2.0
    try:
        assert eventually(lambda: ready(platform, "web-spot") == most), "all of them have room"
        platform.look()
        platform.wait(applications())
        assert ready(platform, "web-spot") == most, "Argo CD leaves the number alone"
        platform.patch("Deployment", "web-spot", {"spec": {"replicas": most + 5}})
        assert eventually(lambda: "exceeded quota" in failure(platform)), "the ceiling of the bill"
        assert eventually(
            lambda: platform.get("Deployment", "web-spot")["spec"]["replicas"] == most
        ), "the autoscaler's maximum holds"
    finally:
        platform.metrics.busy = 0.3
    assert eventually(lambda: platform.get("Deployment", "web-spot")["spec"]["replicas"] <= most)
    platform.wait(applications())


def ready(platform: SyncedPlatform, name: str) -> int:
    return int(platform.get("Deployment", name)["status"].get("availableReplicas", 0))


def failure(platform: SyncedPlatform) -> str:
    """Why the API server refuses pods of the tier on spot."""
    return " ".join(
        condition.get("message", "")
        for one in platform.api.list("apps/v1", "ReplicaSet", "apps")
        for condition in one.get("status", {}).get("conditions", [])
    )
