"""What clusters are told: an overlay each, and facts that are known, public and never a crash."""

from __future__ import annotations

import importlib
from functools import cache
from typing import Any

import builders
import known_cloud
import pulumi_gcp as gcp
import pytest
import yaml
from pulumi.runtime.proto import resource_pb2

from palier import recorder, wire
from palier.facts import UNKNOWN, Fact, Facts
from palier.graph import Graph

each_phase = pytest.mark.parametrize("phase", builders.PHASES)


def roots(facts: Facts) -> dict[str, Fact]:
    """Root applications by generation of cluster."""
    found = facts.of_type("kubernetes:argoproj.io/v1alpha1:Application")
    return {
        fact.name.removeprefix("argocd-").removesuffix("-root"): fact
        for fact in found
    }  # fmt: skip


def overlays(facts: Facts) -> dict[str, Any]:
    """Path that each generation syncs."""
    return {key: fact.read("spec.source.path") for key, fact in roots(facts).items()}


def told(fact: Fact) -> dict[str, str]:
    """Facts that ride on a root application."""
    [patch] = fact.read("spec.source.kustomize.patches")
    known: dict[str, str] = yaml.safe_load(patch["patch"])["stringData"]
    return known


@cache
def handed(phase: str) -> dict[str, dict[str, str]]:
    """Facts by generation, after an update."""
    return {key: told(fact) for key, fact in roots(known_cloud.updated(phase)).items()}


# Overlays


@pytest.mark.parametrize("phase", ["mvp", "traction", "scale", "growth"])
def test_one_site_syncs_the_overlay_of_its_phase(phase: str) -> None:
    assert set(overlays(builders.recorded(phase)).values()) == {f"gitops/overlays/{phase}"}


def test_each_of_several_sites_syncs_an_overlay_of_its_own() -> None:
    found = overlays(builders.recorded("hypergrowth"))
    assert found == {
        "eu-g2": "gitops/overlays/hypergrowth/eu", "us-g1": "gitops/overlays/hypergrowth/us",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("phase", "site", "range_", "path"),
    [("growth", "eu", "g2", "growth"), ("hypergrowth", "us", "g2", "hypergrowth/us")],
)
def test_a_generation_that_drains_syncs_what_the_next_one_does(
    phase: str, site: str, range_: str, path: str
) -> None:
    both = {f"gke.generations.{site}-{range_}": generation(phase, site, range_)}
    facts = builders.record_with(phase, builders.stack_config(phase, sizes=both))
    found = overlays(facts)
    assert found[f"{site}-g1"] == found[f"{site}-g2"] == f"gitops/overlays/{path}"


def generation(phase: str, site: str, range_: str) -> dict[str, Any]:
    """One more generation of a site, like the one that is there."""
    mine: dict[str, Any] = {"site": site, "range": range_, "quota_vcpu": 25, "quota_memory_gib": 99}
    if phase == "growth":
        return {"mode": "autopilot", **mine}
    pool = {"machine_type": "n2d-standard-4", "min_nodes": 1, "max_nodes": 3, "share": 1}
    return {"mode": "standard", "provisioning_vcpu": 25, "provisioning_memory_gib": 99,
            "pools": {"baseline": pool}, **mine}  # fmt: skip


# Facts


@each_phase
def test_a_cluster_knows_its_site(phase: str) -> None:
    for generation_, facts in handed(phase).items():
        assert facts["site"] == generation_.partition("-")[0]


@each_phase
def test_clusters_are_told_the_same_but_for_their_site(phase: str) -> None:
    rest = [{**facts, "site": ""} for facts in handed(phase).values()]
    assert all(facts == rest[0] for facts in rest)


@each_phase
def test_every_database_and_cache_has_an_address_and_an_authority(phase: str) -> None:
    cloud = known_cloud.updated(phase)
    databases = cloud.of_type("gcp:sql/databaseInstance:DatabaseInstance")
    caches = cloud.of_type("gcp:redis/instance:Instance")
    expected = {
        f"{fact.name.replace('postgres', 'database', 1)}-{key}"
        for fact in databases
        for key in ("host", "ca")
    } | {
        f"{fact.name.replace('redis', 'cache', 1)}-{key}"
        for fact in caches
        for key in ("host", "port", "ca")
    }
    for facts in handed(phase).values():
        assert {key for key in facts if key.startswith(("database-", "cache-"))} == expected
        for key in expected:
            if key.endswith("-ca"):
                assert facts[key].startswith("-----BEGIN CERTIFICATE-----")
            elif key.endswith("-port"):
                assert facts[key] == "6379"
            else:
                assert facts[key].startswith("10."), "private"


@each_phase
def test_nothing_is_handed_over_that_is_not_named_here(phase: str) -> None:
    for facts in handed(phase).values():
        assert {key for key in facts if not key.startswith(("database-", "cache-"))} == {
            "phase", "domain", "project", "backend-service", "autoneg-account", "site",
        }  # fmt: skip
        assert not [key for key in facts if key.endswith(("-password", "-auth", "-token"))]


@each_phase
def test_the_root_waits_for_the_data_and_the_edge_that_it_tells_of(phase: str) -> None:
    graph = Graph.of(builders.recorded(phase))
    for root in roots(graph.facts).values():
        awaited = {graph.facts.component_of(graph.facts.by_urn[urn]) for urn in graph.awaited(root)}
        assert {"postgres", "cdn", "autoneg"} <= awaited
        assert ("redis" in awaited) is bool(graph.facts.of_type("gcp:redis/instance:Instance"))


@each_phase
def test_what_a_preview_cannot_know_is_unknown_and_not_empty(phase: str) -> None:
    for root in roots(builders.recorded(phase)).values():
        [patch] = root.read("spec.source.kustomize.patches")
        assert patch["patch"] is UNKNOWN


# Certificates


class SecretiveCloud(builders.KnownCloud):
    """Tells certificates as the provider does: those of Cloud SQL as a secret."""

    def __init__(self, certificates: Any) -> None:
        super().__init__()
        self.certificates = certificates

    def RegisterResource(  # noqa: N802 the engine's name
        self, request: resource_pb2.RegisterResourceRequest
    ) -> resource_pb2.RegisterResourceResponse:
        """Register, then add the certificates."""
        response = super().RegisterResource(request)
        outputs = wire.decode(response.object) | {"serverCaCerts": self.certificates}
        return resource_pb2.RegisterResourceResponse(
            urn=response.urn,
            id=response.id,
            object=wire.encode(outputs, frozenset({"serverCaCerts"})),
        )


@pytest.mark.parametrize(
    ("certificates", "expected"),
    [([{"cert": "first"}, {"cert": "next"}], "first"), ([], ""), ([{}], ""), (None, "")],
)
def test_the_first_authority_counts_and_none_is_no_text(
    monkeypatch: pytest.MonkeyPatch, certificates: Any, expected: str
) -> None:
    monkeypatch.syspath_prepend(str(builders.ROOT / "stacks"))
    authority = importlib.import_module("handover").authority

    def program() -> None:
        database = gcp.sql.DatabaseInstance("sql", database_version="POSTGRES_17")
        gcp.storage.Bucket(
            "seen", location="EU", labels={"ca": authority(database.server_ca_certs)}
        )

    monitor = SecretiveCloud(certificates)
    facts = recorder.record(program, project="test", stack="test", monitor=monitor)
    seen = builders.only(facts, "Bucket")
    assert seen.read("labels.ca") == expected
    assert wire.secret_keys(monitor.registrations[seen.urn].object) == frozenset(), (
        "an authority is public, whatever the provider says"
    )
