"""Guardrails of clusters: who reaches them, what runs there, what is encrypted and logged."""

from __future__ import annotations

from typing import Final

from palier.rules.guardrails.conditions import several
from palier.rules.guardrails.ranges import own
from palier.rules.judges import each
from palier.rules.model import Rule
from palier.rules.requirements import (
    absent,
    every,
    having,
    lacking,
    none_of,
    one_of,
    present,
    some,
)

CLUSTER: Final = "gcp:container/cluster:Cluster"
POOL: Final = "gcp:container/nodePool:NodePool"
IMAGES: Final = "gcp:binaryauthorization/policy:Policy"
STANDARD: Final = none_of("enableAutopilot", True)
"""Condition: nodes are the program's own. Autopilot's are Google's, and safe by themselves."""
ENFORCED: Final = "ENFORCED_BLOCK_AND_AUDIT_LOG"
ANY_IMAGE: Final = ("*", "**", "*/*", "*/**", "**/*", "**/**")
IP_ENDPOINTS: Final = "controlPlaneEndpointsConfig.ipEndpointsConfig.enabled"
NETWORKS: Final = "masterAuthorizedNetworksConfig"
INSECURE: Final = "rbacBindingConfig.enableInsecureBindingSystem"
SYSTEM: Final = "SYSTEM_COMPONENTS"

