"""Cost hygiene: what keeps a bill from growing without anybody deciding it.

A rule is mandatory where something multiplies the bill by itself, within hours: a default, an
automatism without an end. It is advisory where the bill only creeps. What a stack may cost is
judged by limits, not here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Final

from palier.facts import PLATFORM_TYPE, Facts, read
from palier.ledger import BUCKET, KEY, REDIS, REGISTRY, SECRET, SQL, SUBNET, ZONE
from palier.rules.judges import about, each
from palier.rules.model import Rule
from palier.rules.requirements import (
    absent,
    between,
    both,
    every,
    having,
    matching,
    none_of,
    one_of,
    some,
)
from palier.verdicts import Finding

CLUSTER: Final = "gcp:container/cluster:Cluster"
POOL: Final = "gcp:container/nodePool:NodePool"
BACKEND_SERVICES: Final = (
    "gcp:compute/backendService:BackendService",
    "gcp:compute/regionBackendService:RegionBackendService",
)
BALANCERS: Final = (
    *BACKEND_SERVICES,
    "gcp:compute/globalForwardingRule:GlobalForwardingRule",
    "gcp:compute/forwardingRule:ForwardingRule",
)
LOG_BUCKETS: Final = tuple(
    f"gcp:logging/{owner}BucketConfig:{owner[0].upper()}{owner[1:]}BucketConfig"
    for owner in ("project", "folder", "organization", "billingAccount")
)
SLOW: Final = "INTERVAL_(30_SEC|1_MIN|5_MIN|10_MIN|15_MIN)"
"""Intervals of flow logs, but for Google's default of five seconds."""
NAT: Final = "gcp:compute/routerNat:RouterNat"
PLUS_BY_DEFAULT: Final = r"POSTGRES_(1[6-9]|[2-9]\d)|MYSQL_(8_4|9_\d+)"
"""Versions that become ENTERPRISE_PLUS when nobody names an edition."""
FREE_LOG_DAYS: Final = 30
MOST_FLOWS_SAMPLED: Final = Decimal("0.5")
LEAST_QUOTA: Final = Decimal("0.001")
MOST_POOL_NODES: Final = 20
"""Nodes that Google allows in a read pool."""
LABEL: Final = "palier-cost-centre"
LABELS: Final[Mapping[str, str]] = {
    **dict.fromkeys((BUCKET, REDIS, REGISTRY, KEY, SECRET, ZONE), "labels"),
    "gcp:compute/address:Address": "labels",
    "gcp:compute/globalForwardingRule:GlobalForwardingRule": "labels",
    "gcp:monitoring/uptimeCheckConfig:UptimeCheckConfig": "userLabels",
    CLUSTER: "resourceLabels",
    SQL: "settings.userLabels",
}
"""Types that are billed and can be labelled, and where."""
ENDS: Final = (
    absent("autoscaling"),
    between("autoscaling.totalMaxNodeCount", 1),
    between("autoscaling.maxNodeCount", 1),
)
"""Ways for a node pool to have an end: no growth by itself, or a maximum of one kind."""
SET: Final = r".+"


def _has_quota(facts: Facts) -> Iterator[Finding]:
    """Below palier's root component: it records the quota of every generation of a cluster."""
    root = facts.only(PLATFORM_TYPE)
    if root is None:
        return
    recorded = root.recorded("quotas")
    quotas = recorded if isinstance(recorded, Mapping) else {}
    for cluster in facts.of_type(CLUSTER):
        autopilot = one_of("enableAutopilot", True).of(cluster)
        if autopilot is not False:
            generation = next((key for key in quotas if cluster.name.endswith(f"-{key}")), None)
            has_one = generation is not None and both(
                between(key, LEAST_QUOTA).test(read(quotas[generation], key))
                for key in ("vcpu", "memory_gib")
            )
            answer = autopilot if has_one is False and autopilot is not True else has_one
            yield about(cluster, answer, "no quota is recorded for it, and its pods have no end")


def _labelled(facts: Facts) -> Iterator[Finding]:
    """Where palier's root component is: other projects have labels of their own."""
    if facts.only(PLATFORM_TYPE) is not None:
        for type_, path in LABELS.items():
            yield from each(type_, matching(f"{path}.{LABEL}", SET, "set"))(facts)


FAMILY: Final = "cost-hygiene"

