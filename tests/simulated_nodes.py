"""What the control plane of the tests runs on: nodes in three zones, and disks on demand.

The simulator (kwok) plays the kubelets and, by two stages of ours, the driver of disks: a claim
whose pod was given a node gets a volume, which the real controller then binds, as on GKE.
"""

from __future__ import annotations

from typing import Final

from kube_api import Json

REGION: Final = "europe-west1"
SPOT: Final = "cloud.google.com/gke-spot"
NODES: Final = {
    "node-b": ("b", False),
    "node-c": ("c", False),
    "node-d": ("d", False),
    "spot-b": ("b", True),
}
"""Zone, and whether it is a Spot node."""
CAPACITY: Final = {"cpu": "64", "memory": "256Gi", "pods": "220", "ephemeral-storage": "500Gi"}
DRIVER: Final = "pd.csi.storage.gke.io"
CLASSES: Final = ("standard-rwo", "premium-rwo")
"""GKE's; the first is the default one."""


def node(name: str) -> Json:
    """One of the nodes, as a kubelet would register it."""
    zone, spot = NODES[name]
    labels = {
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
        "cloud.google.com/gke-nodepool": "spot" if spot else "default",
        "topology.kubernetes.io/region": REGION,
        "topology.kubernetes.io/zone": f"{REGION}-{zone}",
    }
    taints = [{"key": SPOT, "value": "true", "effect": "NoSchedule"}]
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": labels | ({SPOT: "true"} if spot else {})},
        "spec": {"taints": taints} if spot else {},
        "status": {"capacity": CAPACITY, "allocatable": CAPACITY},
    }


def storage_classes() -> list[Json]:
    """Disks that are made where the first pod of a claim goes."""
    default = "storageclass.kubernetes.io/is-default-class"
    return [
        {
            "apiVersion": "storage.k8s.io/v1",
            "kind": "StorageClass",
            "metadata": {"name": name, "annotations": {default: str(name == CLASSES[0]).lower()}},
            "provisioner": DRIVER,
            "reclaimPolicy": "Delete",
            "volumeBindingMode": "WaitForFirstConsumer",
            "allowVolumeExpansion": True,
        }
        for name in CLASSES
    ]


VOLUME: Final = """
apiVersion: v1
kind: PersistentVolume
metadata:
  name: pvc-{{ .metadata.uid }}
  annotations:
    pv.kubernetes.io/provisioned-by: DRIVER
spec:
  accessModes:
  {{ YAML .spec.accessModes 1 }}
  capacity:
    storage: {{ .spec.resources.requests.storage | Quote }}
  storageClassName: {{ .spec.storageClassName | Quote }}
  persistentVolumeReclaimPolicy: Delete
  claimRef:
    apiVersion: v1
    kind: PersistentVolumeClaim
    namespace: {{ .metadata.namespace | Quote }}
    name: {{ .metadata.name | Quote }}
    uid: {{ .metadata.uid | Quote }}
  csi:
    driver: DRIVER
    volumeHandle: pvc-{{ .metadata.uid }}
""".replace("DRIVER", DRIVER)


def volume_stages() -> list[Json]:
    """The driver of disks: it makes a volume for a claim, and deletes one that was let go."""
    chosen = "'volume.kubernetes.io/selected-node' in self.metadata.annotations"
    made = _stage(
        "volume-made",
        "PersistentVolumeClaim",
        f"has(self.metadata.annotations) && {chosen}",
        "!has(self.spec.volumeName) || self.spec.volumeName == ''",
    )
    made["spec"]["steps"] = [{"apply": {"template": VOLUME}}]
    deleted = _stage(
        "volume-deleted",
        "PersistentVolume",
        "!has(self.metadata.deletionTimestamp)",
        "self.spec.persistentVolumeReclaimPolicy == 'Delete'",
        "has(self.status) && self.status.phase == 'Released'",
    )
    deleted["spec"]["steps"] = [{"delete": True}]
    return [made, deleted]


def _stage(name: str, kind: str, *conditions: str) -> Json:
    return {
        "apiVersion": "kwok.x-k8s.io/v1alpha1",
        "kind": "Stage",
        "metadata": {"name": name},
        "spec": {
            "resourceRef": {"apiGroup": "v1", "kind": kind},
            "selector": {
                "matchExpressions": [{"cel": {"expression": text}} for text in conditions]
            },
        },
    }
