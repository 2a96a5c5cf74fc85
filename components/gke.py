"""GKE: living generations of the cluster, Autopilot or Standard, hardened alike.

A generation holds no data: the next one is built beside it, traffic moves, the old one goes. So
clusters are deletable on purpose (through an unprotecting update), and nothing that holds data
depends on one. What Autopilot implies it also refuses as an argument; docs/hardening.md lists it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import final

import pulumi
import pulumi_gcp as gcp

from components.base import Component
from components.gke_settings import (
    PODS_PER_NODE,
    MaintenanceExclusion,
    access,
    autopilot,
    maintenance,
    observability,
    standard,
)
from components.naming import ACCOUNT_LIMIT, CLUSTER_LIMIT, physical
from palier.errors import PalierError
from palier.kubernetes import SPOT
from palier.sites import Site
from palier.sizes import ClusterSize, GkeSize, NodePoolSize

NODE_ROLE = "roles/container.defaultNodeServiceAccount"
"""All that a node may do in the project: write logs and metrics. Images: see the registry."""
UPSTREAM_REPOSITORIES = (
    "docker.io/edoburu/pgbouncer",
    "docker.io/library/haproxy",
    "docker.io/otel/opentelemetry-collector-contrib",
    "docker.io/valkey/valkey",
    "ghcr.io/googlecloudplatform/gke-autoneg-controller/gke-autoneg-controller",
    "public.ecr.aws/docker/library/redis",
    "quay.io/argoproj/argocd",
    "registry.k8s.io/kube-state-metrics/kube-state-metrics",
)
"""Images that run beside the team's own: pinned by digest in the manifests."""
UPSTREAM_IMAGES = [f"{name}{mark}*" for name in UPSTREAM_REPOSITORIES for mark in (":", "@")]
"""A star stands for what has no slash: without the mark it would also end another name."""


@dataclass(frozen=True, kw_only=True)
class GkeArgs:
    """What the clusters need to know."""

    size: GkeSize
    """Living generations by name."""
    project: str
    """Project that owns the clusters."""
    regions: Mapping[Site, str]
    """Region of each site."""
    network: pulumi.Input[str]
    """Id of the VPC."""
    subnets: Mapping[Site, pulumi.Input[str]]
    """Id of each site's subnet; its secondary ranges are named pods-g1, services-g1 and so on."""
    secrets_keys: Mapping[Site, pulumi.Input[str]]
    """Key of each site that encrypts Kubernetes secrets."""
    disk_keys: Mapping[Site, pulumi.Input[str]]
    """Key of each site that encrypts boot disks."""
    images: Sequence[pulumi.Input[str]] = ()
    """Image name patterns of the team's own registries, that Binary Authorization admits."""
    exclusions: Sequence[MaintenanceExclusion] = field(default_factory=tuple)
    """Times without upgrades."""


@final
@dataclass(frozen=True)
class GkeResources:
    """What the component creates; clusters by generation, pools by generation and pool."""

    clusters: dict[str, gcp.container.Cluster]
    pools: dict[tuple[str, str], gcp.container.NodePool]
    nodes: gcp.serviceaccount.Account


