"""Guardrails of nodes: of pools, of pools within a cluster, of nodes that GKE makes by itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from palier.facts import UNKNOWN, Fact, Facts, Value
from palier.rules.guardrails.clusters import CLUSTER, POOL, STANDARD
from palier.rules.guardrails.conditions import below, met, several
from palier.rules.judges import each
from palier.rules.model import Rule
from palier.rules.requirements import (
    Answer,
    Present,
    Requirement,
    absent,
    both,
    either,
    elements,
    equal,
    negated,
    none_of,
    one_of,
    present,
    seen,
)
from palier.verdicts import Finding

CONFIG: Final = "nodeConfig."
PROVISIONED: Final = "clusterAutoscaling.autoProvisioningDefaults."
DEFAULT_ACCOUNT: Final = re.compile(
    r"default|\d+-compute@developer\.gserviceaccount\.com", re.ASCII
)
KUBELET_PORT: Final = "insecureKubeletReadonlyPortEnabled"


def _known(pools: Value) -> Answer:
    return UNKNOWN if any(pool is UNKNOWN for pool in elements(pools)) else True


POOLS_KNOWN: Final = Requirement(path="nodePools", test=_known, wanted="known, each of them")


@dataclass(frozen=True, kw_only=True)
class Nodes:
    """A judge: all nodes that a program configures meet all requirements.

    Paths are those of a node pool. A cluster has nodes in `nodePools`, in a default pool unless it
    removes that, and in pools that GKE makes by itself, which have fewer settings.
    """

    must: tuple[Requirement, ...]
    provisioned: bool = False
    """Whether the requirements are for nodes that GKE makes by itself, too."""
    autopilot: bool = False
    """Whether Autopilot leaves it to the program, as it does with accounts and keys."""

    def __call__(self, facts: Facts) -> Iterator[Finding]:
        """One finding a pool, and one a cluster with nodes of its own."""
        for pool in facts.of_type(POOL):
            yield met(pool, [(requirement, True) for requirement in self.must])
        for cluster in facts.of_type(CLUSTER):
            must = [*self._own(cluster), *self._made(cluster)]
            if any(concerned is not False for _, concerned in must):
                yield met(cluster, must)

    def _own(self, cluster: Fact) -> Iterator[tuple[Requirement, Answer]]:
        standard = STANDARD.of(cluster)
        pools = seen(cluster, "nodePools")
        if POOLS_KNOWN.of(cluster) is UNKNOWN:
            yield POOLS_KNOWN, standard
        for place in range(len(pools) if isinstance(pools, list) else 0):
            for requirement in self.must:
                yield below(f"nodePools.{place}.", requirement), standard
        removed = equal(seen(cluster, "removeDefaultNodePool"), True)
        default = both([standard, negated(removed), absent("nodePools").test(pools)])
        for requirement in self.must:
            yield requirement, default

    def _made(self, cluster: Fact) -> Iterator[tuple[Requirement, Answer]]:
        standard = STANDARD.of(cluster)
        enabled = equal(seen(cluster, "clusterAutoscaling.enabled"), True)
        autopilot = negated(standard) if self.autopilot else False
        concerned = either([both([standard, enabled]), autopilot])
        for requirement in self.must if self.provisioned else ():
            path = PROVISIONED + requirement.path.removeprefix(CONFIG)
            yield replace(requirement, path=path), concerned


def _own_account(value: Value) -> Answer:
    """Whether it is an account of one's own; one that is not made yet is."""
    default = isinstance(value, str) and DEFAULT_ACCOUNT.fullmatch(value) is not None
    return not default and present("").test(value)