ACCESS: Final[tuple[Rule, ...]] = (
    Rule(
        id="gke-private-nodes",
        title="Nodes have no public addresses",
        family="guardrails",
        rationale="A node with a public address can be reached by everyone on the internet.",
        remedy="Set privateClusterConfig.enablePrivateNodes, and nothing else in a pool.",
        reference="CIS GKE 5.6.5",
        judge=several(
            each(
                CLUSTER,
                one_of("privateClusterConfig.enablePrivateNodes", True),
                every(
                    "nodePools",
                    "pools without public nodes",
                    none_of("networkConfig.enablePrivateNodes", False),
                ),
            ),
            # A pool that says nothing is as its cluster.
            each(POOL, none_of("networkConfig.enablePrivateNodes", False)),
        ),
    ),
    Rule(
        id="gke-private-control-plane",
        title="The control plane has no public address",
        family="guardrails",
        rationale="Whoever reaches the API server can try stolen credentials, and its next flaw.",
        remedy=f"Set {IP_ENDPOINTS} to false, and use the DNS endpoint; or set "
        "privateClusterConfig.enablePrivateEndpoint.",
        reference="CIS GKE 5.6.4",
        judge=each(
            CLUSTER,
            some(
                one_of(IP_ENDPOINTS, False),
                one_of("privateClusterConfig.enablePrivateEndpoint", True),
            ),
        ),
    ),
    Rule(
        id="gke-authorized-networks",
        title="A control plane with addresses is open to named networks only",
        family="guardrails",
        rationale="An address that all networks may call is as good as a public one.",
        remedy=f"Name the networks in {NETWORKS}.cidrBlocks, or turn off {IP_ENDPOINTS}.",
        reference="CIS GKE 5.6.3",
        judge=each(
            CLUSTER,
            present(NETWORKS),
            every(f"{NETWORKS}.cidrBlocks", "networks of one's own", own("cidrBlock")),
            none_of(f"{NETWORKS}.gcpPublicCidrsAccessEnabled", True),
            where=[none_of(IP_ENDPOINTS, False)],
        ),
    ),
    Rule(
        id="gke-legacy-access",
        title="Nobody logs in with a client certificate, and ABAC is off",
        family="guardrails",
        rationale="Such a certificate cannot be revoked, and ABAC gives rights that RBAC does not.",
        remedy="Leave masterAuth.clientCertificateConfig.issueClientCertificate and "
        "enableLegacyAbac off.",
        reference="CIS GKE 5.8.1, 5.8.3",
        judge=each(
            CLUSTER,
            # Google's default is off for both.
            none_of("masterAuth.clientCertificateConfig.issueClientCertificate", True),
            none_of("enableLegacyAbac", True),
        ),
    ),
    Rule(
        id="gke-insecure-bindings",
        title="No rights can be bound to everyone, or to everyone with a Google account",
        family="guardrails",
        rationale="system:authenticated is every Google account in the world: one binding to it "
        "opens the cluster.",
        remedy="Set rbacBindingConfig.enableInsecureBindingSystemAuthenticated and "
        "enableInsecureBindingSystemUnauthenticated to false.",
        reference="CIS GKE 4.1.6, 4.1.8, 4.1.9, 4.1.10",
        judge=each(
            CLUSTER,
            one_of(f"{INSECURE}Authenticated", False),
            one_of(f"{INSECURE}Unauthenticated", False),
        ),
    ),
    Rule(
        id="gke-anonymous-requests",
        title="Requests without a login reach health endpoints only",
        family="guardrails",
        rationale="Unless it is limited, a wrong binding answers requests that nobody signed.",
        remedy="Set anonymousAuthenticationConfig.mode to LIMITED.",
        reference="Google's GKE hardening guide",
        judge=each(CLUSTER, one_of("anonymousAuthenticationConfig.mode", "LIMITED")),
    ),
    Rule(
        id="gke-workload-identity",
        title="Workloads have identities of their own",
        family="guardrails",
        rationale="Without it every pod of a node acts with the rights of the node.",
        remedy="Set workloadIdentityConfig.workloadPool to PROJECT.svc.id.goog.",
        reference="CIS GKE 5.2.2",
        judge=each(
            CLUSTER,
            present("workloadIdentityConfig.workloadPool"),
            where=[STANDARD],  # Autopilot always has it
        ),
    ),
)
SOFTWARE: Final[tuple[Rule, ...]] = (
    Rule(
        id="gke-release-channel",
        title="Clusters follow the REGULAR, STABLE or EXTENDED release channel",
        family="guardrails",
        rationale="A cluster outside a channel misses fixes of known flaws until somebody looks.",
        remedy="Set releaseChannel.channel to REGULAR, STABLE or EXTENDED.",
        reference="CIS GKE 5.5.4",
        judge=several(
            each(
                CLUSTER,
                one_of("releaseChannel.channel", "REGULAR", "STABLE", "EXTENDED"),
                where=[STANDARD],
            ),
            # Autopilot is always in one; without a word, in REGULAR.
            each(
                CLUSTER,
                one_of("releaseChannel.channel", None, "REGULAR", "STABLE", "EXTENDED"),
                where=[one_of("enableAutopilot", True)],
            ),
        ),
    ),
    Rule(
        id="gke-alpha",
        title="No alpha cluster",
        family="guardrails",
        rationale="An alpha cluster is neither upgraded nor secured, and is deleted after 30 days.",
        remedy="Leave enableKubernetesAlpha off.",
        reference="CIS GKE 5.10.2",
        judge=each(CLUSTER, none_of("enableKubernetesAlpha", True)),  # off unless it is set
    ),
    Rule(
        id="gke-binary-authorization",
        title="Clusters ask Binary Authorization before they run an image",
        family="guardrails",
        rationale="Without it any image from anywhere runs, with the rights of who started it.",
        remedy="Set binaryAuthorization.evaluationMode to PROJECT_SINGLETON_POLICY_ENFORCE.",
        reference="CIS GKE 4.5.1",
        judge=each(
            CLUSTER,
            some(
                one_of("binaryAuthorization.evaluationMode", "PROJECT_SINGLETON_POLICY_ENFORCE"),
                one_of("binaryAuthorization.enabled", True),
            ),
        ),
    ),
    Rule(
        id="gke-admission-policy",
        title="The policy of images refuses what it does not name",
        family="guardrails",
        rationale="A policy that allows all, or only notes what it would refuse, stops nothing.",
        remedy=f"Let no rule say ALWAYS_ALLOW, let each say {ENFORCED}, and list no pattern of all "
        "images in admissionWhitelistPatterns.",
        reference="CIS GKE 5.1.4",
        judge=each(
            IMAGES,
            none_of("defaultAdmissionRule.evaluationMode", "ALWAYS_ALLOW", None),
            one_of("defaultAdmissionRule.enforcementMode", ENFORCED),
            every(
                "clusterAdmissionRules",
                "rules that refuse something",
                none_of("evaluationMode", "ALWAYS_ALLOW"),
            ),
            every("clusterAdmissionRules", "enforced", one_of("enforcementMode", ENFORCED)),
            lacking(
                "admissionWhitelistPatterns",
                "without a pattern of all images",
                *({"namePattern": pattern} for pattern in ANY_IMAGE),
            ),
        ),
    ),
    Rule(
        id="gke-secrets-encryption",
        title="Kubernetes secrets are encrypted with a key of one's own",
        family="guardrails",
        rationale="Whoever gets a copy of a cluster's database reads its secrets.",
        remedy="Set databaseEncryption.state to ENCRYPTED, and keyName to a key of Cloud KMS.",
        reference="CIS GKE 5.3.1",
        judge=each(
            CLUSTER,
            one_of("databaseEncryption.state", "ENCRYPTED", "ALL_OBJECTS_ENCRYPTION_ENABLED"),
            present("databaseEncryption.keyName"),
        ),
    ),
)
WATCH: Final[tuple[Rule, ...]] = (
    Rule(
        id="gke-network-policy",
        title="Network policies are enforced",
        family="guardrails",
        rationale="Without a plug-in that enforces them, policies are mere text.",
        remedy="Set datapathProvider to ADVANCED_DATAPATH, or networkPolicy.enabled.",
        reference="CIS GKE 4.3.1",
        judge=each(
            CLUSTER,
            some(
                one_of("datapathProvider", "ADVANCED_DATAPATH"),
                one_of("networkPolicy.enabled", True),
            ),
            where=[STANDARD],  # Autopilot always has it
        ),
    ),
    Rule(
        id="gke-vpc-native",
        title="Clusters are VPC-native",
        family="guardrails",
        rationale="Routes that clusters make by themselves collide, and no firewall knows pods.",
        remedy="Leave out networkingMode, or set it to VPC_NATIVE.",
        reference="CIS GKE 5.6.2",
        judge=each(CLUSTER, none_of("networkingMode", "ROUTES")),  # the default is VPC_NATIVE
    ),
    Rule(
        id="gke-logging",
        title="Logs of the system and of workloads, and metrics of the system, are kept",
        family="guardrails",
        rationale="Without them nobody can say what happened in a cluster, or that it did.",
        remedy="Leave out loggingConfig and monitoringConfig, or name SYSTEM_COMPONENTS in both "
        "and WORKLOADS in the first.",
        reference="CIS GKE 5.7.1",
        judge=each(
            CLUSTER,
            # Google's default is all three.
            some(
                absent("loggingConfig"),
                having("loggingConfig.enableComponents", "with both", SYSTEM, "WORKLOADS"),
            ),
            some(
                one_of("monitoringConfig.enableComponents", None),
                having("monitoringConfig.enableComponents", f"with {SYSTEM}", SYSTEM),
            ),
            none_of("loggingService", "none"),
            none_of("monitoringService", "none"),
        ),
    ),
    Rule(
        id="gke-security-posture",
        title="Workloads are scanned for dangerous settings",
        family="guardrails",
        rationale="What is deployed past every review is seen by nobody.",
        remedy="Set securityPostureConfig.mode to BASIC, which is free.",
        reference="CIS GKE 5.10.4",
        judge=each(
            CLUSTER, none_of("securityPostureConfig.mode", "DISABLED")
        ),  # new clusters have it
    ),
    Rule(
        id="gke-deletion-protection",
        title="The provider refuses to delete clusters",
        family="guardrails",
        rationale="A cluster holds no data, and the service is down until the next one is up.",
        remedy="Leave deletionProtection on, until the update before the one that deletes.",
        reference="Google's GKE hardening guide",
        judge=each(CLUSTER, none_of("deletionProtection", False)),  # the provider's default is on
    ),
)
RULES: Final[tuple[Rule, ...]] = (*ACCESS, *SOFTWARE, *WATCH)
