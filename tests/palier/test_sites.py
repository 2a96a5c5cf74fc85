"""Sites: reserved addresses that never overlap, and which region serves and recovers what."""

from __future__ import annotations

from ipaddress import IPv4Network
from itertools import combinations

import pytest

from palier.errors import PalierError
from palier.sites import (
    BUCKET_LOCATION,
    CONTINENT,
    MULTI_REGION,
    PRIVATE_SERVICES,
    RANGES,
    REGIONS,
    SITES,
    Site,
    home_site,
    other_site,
    regions,
)

RFC1918 = [IPv4Network(block) for block in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")]
ALL_RANGES = {
    **{f"{site} {network}": network for site in SITES for network in RANGES[site].all()},
    "private services": PRIVATE_SERVICES,
}
DOCKER_BRIDGE = IPv4Network("172.17.0.0/16")
PODS_PER_AUTOPILOT_NODE = 32
PODS_PER_STANDARD_NODE = 64
ADDRESSES_PER_POD = 2
"""GKE gives a node twice the addresses of its most pods."""


def test_both_sites_reserve_seven_ranges_and_share_one() -> None:
    assert {site: len(RANGES[site].all()) for site in SITES} == {"eu": 7, "us": 7}
    assert len(ALL_RANGES) == 15, "two sites of seven, and private services access"


@pytest.mark.parametrize(("one", "other"), list(combinations(ALL_RANGES, 2)))
def test_no_two_reserved_ranges_overlap(one: str, other: str) -> None:
    assert not ALL_RANGES[one].overlaps(ALL_RANGES[other])


@pytest.mark.parametrize("name", sorted(ALL_RANGES))
def test_every_reserved_range_is_private(name: str) -> None:
    assert any(ALL_RANGES[name].subnet_of(block) for block in RFC1918)
    assert not ALL_RANGES[name].overlaps(DOCKER_BRIDGE), "GKE keeps it for itself"


@pytest.mark.parametrize("site", SITES)
@pytest.mark.parametrize("generation", ["g1", "g2"])
def test_a_generation_has_addresses_for_a_thousand_nodes(site: Site, generation: str) -> None:
    pods = RANGES[site].pods[generation].num_addresses
    standard = pods // (PODS_PER_STANDARD_NODE * ADDRESSES_PER_POD)
    autopilot = pods // (PODS_PER_AUTOPILOT_NODE * ADDRESSES_PER_POD)
    assert standard >= 1_024, "the design's Standard clusters, nodes of 64 pods"
    assert autopilot >= 2_048, "its Autopilot clusters, nodes of 32 pods"
    assert RANGES[site].nodes.num_addresses >= autopilot, "every node needs one of the subnet's"


@pytest.mark.parametrize("site", SITES)
def test_two_generations_of_a_cluster_fit_beside_each_other(site: Site) -> None:
    assert set(RANGES[site].pods) == set(RANGES[site].services) == {"g1", "g2"}


def test_the_reserved_addresses_are_those_of_the_design() -> None:
    europe, america = RANGES["eu"], RANGES["us"]
    assert [str(range_) for range_ in europe.all()] == [
        "10.0.0.0/20", "10.32.0.0/15", "10.34.0.0/15", "10.16.0.0/20", "10.16.16.0/20",
        "10.28.0.0/24", "10.28.16.0/23",
    ]  # fmt: skip
    assert [str(range_) for range_ in america.all()] == [
        "10.0.16.0/20", "10.36.0.0/15", "10.38.0.0/15", "10.16.32.0/20", "10.16.48.0/20",
        "10.28.1.0/24", "10.28.18.0/23",
    ]  # fmt: skip
    assert str(PRIVATE_SERVICES) == "10.24.0.0/16"


@pytest.mark.parametrize(
    ("region", "site"),
    [("europe-west1", "eu"), ("europe-north1", "eu"), ("us-east1", "us"), ("us-west4", "us")],
)
def test_a_home_region_is_on_its_continent(region: str, site: Site) -> None:
    assert home_site(region) == site


@pytest.mark.parametrize(
    "region",
    ["asia-east1", "australia-southeast1", "me-west1", "africa-south1", "southamerica-east1",
     "northamerica-northeast1", "", "eu-west-1", "EUROPE-WEST1", "usa-east1"],
)  # fmt: skip
def test_a_continent_without_reserved_addresses_is_refused(region: str) -> None:
    with pytest.raises(PalierError, match=r"gcp:region: expected .* europe-… or us-…, got"):
        home_site(region)
    with pytest.raises(PalierError, match="gcp:region"):
        regions(region)


def test_the_other_site_is_the_other_one() -> None:
    assert other_site("eu") == "us"
    assert other_site("us") == "eu"


@pytest.mark.parametrize(
    ("home", "serving", "recovery"),
    [
        ("europe-west1", ("europe-west1", "us-east1"), ("europe-west4", "us-central1")),
        ("europe-west4", ("europe-west4", "us-east1"), ("europe-west1", "us-central1")),
        ("europe-west9", ("europe-west9", "us-east1"), ("europe-west1", "us-central1")),
        ("us-east1", ("europe-west1", "us-east1"), ("europe-west4", "us-central1")),
        ("us-central1", ("europe-west1", "us-central1"), ("europe-west4", "us-east1")),
        ("us-west1", ("europe-west1", "us-west1"), ("europe-west4", "us-east1")),
    ],
)
def test_a_home_serves_itself_and_the_first_free_region_recovers(
    home: str, serving: tuple[str, str], recovery: tuple[str, str]
) -> None:
    found = regions(home)
    assert found.serving == dict(zip(SITES, serving, strict=True))
    assert found.recovery == dict(zip(SITES, recovery, strict=True))


@pytest.mark.parametrize("home", [region for pair in REGIONS.values() for region in pair])
def test_data_recover_elsewhere_on_their_own_continent(home: str) -> None:
    found = regions(home)
    for site in SITES:
        assert found.recovery[site] != found.serving[site], "one disaster would take both"
        assert home_site(found.recovery[site]) == site, "personal data stay on their continent"
        assert home_site(found.serving[site]) == site


def test_every_continent_has_a_place_for_images_and_for_files() -> None:
    assert set(CONTINENT.values()) == set(MULTI_REGION) == set(BUCKET_LOCATION) == set(SITES)
    assert {site: BUCKET_LOCATION[site] for site in SITES} == {"eu": "EU", "us": "US"}
    assert {site: MULTI_REGION[site] for site in SITES} == {"eu": "europe", "us": "us"}
