"""The second half of the catalogue: what only a platform on two continents has to watch.

Owns alerts 31 to 60: twelve for each continent (reach, traffic, errors, latency, recovery copies,
nodes, spot capacity, the way out) and six for what spans both (burn of the error budget, shards,
read pools, poolers, caches). A continent is told by the locations of its resources, so nothing here
needs to know which regions a platform is in.
"""

from __future__ import annotations

from typing import Final

from palier.alerts.model import (
    SITE_PATTERNS,
    Alert,
    Measure,
    database,
    error_ratio,
    latency_p95_ms,
    metric,
    requests,
    uptime,
)
from palier.load import MODEL, MVP_SCALE, SCALING

MINUTE: Final = 60
FAST_BURN: Final = "0.0144"
"""14.4 times the 0.1 % that may fail: 2 % of a month's budget spent in an hour."""
SLOW_BURN: Final = "0.006"
"""6 times the 0.1 % that may fail: 5 % of a month's budget spent in six hours."""
COPIES: Final = ".+-(dr|pool|r[0-9]+)"
"""Names of instances that are copies of a primary."""

TITLES: Final = {"eu": "Europe", "us": "United States"}
CHECKERS: Final = {"eu": "eur-.*", "us": "usa-.*"}
"""Locations of uptime checkers."""


def _location(site: str) -> str:
    return f'location=~"{SITE_PATTERNS[site]}"'


def _nodes(name: str, location: str, *matchers: str) -> str:
    return metric(f"kubernetes.io/node/{name}", "k8s_node", location, *matchers)


def _backends(site: str) -> str:
    return f'backend_scope=~"{SITE_PATTERNS[site]}"'


def _reach(site: str) -> tuple[Alert, ...]:
    """Is the continent reached, and does it serve?"""
    title = TITLES[site]
    checkers = f'checker_location=~"{CHECKERS[site]}"'
    return (
        Measure(
            key=f"{site}-site",
            title=f"{title}: site out of reach",
            expression=f"max by (check_id, host) ({uptime(checkers)})",
            channels=("email", "slack", "sms"),
            source=f"{MODEL}: a continent can be cut off while the other one is served",
            runbook="Check the load balancer's front end and DNS from that continent; open the"
            " incident.",
        ).critical("< 1", "for three minutes", 3 * MINUTE, level="down"),
        Measure(
            key=f"{site}-traffic",
            title=f"{title}: clusters serve nothing",
            expression=f"({requests(_backends(site), window='5m')} or vector(0))",
            channels=("email", "slack", "sms"),
            source=f"{MVP_SCALE}: Europe first, then the United States, each serving its own",
            runbook="Check the clusters' network endpoint groups and pods; the other continent"
            " carries the load meanwhile.",
        ).critical("< 0.1", "for two minutes", 2 * MINUTE, level="lost"),
    )


def _answers(site: str) -> tuple[Alert, ...]:
    """Are the continent's answers right and quick?"""
    title = TITLES[site]
    return (
        Measure(
            key=f"{site}-error-rate",
            title=f"{title}: error rate",
            expression=error_ratio(_backends(site), window="5m"),
            channels=("email",),
            source=f"{SCALING}: error rate, critical 5 %",
            runbook="Roll back that continent's release with Argo CD; drain it if that does not"
            " help.",
        ).critical("> 0.05", "above 5 %", MINUTE),
        Measure(
            key=f"{site}-latency-p95",
            title=f"{title}: P95 latency",
            expression=latency_p95_ms(_backends(site), window="10m"),
            channels=("slack",),
            source=f"{SCALING}: response time P95, attention 2 s",
            runbook="Compare both continents: one alone points at its shard or its cache.",
        ).attention("> 2000", "above 2 s", 5 * MINUTE),
    )


