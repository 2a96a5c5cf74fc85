"""The manifests hold what the page of hardening says they hold: its rows name these tests.

Roles, accounts, secrets and images are looked at here; the security of pods and their way through
the network in `test_pods_of_manifests.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import builders
import pytest
import rendered
from rendered import Object, Overlay, every_overlay

from palier.overlay.values import Overlay as Values
from palier.overlay.values import overlays

pytestmark = pytest.mark.manifests
NAMESPACES: Final = {"apps", "argocd", "platform"}
OWN: Final = {"apps", "platform"}
"""Namespaces that the manifests make; Argo CD's is Pulumi's."""
WITHOUT_NAMESPACE: Final = {"Namespace", "ClusterRole", "ClusterRoleBinding"}
CALL_THE_API: Final = {"autoneg", "kube-state-metrics"}
BY_TAG: Final = "ghcr.io/googlecloudplatform/gke-autoneg-controller/gke-autoneg-controller:v2.0.0"
PINNED: Final = re.compile(r"[^@]+@sha256:[0-9a-f]{64}")
ROLES: Final = ("Role", "ClusterRole")
WIDENING: Final = {"bind", "escalate", "impersonate"}


def pods(overlay: Overlay) -> Iterator[tuple[Object, Object]]:
    """Every object that runs pods, with the pod's spec."""
    for one in overlay.of("Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob"):
        assert one["kind"] != "CronJob", "has its pod elsewhere: say here where"
        yield one, one["spec"]["template"]["spec"]


def containers(overlay: Overlay) -> Iterator[tuple[str, Object]]:
    """Every container, with the name of what runs it."""
    for one, pod in pods(overlay):
        for container in (*pod.get("initContainers", ()), *pod["containers"]):
            yield one["metadata"]["name"], container


def images(overlay: Overlay) -> set[str]:
    """Every image that runs in the overlay's cluster: the manifests' and Argo CD's own."""
    release = builders.only(
        builders.recorded(overlay.phase), ":Release", f"argocd-{values(overlay).cluster}-release"
    )
    return {container["image"] for _, container in containers(overlay)} | {
        f"{image['repository']}:{image['tag']}" for image in told(release.read("values"))
    }


def values(overlay: Overlay) -> Values:
    """What the program tells of the overlay's cluster."""
    (found,) = [
        one for one in overlays(builders.recorded(overlay.phase)) if one.name == overlay.name
    ]
    return found


def told(values: Any) -> Iterator[Any]:
    """Every image in the values of a chart, at any depth."""
    if isinstance(values, dict):
        if "repository" in values:
            yield values
        for value in values.values():
            yield from told(value)


def admitted(image: str, pattern: str) -> bool:
    """Whether Binary Authorization lets an image in: a star crosses no slash, two stars do."""
    name = pattern.rstrip("*")
    stars = len(pattern) - len(name)
    rest = image.removeprefix(name)
    if not image.startswith(name) or stars == 0:
        return image == pattern
    return stars == 2 or "/" not in rest


@every_overlay
def test_every_image_is_pinned_by_its_digest_but_one(overlay: Overlay) -> None:
    assert {image for image in images(overlay) if not PINNED.fullmatch(image)} == {BY_TAG}
    manifest = (builders.ROOT / "gitops" / "base" / "autoneg" / "controller.yaml").read_text()
    above, _, below = manifest.partition(f"image: {BY_TAG}")
    assert "digest" in above.splitlines()[-2], "the manifest says why"
    assert "imagePullPolicy: Always" in below.splitlines()[1], "a tag may come to mean another"


@every_overlay
def test_every_image_is_admitted_by_the_policy_of_the_project(overlay: Overlay) -> None:
    policy = builders.only(builders.recorded(overlay.phase), "binaryauthorization/policy:Policy")
    patterns = [row["namePattern"] for row in policy.read("admissionWhitelistPatterns")]
    assert len(images(overlay)) > 3
    for image in images(overlay):
        assert any(admitted(image, pattern) for pattern in patterns), image


def test_patterns_are_read_as_google_reads_them() -> None:
    assert admitted("docker.io/a/b@sha256:0", "docker.io/a/b@*")
    assert admitted("docker.io/a/b:1", "docker.io/a/*")
    assert not admitted("docker.io/a/b/c:1", "docker.io/a/*")
    assert admitted("docker.io/a/b/c:1", "docker.io/a/**")
    assert not admitted("docker.io/a/b:1", "docker.io/a/b")


