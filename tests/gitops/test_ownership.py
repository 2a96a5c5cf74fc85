"""Who owns what, and in which order: one owner an object, none that Pulumi has, waves that end."""

from __future__ import annotations

import fnmatch
from collections import Counter
from collections.abc import Iterator
from typing import Any

import builders
import pytest
import rendered
from rendered import Object, Overlay, every_overlay

from palier.facts import Fact

pytestmark = pytest.mark.manifests
WAVE = "argocd.argoproj.io/sync-wave"
OPTIONS = "argocd.argoproj.io/sync-options"
CLUSTER_KINDS = {"Namespace", "ClusterRole", "ClusterRoleBinding", "StorageClass"}
BEFORE = (("guard", "cache"), ("guard", "pooler"), ("guard", "autoneg"), ("pooler", "app"),
          ("cache", "app"), ("collector", "app"), ("autoneg", "app"), ("pooler", "services"),
          ("access", "migrations"), ("migrations", "services"), ("services", "app"))  # fmt: skip
"""What has to be there before what."""


def wave(one: Object) -> int:
    return int(one["metadata"].get("annotations", {}).get(WAVE, "0"))


def options(one: Object) -> set[str]:
    return set(one["metadata"].get("annotations", {}).get(OPTIONS, "").split(","))


def pulumis(overlay: Overlay) -> Iterator[tuple[str, str, str]]:
    """Objects inside the cluster that Pulumi creates."""
    for fact in builders.recorded(overlay.phase):
        package, _, kind = fact.type.rpartition(":")
        if package.startswith("kubernetes:") and fact.read("metadata.name"):
            group = package.removeprefix("kubernetes:").rpartition("/")[0].removesuffix("/core")
            group = "" if group in {"core", ""} else group
            yield (
                f"{kind}.{group}",
                fact.read("metadata.namespace") or "",
                fact.read("metadata.name"),
            )


@every_overlay
def test_no_object_has_two_owners(overlay: Overlay) -> None:
    owners = Counter(rendered.identity(one) for _, one in overlay.all())
    assert [key for key, count in owners.items() if count > 1] == []


@every_overlay
def test_pulumi_owns_none_of_it(overlay: Overlay) -> None:
    own = set(pulumis(overlay))
    assert len(own) >= 3, "the namespace of Argo CD, its project, its root"
    assert own.isdisjoint(rendered.identity(one) for _, one in overlay.all())


@every_overlay
def test_what_has_to_come_first_is_in_an_earlier_wave(overlay: Overlay) -> None:
    waves = {name: wave(one) for name, one in overlay.applications.items()}
    waves |= {
        one["metadata"]["name"]: wave(one)
        for one in overlay.root
        if one["kind"] == "ApplicationSet"
    }
    for first, then in BEFORE:
        if first in waves and then in waves:
            assert waves[first] < waves[then], f"{first} before {then}"
    by_kind: dict[str, list[int]] = {}
    for one in overlay.root:
        by_kind.setdefault(one["kind"], []).append(wave(one))
    assert max(by_kind["Namespace"]) < min(by_kind["Secret"])
    assert max(by_kind["AppProject"]) < min(by_kind["Application"])


@every_overlay
def test_nothing_waits_for_what_comes_later(overlay: Overlay) -> None:
    """A pod's settings, identity and secrets are there before it is."""
    for name, objects in overlay.objects.items():
        by_name = {(one["kind"], one["metadata"]["name"]): wave(one) for one in objects}
        for one in objects:
            for needed in references(one):
                if needed in by_name:
                    # Within a wave Argo CD begins with the kinds that it knows pods to need.
                    late = by_name[needed] + (needed[0] == "SecretProviderClass")
                    assert late <= wave(one), f"{name}: {one['kind']} waits for {needed}"


def references(one: Object) -> Iterator[tuple[str, str]]:
    """Objects that a workload's pods cannot start without."""
    template = one.get("spec", {}).get("template", {})
    pod = template.get("spec", {}) if isinstance(template, dict) else {}
    if one["kind"] in {"Application", "ApplicationSet"} or "containers" not in pod:
        return
    yield "ServiceAccount", pod["serviceAccountName"]
    for volume in pod.get("volumes", []):
        if "configMap" in volume:
            yield "ConfigMap", volume["configMap"]["name"]
        if "secret" in volume:
            yield "Secret", volume["secret"]["secretName"]
        if "csi" in volume:
            yield "SecretProviderClass", volume["csi"]["volumeAttributes"]["secretProviderClass"]
    for container in pod["containers"]:
        for source in container.get("envFrom", []):
            yield "ConfigMap", source["configMapRef"]["name"]


@every_overlay
def test_whatever_a_pod_needs_is_in_the_manifests(overlay: Overlay) -> None:
    there = {(one["kind"], one["metadata"]["name"]) for _, one in overlay.all()}
    for name, one in overlay.all():
        missing = [needed for needed in references(one) if needed not in there]
        assert missing == [], f"{name}: {one['metadata']['name']}"


