"""Guardrails of the edge: how what comes from the internet is encrypted and logged."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from palier.facts import Facts
from palier.rules.guardrails.conditions import several
from palier.rules.judges import about, each
from palier.rules.model import Rule
from palier.rules.requirements import (
    absent,
    lacking,
    none_of,
    one_of,
    present,
    some,
)
from palier.verdicts import Finding

POLICIES: Final = (
    "gcp:compute/sSLPolicy:SSLPolicy",
    "gcp:compute/regionSslPolicy:RegionSslPolicy",
)
PROXIES: Final = (
    "gcp:compute/targetHttpsProxy:TargetHttpsProxy",
    "gcp:compute/regionTargetHttpsProxy:RegionTargetHttpsProxy",
    "gcp:compute/targetSSLProxy:TargetSSLProxy",
)
CERTIFICATE: Final = "gcp:certificatemanager/certificate:Certificate"
BY_HAND: Final = (
    "gcp:compute/sSLCertificate:SSLCertificate",
    "gcp:compute/regionSslCertificate:RegionSslCertificate",
)
BACKEND: Final = "gcp:compute/backendService:BackendService"
STRONG: Final = ("RESTRICTED", "FIPS_202205")
"""Profiles that speak TLS 1.2 and later only, with forward secrecy only."""
WEAK: Final = (
    "TLS_RSA_WITH_AES_128_GCM_SHA256", "TLS_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_RSA_WITH_AES_128_CBC_SHA", "TLS_RSA_WITH_AES_256_CBC_SHA",
    "TLS_RSA_WITH_3DES_EDE_CBC_SHA",
)  # fmt: skip
"""Ciphers without forward secrecy, that a profile CUSTOM may not name."""


def _by_hand(facts: Facts) -> Iterator[Finding]:
    for type_ in BY_HAND:
        for fact in facts.of_type(type_):
            yield about(fact, False, "a certificate that somebody has to renew")


RULES: Final[tuple[Rule, ...]] = (
    Rule(
        id="edge-tls",
        title="Load balancers speak TLS 1.2 and later, with strong ciphers",
        family="guardrails",
        rationale="Google's default still speaks TLS 1.0, which can be read by whoever listens.",
        remedy="Give proxies an sslPolicy with minTlsVersion TLS_1_2 and profile RESTRICTED or "
        "MODERN.",
        reference="CIS GCP 3.11",
        judge=several(
            each(
                POLICIES,
                one_of("profile", *STRONG, "MODERN", "CUSTOM"),
                some(one_of("profile", *STRONG), one_of("minTlsVersion", "TLS_1_2", "TLS_1_3")),
                lacking("customFeatures", "without ciphers that lack forward secrecy", *WEAK),
            ),
            each(PROXIES, present("sslPolicy")),
        ),
    ),
    Rule(
        id="edge-certificates",
        title="Certificates are Google's to renew",
        family="guardrails",
        rationale="A certificate that is renewed by hand expires, and its key lies in the program.",
        remedy="Use gcp:certificatemanager:Certificate with managed, or a managed certificate.",
        reference="CIS GKE 5.6.7",
        judge=several(
            each(CERTIFICATE, absent("selfManaged")),  # it is either that or managed
            _by_hand,
        ),
    ),
    Rule(
        id="edge-logging",
        title="Load balancers log requests",
        family="guardrails",
        rationale="Without them nobody can say who asked for what before something broke.",
        remedy="Set logConfig.enable; sampleRate keeps it cheap.",
        reference="CIS GCP 2.17",
        judge=each(
            BACKEND,
            one_of("logConfig.enable", True),
            none_of("logConfig.sampleRate", 0),
            # What is absent is an external load balancer, and HTTP.
            where=[
                none_of("loadBalancingScheme", "INTERNAL_SELF_MANAGED", "INTERNAL_MANAGED"),
                none_of("protocol", "TCP", "SSL", "UDP", "UNSPECIFIED"),
            ],
        ),
    ),
)