RULES: Final[tuple[Rule, ...]] = (
    Rule(
        id="gke-node-account",
        title="Nodes run as an account of their own",
        family="guardrails",
        rationale="The default account of Compute Engine may edit the whole project.",
        remedy="Set nodeConfig.serviceAccount, and on clusters that make nodes by themselves "
        "clusterAutoscaling.autoProvisioningDefaults.serviceAccount.",
        reference="CIS GKE 5.2.1",
        judge=Nodes(
            must=(
                Present(
                    path="nodeConfig.serviceAccount",
                    test=_own_account,
                    wanted="an account that is not the default one",
                ),
            ),
            provisioned=True,
            autopilot=True,
        ),
    ),
    Rule(
        id="gke-metadata-server",
        title="Pods reach the metadata server of GKE, not that of the machine",
        family="guardrails",
        rationale="The machine's metadata server gives the node's token to every pod that asks.",
        remedy="Set nodeConfig.workloadMetadataConfig.mode to GKE_METADATA, and leave "
        "disable-legacy-endpoints in nodeConfig.metadata on.",
        reference="CIS GKE 5.4.1",
        judge=Nodes(
            must=(
                # A pool made before its cluster had Workload Identity keeps the machine's server.
                one_of("nodeConfig.workloadMetadataConfig.mode", "GKE_METADATA"),
                none_of("nodeConfig.metadata.disable-legacy-endpoints", "false"),  # on by default
            ),
        ),
    ),
    Rule(
        id="gke-node-image",
        title="Nodes run Container-Optimized OS",
        family="guardrails",
        rationale="A general system has more programs, and so more flaws, than containers need.",
        remedy="Leave out nodeConfig.imageType, or set it to COS_CONTAINERD.",
        reference="CIS GKE 5.5.1",
        judge=Nodes(
            # The default of Google and of the provider is COS_CONTAINERD.
            must=(
                one_of(
                    "nodeConfig.imageType", None, "COS_CONTAINERD", "COS", "cos_containerd", "cos"
                ),
            ),
            provisioned=True,
        ),
    ),
    Rule(
        id="gke-node-upkeep",
        title="Nodes repair and upgrade themselves",
        family="guardrails",
        rationale="A node that nobody upgrades keeps every flaw found since it was made.",
        remedy="Leave management.autoRepair and management.autoUpgrade on.",
        reference="CIS GKE 5.5.2, 5.5.3",
        judge=Nodes(
            must=(  # both are on by default
                none_of("management.autoRepair", False),
                none_of("management.autoUpgrade", False),
            ),
            provisioned=True,
        ),
    ),
    Rule(
        id="gke-shielded-nodes",
        title="Nodes prove what they are, and boot only what is signed",
        family="guardrails",
        rationale="Else a stolen credential can pose as a node, and a rootkit outlives a reboot.",
        remedy="Leave enableShieldedNodes on, and set enableSecureBoot in "
        "nodeConfig.shieldedInstanceConfig.",
        reference="CIS GKE 5.5.5 to 5.5.7",
        judge=several(
            each(CLUSTER, none_of("enableShieldedNodes", False)),  # on by default
            Nodes(
                must=(
                    one_of("nodeConfig.shieldedInstanceConfig.enableSecureBoot", True),
                    # On by default.
                    none_of("nodeConfig.shieldedInstanceConfig.enableIntegrityMonitoring", False),
                ),
                provisioned=True,
            ),
        ),
    ),
    Rule(
        id="gke-kubelet-port",
        title="The kubelet's read-only port is closed",
        family="guardrails",
        rationale="On it anyone in the network reads which pods run, without a login.",
        remedy=f'Set {KUBELET_PORT} to "FALSE" in nodePoolDefaults.nodeConfigDefaults, and to '
        "nothing else in a pool's nodeConfig.kubeletConfig.",
        reference="Google's GKE hardening guide",
        judge=several(
            each(
                CLUSTER,
                one_of(f"nodePoolDefaults.nodeConfigDefaults.{KUBELET_PORT}", "FALSE"),
                where=[STANDARD],
            ),
            # On Autopilot it is closed unless the program opens it.
            each(CLUSTER, none_of(f"nodePoolAutoConfig.nodeKubeletConfig.{KUBELET_PORT}", "TRUE")),
            # A pool that says nothing is as its cluster's default.
            each((CLUSTER, POOL), none_of(f"nodeConfig.kubeletConfig.{KUBELET_PORT}", "TRUE")),
        ),
    ),
)
BOOT_DISKS: Final = Nodes(
    must=(present("nodeConfig.bootDiskKmsKey"),), provisioned=True, autopilot=True
)
"""A judge: nodes boot from disks that are encrypted with a key of one's own."""
