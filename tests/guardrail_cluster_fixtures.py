"""Fixtures of the guardrails of clusters: one Standard, one Autopilot, and a policy of images."""

from __future__ import annotations

from typing import Any, Final

from palier.testing.fixtures import Added, Change, Fixture, Resource, unknown

CLUSTER: Final = "gcp:container/cluster:Cluster"
POOL: Final = "gcp:container/nodePool:NodePool"
IMAGES: Final = "gcp:binaryauthorization/policy:Policy"
STANDARD: Final = {"enableAutopilot": None}
ENFORCED: Final = "ENFORCED_BLOCK_AND_AUDIT_LOG"
IP: Final = "controlPlaneEndpointsConfig.ipEndpointsConfig"
OFF: Final = {f"{IP}.enabled": False}
NETWORKS: Final = "masterAuthorizedNetworksConfig"

BASE: Final[dict[str, Any]] = {
    "location": "europe-west1",
    "privateClusterConfig": {"enablePrivateNodes": True},
    "controlPlaneEndpointsConfig": {"ipEndpointsConfig": {"enabled": False}},
    "rbacBindingConfig": {
        "enableInsecureBindingSystemAuthenticated": False,
        "enableInsecureBindingSystemUnauthenticated": False,
    },
    "anonymousAuthenticationConfig": {"mode": "LIMITED"},
    "binaryAuthorization": {"evaluationMode": "PROJECT_SINGLETON_POLICY_ENFORCE"},
    "databaseEncryption": {
        "state": "ENCRYPTED",
        "keyName": "projects/acme/locations/europe-west1/keyRings/keys/cryptoKeys/gke",
    },
}
REGULAR: Final = Resource(
    type=CLUSTER,
    name="standard",
    inputs={
        **BASE,
        "removeDefaultNodePool": True,
        "initialNodeCount": 1,
        "workloadIdentityConfig": {"workloadPool": "acme.svc.id.goog"},
        "releaseChannel": {"channel": "STABLE"},
        "datapathProvider": "ADVANCED_DATAPATH",
        "nodePoolDefaults": {"nodeConfigDefaults": {"insecureKubeletReadonlyPortEnabled": "FALSE"}},
    },
)
AUTOPILOT: Final = Resource(
    type=CLUSTER, name="autopilot", inputs={**BASE, "enableAutopilot": True}
)
NODES: Final = Resource(type=POOL, name="nodes", inputs={"cluster": "standard"})
POLICY: Final = Resource(
    type=IMAGES,
    name="images",
    inputs={
        "defaultAdmissionRule": {"evaluationMode": "ALWAYS_DENY", "enforcementMode": ENFORCED},
        "admissionWhitelistPatterns": [{"namePattern": "europe-docker.pkg.dev/acme/**"}],
    },
)
BOTH: Final = (REGULAR, AUTOPILOT)


def cluster(name: str, **inputs: Any) -> Added:
    """One cluster more, open where it says so."""
    return Added(resource=Resource(type=CLUSTER, name=name, inputs={**BASE, **inputs}))


def public(**inputs: Any) -> dict[str, Any]:
    """A control plane with addresses."""
    return {"controlPlaneEndpointsConfig": {"ipEndpointsConfig": {"enabled": True}}, **inputs}


def admission(evaluation: str, enforcement: str) -> list[dict[str, str]]:
    """The rule of one cluster in a policy of images."""
    return [
        {"cluster": "europe-west1.standard", "evaluationMode": evaluation,
         "enforcementMode": enforcement}
    ]  # fmt: skip


ADDRESSED: Final = Resource(
    type=CLUSTER,
    name="addressed",
    inputs={
        "privateClusterConfig": {"enablePrivateNodes": True, "enablePrivateEndpoint": True},
        NETWORKS: {"cidrBlocks": [{"cidrBlock": "10.0.0.0/8"}, {"cidrBlock": "203.0.113.7/32"}]},
    },
)