class Gke(Component):
    """Cluster generations with private nodes, Workload Identity, Dataplane V2, no IP endpoint.

    Example:
        Gke("gke", GkeArgs(size=phase_size.gke, project="acme", regions={"eu": "europe-west1"},
                           network=network.id, subnets={"eu": subnet.id},
                           secrets_keys={"eu": key.id}, disk_keys={"eu": disk_key.id}))
    """

    TOKEN = "palier:gke:Gke"  # noqa: S105 a type token

    def __init__(
        self, name: str, args: GkeArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        _check(args)
        super().__init__(name, {"size": args.size}, opts)
        self.args = args
        nodes = self._node_account()
        self._admission()
        clusters: dict[str, gcp.container.Cluster] = {}
        pools: dict[tuple[str, str], gcp.container.NodePool] = {}
        for generation, size in args.size.generations.items():
            clusters[generation] = self._cluster(generation, size, nodes)
            for pool_name, pool in size.pools.items():
                pools[generation, pool_name] = self._pool(
                    generation, size, pool_name, pool, clusters[generation], nodes
                )
            if size.backup:
                self._backup_plan(generation, size, clusters[generation])
        self.resources = GkeResources(clusters=clusters, pools=pools, nodes=nodes)
        self.finish({"clusters": {key: cluster.name for key, cluster in clusters.items()}})

    def _node_account(self) -> gcp.serviceaccount.Account:
        nodes = gcp.serviceaccount.Account(
            f"{self.name}-nodes",
            account_id=physical(self.name, "nodes", limit=ACCOUNT_LIMIT),
            display_name="Nodes of the GKE clusters",
            opts=self.child(),
        )
        gcp.projects.IAMMember(
            f"{self.name}-nodes",
            project=self.args.project,
            role=NODE_ROLE,
            member=nodes.member,
            opts=self.child(),
        )
        return nodes

    def _admission(self) -> None:
        """Binary Authorization: only named registries, everything else is blocked and logged."""
        gcp.binaryauthorization.Policy(
            f"{self.name}-images",
            global_policy_evaluation_mode="ENABLE",
            default_admission_rule=gcp.binaryauthorization.PolicyDefaultAdmissionRuleArgs(
                evaluation_mode="ALWAYS_DENY", enforcement_mode="ENFORCED_BLOCK_AND_AUDIT_LOG"
            ),
            admission_whitelist_patterns=[
                gcp.binaryauthorization.PolicyAdmissionWhitelistPatternArgs(name_pattern=pattern)
                for pattern in (*self.args.images, *UPSTREAM_IMAGES)
            ],
            opts=self.child(),
        )

    def _cluster(
        self, generation: str, size: ClusterSize, nodes: gcp.serviceaccount.Account
    ) -> gcp.container.Cluster:
        args = self.args
        disk_key = args.disk_keys[size.site]
        mode = (
            autopilot(nodes.email, disk_key)
            if size.mode == "autopilot"
            else standard(size, nodes.email, disk_key)
        )
        return gcp.container.Cluster(
            f"{self.name}-{generation}",
            name=physical(self.name, generation, limit=CLUSTER_LIMIT),
            location=args.regions[size.site],
            network=args.network,
            subnetwork=args.subnets[size.site],
            networking_mode="VPC_NATIVE",
            ip_allocation_policy=gcp.container.ClusterIpAllocationPolicyArgs(
                cluster_secondary_range_name=f"pods-{size.range}",
                services_secondary_range_name=f"services-{size.range}",
            ),
            datapath_provider="ADVANCED_DATAPATH",
            release_channel=gcp.container.ClusterReleaseChannelArgs(channel="REGULAR"),
            maintenance_policy=maintenance(args.exclusions),
            database_encryption=gcp.container.ClusterDatabaseEncryptionArgs(
                state="ENCRYPTED", key_name=args.secrets_keys[size.site]
            ),
            deletion_protection=size.protected,
            **access(args.project),
            **observability(size),
            **mode,
            opts=self.child(),
        )

    def _pool(
        self,
        generation: str,
        size: ClusterSize,
        pool_name: str,
        pool: NodePoolSize,
        cluster: gcp.container.Cluster,
        nodes: gcp.serviceaccount.Account,
    ) -> gcp.container.NodePool:
        return gcp.container.NodePool(
            f"{self.name}-{generation}-{pool_name}",
            name=physical(pool_name, limit=CLUSTER_LIMIT),
            cluster=cluster.id,
            location=self.args.regions[size.site],
            max_pods_per_node=PODS_PER_NODE,
            autoscaling=_autoscaling(pool),
            management=gcp.container.NodePoolManagementArgs(auto_repair=True, auto_upgrade=True),
            upgrade_settings=gcp.container.NodePoolUpgradeSettingsArgs(
                strategy="SURGE", max_surge=1, max_unavailable=0
            ),
            network_config=gcp.container.NodePoolNetworkConfigArgs(enable_private_nodes=True),
            node_config=gcp.container.NodePoolNodeConfigArgs(
                machine_type=pool.machine_type,
                spot=pool.spot,
                disk_size_gb=pool.disk_gib,
                disk_type="pd-balanced",
                boot_disk_kms_key=self.args.disk_keys[size.site],
                image_type="COS_CONTAINERD",
                service_account=nodes.email,
                oauth_scopes=["https://www.googleapis.com/auth/cloud-platform"],
                metadata={"disable-legacy-endpoints": "true"},
                shielded_instance_config=gcp.container.NodePoolNodeConfigShieldedInstanceConfigArgs(
                    enable_secure_boot=True, enable_integrity_monitoring=True
                ),
                workload_metadata_config=gcp.container.NodePoolNodeConfigWorkloadMetadataConfigArgs(
                    mode="GKE_METADATA"
                ),
                kubelet_config=gcp.container.NodePoolNodeConfigKubeletConfigArgs(
                    insecure_kubelet_readonly_port_enabled="FALSE"
                ),
                taints=_spot_taints() if pool.spot else [],
            ),
            opts=self.child(),
        )

    def _backup_plan(
        self, generation: str, size: ClusterSize, cluster: gcp.container.Cluster
    ) -> None:
        """Backup for GKE: off by default, because the cluster holds no data of its own."""
        gcp.gkebackup.BackupPlan(
            f"{self.name}-{generation}-backup",
            name=physical(self.name, generation, "backup"),
            cluster=cluster.id,
            location=self.args.regions[size.site],
            retention_policy=gcp.gkebackup.BackupPlanRetentionPolicyArgs(
                backup_delete_lock_days=1, backup_retain_days=14
            ),
            backup_schedule=gcp.gkebackup.BackupPlanBackupScheduleArgs(cron_schedule="0 2 * * *"),
            backup_config=gcp.gkebackup.BackupPlanBackupConfigArgs(
                include_volume_data=True, include_secrets=False, all_namespaces=True
            ),
            opts=self.child(),
        )


def _check(args: GkeArgs) -> None:
    """Every generation stands where its subnet and its keys are."""
    needed = {"subnet": args.subnets, "secrets key": args.secrets_keys, "disk key": args.disk_keys}
    for generation, cluster in args.size.generations.items():
        for what, by_site in needed.items():
            if cluster.site not in by_site:
                raise PalierError(f"gke: {generation} is at {cluster.site}, which has no {what}")


def _autoscaling(pool: NodePoolSize) -> gcp.container.NodePoolAutoscalingArgs:
    """Limits for each zone or for the whole pool; spot takes whatever zone has capacity."""
    policy = "ANY" if pool.spot else "BALANCED"
    if pool.per_zone:
        return gcp.container.NodePoolAutoscalingArgs(
            min_node_count=pool.min_nodes, max_node_count=pool.max_nodes, location_policy=policy
        )
    return gcp.container.NodePoolAutoscalingArgs(
        total_min_node_count=pool.min_nodes,
        total_max_node_count=pool.max_nodes,
        location_policy=policy,
    )


def _spot_taints() -> list[gcp.container.NodePoolNodeConfigTaintArgs]:
    return [gcp.container.NodePoolNodeConfigTaintArgs(key=SPOT, value="true", effect="NO_SCHEDULE")]