@every_overlay
def test_whatever_a_pod_needs_of_another_application_is_there_before(overlay: Overlay) -> None:
    waves = {name: wave(one) for name, one in overlay.applications.items()}
    (services,) = [wave(one) for one in overlay.root if one["kind"] == "ApplicationSet"] or [0]
    waves |= {name: services for name in waves if name.endswith("-service")} | {"root": -1}
    owners = {(one["kind"], one["metadata"]["name"]): name for name, one in overlay.all()}
    for name, one in overlay.all():
        for needed in references(one):
            owner = owners[needed]
            assert owner == name or waves[owner] < waves[name], (
                f"{name} waits for {owner}'s {needed}"
            )


@every_overlay
def test_every_application_stays_within_its_project(overlay: Overlay) -> None:
    projects = {
        one["metadata"]["name"]: one["spec"] for one in overlay.root if one["kind"] == "AppProject"
    }
    for name, application in overlay.applications.items():
        project = projects[application["spec"]["project"]]
        for one in overlay.objects[name]:
            assert permitted(one, project), f"{name}: {rendered.identity(one)}"
        repository = application["spec"]["source"]["repoURL"]
        assert repository.startswith("https://")
        assert project["sourceRepos"] == [repository], "from the team's own repository only"


@every_overlay
def test_the_root_stays_within_the_project_that_pulumi_makes(overlay: Overlay) -> None:
    (project,) = {
        fact.name: fact for fact in builders.recorded(overlay.phase)
        if fact.type.endswith(":AppProject")
        and fact.name.endswith(f"{cluster(overlay)}-project")
    }.values()  # fmt: skip
    for one in overlay.root:
        assert permitted(one, spec_of(project)), rendered.identity(one)


def cluster(overlay: Overlay) -> str:
    """The cluster whose root syncs an overlay."""
    (root,) = [
        fact for fact in builders.recorded(overlay.phase)
        if fact.type.endswith(":Application")
        and fact.read("spec.source.path") == f"gitops/overlays/{overlay.name}"
    ]  # fmt: skip
    return root.name.removeprefix("argocd-").removesuffix("-root")


def spec_of(fact: Fact) -> Any:
    return fact.read("spec")


def permitted(one: Object, project: Any) -> bool:
    """Whether an AppProject lets an object in, by Argo CD's own rules."""
    group, kind = one["apiVersion"].rpartition("/")[0], one["kind"]
    named = one["metadata"].get("namespace", "")
    if kind in CLUSTER_KINDS:
        return listed(group, kind, project.get("clusterResourceWhitelist", []))
    if not any(fnmatch.fnmatch(named, each["namespace"]) for each in project["destinations"]):
        return False
    if listed(group, kind, project.get("namespaceResourceBlacklist", [])):
        return False
    allowed = project.get("namespaceResourceWhitelist")
    return allowed is None or listed(group, kind, allowed)


def listed(group: str, kind: str, rows: list[Object]) -> bool:
    return any(
        fnmatch.fnmatch(group, row["group"]) and fnmatch.fnmatch(kind, row["kind"]) for row in rows
    )


@every_overlay
def test_no_project_may_lift_what_confines_it(overlay: Overlay) -> None:
    confining = [("", "ResourceQuota"), ("", "LimitRange")]
    for one in overlay.root:
        if one["kind"] != "AppProject" or one["metadata"]["name"] == "guard":
            continue
        for group, kind in confining:
            for namespace in ("apps", "argocd", "platform"):
                lift = {
                    "apiVersion": f"{group}/v1".removeprefix("/"), "kind": kind,
                    "metadata": {"name": "ceiling", "namespace": namespace},
                }  # fmt: skip
                assert not permitted(lift, one["spec"]), f"{one['metadata']['name']}: {kind}"


@every_overlay
def test_what_holds_data_is_never_pruned(overlay: Overlay) -> None:
    for one in overlay.of("Namespace"):
        assert {"Prune=false", "Delete=false"} <= options(one), one["metadata"]["name"]
    for one in overlay.of("StatefulSet"):
        kept = one["spec"]["persistentVolumeClaimRetentionPolicy"]
        assert set(kept.values()) == {"Retain"}, one["metadata"]["name"]
    assert overlay.of("PersistentVolumeClaim", "PersistentVolume") == [], "no owner that prunes it"
    for name, application in overlay.applications.items():
        takes_along = "finalizers" in application["metadata"]
        assert takes_along == (name == "cache" or name.endswith("-service")), (
            f"{name}: deleting an Application deletes what it synced only where nothing is held"
        )
    if "cache" in overlay.applications:
        assert options(overlay.applications["cache"]) == {"PruneLast=true"}


@every_overlay
def test_every_application_heals_and_prunes_and_tries_again(overlay: Overlay) -> None:
    for name, application in overlay.applications.items():
        policy = application["spec"]["syncPolicy"]
        assert policy["automated"] == {"prune": True, "selfHeal": True}, name
        assert policy["retry"]["limit"] >= 5, name
