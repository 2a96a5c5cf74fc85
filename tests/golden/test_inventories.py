"""Inventories: what each phase is made of, in a file a reviewer can read beside the change.

Partial on purpose: how many of each type, and the few attributes that decide cost and safety.
Rewrite them with `python tests/golden/test_inventories.py`, and read the difference.
"""

from __future__ import annotations

import difflib
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

HERE = Path(__file__).parent
if __name__ == "__main__":
    sys.path[:0] = [str(HERE.parents[1]), str(HERE.parent)]

import builders  # noqa: E402

from palier.facts import PLATFORM_TYPE, Fact, Facts  # noqa: E402

COMMAND = "python tests/golden/test_inventories.py"
LOCAL_ALERTS = "observability"
"""Component whose alerts the phase counts; those of the audit trail are apart."""


def _each(facts: Facts, type_: str, **paths: str) -> dict[str, dict[str, Any]]:
    """Attributes of every resource of a type, by logical name; what is absent is left out."""
    return {
        fact.name: {
            key: value for key, path in paths.items() if (value := fact.read(path)) is not None
        }
        for fact in facts.of_type(type_)
    }


def _mode(fact: Fact) -> str:
    return "autopilot" if fact.read("enableAutopilot") else "standard"


def inventory(phase: str) -> dict[str, Any]:
    """What a phase's stack is made of."""
    facts = builders.recorded(phase)
    root = builders.only(facts, PLATFORM_TYPE)
    clusters = facts.of_type("gcp:container/cluster:Cluster")
    rules = builders.only(facts, "gcp:compute/securityPolicy:SecurityPolicy").read("rules")
    alerts = [
        fact
        for fact in facts.of_type("gcp:monitoring/alertPolicy:AlertPolicy")
        if facts.component_of(fact) == LOCAL_ALERTS
    ]
    addresses = [
        fact.read("region")
        for fact in facts.of_type("gcp:compute/address:Address")
        if facts.component_of(fact) == "network"
    ]
    return {
        "phase": phase,
        "users": root.recorded("users"),
        "resources": len(facts.resources),
        "types": dict(sorted(Counter(fact.type for fact in facts.resources).items())),
        "clusters": {
            fact.name: {"mode": _mode(fact), "location": fact.read("location")} for fact in clusters
        },
        "node_pools": _each(
            facts,
            "gcp:container/nodePool:NodePool",
            machine="nodeConfig.machineType",
            spot="nodeConfig.spot",
            min="autoscaling.totalMinNodeCount",
            max="autoscaling.totalMaxNodeCount",
        ),
        "sql": _each(
            facts,
            "gcp:sql/databaseInstance:DatabaseInstance",
            availability="settings.availabilityType",
            backups="settings.backupConfiguration.backupRetentionSettings.retainedBackups",
            disk_gib="settings.diskSize",
            edition="settings.edition",
            kind="instanceType",
            region="region",
            tier="settings.tier",
        ),
        "redis": _each(
            facts,
            "gcp:redis/instance:Instance",
            memory_gib="memorySizeGb",
            region="region",
            tier="tier",
            version="redisVersion",
        ),
        "armor_rules": len(rules),
        "alerts": len(alerts),
        "nat_addresses": dict(sorted(Counter(addresses).items())),
    }


def text(phase: str) -> str:
    """The file of a phase as it should be."""
    return f"# Written by {COMMAND}\n" + yaml.safe_dump(inventory(phase), sort_keys=True)


def file_of(phase: str) -> Path:
    """Where the inventory of a phase is."""
    return HERE / f"{phase}.yaml"


def test_every_phase_has_an_inventory_and_nothing_else_has() -> None:
    assert {file.stem for file in HERE.glob("*.yaml")} == set(builders.PHASES)


@pytest.mark.parametrize("phase", builders.PHASES)
def test_a_phase_is_made_of_what_its_inventory_says(phase: str) -> None:
    kept = file_of(phase).read_text(encoding="utf-8").splitlines()
    now = text(phase).splitlines()
    difference = "\n".join(difflib.unified_diff(kept, now, "kept", "now", lineterm="", n=1))
    assert not difference, f"{difference}\nIf this is meant: {COMMAND}"


def test_an_inventory_tells_what_a_reviewer_looks_for() -> None:
    told = inventory("growth")
    assert told["clusters"] == {"gke-eu-g1": {"mode": "autopilot", "location": "europe-west1"}}
    assert told["sql"]["postgres-eu-1-r1"]["kind"] == "READ_REPLICA_INSTANCE"
    assert told["resources"] == sum(told["types"].values())


def write() -> None:
    """Rewrite every inventory."""
    for phase in builders.PHASES:
        file_of(phase).write_text(text(phase), encoding="utf-8")


if __name__ == "__main__":
    write()