@every_overlay
def test_roles_grant_what_they_name_and_nothing_that_widens_them(overlay: Overlay) -> None:
    rules = [
        (role["metadata"]["name"], rule) for role in overlay.of(*ROLES) for rule in role["rules"]
    ]
    assert rules
    for name, rule in rules:
        for key in ("apiGroups", "resources", "verbs"):
            assert not any("*" in value for value in rule[key]), f"{name}: a star in {key}"
        assert not WIDENING & set(rule["verbs"]), name
        kinds = {resource.partition("/")[0] for resource in rule["resources"]}
        assert "secrets" not in kinds, f"{name}: secrets are files here"
        assert not kinds & {"roles", "clusterroles", "pods"}, f"{name}: whoever makes them has all"


@every_overlay
def test_accounts_are_bound_to_roles_of_the_overlay_and_to_no_other(overlay: Overlay) -> None:
    roles = {
        (one["kind"], one["metadata"].get("namespace", ""), one["metadata"]["name"])
        for one in overlay.of(*ROLES)
    }
    for one in overlay.of("RoleBinding", "ClusterRoleBinding"):
        role, here = one["roleRef"], one["metadata"].get("namespace", "")
        where = here if role["kind"] == "Role" else ""
        assert (role["kind"], where, role["name"]) in roles, f"{role['name']} is not ours"
        for subject in one["subjects"]:
            assert subject["kind"] == "ServiceAccount", one["metadata"]["name"]
            assert (subject["namespace"], subject["name"]) in accounts(overlay)


def accounts(overlay: Overlay) -> set[tuple[str, str]]:
    """Service accounts of the overlay, by namespace and name."""
    return {
        (one["metadata"]["namespace"], one["metadata"]["name"])
        for one in overlay.of("ServiceAccount")
    }


@every_overlay
def test_no_pod_runs_as_the_account_that_its_namespace_came_with(overlay: Overlay) -> None:
    for one, pod in pods(overlay):
        account = pod.get("serviceAccountName", "default")
        assert account != "default", one["metadata"]["name"]
        assert (one["metadata"]["namespace"], account) in accounts(overlay)


@every_overlay
def test_only_pods_that_call_the_api_have_its_token(overlay: Overlay) -> None:
    for one in overlay.of("ServiceAccount"):
        assert one["automountServiceAccountToken"] is False, one["metadata"]["name"]
    having = set()
    for one, pod in pods(overlay):
        if pod.get("automountServiceAccountToken", True):
            having.add(one["metadata"]["name"])
        for volume in pod.get("volumes", ()):
            parts = volume.get("projected", {}).get("sources", ())
            assert not any("serviceAccountToken" in part for part in parts), volume["name"]
    assert having == CALL_THE_API & {one["metadata"]["name"] for one, _ in pods(overlay)}


@every_overlay
def test_secrets_are_files_and_no_manifest_has_one(overlay: Overlay) -> None:
    for name, container in containers(overlay):
        for variable in container.get("env", ()):
            assert "secretKeyRef" not in variable.get("valueFrom", {}), f"{name}: {variable}"
        for source in container.get("envFrom", ()):
            assert "secretRef" not in source, f"{name}: {source}"
    for one in overlay.of("Secret"):
        assert not {"data", "stringData"} & set(one), f"{one['metadata']['name']} is in git"


@every_overlay
def test_no_object_is_left_to_the_default_namespace(overlay: Overlay) -> None:
    for _, one in overlay.all():
        here = one["metadata"].get("namespace")
        allowed = {None} if one["kind"] in WITHOUT_NAMESPACE else NAMESPACES
        assert here in allowed, "/".join(rendered.identity(one))


@every_overlay
def test_namespaces_enforce_the_restricted_standard(overlay: Overlay) -> None:
    found = {one["metadata"]["name"]: one["metadata"]["labels"] for one in overlay.of("Namespace")}
    assert set(found) == OWN
    for name, labels in found.items():
        assert labels["pod-security.kubernetes.io/enforce"] == "restricted", name


@every_overlay
def test_every_namespace_has_a_quota_that_bounds_the_bill(overlay: Overlay) -> None:
    quotas = {
        one["metadata"]["namespace"]: one["spec"]["hard"] for one in overlay.of("ResourceQuota")
    }
    assert set(quotas) == NAMESPACES
    for namespace, hard in quotas.items():
        assert {"requests.cpu", "requests.memory", "requests.storage"} <= set(hard), namespace
        assert hard["services.loadbalancers"] == hard["services.nodeports"] == "0", namespace


@every_overlay
def test_the_cache_has_the_only_volume_and_a_small_one(overlay: Overlay) -> None:
    claims = [
        (one["metadata"]["name"], claim["spec"]["resources"]["requests"]["storage"])
        for one in overlay.of("StatefulSet")
        for claim in one["spec"].get("volumeClaimTemplates", ())
    ]
    assert claims == ([("valkey", "1Gi")] if "cache" in overlay.applications else [])
    assert not overlay.of("PersistentVolumeClaim", "PersistentVolume")