FIXTURES: Final[tuple[Fixture, ...]] = (
    Fixture(
        rule="gke-private-nodes",
        passing=[*BOTH, NODES],
        violating=[
            Change(type=CLUSTER, at="privateClusterConfig.enablePrivateNodes", to=False),
            Change(type=CLUSTER, at="privateClusterConfig.enablePrivateNodes", to=None),
            Change(type=CLUSTER, at="privateClusterConfig", to=None),
            Change(type=CLUSTER, at="nodePools", where=STANDARD,
                   to=[{}, {"networkConfig": {"enablePrivateNodes": False}}]),
            Change(type=POOL, at="networkConfig.enablePrivateNodes", to=False),
        ],
        unknown=[
            unknown(CLUSTER, "privateClusterConfig"),
            unknown(CLUSTER, "privateClusterConfig.enablePrivateNodes"),
            unknown(CLUSTER, "nodePools", **STANDARD),
            unknown(POOL, "networkConfig"),
        ],
    ),
    Fixture(
        rule="gke-private-control-plane",
        passing=[*BOTH, ADDRESSED],
        violating=[
            cluster("by-default", controlPlaneEndpointsConfig={}),
            cluster("public", **public()),
            cluster("said", **public(
                privateClusterConfig={"enablePrivateNodes": True, "enablePrivateEndpoint": False})),
        ],
        unknown=[
            unknown(CLUSTER, IP, **OFF),
            unknown(CLUSTER, f"{IP}.enabled", **OFF),
            unknown(CLUSTER, "privateClusterConfig.enablePrivateEndpoint",
                    controlPlaneEndpointsConfig=None),
        ],
    ),
    Fixture(
        rule="gke-authorized-networks",
        passing=[*BOTH, ADDRESSED],
        violating=[
            cluster("no-list", **public()),
            cluster("open", **public(**{NETWORKS: {"cidrBlocks": [{"cidrBlock": "0.0.0.0/0"}]}})),
            cluster("among-others", **public(**{NETWORKS: {
                "cidrBlocks": [{"cidrBlock": "10.0.0.0/8"}, {"cidrBlock": "0.0.0.0/1"}]}})),
            cluster("google", **public(**{NETWORKS: {
                "cidrBlocks": [{"cidrBlock": "10.0.0.0/8"}],
                "gcpPublicCidrsAccessEnabled": True}})),
            Change(type=CLUSTER, at=f"{IP}.enabled", to=True, where=OFF),
            Change(type=CLUSTER, at="controlPlaneEndpointsConfig", to=None, where=OFF),
        ],
        unknown=[
            unknown(CLUSTER, f"{IP}.enabled", **OFF),
            unknown(CLUSTER, f"{NETWORKS}.cidrBlocks", controlPlaneEndpointsConfig=None),
            unknown(CLUSTER, f"{NETWORKS}.gcpPublicCidrsAccessEnabled",
                    controlPlaneEndpointsConfig=None),
        ],
    ),
    Fixture(
        rule="gke-legacy-access",
        passing=BOTH,
        violating=[
            Change(type=CLUSTER, to=True,
                   at="masterAuth.clientCertificateConfig.issueClientCertificate"),
            Change(type=CLUSTER, at="enableLegacyAbac", to=True),
        ],
        unknown=[unknown(CLUSTER, "masterAuth"), unknown(CLUSTER, "enableLegacyAbac")],
    ),
    Fixture(
        rule="gke-insecure-bindings",
        passing=BOTH,
        violating=[
            *(Change(type=CLUSTER, at=f"rbacBindingConfig.enableInsecureBindingSystem{who}", to=to)
              for who in ("Authenticated", "Unauthenticated") for to in (True, None)),
            Change(type=CLUSTER, at="rbacBindingConfig", to=None),
        ],
        unknown=[
            unknown(CLUSTER, "rbacBindingConfig.enableInsecureBindingSystemAuthenticated"),
            unknown(CLUSTER, "rbacBindingConfig.enableInsecureBindingSystemUnauthenticated"),
        ],
    ),
    Fixture(
        rule="gke-anonymous-requests",
        passing=BOTH,
        violating=[
            Change(type=CLUSTER, at="anonymousAuthenticationConfig.mode", to="ENABLED"),
            Change(type=CLUSTER, at="anonymousAuthenticationConfig", to=None),
        ],
        unknown=[unknown(CLUSTER, "anonymousAuthenticationConfig.mode")],
    ),
    Fixture(
        rule="gke-workload-identity",
        passing=BOTH,
        violating=[
            Change(type=CLUSTER, at="workloadIdentityConfig", to=None, where=STANDARD),
            Change(type=CLUSTER, at="workloadIdentityConfig.workloadPool", to="", where=STANDARD),
            cluster("said", enableAutopilot=False),
        ],
        unknown=[unknown(CLUSTER, "enableAutopilot", enableAutopilot=True)],
    ),
    Fixture(
        rule="gke-release-channel",
        passing=BOTH,
        violating=[
            Change(type=CLUSTER, at="releaseChannel", to=None, where=STANDARD),
            Change(type=CLUSTER, at="releaseChannel.channel", to="UNSPECIFIED", where=STANDARD),
            Change(type=CLUSTER, at="releaseChannel.channel", to="RAPID"),
            Change(type=CLUSTER, at="releaseChannel.channel", to="UNSPECIFIED",
                   where={"enableAutopilot": True}),
        ],
        unknown=[
            unknown(CLUSTER, "releaseChannel"),
            unknown(CLUSTER, "releaseChannel.channel"),
        ],
    ),
    Fixture(
        rule="gke-alpha",
        passing=BOTH,
        violating=[Change(type=CLUSTER, at="enableKubernetesAlpha", to=True)],
        unknown=[unknown(CLUSTER, "enableKubernetesAlpha")],
    ),
    Fixture(
        rule="gke-binary-authorization",
        passing=[*BOTH, Resource(type=CLUSTER, name="older", inputs={
            "binaryAuthorization": {"enabled": True}})],
        violating=[
            Change(type=CLUSTER, at="binaryAuthorization.evaluationMode", to="DISABLED"),
            Change(type=CLUSTER, at="binaryAuthorization.evaluationMode", to=None),
            Change(type=CLUSTER, at="binaryAuthorization", to=None),
        ],
        unknown=[unknown(CLUSTER, "binaryAuthorization.evaluationMode")],
    ),
    Fixture(
        rule="gke-admission-policy",
        passing=[POLICY],
        violating=[
            Change(type=IMAGES, at="defaultAdmissionRule.evaluationMode", to="ALWAYS_ALLOW"),
            Change(type=IMAGES, at="defaultAdmissionRule.enforcementMode",
                   to="DRYRUN_AUDIT_LOG_ONLY"),
            Change(type=IMAGES, at="defaultAdmissionRule", to=None),
            Change(type=IMAGES, at="clusterAdmissionRules", to=admission("ALWAYS_ALLOW", ENFORCED)),
            Change(type=IMAGES, at="clusterAdmissionRules",
                   to=admission("ALWAYS_DENY", "DRYRUN_AUDIT_LOG_ONLY")),
            *(Change(type=IMAGES, at="admissionWhitelistPatterns",
                     to=[{"namePattern": "gcr.io/acme/*"}, {"namePattern": pattern}])
              for pattern in ("*", "**", "*/*")),
        ],
        unknown=[
            unknown(IMAGES, "defaultAdmissionRule"),
            unknown(IMAGES, "defaultAdmissionRule.evaluationMode"),
            unknown(IMAGES, "defaultAdmissionRule.enforcementMode"),
            unknown(IMAGES, "clusterAdmissionRules"),
            unknown(IMAGES, "admissionWhitelistPatterns"),
            unknown(IMAGES, "admissionWhitelistPatterns.0.namePattern"),
        ],
    ),
    Fixture(
        rule="gke-secrets-encryption",
        passing=BOTH,
        violating=[
            Change(type=CLUSTER, at="databaseEncryption.state", to="DECRYPTED"),
            Change(type=CLUSTER, at="databaseEncryption.keyName", to=None),
            Change(type=CLUSTER, at="databaseEncryption", to=None),
        ],
        unknown=[unknown(CLUSTER, "databaseEncryption.state")],
    ),
    Fixture(
        rule="gke-network-policy",
        passing=[*BOTH, Resource(type=CLUSTER, name="calico", inputs={
            "networkPolicy": {"enabled": True}})],
        violating=[
            Change(type=CLUSTER, at="datapathProvider", to=None, where=STANDARD | {
                "networkPolicy": None}),
            Change(type=CLUSTER, at="datapathProvider", to="LEGACY_DATAPATH", where=STANDARD | {
                "networkPolicy": None}),
        ],
        unknown=[unknown(CLUSTER, "datapathProvider", networkPolicy=None, **STANDARD)],
    ),
    Fixture(
        rule="gke-vpc-native",
        passing=BOTH,
        violating=[Change(type=CLUSTER, at="networkingMode", to="ROUTES")],
        unknown=[unknown(CLUSTER, "networkingMode")],
    ),
    Fixture(
        rule="gke-logging",
        passing=[*BOTH, Resource(type=CLUSTER, name="said", inputs={
            "loggingConfig": {"enableComponents": ["SYSTEM_COMPONENTS", "WORKLOADS", "APISERVER"]},
            "monitoringConfig": {"enableComponents": ["POD", "SYSTEM_COMPONENTS"]}})],
        violating=[
            *(Change(type=CLUSTER, at="loggingConfig", to={"enableComponents": parts})
              for parts in ([], ["SYSTEM_COMPONENTS"], ["WORKLOADS"])),
            *(Change(type=CLUSTER, at="monitoringConfig", to={"enableComponents": parts})
              for parts in ([], ["POD"])),
            Change(type=CLUSTER, at="loggingService", to="none"),
            Change(type=CLUSTER, at="monitoringService", to="none"),
        ],
        unknown=[
            *(unknown(CLUSTER, f"{part}.enableComponents")
              for part in ("loggingConfig", "monitoringConfig")),
            unknown(CLUSTER, "loggingService"),
            unknown(CLUSTER, "monitoringService"),
        ],
    ),
    Fixture(
        rule="gke-security-posture",
        passing=BOTH,
        violating=[Change(type=CLUSTER, at="securityPostureConfig.mode", to="DISABLED")],
        unknown=[unknown(CLUSTER, "securityPostureConfig.mode")],
    ),
    Fixture(
        rule="gke-deletion-protection",
        passing=BOTH,
        violating=[Change(type=CLUSTER, at="deletionProtection", to=False)],
        unknown=[unknown(CLUSTER, "deletionProtection")],
    ),
)  # fmt: skip
