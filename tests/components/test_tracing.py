"""Tracing: the collector's Kubernetes account writes traces, without an account of Google."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import builders
import pytest

from components.tracing import COLLECTOR, Tracing, TracingArgs
from palier.errors import PalierError
from palier.facts import Facts
from palier.phase_pods import SCALE_PODS

Deploy = Callable[..., Facts]
POOLS = "principal://iam.googleapis.com/projects/123/locations/global/workloadIdentityPools"


def tracing(**more: Any) -> Tracing:
    """The grant of project acme."""
    return Tracing("tracing", TracingArgs(project="acme", number="123", **more))


def grant(facts: Facts) -> Any:
    """The one binding."""
    return builders.only(facts, "gcp:projects/iAMMember:IAMMember")


def test_the_collector_may_write_traces_and_nothing_else(deploy: Deploy) -> None:
    facts = deploy(tracing)
    assert grant(facts).read("role") == "roles/cloudtrace.agent"
    assert [fact.type for fact in facts.resources] == ["gcp:projects/iAMMember:IAMMember"]


def test_one_kubernetes_account_of_one_namespace_has_it(deploy: Deploy) -> None:
    member = grant(deploy(tracing)).read("member")
    assert member == f"{POOLS}/acme.svc.id.goog/subject/ns/platform/sa/otel-collector"
    elsewhere = deploy(lambda: tracing(namespace="edge", account="otel", pool="p.svc.id.goog"))
    assert grant(elsewhere).read("member") == f"{POOLS}/p.svc.id.goog/subject/ns/edge/sa/otel"


@pytest.mark.parametrize("name", ["", "*", "a/b"])
def test_a_namespace_that_would_widen_the_grant_is_refused(deploy: Deploy, name: str) -> None:
    with pytest.raises(PalierError, match="lower-case letters"):
        deploy(lambda: tracing(namespace=name))


def test_the_collector_is_one_of_the_recorded_workloads() -> None:
    assert SCALE_PODS[COLLECTOR].namespace == TracingArgs(project="p", number="1").namespace


@pytest.mark.parametrize("phase", builders.PHASES)
def test_the_grant_is_there_where_a_collector_runs(phase: str) -> None:
    facts = builders.recorded(phase)
    runs = phase not in ("mvp", "traction")
    assert bool(facts.of_type("palier:tracing:Tracing")) is runs
    if runs:
        made = builders.only(facts, "IAMMember", "tracing-collector")
        awaited = {facts.by_urn[urn].name for urn in made.dependencies}
        assert "services-cloudtrace" in awaited
        assert any(name.startswith("gke-") for name in awaited), "its pool comes with a cluster"
