"""Patches of Kubernetes objects: replicas, requests, places. Each is for one object, by name."""

from __future__ import annotations

from typing import Any, Final

from palier.overlay.values import Overlay
from palier.workloads import WorkloadSize

Object = dict[str, Any]

SPOT: Final = "cloud.google.com/gke-spot"
"""Label and taint of spot nodes, on Autopilot as on Standard (Google's documentation)."""
AT: Final = "versions/latest"


def patch(kind: str, name: str, namespace: str, spec: Object, api: str = "apps/v1") -> Object:
    """A patch of one object's spec."""
    return {
        "apiVersion": api,
        "kind": kind,
        "metadata": {"name": name, "namespace": namespace},
        "spec": spec,
    }


def workload(pod: WorkloadSize, kind: str = "Deployment", *, scaled: bool = False) -> Object:
    """Replicas and requests of a workload; one under an autoscaler has no replicas of its own."""
    spec: Object = {} if scaled else {"replicas": int(pod.replicas_floor)}
    inside: Object = {"containers": [{"name": pod.name, "resources": resources(pod)}]}
    if pod.spot:
        inside |= {
            "nodeSelector": {SPOT: "true"},
            "tolerations": [
                {"key": SPOT, "operator": "Equal", "value": "true", "effect": "NoSchedule"}
            ],
        }
    return patch(kind, pod.name, pod.namespace, spec | {"template": {"spec": inside}})


def resources(pod: WorkloadSize) -> Object:
    """Requests of a pod's one container. Memory that is not asked for would be taken back."""
    memory = f"{pod.memory_mib}Mi"
    return {
        "requests": {"cpu": f"{pod.cpu_m}m", "memory": memory},
        "limits": {"memory": memory},
    }


def autoscaler(pod: WorkloadSize, target: int) -> Object:
    """Limits and target of a workload's autoscaler.

    Args:
        pod: its floor and ceiling are the limits.
        target: percent of the requested CPU.
    """
    metric = {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": target}}
    return patch(
        "HorizontalPodAutoscaler", pod.name, pod.namespace,
        {
            "minReplicas": int(pod.replicas_floor),
            "maxReplicas": int(pod.replicas_ceiling),
            "metrics": [{"type": "Resource", "resource": metric}],
        },
        "autoscaling/v2",
    )  # fmt: skip


def secret_class(name: str, namespace: str, overlay: Overlay, prefix: str = "") -> Object:
    """The secrets that Secret Manager's add-on mounts: those whose key begins with `prefix`."""
    lines = [
        f'- resourceName: "projects/{overlay.project}/secrets/{secret}/{AT}"\n  path: "{key}"\n'
        for key, secret in sorted(overlay.secrets.items())
        if key.startswith(prefix)
    ]
    return patch(
        "SecretProviderClass", name, namespace, {"parameters": {"secrets": "".join(lines)}},
        "secrets-store.csi.x-k8s.io/v1",
    )  # fmt: skip


def annotated(kind: str, name: str, namespace: str, values: dict[str, str]) -> Object:
    """A patch of a core object's annotations."""
    return {
        "apiVersion": "v1",
        "kind": kind,
        "metadata": {"name": name, "namespace": namespace, "annotations": values},
    }
