"""Settings of a cluster that are rules of GKE's own: the maintenance window, exclusions."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from components.gke_settings import (
    PODS_PER_NODE,
    MaintenanceExclusion,
    access,
    autopilot,
    maintenance,
)
from palier.sites import RANGES

ROLLING_DAYS = 32
LEAST_HOURS = 48
"""GKE refuses a window that gives it less than 48 hours in any 32 days."""


def window() -> Any:
    """The recurring window."""
    return maintenance([]).recurring_window


def test_the_window_leaves_gke_the_hours_it_needs() -> None:
    start, end = (datetime.fromisoformat(text) for text in (window().start_time, window().end_time))
    days = len(window().recurrence.partition("BYDAY=")[2].split(","))
    hours = (end - start) / timedelta(hours=1)
    assert hours * days * (ROLLING_DAYS // 7) >= LEAST_HOURS


def test_no_upgrade_begins_before_a_weekend() -> None:
    days = set(window().recurrence.partition("BYDAY=")[2].split(","))
    assert days.isdisjoint({"FR", "SA", "SU"}), "someone should be about to start work"


def test_exclusions_stop_every_upgrade_and_are_none_by_default() -> None:
    assert maintenance([]).maintenance_exclusions == []
    peak = MaintenanceExclusion(name="peak", start="2026-11-20T00:00:00Z",
                                end="2026-12-01T00:00:00Z")  # fmt: skip
    [exclusion] = maintenance([peak]).maintenance_exclusions
    assert (exclusion.start_time, exclusion.end_time) == (peak.start, peak.end)


def test_a_reserved_range_of_pods_holds_a_thousand_nodes() -> None:
    addresses_per_node = 2 * PODS_PER_NODE
    for ranges in RANGES.values():
        for pods in ranges.pods.values():
            assert pods.num_addresses // addresses_per_node >= 1_000


def test_access_never_names_an_authorised_network() -> None:
    assert "master_authorized_networks_config" not in access("acme"), (
        "a list of addresses is no identity: IAM at the DNS endpoint decides"
    )


def test_autopilot_adds_the_account_of_its_nodes_and_nothing_it_refuses() -> None:
    added = autopilot("nodes@acme", "key")
    assert set(added) == {"enable_autopilot", "cluster_autoscaling"}
    assert added["cluster_autoscaling"].resource_limits is None
    assert added["cluster_autoscaling"].enabled is None
