"""Settings of a GKE cluster: hardening, maintenance, observability, and what each mode adds.

Pure functions that return arguments of `gcp.container.Cluster`. What Autopilot implies it also
refuses as an argument; docs/hardening.md lists it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import pulumi
import pulumi_gcp as gcp

from palier.sizes import ClusterSize

PODS_PER_NODE: Final = 64
"""A /15 of pods holds 1 024 nodes at this density."""


@dataclass(frozen=True, kw_only=True)
class MaintenanceExclusion:
    """A time when GKE upgrades nothing, e.g. a yearly peak. Times are RFC 3339."""

    name: str
    start: str
    end: str


def access(project: str) -> dict[str, Any]:
    """Who reaches the control plane, the nodes and the pods: as few as possible."""
    return {
        "private_cluster_config": gcp.container.ClusterPrivateClusterConfigArgs(
            enable_private_nodes=True, enable_private_endpoint=True
        ),
        "control_plane_endpoints_config": gcp.container.ClusterControlPlaneEndpointsConfigArgs(
            dns_endpoint_config=(
                gcp.container.ClusterControlPlaneEndpointsConfigDnsEndpointConfigArgs(
                    allow_external_traffic=True
                )
            ),
            ip_endpoints_config=(
                gcp.container.ClusterControlPlaneEndpointsConfigIpEndpointsConfigArgs(enabled=False)
            ),
        ),
        "master_auth": gcp.container.ClusterMasterAuthArgs(
            client_certificate_config=(
                gcp.container.ClusterMasterAuthClientCertificateConfigArgs(
                    issue_client_certificate=False
                )
            )
        ),
        "workload_identity_config": gcp.container.ClusterWorkloadIdentityConfigArgs(
            workload_pool=f"{project}.svc.id.goog"
        ),
        "binary_authorization": gcp.container.ClusterBinaryAuthorizationArgs(
            evaluation_mode="PROJECT_SINGLETON_POLICY_ENFORCE"
        ),
        "security_posture_config": gcp.container.ClusterSecurityPostureConfigArgs(
            mode="BASIC", vulnerability_mode="VULNERABILITY_DISABLED"
        ),
        "secret_manager_config": gcp.container.ClusterSecretManagerConfigArgs(
            enabled=True,
            rotation_config=gcp.container.ClusterSecretManagerConfigRotationConfigArgs(
                enabled=True, rotation_interval="120s"
            ),
        ),
        "rbac_binding_config": gcp.container.ClusterRbacBindingConfigArgs(
            enable_insecure_binding_system_authenticated=False,
            enable_insecure_binding_system_unauthenticated=False,
        ),
        "anonymous_authentication_config": (
            gcp.container.ClusterAnonymousAuthenticationConfigArgs(mode="LIMITED")
        ),
        "enable_legacy_abac": False,
    }


def maintenance(
    exclusions: Sequence[MaintenanceExclusion],
) -> gcp.container.ClusterMaintenancePolicyArgs:
    """Upgrades early on weekday mornings, when someone is about to start work."""
    return gcp.container.ClusterMaintenancePolicyArgs(
        recurring_window=gcp.container.ClusterMaintenancePolicyRecurringWindowArgs(
            start_time="2026-01-05T03:00:00Z",
            end_time="2026-01-05T09:00:00Z",
            recurrence="FREQ=WEEKLY;BYDAY=MO,TU,WE,TH",
        ),
        maintenance_exclusions=[
            gcp.container.ClusterMaintenancePolicyMaintenanceExclusionArgs(
                exclusion_name=exclusion.name,
                start_time=exclusion.start,
                end_time=exclusion.end,
                exclusion_options=(
                    gcp.container.ClusterMaintenancePolicyMaintenanceExclusionExclusionOptionsArgs(
                        scope="NO_UPGRADES"
                    )
                ),
            )
            for exclusion in exclusions
        ],
    )


def observability(size: ClusterSize) -> dict[str, Any]:
    """Logs, metrics and costs by workload; the agent for Backup for GKE where it is on."""
    metrics = gcp.container.ClusterMonitoringConfigArgs(
        enable_components=["SYSTEM_COMPONENTS", "DEPLOYMENT", "POD", "HPA", "STORAGE"],
        managed_prometheus=gcp.container.ClusterMonitoringConfigManagedPrometheusArgs(enabled=True),
        advanced_datapath_observability_config=(
            gcp.container.ClusterMonitoringConfigAdvancedDatapathObservabilityConfigArgs(
                enable_metrics=True, enable_relay=False
            )
        ),
    )
    return {
        "cost_management_config": gcp.container.ClusterCostManagementConfigArgs(enabled=True),
        "logging_config": gcp.container.ClusterLoggingConfigArgs(
            enable_components=["SYSTEM_COMPONENTS", "WORKLOADS"]
        ),
        "monitoring_config": metrics,
        "addons_config": gcp.container.ClusterAddonsConfigArgs(
            gke_backup_agent_config=gcp.container.ClusterAddonsConfigGkeBackupAgentConfigArgs(
                enabled=size.backup
            ),
        ),
    }


def autopilot(node_account: pulumi.Input[str], disk_key: pulumi.Input[str]) -> dict[str, Any]:
    """What an Autopilot cluster still has to be told: whose nodes, and the key of their disks."""
    return {
        "enable_autopilot": True,
        "cluster_autoscaling": gcp.container.ClusterClusterAutoscalingArgs(
            auto_provisioning_defaults=(
                gcp.container.ClusterClusterAutoscalingAutoProvisioningDefaultsArgs(
                    service_account=node_account,
                    boot_disk_kms_key=disk_key,
                    oauth_scopes=["https://www.googleapis.com/auth/cloud-platform"],
                )
            )
        ),
    }


def standard(
    size: ClusterSize, node_account: pulumi.Input[str], disk_key: pulumi.Input[str]
) -> dict[str, Any]:
    """A Standard cluster without its default pool, with limits on what GKE may add."""
    limits = (("cpu", size.provisioning_vcpu), ("memory", size.provisioning_memory_gib))
    return {
        "initial_node_count": 1,
        "remove_default_node_pool": True,
        "default_max_pods_per_node": PODS_PER_NODE,
        "enable_intranode_visibility": True,
        "enable_shielded_nodes": True,
        "dns_config": gcp.container.ClusterDnsConfigArgs(
            cluster_dns="CLOUD_DNS", cluster_dns_scope="CLUSTER_SCOPE"
        ),
        "node_pool_defaults": gcp.container.ClusterNodePoolDefaultsArgs(
            node_config_defaults=gcp.container.ClusterNodePoolDefaultsNodeConfigDefaultsArgs(
                insecure_kubelet_readonly_port_enabled="FALSE"
            )
        ),
        "cluster_autoscaling": gcp.container.ClusterClusterAutoscalingArgs(
            enabled=True,
            autoscaling_profile="OPTIMIZE_UTILIZATION",
            resource_limits=[
                gcp.container.ClusterClusterAutoscalingResourceLimitArgs(
                    resource_type=kind, minimum=0, maximum=most
                )
                for kind, most in limits
            ],
            auto_provisioning_defaults=_provisioning_defaults(node_account, disk_key),
        ),
    }


def _provisioning_defaults(
    node_account: pulumi.Input[str], disk_key: pulumi.Input[str]
) -> gcp.container.ClusterClusterAutoscalingAutoProvisioningDefaultsArgs:
    defaults = gcp.container.ClusterClusterAutoscalingAutoProvisioningDefaultsArgs
    return defaults(
        service_account=node_account,
        boot_disk_kms_key=disk_key,
        oauth_scopes=["https://www.googleapis.com/auth/cloud-platform"],
        disk_type="pd-balanced",
        image_type="COS_CONTAINERD",
        management=gcp.container.ClusterClusterAutoscalingAutoProvisioningDefaultsManagementArgs(
            auto_repair=True, auto_upgrade=True
        ),
        shielded_instance_config=(
            gcp.container.ClusterClusterAutoscalingAutoProvisioningDefaultsShieldedInstanceConfigArgs(
                enable_secure_boot=True, enable_integrity_monitoring=True
            )
        ),
    )
