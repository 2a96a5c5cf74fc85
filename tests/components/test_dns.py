"""The DNS zone: signed, public, never lost, never renamed."""

from __future__ import annotations

from collections.abc import Callable

import builders
import pytest

from components.dns import Dns, DnsArgs
from palier.errors import PalierError
from palier.facts import Facts

Deploy = Callable[..., Facts]


def dns(domain: str = "example.com") -> Dns:
    """The zone of a domain."""
    return Dns("dns", DnsArgs(domain=domain))


def test_the_zone_is_protected_twice(deploy: Deploy) -> None:
    zone = builders.only(deploy(dns), "ManagedZone")
    assert zone.protect
    assert zone.read("deletionPolicy") == "PREVENT"
    assert zone.read("forceDestroy") is False, "records would go with the zone"


def test_answers_are_signed_without_the_broken_algorithm(deploy: Deploy) -> None:
    dnssec = builders.only(deploy(dns), "ManagedZone").read("dnssecConfig")
    assert dnssec["state"] == "on"
    assert dnssec["nonExistence"] == "nsec3", "nsec would list every name of the zone"
    assert {spec["keyType"] for spec in dnssec["defaultKeySpecs"]} == {"keySigning", "zoneSigning"}
    assert "rsasha1" not in {spec["algorithm"] for spec in dnssec["defaultKeySpecs"]}


def test_the_zones_name_does_not_follow_the_domain(deploy: Deploy) -> None:
    zone = builders.only(deploy(dns), "ManagedZone")
    assert (zone.read("name"), zone.read("dnsName")) == ("dns", "example.com.")


def test_records_of_others_are_not_here(deploy: Deploy) -> None:
    assert [fact.type for fact in deploy(dns).resources] == ["gcp:dns/managedZone:ManagedZone"]


@pytest.mark.parametrize("domain", ["example.com", "a.b.example.co", "xn--bcher-kva.example"])
def test_domains_are_taken(deploy: Deploy, domain: str) -> None:
    zone = builders.only(deploy(lambda: dns(domain)), "ManagedZone")
    assert zone.read("dnsName") == f"{domain}."


@pytest.mark.parametrize(
    "domain",
    ["", "example", "example.com.", "Example.com", "-a.com", "a..com", "ex ample.com", "a.1",
     f"{'a' * 64}.com", f"{'a.' * 130}com"],
)  # fmt: skip
def test_what_is_no_domain_is_refused(deploy: Deploy, domain: str) -> None:
    with pytest.raises(PalierError, match=r"dns\.domain: expected a lower-case domain"):
        deploy(lambda: dns(domain))
