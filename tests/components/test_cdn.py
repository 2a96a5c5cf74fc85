"""The edge: a load balancer that needs no cluster, one public bucket, TLS, one address."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import builders
import known_cloud
import pytest

from components.cdn import Cdn, CdnArgs
from palier.errors import PalierError
from palier.facts import Facts
from palier.sizes import CdnSize

Deploy = Callable[..., Facts]
SIZE = CdnSize(armor_rules=4, log_sample=Decimal("0.1"), browser_ttl_s=600, cdn_ttl_s=7_200)


def cdn(**changes: Any) -> Cdn:
    """An edge for example.com."""
    args = CdnArgs(size=SIZE, project="acme", domain="example.com", zone="dns", location="EU")
    return Cdn("cdn", replace(args, **changes))


def test_the_address_that_users_know_is_protected_twice(deploy: Deploy) -> None:
    address = builders.only(deploy(cdn), "GlobalAddress")
    assert address.protect
    assert address.read("deletionPolicy") == "PREVENT"


def test_the_load_balancer_is_valid_before_any_pod_exists() -> None:
    facts = known_cloud.deploy(cdn)
    routes = builders.only(facts, "URLMap", "cdn-routes")
    bucket = "projects/acme-platform/global/backendBuckets/cdn-static"
    assert routes.read("defaultService") == bucket
    assert routes.read("pathMatchers.0.defaultService") == bucket


def test_only_the_api_goes_to_pods() -> None:
    routes = builders.only(known_cloud.deploy(cdn), "URLMap", "cdn-routes")
    [rule] = routes.read("pathMatchers.0.pathRules")
    assert rule["paths"] == ["/api", "/api/*"]
    assert rule["service"].endswith("/backendServices/cdn-api")


def test_endpoints_that_clusters_attach_are_left_alone(deploy: Deploy) -> None:
    api = builders.only(deploy(cdn), "BackendService")
    assert api.ignore_changes == ("backends",), "an update would clear what autoneg attached"
    assert api.read("backends") is None


def test_the_api_stands_behind_armor() -> None:
    facts = known_cloud.deploy(cdn)
    policy = builders.only(facts, "SecurityPolicy")
    assert len(policy.read("rules")) == SIZE.armor_rules
    api = builders.only(facts, "BackendService")
    assert str(api.read("securityPolicy")).endswith("/securityPolicies/cdn-armor")


def test_an_answer_of_the_api_is_cached_only_as_it_says_itself(deploy: Deploy) -> None:
    policy = builders.only(deploy(cdn), "BackendService").read("cdnPolicy")
    assert policy["cacheMode"] == "USE_ORIGIN_HEADERS", "private data must never be shared"
    assert policy["serveWhileStale"] == 0
    assert {"defaultTtl", "maxTtl", "clientTtl"}.isdisjoint(policy)


def test_static_files_are_kept_as_long_as_the_size_says(deploy: Deploy) -> None:
    policy = builders.only(deploy(cdn), "BackendBucket").read("cdnPolicy")
    assert (policy["clientTtl"], policy["defaultTtl"], policy["maxTtl"]) == (600, 7_200, 7_200)


def test_requests_are_logged_as_often_as_the_size_says(deploy: Deploy) -> None:
    api = builders.only(deploy(cdn), "BackendService")
    assert api.read("logConfig") == {"enable": True, "sampleRate": 0.1}


def test_the_static_bucket_is_public_without_being_listed(deploy: Deploy) -> None:
    facts = deploy(cdn)
    [grant] = facts.of_type("gcp:storage/bucketIAMMember:BucketIAMMember")
    assert grant.read("member") == "allUsers", "a backend bucket does not read a private one"
    assert grant.read("role") == "roles/storage.legacyObjectReader", "objectViewer may list"
    bucket = builders.only(facts, "bucket:Bucket")
    assert bucket.read("uniformBucketLevelAccess") is True
    assert bucket.read("labels.palier-role") == "static-site", "rules about buckets know it by this"


def test_the_static_bucket_survives_its_stack(deploy: Deploy) -> None:
    bucket = builders.only(deploy(cdn), "bucket:Bucket")
    assert bucket.protect
    assert bucket.read("deletionPolicy") == "PREVENT"
    assert bucket.read("forceDestroy") is False
    assert bucket.read("versioning.enabled") is True
    assert bucket.read("name") == "acme-cdn-static", "bucket names are the world's, not a project's"


def test_old_tls_is_refused(deploy: Deploy) -> None:
    facts = deploy(cdn, known=True)
    tls = builders.only(facts, "SSLPolicy")
    assert (tls.read("profile"), tls.read("minTlsVersion")) == ("RESTRICTED", "TLS_1_2")
    assert builders.only(facts, "TargetHttpsProxy").read("sslPolicy") == "cdn-tls-id"


def test_plain_http_is_sent_on_for_good_with_its_query() -> None:
    facts = known_cloud.deploy(cdn)
    redirect = builders.only(facts, "URLMap", "cdn-redirect")
    assert redirect.read("defaultUrlRedirect") == {
        "httpsRedirect": True,
        "redirectResponseCode": "MOVED_PERMANENTLY_DEFAULT",
        "stripQuery": False,
    }
    assert redirect.read("defaultService") is None, "nothing is served in clear"
    proxy = builders.only(facts, "TargetHttpProxy")
    assert str(proxy.read("urlMap")).endswith("/urlMaps/cdn-redirect")


def test_both_ports_answer_at_one_address(deploy: Deploy) -> None:
    facts = deploy(cdn, known=True)
    rules = facts.of_type("gcp:compute/globalForwardingRule:GlobalForwardingRule")
    assert sorted(rule.read("portRange") for rule in rules) == ["443", "80"]
    assert {rule.read("ipAddress") for rule in rules} == {"cdn-address-id"}


def test_the_certificate_is_googles_for_the_domain_and_what_is_below(deploy: Deploy) -> None:
    facts = deploy(cdn, known=True)
    certificate = builders.only(facts, "certificate:Certificate")
    assert certificate.read("managed.domains") == ["example.com", "*.example.com"]
    entries = facts.of_type("gcp:certificatemanager/certificateMapEntry:CertificateMapEntry")
    hosts = [entry.read("hostname") for entry in entries]
    assert sorted(hosts) == ["*.example.com", "example.com"]
    map_ = builders.only(facts, "TargetHttpsProxy").read("certificateMap")
    assert map_ == "//certificatemanager.googleapis.com/cdn-certificates-id"


def test_the_certificate_is_proved_by_dns_before_traffic_moves(deploy: Deploy) -> None:
    facts = deploy(cdn, known=True)
    proof = builders.only(facts, "RecordSet", "cdn-domain-proof")
    asked: Any = next(iter(builders.COMPUTED["dnsResourceRecords"]))
    assert (proof.read("name"), proof.read("type"), proof.read("rrdatas")) == (
        asked["name"], asked["type"], [asked["data"]],
    )  # fmt: skip


def test_the_domain_points_at_the_address(deploy: Deploy) -> None:
    record = builders.only(deploy(cdn, known=True), "RecordSet", "cdn-address")
    assert (record.read("name"), record.read("type")) == ("example.com.", "A")
    assert record.read("rrdatas") == [builders.COMPUTED["address"]]


def test_a_sampling_above_one_is_refused() -> None:
    with pytest.raises(PalierError, match=r"cdn\.log_sample: 0 to 1"):
        CdnSize(armor_rules=2, log_sample=Decimal(2))