RULES: Final[tuple[Rule, ...]] = (
    Rule(
        id="cost-sql-edition",
        title="The edition of a database is named",
        family=FAMILY,
        rationale="PostgreSQL 16 without one becomes ENTERPRISE_PLUS: about twenty times a small"
                  " instance's price.",
        remedy="Set settings.edition.",
        reference="palier: the reference design",
        judge=each(SQL, one_of("settings.edition", "ENTERPRISE", "ENTERPRISE_PLUS"),
                   where=[matching("databaseVersion", PLUS_BY_DEFAULT, "")]),
    ),
    Rule(
        id="cost-sql-growth",
        title="What a database adds by itself has an end: disk, and nodes that read",
        family=FAMILY,
        rationale="A disk never shrinks again, and a query that runs wild adds nodes.",
        remedy="Set settings.diskAutoresizeLimit, and readPoolAutoScaleConfig.maxNodeCount.",
        reference="palier: the reference design",
        judge=each(
            SQL,
            some(between("settings.diskAutoresizeLimit", 1),
                 one_of("settings.diskAutoresize", False)),
            some(between("settings.readPoolAutoScaleConfig.maxNodeCount", 1, MOST_POOL_NODES),
                 one_of("settings.readPoolAutoScaleConfig.enabled", False, None)),
        ),
    ),
    Rule(
        id="cost-nodes",
        title="Every way in which a cluster adds nodes has an end",
        family=FAMILY,
        rationale="One deployment with a wrong number of replicas buys nodes until it is seen.",
        remedy="Set autoscaling.totalMaxNodeCount, and resourceLimits for cpu and memory.",
        reference="palier ADR 0018",
        judge=each(
            (POOL, CLUSTER),
            some(*ENDS),
            every("nodePools", "a list with a maximum for each that grows", *ENDS),
            some(one_of("clusterAutoscaling.enabled", False, None),
                 one_of("enableAutopilot", True),
                 having("clusterAutoscaling.resourceLimits", "a list for cpu and memory",
                        {"resourceType": "cpu"}, {"resourceType": "memory"})),
            every("clusterAutoscaling.resourceLimits", "a list with a maximum in each",
                  between("maximum", 1)),
        ),
    ),
    Rule(
        id="cost-autopilot-quota",
        title="Pods of every Autopilot cluster have a quota",
        family=FAMILY,
        rationale="Autopilot bills what pods request, and starts whatever is asked for.",
        remedy="Name the generation in the size of the platform, with its quota.",
        reference="palier: the reference design",
        judge=_has_quota,
    ),
    Rule(
        id="cost-balancer-scheme",
        title="The kind of a load balancer is named",
        family=FAMILY,
        rationale="The default is the classic one: another price, and a way back that replaces it.",
        remedy="Set loadBalancingScheme.",
        reference="palier: the reference design",
        level="advisory",
        judge=each(BALANCERS, matching("loadBalancingScheme", SET, "set")),
    ),
    Rule(
        id="cost-request-logs",
        title="Which part of requests is logged is said",
        family=FAMILY,
        rationale="The default logs every request, and the bill of logs grows with traffic.",
        remedy="Set logConfig.sampleRate, from 0 to 1.",
        reference="palier: the reference design",
        level="advisory",
        judge=each(BACKEND_SERVICES, between("logConfig.sampleRate", 0, 1),
                   where=[one_of("logConfig.enable", True)]),
    ),
    Rule(
        id="cost-flow-logs",
        title="Flow logs are a sample, gathered over more than five seconds",
        family=FAMILY,
        rationale="The default interval writes a line for each connection every five seconds.",
        remedy="Set logConfig.aggregationInterval, and flowSampling to 0.5 or less.",
        reference="palier: the reference design",
        level="advisory",
        judge=each(
            SUBNET,
            matching("logConfig.aggregationInterval", SLOW, "of 30 seconds or more"),
            some(between("logConfig.flowSampling", 0, MOST_FLOWS_SAMPLED),
                 absent("logConfig.flowSampling")),
            where=[none_of("logConfig", None)],
        ),
    ),
    Rule(
        id="cost-registry-cleanup",
        title="Old images are deleted",
        family=FAMILY,
        rationale="Each build adds an image, and storage grows for as long as there are builds.",
        remedy="Add a clean-up policy with action DELETE, and end cleanupPolicyDryRun.",
        reference="palier ADR 0017",
        level="advisory",
        judge=each(
            REGISTRY,
            having("cleanupPolicies", "a list with one that deletes", {"action": "DELETE"}),
            one_of("cleanupPolicyDryRun", False, None),
            where=[none_of("mode", "VIRTUAL_REPOSITORY")],
        ),
    ),
    Rule(
        id="cost-bucket-lifecycle",
        title="Buckets that keep versions let old ones go",
        family=FAMILY,
        rationale="Each upload keeps what it replaces, at the full price, for ever.",
        remedy="Add a lifecycle rule with action Delete, for versions that were replaced.",
        reference="palier ADR 0017",
        level="advisory",
        judge=each(
            BUCKET,
            having("lifecycleRules", "a list with one that deletes",
                   {"action": {"type": "Delete"}}),
            where=[one_of("versioning.enabled", True)],
        ),
    ),
    Rule(
        id="cost-log-retention",
        title="Logs are kept as long as that is free",
        family=FAMILY,
        rationale="From the thirty-first day on each GiB is paid again every month.",
        remedy="Set retentionDays to 30, or send what must stay to a bucket.",
        reference="Google Cloud Observability pricing",
        level="advisory",
        judge=each(LOG_BUCKETS, some(between("retentionDays", 0, FREE_LOG_DAYS),
                                     absent("retentionDays"))),
    ),
    Rule(
        id="cost-nat-logs",
        title="NAT logs errors, and not every connection",
        family=FAMILY,
        rationale="A line for each connection out costs more than the gateway.",
        remedy="Set logConfig.filter to ERRORS_ONLY.",
        reference="palier: the reference design",
        level="advisory",
        judge=each(NAT, one_of("logConfig.filter", "ERRORS_ONLY"),
                   where=[one_of("logConfig.enable", True)]),
    ),
    Rule(
        id="cost-labels",
        title="What is billed names its cost centre",
        family=FAMILY,
        rationale="Without it nobody can tell on the invoice what a platform costs.",
        remedy="Create it below palier's root component, which labels it.",
        reference="palier: labels are applied in one place",
        level="advisory",
        judge=_labelled,
    ),
)  # fmt: skip
