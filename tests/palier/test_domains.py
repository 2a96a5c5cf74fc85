"""Domains: what is one, what is none, and that nobody takes more than that."""

from __future__ import annotations

from collections.abc import Callable

import builders
import pytest
import settings
from hypothesis import given
from hypothesis import strategies as st

from components.dns import Dns, DnsArgs
from components.observability import Observability, ObservabilityArgs
from palier.domains import DOMAIN, LONGEST
from palier.errors import PalierError
from palier.sizes import ObservabilitySize

LABEL = "a" * 63
LONG = ".".join(["a" * 57, LABEL, LABEL, LABEL, "com"])
"""As long as a domain may be."""


@pytest.mark.parametrize(
    "domain",
    [
        "example.com",
        "a.io",
        "4.co",
        "shop.example.co.uk",
        "xn--bcher-kva.example",
        "example.xn--p1ai",
        "a-b--c.example",
        f"{LABEL}.com",
        f"example.{LABEL}",
        f"example.xn--{'a' * 59}",
        LONG,
    ],
)
def test_a_domain_is_taken(domain: str) -> None:
    assert DOMAIN.fullmatch(domain)


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "com",
        "localhost",
        "example.com.",
        ".example.com",
        "example..com",
        "Example.com",
        "exa mple.com",
        "exa_mple.com",
        "bücher.example",
        "-a.example.com",
        "a-.example.com",
        "example.c",
        "example.c0m",
        "example.co-m",
        "example.xn--",
        "example.xn--a-",
        "203.0.113.10",
        "https://example.com",
        "example.com/",
        "example.com:443",
        "*.example.com",
        "example.com\n",
        f"{LABEL}a.com",
        f"example.{LABEL}a",
        f"example.xn--{'a' * 60}",
        f"a{LONG}",
    ],
)
def test_what_is_no_domain_is_refused(text: str) -> None:
    assert not DOMAIN.fullmatch(text)


def test_the_longest_domain_is_as_long_as_it_may_be() -> None:
    assert len(LONG) == LONGEST, "the two cases above stand on either side of the bound"


@given(st.from_regex(DOMAIN, fullmatch=True))
def test_what_is_taken_fits_in_a_question_of_the_dns(domain: str) -> None:
    labels = domain.split(".")
    assert len(domain) <= 253
    assert all(1 <= len(label) <= 63 and label == label.strip("-") for label in labels)
    assert len(labels) >= 2


def by_settings(domain: str) -> object:
    return settings.parse(builders.stack_config("mvp", domain=domain), "mvp")


def by_dns(domain: str) -> object:
    return builders.deploy(lambda: Dns("dns", DnsArgs(domain=domain)))


def by_observability(domain: str) -> object:
    args = ObservabilityArgs(size=ObservabilitySize(alerts=1), domain=domain, project="acme")
    return builders.deploy(lambda: Observability("observability", args))


@pytest.mark.parametrize("taker", [by_settings, by_dns, by_observability])
@pytest.mark.parametrize("text", ["example.c0m", f"{LABEL}a.com", f"a{LONG}"])
def test_whoever_takes_a_domain_is_as_strict(taker: Callable[[str], object], text: str) -> None:
    taker("example.com")
    with pytest.raises(PalierError, match=r"domain: expected .*example\.com"):
        taker(text)
