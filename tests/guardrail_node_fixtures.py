"""Fixtures of the guardrails of nodes: in a pool, in pools of a cluster, made by GKE itself."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from guardrail_cluster_fixtures import CLUSTER, POOL, STANDARD

from palier.facts import UNKNOWN, Value
from palier.testing.fixtures import Added, Change, Fixture, Resource, put, unknown

KEY: Final = "projects/acme/locations/europe-west1/keyRings/keys/cryptoKeys/disks"
ACCOUNT: Final = "nodes@acme.iam.gserviceaccount.com"
CONFIG: Final[dict[str, Any]] = {
    "serviceAccount": ACCOUNT,
    "shieldedInstanceConfig": {"enableSecureBoot": True},
    "workloadMetadataConfig": {"mode": "GKE_METADATA"},
    "bootDiskKmsKey": KEY,
}
MADE: Final[dict[str, Any]] = {
    "serviceAccount": ACCOUNT,
    "shieldedInstanceConfig": {"enableSecureBoot": True},
    "bootDiskKmsKey": KEY,
}
MAKING: Final = "clusterAutoscaling.autoProvisioningDefaults"
CLOSED: Final = {"nodeConfigDefaults": {"insecureKubeletReadonlyPortEnabled": "FALSE"}}
PORT: Final = "insecureKubeletReadonlyPortEnabled"

NODES: Final = Resource(type=POOL, name="nodes", inputs={"nodeConfig": CONFIG})
REGULAR: Final = Resource(
    type=CLUSTER,
    name="standard",
    inputs={
        "removeDefaultNodePool": True,
        "clusterAutoscaling": {"enabled": True, "autoProvisioningDefaults": MADE},
        "nodePoolDefaults": CLOSED,
    },
)
AUTOPILOT: Final = Resource(
    type=CLUSTER,
    name="autopilot",
    inputs={
        "enableAutopilot": True,
        "clusterAutoscaling": {"autoProvisioningDefaults": {
            "serviceAccount": ACCOUNT, "bootDiskKmsKey": KEY}},
    },
)  # fmt: skip
DEFAULT: Final[dict[str, Any]] = {"nodeConfig": CONFIG, "nodePoolDefaults": CLOSED}
"""Inputs of a cluster that keeps its default pool."""
INLINE: Final[dict[str, Any]] = {
    "nodePools": [{"name": "a", "nodeConfig": CONFIG}, {"name": "b", "nodeConfig": CONFIG}],
    "nodePoolDefaults": CLOSED,
}
ALL: Final = (
    NODES, REGULAR, AUTOPILOT,
    Resource(type=CLUSTER, name="whole-default", inputs=DEFAULT),
    Resource(type=CLUSTER, name="whole-inline", inputs=INLINE),
)  # fmt: skip
WITHOUT: Final = {**STANDARD, "removeDefaultNodePool": True, "clusterAutoscaling.enabled": True}
"""Where a Standard cluster has no default pool, and makes nodes by itself."""
UNKNOWN_POOLS: Final = unknown(CLUSTER, "nodePools", **WITHOUT)
"""Nobody knows yet which pools there are."""
MAKES_NONE: Final = {"clusterAutoscaling.enabled": False}


def wrong(path: str, *values: Value, made: bool = True) -> list[Change | Added]:
    """A value that must not be, in every place where nodes can be configured."""
    return [
        change
        for value in values
        for change in (
            Change(type=POOL, at=path, to=value),
            _cluster("default", put(DEFAULT, path, value)),
            _cluster("inline", put(INLINE, f"nodePools.1.{path}", value)),
            *([Change(type=CLUSTER, at=_made(path), to=value, where=WITHOUT)] if made else ()),
        )
    ]  # fmt: skip


def open_(paths: Iterable[str], *, made: bool = True) -> list[Change]:
    """Unknowns in those places: what is wrong may yet be there."""
    return [
        change
        for path in paths
        for change in (
            unknown(POOL, path),
            *([unknown(CLUSTER, _made(path), **WITHOUT)] if made else ()),
        )
    ]


def _cluster(name: str, inputs: dict[str, Any]) -> Added:
    return Added(resource=Resource(type=CLUSTER, name=name, inputs=inputs))


def _made(path: str) -> str:
    return f"{MAKING}.{path.removeprefix('nodeConfig.')}"


MAY_REMAIN: Final = unknown(CLUSTER, "removeDefaultNodePool", **WITHOUT)
"""Nobody knows yet whether there is a default pool, and it is not as it must be."""

FIXTURES: Final[tuple[Fixture, ...]] = (
    Fixture(
        rule="gke-node-account",
        passing=[
            *ALL,
            Resource(type=CLUSTER, name="makes-none", inputs=put(
                REGULAR.inputs, "clusterAutoscaling", {"enabled": False})),
            Resource(type=POOL, name="not-made-yet", inputs={
                "nodeConfig": {"serviceAccount": UNKNOWN}}),
        ],
        violating=[
            *wrong("nodeConfig.serviceAccount", None, "", "default",
                   "123456789012-compute@developer.gserviceaccount.com"),
            Change(type=POOL, at="nodeConfig", to=None),
            Change(type=CLUSTER, at=f"{MAKING}.serviceAccount", to=None,
                   where={"enableAutopilot": True}),
            Change(type=CLUSTER, at="clusterAutoscaling", to=None, where={"enableAutopilot": True}),
            Change(type=CLUSTER, at="removeDefaultNodePool", to=False, where=WITHOUT),
            Change(type=CLUSTER, at="removeDefaultNodePool", to=None, where=WITHOUT),
        ],
        unknown=[
            MAY_REMAIN,
            UNKNOWN_POOLS,
            unknown(POOL, "nodeConfig", **{"nodeConfig.serviceAccount": ACCOUNT}),
            Change(type=CLUSTER, at="nodePools", to=[UNKNOWN], where=WITHOUT),
            unknown(CLUSTER, "clusterAutoscaling.enabled", **MAKES_NONE),
        ],
    ),
    Fixture(
        rule="gke-metadata-server",
        passing=ALL,
        violating=[
            *wrong("nodeConfig.workloadMetadataConfig.mode", None, "GCE_METADATA", made=False),
            *wrong("nodeConfig.metadata", {"disable-legacy-endpoints": "false"}, made=False),
        ],
        unknown=[
            *open_(["nodeConfig", "nodeConfig.workloadMetadataConfig.mode",
                    "nodeConfig.metadata"], made=False),
            MAY_REMAIN, UNKNOWN_POOLS,
        ],
    ),
    Fixture(
        rule="gke-node-image",
        passing=[
            *ALL,
            Resource(type=POOL, name="said", inputs={
                "nodeConfig": {"imageType": "cos_containerd"}}),
        ],
        violating=wrong("nodeConfig.imageType", "UBUNTU_CONTAINERD", "WINDOWS_LTSC_CONTAINERD"),
        unknown=open_(["nodeConfig.imageType"]),
    ),
    Fixture(
        rule="gke-node-upkeep",
        passing=ALL,
        violating=[
            *(change for part in ("autoRepair", "autoUpgrade")
              for change in (
                  Change(type=POOL, at=f"management.{part}", to=False),
                  Change(type=CLUSTER, at=f"{MAKING}.management.{part}", to=False, where=WITHOUT),
              )),
            _cluster("inline", put(INLINE, "nodePools.0.management", {"autoUpgrade": False})),
        ],
        unknown=open_(["management", "management.autoRepair", "management.autoUpgrade"]),
    ),
    Fixture(
        rule="gke-shielded-nodes",
        passing=ALL,
        violating=[
            Change(type=CLUSTER, at="enableShieldedNodes", to=False, where=STANDARD),
            *wrong("nodeConfig.shieldedInstanceConfig.enableSecureBoot", None, False),
            *wrong("nodeConfig.shieldedInstanceConfig.enableIntegrityMonitoring", False),
            *wrong("nodeConfig.shieldedInstanceConfig", None),
        ],
        unknown=[
            unknown(CLUSTER, "enableShieldedNodes", **STANDARD),
            *open_(["nodeConfig.shieldedInstanceConfig.enableSecureBoot",
                    "nodeConfig.shieldedInstanceConfig.enableIntegrityMonitoring"]),
            MAY_REMAIN,
        ],
    ),
    Fixture(
        rule="gke-kubelet-port",
        passing=ALL,
        violating=[
            Change(type=CLUSTER, at="nodePoolDefaults", to=None, where=STANDARD),
            Change(type=CLUSTER, at=f"nodePoolDefaults.nodeConfigDefaults.{PORT}", to="TRUE",
                   where=STANDARD),
            Change(type=CLUSTER, at=f"nodeConfig.kubeletConfig.{PORT}", to="TRUE", where=STANDARD),
            Change(type=CLUSTER, at=f"nodePoolAutoConfig.nodeKubeletConfig.{PORT}", to="TRUE",
                   where={"enableAutopilot": True}),
            Change(type=POOL, at=f"nodeConfig.kubeletConfig.{PORT}", to="TRUE"),
        ],
        unknown=[
            unknown(CLUSTER, f"nodePoolDefaults.nodeConfigDefaults.{PORT}", **STANDARD),
            unknown(CLUSTER, f"nodePoolAutoConfig.nodeKubeletConfig.{PORT}", enableAutopilot=True),
            unknown(POOL, f"nodeConfig.kubeletConfig.{PORT}"),
        ],
    ),
)  # fmt: skip
