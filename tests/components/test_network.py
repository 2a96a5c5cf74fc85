"""The network component: what it reserves, protects and refuses."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import builders
import pytest

from components.network import Network, NetworkArgs
from palier.errors import PalierError
from palier.facts import Facts
from palier.sites import Site
from palier.sizes import NetworkSize

Deploy = Callable[..., Facts]
REGIONS: dict[Site, str] = {"eu": "europe-west1", "us": "us-east1"}


def network(*sites: Site) -> Network:
    """A network of one site, or of those named."""
    size = NetworkSize(sites=sites or ("eu",))
    return Network("network", NetworkArgs(size=size, regions=REGIONS))


def test_every_subnet_reserves_ranges_for_two_cluster_generations(deploy: Deploy) -> None:
    subnet = builders.only(deploy(network), "Subnetwork")
    ranges = {item["rangeName"]: item["ipCidrRange"] for item in subnet.read("secondaryIpRanges")}
    assert ranges == {
        "pods-g1": "10.32.0.0/15",
        "pods-g2": "10.34.0.0/15",
        "services-g1": "10.16.0.0/20",
        "services-g2": "10.16.16.0/20",
    }


def test_a_second_site_adds_a_subnet_and_touches_nothing_else(deploy: Deploy) -> None:
    one = {fact.urn: fact.inputs for fact in deploy(network).resources}
    two = {fact.urn: fact.inputs for fact in deploy(lambda: network("eu", "us")).resources}
    assert {urn: two[urn] for urn in one} == one, "what stood must not change"
    assert len(two) > len(one)


def test_what_data_stands_on_is_protected_twice(deploy: Deploy) -> None:
    facts = deploy(network)
    for kind in ("compute/network:Network", "Subnetwork", "GlobalAddress", "Connection"):
        fact = builders.only(facts, kind)
        assert fact.protect, f"{kind}: Pulumi must refuse to delete it"
        assert fact.read("deletionPolicy") == "PREVENT", f"{kind}: so must the provider"


def test_nothing_comes_in_but_through_the_load_balancer(deploy: Deploy) -> None:
    rules = {fact.name: fact for fact in deploy(network) if fact.type.endswith("Firewall")}
    assert rules["network-deny-ingress"].read("denies") == [{"protocol": "all"}]
    allowed = [rule for rule in rules.values() if rule.read("allows")]
    assert [rule.read("sourceRanges") for rule in allowed] == [["35.191.0.0/16", "130.211.0.0/22"]]


def test_a_sampling_above_one_is_refused() -> None:
    with pytest.raises(PalierError, match="flow_log_sampling: 0 to 1"):
        NetworkSize(sites=("eu",), flow_log_sampling=Decimal(2))
