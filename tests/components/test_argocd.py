"""Argo CD: the one thing Pulumi installs, reached without credentials, tied to one repository."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import builders
import pulumi_gcp as gcp

from components.argocd import Argocd, ArgocdArgs
from palier.facts import Facts
from palier.phase_pods import MVP_PODS
from palier.sizes import ArgocdSize

Deploy = Callable[..., Facts]
REPOSITORY = "https://github.com/acme/platform"


def argocd(*generations: str) -> None:
    """Argo CD in each cluster generation named, in one of Europe by default."""
    for generation in generations or ("eu-g1",):
        cluster = gcp.container.Cluster(
            f"gke-{generation}",
            name=f"gke-{generation}",
            location="europe-west1",
            control_plane_endpoints_config=gcp.container.ClusterControlPlaneEndpointsConfigArgs(),
        )
        Argocd(
            f"argocd-{generation}",
            ArgocdArgs(
                size=ArgocdSize(mode="core"),
                pods=MVP_PODS,
                cluster=cluster,
                repository=REPOSITORY,
                overlay="mvp",
                facts={"domain": "example.com"},
            ),
        )


def test_the_cluster_is_reached_by_its_dns_endpoint_without_credentials(deploy: Deploy) -> None:
    provider = builders.only(deploy(argocd, known=True), "providers:kubernetes")
    config = json.loads(provider.read("kubeconfig"))
    [cluster] = config["clusters"]
    assert cluster["cluster"] == {"server": "https://gke-abc.europe-west1.gke.goog"}
    assert not re.search("token|password|client-key|certificate", provider.read("kubeconfig"))


def test_a_changed_kubeconfig_never_replaces_what_is_in_the_cluster(deploy: Deploy) -> None:
    provider = builders.only(deploy(argocd, known=True), "providers:kubernetes")
    assert provider.read("clusterIdentifier") == "gke-eu-g1-id"


def test_the_namespace_demands_a_pod_security_standard(deploy: Deploy) -> None:
    labels = builders.only(deploy(argocd), "Namespace").read("metadata.labels")
    assert labels["pod-security.kubernetes.io/enforce"] == "baseline"


def test_the_release_is_pinned_and_undone_when_it_fails(deploy: Deploy) -> None:
    release = builders.only(deploy(argocd), "Release")
    assert re.fullmatch(r"\d+\.\d+\.\d+", release.read("version")), "never the latest of anything"
    assert release.read("atomic") is True, "a half-installed Argo CD can sync nothing"
    assert release.read("repositoryOpts.repo") == "https://argoproj.github.io/argo-helm"
    assert release.read("namespace") == "argocd"


def test_the_facts_are_handed_to_the_manifests(deploy: Deploy) -> None:
    secret = builders.only(deploy(argocd), "v1:Secret")
    assert secret.read("metadata.name") == "palier-facts"
    assert secret.read("stringData") == {"domain": "example.com"}


def test_only_the_teams_repository_may_be_synced(deploy: Deploy) -> None:
    spec = builders.only(deploy(argocd), "AppProject").read("spec")
    assert spec["sourceRepos"] == [REPOSITORY]
    assert {item["kind"] for item in spec["clusterResourceWhitelist"]}.isdisjoint({"*", "Secret"})


def test_the_root_application_keeps_the_overlay_and_the_cluster_the_same(deploy: Deploy) -> None:
    spec = builders.only(deploy(argocd), "Application").read("spec")
    assert spec["source"] == {
        "repoURL": REPOSITORY, "targetRevision": "main", "path": "gitops/mvp",
    }  # fmt: skip
    assert spec["project"] == "palier", "the default project allows everything"
    assert spec["syncPolicy"]["automated"] == {"prune": True, "selfHeal": True}


def test_each_thing_waits_for_what_it_needs(deploy: Deploy) -> None:
    facts = deploy(argocd)

    def awaits(waiting: str, awaited: str) -> bool:
        return builders.only(facts, awaited).urn in builders.only(facts, waiting).dependencies

    assert awaits("Release", "Namespace")
    assert awaits("v1:Secret", "Namespace")
    assert awaits("Application", "Release"), "the CRDs come with the release"
    assert awaits("AppProject", "Release")


def test_two_generations_have_an_argocd_each(deploy: Deploy) -> None:
    one = {fact.urn: fact.inputs for fact in deploy(argocd).resources}
    two = {fact.urn: fact.inputs for fact in deploy(lambda: argocd("eu-g1", "eu-g2")).resources}
    assert two.items() > one.items(), "the old generation syncs on while the new one starts"


def test_pulumi_owns_nothing_else_in_the_cluster(deploy: Deploy) -> None:
    owned: list[Any] = [
        fact.type for fact in deploy(argocd).resources if fact.type.startswith("kubernetes:")
    ]
    assert sorted(owned) == [
        "kubernetes:argoproj.io/v1alpha1:AppProject",
        "kubernetes:argoproj.io/v1alpha1:Application",
        "kubernetes:core/v1:Namespace",
        "kubernetes:core/v1:Secret",
        "kubernetes:helm.sh/v3:Release",
    ]
