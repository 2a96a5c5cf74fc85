"""Patches of Kubernetes objects: replicas, requests, places. Each is for one object, by name."""

from __future__ import annotations

from typing import Any, Final

from palier.kubernetes import on_spot, resources
from palier.overlay.values import Overlay
from palier.workloads import WorkloadSize

Object = dict[str, Any]

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
    inside: Object = {
        "containers": [{"name": pod.name, "resources": resources(pod.cpu_m, pod.memory_mib)}]
    }
    if pod.spot:
        inside |= on_spot()
    return patch(kind, pod.name, pod.namespace, spec | {"template": {"spec": inside}})


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