def _recovery(site: str) -> tuple[Alert, ...]:
    """Could every shard of the continent be recovered there, and how much would be lost?"""
    title = TITLES[site]
    region = f'region=~"{SITE_PATTERNS[site]}"'
    copies = database("up", region, 'database_id=~".+-dr"')
    primaries = database("up", region, f'database_id!~"{COPIES}"')
    lag = database("replication/replica_lag", region, 'database_id=~".+-dr"')
    return (
        Measure(
            key=f"{site}-recovery-copy",
            title=f"{title}: a shard's recovery copy is missing",
            expression=f"(sum({copies}) or vector(0)) / count({primaries})",
            channels=("email",),
            source=f"{MODEL}: one recovery copy a shard, on the same continent",
            runbook="Make the recovery replica anew before anything else changes.",
        ).critical("< 1", "for ten minutes", 10 * MINUTE, level="missing"),
        Measure(
            key=f"{site}-recovery-lag",
            title=f"{title}: a recovery copy lags",
            expression=f"max by (database_id) ({lag})",
            channels=("email",),
            source=f"{MODEL}: five minutes of writes is the most that a lost region may cost",
            runbook="Look for a long transaction or a backfill on the primary; slow it down.",
        ).critical("> 300", "by more than five minutes", 5 * MINUTE),
    )


def _capacity(site: str) -> tuple[Alert, ...]:
    """Do the continent's nodes have room?"""
    title = TITLES[site]
    location = _location(site)
    cpu = _nodes("cpu/allocatable_utilization", location)
    memory = _nodes("memory/allocatable_utilization", location, 'memory_type="non-evictable"')
    return (
        Measure(
            key=f"{site}-node-cpu",
            title=f"{title}: node CPU",
            expression=f"avg by (cluster_name) ({cpu})",
            channels=("slack",),
            source=f"{SCALING}: CPU below 70 %",
            runbook="Check the node pools' maxima and the regional quota.",
        ).attention("> 0.7", "above 70 %", 15 * MINUTE),
        Measure(
            key=f"{site}-node-memory",
            title=f"{title}: node memory",
            expression=f"avg by (cluster_name) ({memory})",
            channels=("slack",),
            source=f"{SCALING}: memory below 80 %",
            runbook="Check the node pools' maxima; look for pods that use more than they request.",
        ).attention("> 0.8", "above 80 %", 15 * MINUTE),
        Measure(
            key=f"{site}-pods-pending",
            title=f"{title}: pods find no node",
            expression=f'sum by (cluster) (kube_pod_status_phase{{phase="Pending",{location}}})',
            channels=("slack",),
            source=f"{MODEL}: the autoscaler adds nodes within minutes, or it cannot",
            runbook="Read the pods' events: quota, addresses, spot capacity or a pool's maximum.",
        ).attention("> 10", "for a quarter of an hour", 15 * MINUTE, level=""),
    )


def _spot(site: str) -> tuple[Alert, ...]:
    """Does the continent's spot capacity last?"""
    title = TITLES[site]
    location = _location(site)
    preempted = _nodes("interruption_count", location, 'interruption_type="PreemptionEvent"')
    nodes = f"max_over_time({_nodes('cpu/total_cores', location)}[1h])"
    burst = _nodes("cpu/total_cores", location, 'node_name=~".+-burst-.+"')
    return (
        Measure(
            key=f"{site}-spot-preemptions",
            title=f"{title}: spot nodes taken back in an hour",
            expression=f"count(max_over_time({preempted}[1h]) > 0) / count({nodes})",
            channels=("slack",),
            source=f"{MODEL}: the on-demand part carries the floor, not the peak",
            runbook="Let the on-demand pool grow; try other zones or another machine type.",
        ).attention("> 0.2", "are over 20 % of the nodes", 0, level=""),
        Measure(
            key=f"{site}-spot-pool",
            title=f"{title}: burst pool",
            expression=f"(count({burst}) or vector(0))",
            channels=("slack",),
            source=f"{MODEL}: four tenths of the nodes are spot",
            runbook="Check spot capacity in the region: what should burst is on demand, and dear.",
        ).attention("< 1", "empty for an hour", 60 * MINUTE, level="empty"),
    )


def _way_out(site: str) -> tuple[Alert, ...]:
    """Do the continent's nodes get out through NAT?"""
    drops = metric(
        "router.googleapis.com/nat/dropped_sent_packets_count",
        "nat_gateway",
        f'region=~"{SITE_PATTERNS[site]}"',
        'reason="OUT_OF_RESOURCES"',
    )
    return (
        Measure(
            key=f"{site}-nat-drops",
            title=f"{TITLES[site]}: NAT drops packets",
            expression=f"sum by (gateway_name) (rate({drops}[5m]))",
            channels=("slack",),
            source=f"{MODEL}: a drop for want of ports is a failed call to a partner",
            runbook="Add an address to the gateway, or raise the ports of a node.",
        ).attention("> 1", "for want of ports", 10 * MINUTE, level=""),
    )


