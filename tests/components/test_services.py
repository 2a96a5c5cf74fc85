"""APIs: all that the platform calls, turned on, never off."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import builders
import pulumi
import pytest

from components.dns import Dns, DnsArgs
from components.services import APIS, Services, ServicesArgs
from palier.errors import PalierError
from palier.facts import Fact, Facts
from palier.graph import Graph

Deploy = Callable[..., Facts]
SERVICE = "gcp:projects/service:Service"
API_OF = {
    "artifactregistry": "artifactregistry",
    "binaryauthorization": "binaryauthorization",
    "billing": "billingbudgets",
    "certificatemanager": "certificatemanager",
    "compute": "compute",
    "container": "container",
    "dns": "dns",
    "gkebackup": "gkebackup",
    "iam": "iam",
    "kms": "cloudkms",
    "logging": "logging",
    "monitoring": "monitoring",
    "projects": "cloudresourcemanager",
    "redis": "redis",
    "secretmanager": "secretmanager",
    "serviceaccount": "iam",
    "servicenetworking": "servicenetworking",
    "sql": "sqladmin",
    "storage": "storage",
}
"""API that serves each module of the provider."""
ON_BEFOREHAND = ("cloudresourcemanager", "serviceusage")
"""Through these the others are turned on, so they are on before the first update."""


def module_of(fact: Fact) -> str:
    """Module of the provider that a resource's type is in."""
    return fact.type.split(":")[1].split("/")[0]


def services(apis: Sequence[str] = APIS) -> Services:
    """APIs of project acme."""
    return Services("services", ServicesArgs(project="acme", apis=apis))


def test_an_api_stays_on_when_the_stack_goes(deploy: Deploy) -> None:
    for fact in deploy(services).of_type(SERVICE):
        assert fact.read("disableOnDestroy") is False, "turning IAM off locks everyone out"
        assert fact.read("disableDependentServices") is False


def test_every_api_is_turned_on_once_in_the_project(deploy: Deploy) -> None:
    facts = deploy(services).of_type(SERVICE)
    assert sorted(fact.read("service") for fact in facts) == sorted(APIS)
    assert {fact.read("project") for fact in facts} == {"acme"}


@pytest.mark.parametrize("phase", builders.PHASES)
def test_every_module_that_a_phase_uses_has_its_api(phase: str) -> None:
    recorded = builders.recorded(phase).resources
    modules = {module_of(fact) for fact in recorded if fact.type.startswith("gcp:")}
    needed = {f"{API_OF[module]}.googleapis.com" for module in modules}
    assert needed <= set(APIS), "the first update would stop half-way"


@pytest.mark.parametrize("phase", builders.PHASES)
def test_every_resource_waits_for_the_api_that_serves_it(phase: str) -> None:
    facts = builders.recorded(phase)
    graph = Graph.of(facts)
    switches = {fact.read("service"): fact.urn for fact in facts.of_type(SERVICE)}
    early = [
        f"{fact.name}: {api}"
        for fact in facts.resources
        if fact.type.startswith("gcp:")
        and fact.type != SERVICE
        and (api := API_OF[module_of(fact)]) not in ON_BEFOREHAND
        and switches[f"{api}.googleapis.com"] not in graph.awaited(fact)
    ]
    assert early == [], "the first update would find the API still off"


def test_scanning_that_bills_each_image_is_not_among_them() -> None:
    assert "containerscanning.googleapis.com" not in APIS


def test_others_wait_for_the_enabled_apis(deploy: Deploy) -> None:
    def program() -> None:
        enabled = services(("dns.googleapis.com",)).enabled
        Dns("dns", DnsArgs(domain="example.com"), pulumi.ResourceOptions(depends_on=enabled))

    facts = deploy(program)
    assert builders.only(facts, SERVICE).urn in builders.only(facts, "ManagedZone").dependencies


def test_an_api_is_known_by_its_first_word(deploy: Deploy) -> None:
    waiting: list[str] = []

    def program() -> None:
        waiting.extend(str(api._name) for api in services().named("dns", "compute"))

    deploy(program)
    assert waiting == ["services-dns", "services-compute"]


def test_waiting_for_an_api_that_is_off_is_refused(deploy: Deploy) -> None:
    with pytest.raises(PalierError, match="services: pubsub is not turned on, there is dns"):
        deploy(lambda: services(("dns.googleapis.com",)).named("pubsub"))


@pytest.mark.parametrize(
    ("apis", "found"),
    [
        (["compute"], "'compute' 1x"),
        (["https://dns.googleapis.com"], "'https://dns.googleapis.com' 1x"),
        (["dns.googleapis.com", "dns.googleapis.com"], "'dns.googleapis.com' 2x"),
    ],
)
def test_what_is_no_api_or_comes_twice_is_refused(
    deploy: Deploy, apis: list[str], found: str
) -> None:
    with pytest.raises(PalierError, match=rf"services\.apis: expected names .* got {found}"):
        deploy(lambda: services(apis))
