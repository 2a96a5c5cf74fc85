"""Argo CD in one cluster: its namespace, its release, the facts it hands out, the root application.

This is all that Pulumi owns inside a cluster; everything else is Argo CD's (docs/adr/0008). The
requests of its pods come from the recorded workloads, so what is priced is what runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, final

import pulumi
import pulumi_gcp as gcp
import pulumi_kubernetes as k8s

from components.argocd_values import helm_values
from components.base import Component
from components.kubeconfig import kubeconfig
from palier.pod_sizes import PodSize
from palier.sizes import ArgocdSize

CHART_VERSION: Final = "9.3.7"
"""Chart of Argo CD 3.2.6. Never "latest": a new chart is a commit of its own."""
CHART_REPOSITORY: Final = "https://argoproj.github.io/argo-helm"
NAMESPACE: Final = "argocd"
PROJECT: Final = "palier"
FACTS: Final = "palier-facts"


@dataclass(frozen=True, kw_only=True)
class ArgocdArgs:
    """What one Argo CD needs to know."""

    size: ArgocdSize
    """Core, single or highly available."""
    pods: Mapping[str, PodSize]
    """Recorded workloads; those named argocd-* give the requests."""
    cluster: gcp.container.Cluster
    """The cluster it runs in and deploys to."""
    repository: str
    """Git repository that holds the manifests, e.g. https://github.com/acme/platform."""
    overlay: str
    """Folder below gitops/ that this cluster syncs."""
    facts: Mapping[str, pulumi.Input[str]]
    """Outputs that manifests need: hosts, names. No secrets: those are in Secret Manager."""


@final
@dataclass(frozen=True)
class ArgocdResources:
    """What the component creates."""

    provider: k8s.Provider
    release: k8s.helm.v3.Release
    root: k8s.apiextensions.CustomResource


class Argocd(Component):
    """Argo CD, ready to sync one overlay.

    Example:
        Argocd("argocd-eu-g1", ArgocdArgs(size=ArgocdSize(mode="core"), pods=phase_size.pods,
            cluster=cluster, repository="https://github.com/acme/platform", overlay="mvp",
            facts={"database-host": primary.private_ip_address}))
    """

    TOKEN = "palier:argocd:Argocd"  # noqa: S105 a type token

    def __init__(
        self, name: str, args: ArgocdArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(name, {"size": args.size, "overlay": args.overlay}, opts)
        endpoint = args.cluster.control_plane_endpoints_config.apply(_dns_endpoint)
        provider = k8s.Provider(
            f"{name}-cluster",
            kubeconfig=pulumi.Output.all(args.cluster.name, endpoint).apply(
                lambda known: kubeconfig(known[0], known[1])
            ),
            cluster_identifier=args.cluster.id,
            opts=self.child(),
        )
        inside = self.child(provider=provider)
        namespace = k8s.core.v1.Namespace(
            f"{name}-namespace",
            metadata=k8s.meta.v1.ObjectMetaArgs(
                name=NAMESPACE,
                labels={
                    "pod-security.kubernetes.io/enforce": "baseline",
                    "pod-security.kubernetes.io/warn": "restricted",
                },
            ),
            opts=inside,
        )
        within = self.child(provider=provider, depends_on=[namespace])
        release = k8s.helm.v3.Release(
            f"{name}-release",
            name="argocd",
            chart="argo-cd",
            version=CHART_VERSION,
            repository_opts=k8s.helm.v3.RepositoryOptsArgs(repo=CHART_REPOSITORY),
            namespace=NAMESPACE,
            atomic=True,
            timeout=600,
            values=helm_values(args.size, args.pods),
            opts=within,
        )
        k8s.core.v1.Secret(
            f"{name}-facts",
            metadata=k8s.meta.v1.ObjectMetaArgs(name=FACTS, namespace=NAMESPACE),
            string_data=dict(args.facts),
            opts=within,
        )
        root = self._root(args, self.child(provider=provider, depends_on=[release]))
        self.resources = ArgocdResources(provider=provider, release=release, root=root)
        self.finish({"namespace": NAMESPACE})

    def _root(
        self, args: ArgocdArgs, opts: pulumi.ResourceOptions
    ) -> k8s.apiextensions.CustomResource:
        k8s.apiextensions.CustomResource(
            f"{self.name}-project",
            api_version="argoproj.io/v1alpha1",
            kind="AppProject",
            metadata=k8s.meta.v1.ObjectMetaArgs(name=PROJECT, namespace=NAMESPACE),
            spec={
                "description": "What palier's overlays may create, and from where",
                "sourceRepos": [args.repository],
                "destinations": [{"server": "https://kubernetes.default.svc", "namespace": "*"}],
                "clusterResourceWhitelist": [
                    {"group": "", "kind": "Namespace"},
                    {"group": "rbac.authorization.k8s.io", "kind": "ClusterRole"},
                    {"group": "rbac.authorization.k8s.io", "kind": "ClusterRoleBinding"},
                    {"group": "scheduling.k8s.io", "kind": "PriorityClass"},
                ],
            },
            opts=opts,
        )
        return k8s.apiextensions.CustomResource(
            f"{self.name}-root",
            api_version="argoproj.io/v1alpha1",
            kind="Application",
            metadata=k8s.meta.v1.ObjectMetaArgs(name="root", namespace=NAMESPACE),
            spec={
                "project": PROJECT,
                "source": {
                    "repoURL": args.repository,
                    "targetRevision": "main",
                    "path": f"gitops/{args.overlay}",
                },
                "destination": {
                    "server": "https://kubernetes.default.svc",
                    "namespace": NAMESPACE,
                },
                "syncPolicy": {"automated": {"prune": True, "selfHeal": True}},
            },
            opts=opts,
        )


def _dns_endpoint(
    config: gcp.container.outputs.ClusterControlPlaneEndpointsConfig | None,
) -> str:
    endpoint = config.dns_endpoint_config.endpoint if config else None
    return endpoint or ""
