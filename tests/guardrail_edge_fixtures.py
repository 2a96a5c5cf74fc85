"""Fixtures of the guardrails of the edge: TLS, certificates, logs of requests."""

from __future__ import annotations

from typing import Final

from palier.testing.fixtures import Added, Change, Fixture, Resource, unknown

TLS: Final = "gcp:compute/sSLPolicy:SSLPolicy"
REGIONAL_TLS: Final = "gcp:compute/regionSslPolicy:RegionSslPolicy"
PROXY: Final = "gcp:compute/targetHttpsProxy:TargetHttpsProxy"
CERTIFICATE: Final = "gcp:certificatemanager/certificate:Certificate"
BACKEND: Final = "gcp:compute/backendService:BackendService"

STRICT: Final = Resource(
    type=TLS, name="strict", inputs={"profile": "RESTRICTED", "minTlsVersion": "TLS_1_2"}
)
OTHERS: Final = (
    Resource(type=REGIONAL_TLS, name="modern", inputs={
        "profile": "MODERN", "minTlsVersion": "TLS_1_2"}),
    Resource(type=REGIONAL_TLS, name="own", inputs={
        "profile": "CUSTOM", "minTlsVersion": "TLS_1_3",
        "customFeatures": ["TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"]}),
    Resource(type=REGIONAL_TLS, name="unsaid", inputs={"profile": "RESTRICTED"}),
)  # fmt: skip
HTTPS: Final = Resource(type=PROXY, name="https", inputs={"sslPolicy": "strict"})
MANAGED: Final = Resource(
    type=CERTIFICATE, name="managed", inputs={"managed": {"domains": ["example.com"]}}
)
API: Final = Resource(
    type=BACKEND,
    name="api",
    inputs={"loadBalancingScheme": "EXTERNAL_MANAGED", "protocol": "HTTP",
            "logConfig": {"enable": True, "sampleRate": 0.1}},
)  # fmt: skip
UNLOGGED: Final = (
    Resource(type=BACKEND, name="mesh", inputs={"loadBalancingScheme": "INTERNAL_SELF_MANAGED"}),
    Resource(type=BACKEND, name="tcp", inputs={"protocol": "TCP"}),
)

FIXTURES: Final[tuple[Fixture, ...]] = (
    Fixture(
        rule="edge-tls",
        passing=[STRICT, *OTHERS, HTTPS],
        violating=[
            Change(type=TLS, at="profile", to="COMPATIBLE"),
            Change(type=TLS, at="profile", to=None),
            Added(resource=Resource(type=TLS, name="old", inputs={
                "profile": "MODERN", "minTlsVersion": "TLS_1_1"})),
            Added(resource=Resource(type=TLS, name="oldest", inputs={"profile": "MODERN"})),
            Added(resource=Resource(type=TLS, name="weak", inputs={
                "profile": "CUSTOM", "minTlsVersion": "TLS_1_2",
                "customFeatures": ["TLS_AES_128_GCM_SHA256", "TLS_RSA_WITH_AES_128_CBC_SHA"]})),
            Change(type=PROXY, at="sslPolicy", to=None),
            *(Added(resource=Resource(type=type_, name="plain")) for type_ in (
                "gcp:compute/regionTargetHttpsProxy:RegionTargetHttpsProxy",
                "gcp:compute/targetSSLProxy:TargetSSLProxy")),
        ],
        unknown=[
            unknown(TLS, "profile"),
            unknown(REGIONAL_TLS, "minTlsVersion", profile="MODERN"),
            unknown(REGIONAL_TLS, "customFeatures", profile="CUSTOM"),
        ],
    ),
    Fixture(
        rule="edge-certificates",
        passing=[MANAGED],
        violating=[
            Change(type=CERTIFICATE, at="selfManaged", to={"pemCertificate": "-----BEGIN"}),
            *(Added(resource=Resource(type=type_, name="by-hand", inputs={
                "certificate": "-----BEGIN"}))
              for type_ in ("gcp:compute/sSLCertificate:SSLCertificate",
                            "gcp:compute/regionSslCertificate:RegionSslCertificate")),
        ],
        unknown=[unknown(CERTIFICATE, "selfManaged")],
    ),
    Fixture(
        rule="edge-logging",
        passing=[API, *UNLOGGED],
        violating=[
            Change(type=BACKEND, at="logConfig.enable", to=False),
            Change(type=BACKEND, at="logConfig", to=None),
            Change(type=BACKEND, at="logConfig.sampleRate", to=0),
            Added(resource=Resource(type=BACKEND, name="unsaid")),
        ],
        unknown=[
            unknown(BACKEND, "logConfig"),
            unknown(BACKEND, "logConfig.enable"),
            unknown(BACKEND, "logConfig.sampleRate"),
            unknown(BACKEND, "loadBalancingScheme", loadBalancingScheme="INTERNAL_SELF_MANAGED"),
            unknown(BACKEND, "protocol", protocol="TCP"),
        ],
    ),
)  # fmt: skip
