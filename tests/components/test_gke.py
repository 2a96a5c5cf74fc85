"""GKE: hardened alike in both modes, generations beside each other, deletable on purpose."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import builders
import pytest

from components.gke import NODE_ROLE, Gke, GkeArgs
from components.gke_settings import MaintenanceExclusion
from palier.errors import PalierError
from palier.facts import Fact, Facts
from palier.recorder import RecordingMonitor, record
from palier.sites import Site
from palier.sizes import ClusterSize, GkeSize, NodePoolSize

Deploy = Callable[..., Facts]
REGIONS: dict[Site, str] = {"eu": "europe-west1", "us": "us-east1"}

AUTOPILOT = ClusterSize(
    mode="autopilot", site="eu", range="g1", quota_vcpu=Decimal(2), quota_memory_gib=Decimal(5)
)
POOLS = {
    "baseline": NodePoolSize(
        machine_type="n2d-standard-8", min_nodes=3, max_nodes=40, share=Decimal("0.6")
    ),
    "burst": NodePoolSize(
        machine_type="n2d-standard-4", min_nodes=0, max_nodes=9, share=Decimal("0.4"), spot=True
    ),
}
STANDARD = ClusterSize(
    mode="standard",
    site="eu",
    range="g2",
    quota_vcpu=Decimal(640),
    quota_memory_gib=Decimal(2560),
    pools=POOLS,
    provisioning_vcpu=640,
    provisioning_memory_gib=2560,
)
LIMITS = ("totalMinNodeCount", "totalMaxNodeCount", "minNodeCount", "maxNodeCount")
IMPLIED_BY_AUTOPILOT = (
    "defaultMaxPodsPerNode",
    "dnsConfig",
    "enableIntranodeVisibility",
    "enableShieldedNodes",
    "initialNodeCount",
    "networkPolicy",
    "nodePools",
    "removeDefaultNodePool",
)


def gke(*sizes: ClusterSize, **changes: Any) -> Gke:
    """Clusters of the sizes named, at the sites they name."""
    args = GkeArgs(
        size=GkeSize(generations={f"{size.site}-{size.range}": size for size in sizes}),
        project="acme",
        regions=REGIONS,
        network="vpc",
        subnets={"eu": "subnet-eu", "us": "subnet-us"},
        secrets_keys={"eu": "secrets-eu", "us": "secrets-us"},
        disk_keys={"eu": "disks-eu", "us": "disks-us"},
        images=["europe-docker.pkg.dev/acme/**"],
    )
    return Gke("gke", replace(args, **changes))


def at_us(size: ClusterSize) -> ClusterSize:
    """The same cluster on the other continent, in its first range."""
    return replace(size, site="us", range="g1")


@pytest.fixture(scope="module", params=[AUTOPILOT, STANDARD], ids=["autopilot", "standard"])
def cluster(request: pytest.FixtureRequest) -> Fact:
    """The one cluster, in each mode."""
    return builders.only(builders.deploy(lambda: gke(request.param)), "cluster:Cluster")


@pytest.mark.parametrize(
    ("path", "expected", "why"),
    [
        ("privateClusterConfig.enablePrivateNodes", True, "nodes have no public address"),
        ("privateClusterConfig.enablePrivateEndpoint", True, "nor has the control plane"),
        (
            "controlPlaneEndpointsConfig.ipEndpointsConfig.enabled",
            False,
            "IAM decides who comes in, by the DNS endpoint alone",
        ),
        (
            "controlPlaneEndpointsConfig.dnsEndpointConfig.allowExternalTraffic",
            True,
            "or Pulumi and the team could not reach it",
        ),
        (
            "masterAuth.clientCertificateConfig.issueClientCertificate",
            False,
            "a client certificate cannot be revoked, and turning it off later replaces",
        ),
        ("workloadIdentityConfig.workloadPool", "acme.svc.id.goog", "pods have identities"),
        ("datapathProvider", "ADVANCED_DATAPATH", "network policies are enforced"),
        ("databaseEncryption.state", "ENCRYPTED", "secrets are encrypted with a key of ours"),
        ("databaseEncryption.keyName", "secrets-eu", "the site's own key"),
        (
            "binaryAuthorization.evaluationMode",
            "PROJECT_SINGLETON_POLICY_ENFORCE",
            "only named registries run",
        ),
        (
            "rbacBindingConfig.enableInsecureBindingSystemAuthenticated",
            False,
            "every Google account is `authenticated`",
        ),
        (
            "rbacBindingConfig.enableInsecureBindingSystemUnauthenticated",
            False,
            "and nobody at all `unauthenticated`",
        ),
        ("anonymousAuthenticationConfig.mode", "LIMITED", "only health checks stay anonymous"),
        ("enableLegacyAbac", False, "RBAC alone decides"),
        ("securityPostureConfig.mode", "BASIC", "the free posture dashboard is on"),
        (
            "securityPostureConfig.vulnerabilityMode",
            "VULNERABILITY_DISABLED",
            "the advanced tier costs more than a small platform",
        ),
        ("secretManagerConfig.enabled", True, "secrets come from Secret Manager, as files"),
        ("secretManagerConfig.rotationConfig.enabled", True, "new versions arrive by themselves"),
        ("releaseChannel.channel", "REGULAR", "upgrades come by themselves"),
        ("costManagementConfig.enabled", True, "the bill tells namespaces apart"),
        ("deletionProtection", True, "a slip of the hand deletes no cluster"),
        ("location", "europe-west1", "the control plane is regional in every phase"),
        ("clusterAutoscaling.autoProvisioningDefaults.bootDiskKmsKey", "disks-eu",
         "adding a key to boot disks later replaces the cluster"),
    ],
)  # fmt: skip
def test_a_cluster_is_hardened_in_both_modes(
    cluster: Fact, path: str, expected: object, why: str
) -> None:
    assert cluster.read(path) == expected, why


def test_a_cluster_has_no_description(cluster: Fact) -> None:
    assert cluster.read("description") is None, "changing one replaces the cluster"


def test_a_cluster_can_be_swapped_on_purpose(cluster: Fact) -> None:
    assert not cluster.protect, "it holds no data: the next generation takes its place"


def test_protection_is_lifted_from_one_generation_at_a_time(deploy: Deploy) -> None:
    facts = deploy(lambda: gke(replace(AUTOPILOT, protected=False), STANDARD))
    protected = {
        fact.name: fact.read("deletionProtection")
        for fact in facts.of_type("gcp:container/cluster:Cluster")
    }
    assert protected == {"gke-eu-g1": False, "gke-eu-g2": True}, "the old one may go, no other"


def test_autopilot_is_given_nothing_that_it_refuses(deploy: Deploy) -> None:
    cluster = builders.only(deploy(lambda: gke(AUTOPILOT)), "cluster:Cluster")
    assert cluster.read("enableAutopilot") is True
    assert [key for key in IMPLIED_BY_AUTOPILOT if cluster.read(key) is not None] == []
    assert cluster.read("clusterAutoscaling.resourceLimits") is None


def test_a_standard_cluster_spells_out_what_autopilot_implies(deploy: Deploy) -> None:
    cluster = builders.only(deploy(lambda: gke(STANDARD)), "cluster:Cluster")
    assert cluster.read("enableAutopilot") is None
    assert cluster.read("enableShieldedNodes") is True
    assert cluster.read("enableIntranodeVisibility") is True
    assert cluster.read("removeDefaultNodePool") is True, "pools of their own can be changed"
    port = "nodePoolDefaults.nodeConfigDefaults.insecureKubeletReadonlyPortEnabled"
    assert cluster.read(port) == "FALSE"


def test_node_provisioning_stops_at_the_limits_of_the_size(deploy: Deploy) -> None:
    cluster = builders.only(deploy(lambda: gke(STANDARD)), "cluster:Cluster")
    limits = {
        limit["resourceType"]: limit["maximum"]
        for limit in cluster.read("clusterAutoscaling.resourceLimits")
    }
    assert limits == {"cpu": 640, "memory": 2560}


def test_provisioned_nodes_are_as_hard_as_those_of_pools(deploy: Deploy) -> None:
    facts = deploy(lambda: gke(STANDARD), known=True)
    cluster = builders.only(facts, "cluster:Cluster")
    defaults = cluster.read("clusterAutoscaling.autoProvisioningDefaults")
    assert defaults["shieldedInstanceConfig"]["enableSecureBoot"] is True
    assert defaults["management"] == {"autoRepair": True, "autoUpgrade": True}
    pool = builders.only(facts, "NodePool", "gke-eu-g2-baseline")
    assert defaults["serviceAccount"] == pool.read("nodeConfig.serviceAccount")
    assert defaults["imageType"] == pool.read("nodeConfig.imageType")


@pytest.mark.parametrize("pool", ["gke-eu-g2-baseline", "gke-eu-g2-burst"])
def test_nodes_are_hardened(deploy: Deploy, pool: str) -> None:
    fact = builders.only(deploy(lambda: gke(STANDARD)), "NodePool", pool)
    assert fact.read("networkConfig.enablePrivateNodes") is True
    assert fact.read("nodeConfig.workloadMetadataConfig.mode") == "GKE_METADATA"
    assert fact.read("nodeConfig.shieldedInstanceConfig.enableSecureBoot") is True
    assert fact.read("nodeConfig.shieldedInstanceConfig.enableIntegrityMonitoring") is True
    assert fact.read("nodeConfig.kubeletConfig.insecureKubeletReadonlyPortEnabled") == "FALSE"
    assert fact.read("nodeConfig.bootDiskKmsKey") == "disks-eu"
    assert fact.read("nodeConfig.imageType") == "COS_CONTAINERD"
    assert fact.read("nodeConfig.metadata") == {"disable-legacy-endpoints": "true"}
    assert fact.read("management") == {"autoRepair": True, "autoUpgrade": True}
    assert fact.read("upgradeSettings.maxUnavailable") == 0, "an upgrade takes no capacity away"


def test_only_spot_nodes_keep_off_what_must_not_be_lost(deploy: Deploy) -> None:
    facts = deploy(lambda: gke(STANDARD))
    burst = builders.only(facts, "NodePool", "gke-eu-g2-burst")
    baseline = builders.only(facts, "NodePool", "gke-eu-g2-baseline")
    [taint] = burst.read("nodeConfig.taints")
    assert (taint["key"], taint["effect"]) == ("cloud.google.com/gke-spot", "NO_SCHEDULE")
    assert burst.read("nodeConfig.spot") is True
    assert baseline.read("nodeConfig.taints") == []
    assert baseline.read("nodeConfig.spot") is False
    assert burst.read("autoscaling.locationPolicy") == "ANY", "spot is where capacity is"
    assert baseline.read("autoscaling.locationPolicy") == "BALANCED"


def test_limits_count_the_whole_pool_unless_the_size_says_each_zone(deploy: Deploy) -> None:
    def autoscaling(size: ClusterSize) -> Any:
        pool = builders.only(deploy(lambda: gke(size)), "NodePool", "gke-eu-g2-baseline")
        return {key: pool.read(f"autoscaling.{key}") for key in LIMITS}

    zonal = POOLS | {"baseline": replace(POOLS["baseline"], per_zone=True)}
    assert autoscaling(STANDARD) == {
        "totalMinNodeCount": 3, "totalMaxNodeCount": 40, "minNodeCount": None, "maxNodeCount": None,
    }  # fmt: skip
    assert autoscaling(replace(STANDARD, pools=zonal)) == {
        "totalMinNodeCount": None, "totalMaxNodeCount": None, "minNodeCount": 3, "maxNodeCount": 40,
    }  # fmt: skip


def test_a_new_generation_stands_beside_the_old_one_and_touches_nothing_of_it(
    deploy: Deploy,
) -> None:
    old = {fact.urn: fact.inputs for fact in deploy(lambda: gke(AUTOPILOT)).resources}
    both = {fact.urn: fact.inputs for fact in deploy(lambda: gke(AUTOPILOT, STANDARD)).resources}
    assert {urn: both[urn] for urn in old} == old, "the old generation still carries the traffic"
    clusters = builders.names(deploy(lambda: gke(AUTOPILOT, STANDARD)), "cluster:Cluster")
    assert clusters == ["gke-eu-g1", "gke-eu-g2"]


def test_generations_take_the_ranges_reserved_for_them(deploy: Deploy) -> None:
    facts = deploy(lambda: gke(AUTOPILOT, STANDARD))
    ranges = {
        fact.name: (
            fact.read("ipAllocationPolicy.clusterSecondaryRangeName"),
            fact.read("ipAllocationPolicy.servicesSecondaryRangeName"),
        )
        for fact in facts
        if fact.type.endswith("cluster:Cluster")
    }
    assert ranges == {
        "gke-eu-g1": ("pods-g1", "services-g1"),
        "gke-eu-g2": ("pods-g2", "services-g2"),
    }


def test_a_cluster_takes_region_subnet_and_keys_of_its_own_site(deploy: Deploy) -> None:
    facts = deploy(lambda: gke(AUTOPILOT, at_us(STANDARD)))
    america = builders.only(facts, "cluster:Cluster", "gke-us-g1")
    assert america.read("location") == "us-east1"
    assert america.read("subnetwork") == "subnet-us"
    assert america.read("databaseEncryption.keyName") == "secrets-us"
    boot = "clusterAutoscaling.autoProvisioningDefaults.bootDiskKmsKey"
    assert america.read(boot) == "disks-us"
    pool = builders.only(facts, "NodePool", "gke-us-g1-baseline")
    assert pool.read("location") == "us-east1"
    assert pool.read("nodeConfig.bootDiskKmsKey") == "disks-us"


def test_nodes_run_as_an_account_of_their_own_with_one_small_role(deploy: Deploy) -> None:
    facts = deploy(lambda: gke(AUTOPILOT), known=True)
    grants = [fact.read("role") for fact in facts if fact.type.endswith("IAMMember")]
    assert grants == [NODE_ROLE], "the default account of Compute Engine may edit the project"
    account = "clusterAutoscaling.autoProvisioningDefaults.serviceAccount"
    assert builders.only(facts, "cluster:Cluster").read(account) == builders.COMPUTED["email"]


def test_only_named_registries_may_run(deploy: Deploy) -> None:
    policy = builders.only(deploy(lambda: gke(AUTOPILOT)), "Policy")
    assert policy.read("defaultAdmissionRule.evaluationMode") == "ALWAYS_DENY"
    assert policy.read("defaultAdmissionRule.enforcementMode") == "ENFORCED_BLOCK_AND_AUDIT_LOG"
    patterns = [item["namePattern"] for item in policy.read("admissionWhitelistPatterns")]
    assert patterns[0] == "europe-docker.pkg.dev/acme/**", "the team's own registry"
    whole = [pattern for pattern in patterns if re.fullmatch(r"[^/]*/\*+|\*+", pattern)]
    assert whole == [], "a whole registry is everybody's"


@pytest.mark.parametrize(
    ("image", "admitted"),
    [
        ("quay.io/argoproj/argocd:v3.2.6@sha256:64e4", True),
        ("docker.io/valkey/valkey@sha256:081c", True),
        ("docker.io/valkey/valkey-bundle@sha256:081c", False),
        ("docker.io/valkey/other@sha256:081c", False),
        ("quay.io/argoproj/argocd", False),
        ("quay.io/argoproj/argocd/other:v1", False),
        ("docker.io/library/redis:8", False),
    ],
)
def test_of_what_others_publish_each_repository_is_admitted_by_its_name(
    deploy: Deploy, image: str, admitted: bool
) -> None:
    policy = builders.only(deploy(lambda: gke(AUTOPILOT)), "Policy")
    patterns = [item["namePattern"] for item in policy.read("admissionWhitelistPatterns")][1:]
    assert all(re.fullmatch(r"[^*]+[:@]\*", pattern) for pattern in patterns)
    # A star stands for what has no slash.
    matches = [re.fullmatch(re.escape(pattern[:-1]) + "[^/]+", image) for pattern in patterns]
    assert any(matches) is admitted


def test_a_backup_is_made_only_where_the_size_asks_for_it(deploy: Deploy) -> None:
    agent = "addonsConfig.gkeBackupAgentConfig.enabled"
    without = deploy(lambda: gke(AUTOPILOT))
    assert builders.names(without, "BackupPlan") == [], "it would cost about a dollar a pod"
    assert builders.only(without, "cluster:Cluster").read(agent) is False
    with_backup = deploy(lambda: gke(replace(AUTOPILOT, backup=True)))
    assert builders.names(with_backup, "BackupPlan") == ["gke-eu-g1-backup"]
    assert builders.only(with_backup, "cluster:Cluster").read(agent) is True
    plan = builders.only(with_backup, "BackupPlan")
    assert plan.read("backupConfig.includeSecrets") is False, "Secret Manager holds those"


def test_a_yearly_peak_is_kept_free_of_upgrades(deploy: Deploy) -> None:
    peak = MaintenanceExclusion(
        name="black-friday", start="2026-11-20T00:00:00Z", end="2026-12-01T00:00:00Z"
    )
    cluster = builders.only(deploy(lambda: gke(AUTOPILOT, exclusions=[peak])), "cluster:Cluster")
    [exclusion] = cluster.read("maintenancePolicy.maintenanceExclusions")
    assert exclusion["exclusionName"] == "black-friday"
    assert exclusion["exclusionOptions"] == {"scope": "NO_UPGRADES"}


@pytest.mark.parametrize(
    ("part", "what"),
    [("subnets", "subnet"), ("secrets_keys", "secrets key"), ("disk_keys", "disk key")],
)
def test_a_site_that_lacks_something_is_refused_before_anything_is_made(
    part: str, what: str
) -> None:
    monitor = RecordingMonitor()
    with pytest.raises(PalierError, match=f"gke: us-g1 is at us, which has no {what}"):
        record(
            lambda: gke(AUTOPILOT, at_us(STANDARD), **{part: {"eu": "only"}}),
            project="test",
            stack="test",
            monitor=monitor,
        )
    assert list(monitor.facts()) == []
