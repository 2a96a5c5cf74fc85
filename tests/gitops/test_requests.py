"""What the manifests ask for is what the estimate prices, to the millicore, in every overlay."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import builders
import pytest
import rendered
from rendered import Object, Overlay, every_overlay

from components.argocd_values import argocd_requests
from palier.cost.pricers.clusters import EPHEMERAL_GIB
from palier.workloads import ARGOCD

pytestmark = pytest.mark.manifests
SPOT = "cloud.google.com/gke-spot"


@dataclass(frozen=True)
class Asked:
    """A workload as both sides can say it."""

    floor: int
    ceiling: int
    cpu_m: int
    mib: int
    spot: bool
    gib: int


def recorded(overlay: Overlay) -> dict[tuple[str, str], Asked]:
    """The recorded workloads of an overlay's cluster."""
    return {
        (pod.namespace, pod.name): Asked(
            floor=whole(pod.replicas_floor),
            ceiling=whole(pod.replicas_ceiling),
            cpu_m=pod.cpu_m,
            mib=pod.memory_mib,
            spot=pod.spot,
            gib=pod.volume_gib,
        )
        for pod in rendered.values(overlay).pods.values()
    }


def whole(number: Decimal) -> int:
    assert number == int(number), "no manifest has a part of a pod"
    return int(number)


def run(overlay: Overlay) -> Iterator[tuple[tuple[str, str], Asked]]:
    """The workloads that the manifests run."""
    scalers = {
        (one["metadata"]["namespace"], one["spec"]["scaleTargetRef"]["name"]): one["spec"]
        for one in overlay.of("HorizontalPodAutoscaler")
    }
    for one in overlay.of("Deployment", "StatefulSet", "DaemonSet"):
        key = one["metadata"]["namespace"], one["metadata"]["name"]
        scaler = scalers.get(key)
        if scaler:
            assert "replicas" not in one["spec"], f"{key}: the autoscaler decides"
        replicas = 0 if scaler else one["spec"]["replicas"]
        pod = one["spec"]["template"]["spec"]
        yield (
            key,
            Asked(
                floor=scaler["minReplicas"] if scaler else replicas,
                ceiling=scaler["maxReplicas"] if scaler else replicas,
                cpu_m=effective(pod, "cpu"),
                mib=effective(pod, "memory"),
                spot=pod.get("nodeSelector", {}).get(SPOT) == "true",
                gib=sum(volume(claim) for claim in one["spec"].get("volumeClaimTemplates", [])),
            ),
        )


def effective(pod: Object, what: str) -> int:
    """What a pod is scheduled and billed by: its containers, or one init container that is more."""
    asked = [amount(each, what) for each in pod["containers"]]
    first = [amount(each, what) for each in pod.get("initContainers", [])]
    return max(sum(asked), *first, 0)


def amount(container: Object, what: str) -> int:
    """Millicores or MiB that a container requests; one that does not say fails the test."""
    return quantity(container["resources"]["requests"][what])


def quantity(text: str) -> int:
    """Millicores of `250m`, MiB of `512Mi`."""
    for unit in ("m", "Mi"):
        if text.endswith(unit):
            return int(text.removesuffix(unit))
    message = f"{text}: this design writes m and Mi"
    raise AssertionError(message)


def volume(claim: Object) -> int:
    return int(claim["spec"]["resources"]["requests"]["storage"].removesuffix("Gi"))


@every_overlay
def test_every_workload_is_run_as_it_is_recorded(overlay: Overlay) -> None:
    manifests = dict(run(overlay))
    priced = {key: one for key, one in recorded(overlay).items() if key[0] != ARGOCD}
    assert manifests == priced


@every_overlay
def test_requests_add_up_to_what_is_priced_with_argo_cds_own(overlay: Overlay) -> None:
    (release,) = [
        fact for fact in builders.recorded(overlay.phase)
        if fact.type == "kubernetes:helm.sh/v3:Release"
        and fact.name == f"argocd-{rendered.values(overlay).cluster}-release"
    ]  # fmt: skip
    own = argocd_requests(release.read("values"))
    for bound in ("floor", "ceiling"):
        cpu = mib = 0
        for _, one in run(overlay):
            cpu += getattr(one, bound) * one.cpu_m
            mib += getattr(one, bound) * one.mib
        for replicas, cpu_m, memory_mib in own.values():
            cpu += replicas * cpu_m
            mib += replicas * memory_mib
        asked = recorded(overlay).values()
        assert cpu == sum(getattr(one, bound) * one.cpu_m for one in asked), bound
        assert mib == sum(getattr(one, bound) * one.mib for one in asked), bound


