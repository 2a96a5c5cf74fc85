"""What an overlay is made of stands in the facts; without it there is one line that says so."""

from __future__ import annotations

from typing import Any

import builders
import pulumi_gcp as gcp
import pytest

from palier.errors import PalierError
from palier.facts import PLATFORM_TYPE, PROVIDER_PREFIX, WORKLOADS_TYPE, Facts
from palier.ledger import REGISTRY
from palier.overlay import values


def without(type_: str, name: str | None = None) -> Facts:
    """What the first phase records, but for a resource."""
    recorded = builders.recorded("mvp")
    left = [fact for fact in recorded if fact.type != type_ or name not in (None, fact.name)]
    assert len(left) < len(recorded), "there was something to leave out"
    return Facts.of(left)


def refused(facts: Facts) -> str:
    with pytest.raises(PalierError) as told:
        values.overlays(facts)
    message = str(told.value)
    assert len(message.splitlines()) == 1
    return message


def bucket() -> None:
    gcp.storage.Bucket("films", location="EU")


def test_a_program_of_another_design_has_no_overlay() -> None:
    assert PLATFORM_TYPE in refused(builders.deploy(bucket))
    assert PLATFORM_TYPE in refused(without(WORKLOADS_TYPE))


@pytest.mark.parametrize("type_", [
    values.ARGOCD_TYPE, values.GKE_TYPE, values.POSTGRES_TYPE, values.REDIS_TYPE,
    REGISTRY, values.BACKEND_TYPE, values.APPLICATION_TYPE,
    f"{PROVIDER_PREFIX}gcp",
])  # fmt: skip
def test_a_platform_without_one_of_its_parts_is_refused_in_one_line(type_: str) -> None:
    assert refused(without(type_)).startswith(f"overlay: the program creates no {type_}")


def test_a_platform_without_the_controller_s_account_is_refused_in_one_line() -> None:
    message = refused(without(values.ACCOUNT_TYPE, "autoneg-account"))
    assert message.endswith("Account named autoneg-account")


def sized(phase: str, **sizes: Any) -> Facts:
    return builders.record_with(phase, builders.stack_config(phase, sizes=sizes))


def test_databases_of_a_site_with_other_replicas_are_refused_in_one_line() -> None:
    message = refused(sized("hypergrowth", **{"postgres.shards.eu-1.replicas": "r1"}))
    assert message.startswith("postgres.shards: ")
    assert "site eu" in message
    assert "eu-1: r1; eu-2: none" in message


def test_each_cluster_that_serves_has_an_overlay_with_its_sites_own() -> None:
    eu, us = values.overlays(builders.recorded("hypergrowth"))
    assert (eu.name, us.name) == ("hypergrowth/eu", "hypergrowth/us")
    assert ([one.name for one in eu.shards], [one.name for one in us.shards]) == (
        ["eu-1", "eu-2"], ["us-1"],
    )  # fmt: skip
    assert eu.image.startswith("europe-docker.pkg.dev/")
    assert us.image.startswith("us-docker.pkg.dev/")
    assert set(eu.secrets) == {"database-eu-1", "database-eu-2", "cache-eu"}
    assert set(us.secrets) == {"database-us-1", "cache-us"}
    assert eu.pods["web"].replicas_floor > us.pods["web"].replicas_floor