def _continent(site: str) -> tuple[Alert, ...]:
    parts = (_reach, _answers, _recovery, _capacity, _spot, _way_out)
    return tuple(alert for part in parts for alert in part(site))


def _burn(long: str, short: str, ratio: str) -> str:
    """The budget burns at that ratio over a long window, and still does over a short one."""
    return f"{error_ratio(window=long)} > {ratio} and {error_ratio(window=short)}"


def _hotspot() -> str:
    """Share of a region's writes that go to its busiest shard; nought where there is only one."""
    rows = database("postgresql/tuples_processed_count", f'database_id!~"{COPIES}"')
    writes = f"sum by (region, database_id) (rate({rows}[15m]))"
    share = f"max by (region) ({writes}) / sum by (region) ({writes})"
    return f"{share} * (count by (region) ({writes} > 1) > bool 1)"


SLO: Final = (
    Measure(
        key="slo-burn",
        title="Error budget",
        expression=_burn("1h", "5m", FAST_BURN),
        channels=("email",),
        source=f"{SCALING}: availability above 99.9 %, here by the rate its budget is spent",
        runbook="Roll back what was released in the last hour; open the incident.",
    ).critical(f"> {FAST_BURN}", "gone within two days", 2 * MINUTE, level="fast"),
    Measure(
        key="slo-burn",
        title="Error budget",
        expression=_burn("6h", "30m", SLOW_BURN),
        channels=("email",),
        source=f"{SCALING}: availability above 99.9 %, here by the rate its budget is spent",
        runbook="Find the route that fails; stop releases of it until it is mended.",
    ).attention(f"> {SLOW_BURN}", "gone within five days", 15 * MINUTE, level="slow"),
)
DATA: Final = (
    Measure(
        key="shard-hotspot",
        title="One shard takes the writes",
        expression=_hotspot(),
        channels=("slack",),
        source=f"{SCALING}: sharding risks hotspots, by the choice of its key",
        runbook="Move tenants off the shard in batches, each with a short write freeze.",
    ).attention("> 0.75", "of its region, over 75 %", 30 * MINUTE, level=""),
    Measure(
        key="read-pool-cpu",
        title="Read pool CPU",
        expression="avg by (database_id) (avg_over_time("
        + database("cpu/utilization", 'database_id=~".+-pool"')
        + "[6h]))",
        channels=("slack",),
        source=f"{SCALING}: CPU below 70 %; hours of it say that the pool is at its maximum",
        runbook="Raise the pool's maximum of nodes; check that the cache still takes its part.",
    ).attention("> 0.7", "above 70 % over six hours", 0, level=""),
    Measure(
        key="pooler-wait",
        title="Clients wait for a database connection",
        expression="max by (resource_id) ("
        + metric(
            "cloudsql.googleapis.com/per_database/conn_pool/client_connections_avg_wait_time",
            "cloudsql_instance_database",
        )
        + ")",
        channels=("slack",),
        source=f"{MODEL}: a tenth of a second is a twentieth of the 2 s a request may take",
        runbook="End idle transactions; raise the managed pool's size within the connections.",
    ).attention("> 100000", "for more than 100 ms", 5 * MINUTE, level=""),
    Measure(
        key="redis-cpu",
        title="Redis main thread",
        expression="sum by (instance_id, node_id) (rate("
        + metric("redis.googleapis.com/stats/cpu_utilization_main_thread", "redis_instance")
        + "[5m]))",
        channels=("slack",),
        source=f"{MODEL}: one thread serves every key; above this it cannot absorb a peak",
        runbook="Find the costly commands; move the cache's keys to an instance of their own.",
    ).attention("> 0.8", "busy above 80 %", 10 * MINUTE, level=""),
)

HYPERGROWTH_ALERTS: Final = (*_continent("eu"), *_continent("us"), *SLO, *DATA)
"""Alerts 31 to 60."""