@every_overlay
def test_pods_ask_for_the_ephemeral_storage_that_is_priced(overlay: Overlay) -> None:
    for one in overlay.of("Deployment", "StatefulSet"):
        pod = one["spec"]["template"]["spec"]
        assert effective(pod, "ephemeral-storage") == EPHEMERAL_GIB * 1024, one["metadata"]["name"]


@every_overlay
def test_quotas_of_all_namespaces_are_the_ceiling_that_is_priced(overlay: Overlay) -> None:
    hard = [one["spec"]["hard"] for one in overlay.of("ResourceQuota")]
    own = rendered.values(overlay)
    assert sum(quantity(each["requests.cpu"]) for each in hard) == own.quota_cpu_m
    assert sum(quantity(each["requests.memory"]) for each in hard) == own.quota_mib
    gib = sum(int(each["requests.storage"].removesuffix("Gi")) for each in hard)
    assert gib == sum(one.ceiling * one.gib for one in recorded(overlay).values())


@every_overlay
def test_all_pods_of_a_namespace_fit_its_quota_with_a_job_beside_them(overlay: Overlay) -> None:
    for quota in overlay.of("ResourceQuota"):
        namespace, hard = quota["metadata"]["namespace"], quota["spec"]["hard"]
        pods = [one for key, one in recorded(overlay).items() if key[0] == namespace]
        jobs = [
            one["spec"]["template"]["spec"] for one in overlay.of("Job")
            if one["metadata"]["namespace"] == namespace
        ]  # fmt: skip
        cpu = sum(one.ceiling * one.cpu_m for one in pods)
        mib = sum(one.ceiling * one.mib for one in pods)
        cpu += sum(effective(job, "cpu") for job in jobs)
        mib += sum(effective(job, "memory") for job in jobs)
        assert cpu <= quantity(hard["requests.cpu"]), namespace
        assert mib <= quantity(hard["requests.memory"]), namespace


@every_overlay
def test_argo_cds_own_update_finds_room(overlay: Overlay) -> None:
    """Its chart's hook, and one more of each pod that is not updated in place."""
    values = builders.recorded(overlay.phase)
    release = next(fact for fact in values if fact.type == "kubernetes:helm.sh/v3:Release")
    own = {key[1]: pod for key, pod in recorded(overlay).items() if key[0] == ARGOCD}
    (hard,) = [
        one["spec"]["hard"] for one in overlay.of("ResourceQuota")
        if one["metadata"]["namespace"] == ARGOCD
    ]  # fmt: skip
    cpu = quantity(hard["requests.cpu"]) - sum(one.ceiling * one.cpu_m for one in own.values())
    mib = quantity(hard["requests.memory"]) - sum(one.ceiling * one.mib for one in own.values())
    hook = release.read("values")["redisSecretInit"]
    assert amount(hook, "cpu") <= cpu
    assert amount(hook, "memory") <= mib
    for name in ("argocd-redis", "argocd-redis-ha-haproxy"):
        if name in own:
            assert own[name].cpu_m <= cpu, name
            assert own[name].mib <= mib, name


@every_overlay
def test_an_update_of_a_pod_without_room_to_spare_takes_one_away_first(overlay: Overlay) -> None:
    for one in overlay.of("Deployment"):
        namespace, name = one["metadata"]["namespace"], one["metadata"]["name"]
        strategy = one["spec"]["strategy"]
        if strategy.get("type") == "Recreate" or strategy["rollingUpdate"]["maxSurge"] == 0:
            continue
        asked = {key: each for key, each in recorded(overlay).items() if key[0] == namespace}
        (hard,) = [
            quota["spec"]["hard"] for quota in overlay.of("ResourceQuota")
            if quota["metadata"]["namespace"] == namespace
        ]  # fmt: skip
        busy = sum(each.floor * each.cpu_m for each in asked.values())
        full = sum(each.floor * each.mib for each in asked.values())
        pod = asked[namespace, name]
        assert busy + pod.cpu_m <= quantity(hard["requests.cpu"]), f"{name}: no room for a release"
        assert full + pod.mib <= quantity(hard["requests.memory"]), f"{name}: no room"


@every_overlay
def test_autoscalers_aim_at_the_target_of_the_documents(overlay: Overlay) -> None:
    found: list[Any] = overlay.of("HorizontalPodAutoscaler")
    assert found
    for one in found:
        (metric,) = one["spec"]["metrics"]
        assert metric["resource"]["name"] == "cpu"
        assert metric["resource"]["target"]["averageUtilization"] <= 70, one["metadata"]["name"]
