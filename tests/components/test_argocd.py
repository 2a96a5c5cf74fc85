"""Argo CD: the one thing Pulumi installs, reached without credentials, tied to one repository."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import builders
import pulumi
import pulumi_gcp as gcp
import pytest
import yaml

from components.argocd import Argocd, ArgocdArgs, facts_patch, merged
from palier.errors import PalierError
from palier.facts import UNKNOWN, Facts
from palier.phase_pods import MVP_PODS
from palier.sizes import ArgocdSize

Deploy = Callable[..., Facts]
REPOSITORY = "https://github.com/acme/platform"


def argocd(*generations: str, facts: dict[str, pulumi.Input[str]] | None = None) -> None:
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
                domain="example.com",
                facts=facts or {"domain": "example.com"},
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


def root(facts: Facts) -> Any:
    """Spec of the root application."""
    return builders.only(facts, "Application").read("spec")


def test_the_facts_ride_on_the_root_application(deploy: Deploy) -> None:
    told: dict[str, pulumi.Input[str]] = {"site": "eu", "domain": "example.com"}
    [patch] = root(deploy(lambda: argocd(facts=told)))["source"]["kustomize"]["patches"]
    assert patch["target"] == {"kind": "Secret", "name": "palier-facts"}
    assert yaml.safe_load(patch["patch"]) == {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "palier-facts"},
        "stringData": {"site": "eu", "domain": "example.com"},
    }


def test_the_same_facts_are_the_same_text() -> None:
    one = facts_patch({"site": "eu", "domain": "example.com"})
    assert one == facts_patch({"domain": "example.com", "site": "eu"}), "or each update changes it"


@pytest.mark.parametrize("text", ["a\nb\n", "a\nb", " a\n b", "a\r\nb", "", "6379", "on", "a: b"])
def test_every_text_arrives_as_it_is(text: str) -> None:
    assert yaml.safe_load(facts_patch({"ca": text}))["stringData"] == {"ca": text}


def test_the_root_is_told_when_all_facts_are_known(deploy: Deploy) -> None:
    def program() -> None:
        database = gcp.sql.DatabaseInstance("sql", database_version="POSTGRES_17")
        argocd(facts={"host": database.private_ip_address})

    facts = deploy(program)
    [patch] = root(facts)["source"]["kustomize"]["patches"]
    assert patch["patch"] is UNKNOWN
    awaited = builders.only(facts, "Application").dependencies
    assert builders.only(facts, "DatabaseInstance").urn in awaited


def test_a_secret_is_no_fact(deploy: Deploy) -> None:
    with pytest.raises(PalierError, match=r"argocd\.facts: password is a secret"):
        deploy(lambda: argocd(facts={"password": pulumi.Output.secret("hunter2")}))


def test_a_secret_that_is_not_known_yet_is_no_fact_either(deploy: Deploy) -> None:
    def program() -> None:
        cache = gcp.redis.Instance(
            "cache",
            memory_size_gb=1,
            opts=pulumi.ResourceOptions(additional_secret_outputs=["auth_string"]),
        )
        argocd(facts={"token": pulumi.Output.secret(cache.auth_string)})

    with pytest.raises(PalierError, match="token is a secret"):
        deploy(program)


def test_the_root_makes_namespaces_projects_and_applications_from_one_repository(
    deploy: Deploy,
) -> None:
    spec = builders.only(deploy(argocd), "AppProject").read("spec")
    assert spec["sourceRepos"] == [REPOSITORY]
    assert spec["destinations"] == [
        {"server": "https://kubernetes.default.svc", "namespace": namespace}
        for namespace in ("argocd", "apps", "platform")
    ]
    assert [item["kind"] for item in spec["clusterResourceWhitelist"]] == ["Namespace"]
    within = {(item["group"], item["kind"]) for item in spec["namespaceResourceWhitelist"]}
    assert within == {
        ("argoproj.io", "Application"), ("argoproj.io", "ApplicationSet"),
        ("argoproj.io", "AppProject"), ("", "Secret"),
    }, "what runs is in its children's projects"  # fmt: skip


def test_the_root_application_keeps_the_overlay_and_the_cluster_the_same(deploy: Deploy) -> None:
    spec = root(deploy(argocd))
    source = {key: value for key, value in spec["source"].items() if key != "kustomize"}
    assert source == {
        "repoURL": REPOSITORY, "targetRevision": "main", "path": "gitops/overlays/mvp",
    }  # fmt: skip
    assert spec["project"] == "palier", "the default project allows everything"
    assert spec["syncPolicy"]["automated"] == {"prune": True, "selfHeal": True}


def test_a_sync_that_fails_is_tried_again_and_skips_no_wave(deploy: Deploy) -> None:
    policy = root(deploy(argocd))["syncPolicy"]
    assert policy["retry"]["limit"] == 10
    assert policy["retry"]["backoff"] == {"duration": "10s", "factor": 2, "maxDuration": "3m"}
    assert "ServerSideApply=true" in policy["syncOptions"]
    assert "ApplyOutOfSyncOnly=true" not in policy["syncOptions"]


def test_deleting_the_root_leaves_the_platform(deploy: Deploy) -> None:
    metadata = builders.only(deploy(argocd), "Application").read("metadata")
    assert metadata == {"name": "root", "namespace": "argocd"}, "a finalizer would delete it all"


def test_the_release_is_told_what_runs_and_how(deploy: Deploy) -> None:
    values = builders.only(deploy(argocd), "Release").read("values")
    assert values["global"]["domain"] == "argocd.example.com"
    assert values["global"]["networkPolicy"] == {"create": True}
    assert values["configs"]["cm"]["admin.enabled"] is False
    assert values["controller"]["resources"]["requests"] == {"cpu": "150m", "memory": "448Mi"}


def test_trees_of_values_are_merged_branch_by_branch() -> None:
    both = merged({"a": {"b": 1, "c": {"d": 2}}}, {"a": {"c": {"e": 3}}, "f": 4})
    assert both == {"a": {"b": 1, "c": {"d": 2, "e": 3}}, "f": 4}


def test_each_thing_waits_for_what_it_needs(deploy: Deploy) -> None:
    facts = deploy(argocd)

    def awaits(waiting: str, awaited: str) -> bool:
        return builders.only(facts, awaited).urn in builders.only(facts, waiting).dependencies

    assert awaits("Release", "Namespace")
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
        "kubernetes:helm.sh/v3:Release",
    ]
