"""How Kubernetes writes what a pod is given: its requests, and its place on spot nodes.

One spelling for all that writes pods: the values of Argo CD's chart, and the overlays.
"""

from __future__ import annotations

from typing import Any, Final

SPOT: Final = "cloud.google.com/gke-spot"
"""Label and taint of spot nodes, on Autopilot as on Standard (Google's documentation)."""
SPOT_NODES: Final = {SPOT: "true"}
SPOT_TOLERATION: Final = {
    "key": SPOT,
    "operator": "Equal",
    "value": "true",
    "effect": "NoSchedule",
}


def resources(cpu_m: int, memory_mib: int) -> dict[str, Any]:
    """Requests of a container. Memory that it does not ask for would be taken back."""
    memory = f"{memory_mib}Mi"
    return {"requests": {"cpu": f"{cpu_m}m", "memory": memory}, "limits": {"memory": memory}}


def on_spot() -> dict[str, Any]:
    """What puts a pod on spot nodes, and lets it stay there."""
    return {"nodeSelector": SPOT_NODES, "tolerations": [SPOT_TOLERATION]}
