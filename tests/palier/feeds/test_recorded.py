"""What a file recorded: held to its shape before anything is priced by it."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any, Final

import builders
import fact_builders as facts
import pytest

from palier.errors import PalierError
from palier.facts import PLATFORM_TYPE, UNKNOWN, WORKLOADS_TYPE, Facts
from palier.feeds import recorded

CAPS: Final = dict(builders.PHASE_USERS)


def forged(type_: str, path: str, value: Any) -> Facts:
    """What hypergrowth records, with another value at a dotted path."""
    everything = facts.recorded("hypergrowth", 11_000_000)
    (fact,) = everything.of_type(type_)
    outputs = copy.deepcopy(dict(fact.outputs))
    *above, last = path.split(".")
    here: Any = outputs
    for key in above:
        here = here[int(key)] if isinstance(here, list) else here[key]
    here[last] = value
    return Facts.of([replace(fact, outputs=outputs)])


@pytest.mark.parametrize("phase", builders.PHASES)
def test_what_a_program_records_is_in_shape(phase: str) -> None:
    recorded.check(facts.recorded(phase, CAPS[phase]), "x:")


def test_a_stack_that_records_nothing_is_in_shape() -> None:
    recorded.check(Facts((facts.resource(facts.SQL),)), "x:")


FORGED: Final[dict[str, tuple[str, str, Any, str]]] = {
    "no phase": (PLATFORM_TYPE, "phase", None, "x: palier.phase: expected a name"),
    "an unknown phase": (PLATFORM_TYPE, "phase", "unicorn", "x: palier: .*'unicorn'"),
    "users in words": (PLATFORM_TYPE, "users", "many", "x: palier.users: expected a whole number"),
    "users in part": (PLATFORM_TYPE, "users", 1.5, "users: expected a whole number"),
    "users that are true": (PLATFORM_TYPE, "users", True, "users: expected a whole number"),
    "users of another phase": (PLATFORM_TYPE, "users", 50, "x: palier: .*got 50"),
    "users that are hidden": (PLATFORM_TYPE, "users", "[secret]", "users: expected a whole"),
    "a home without a region": (PLATFORM_TYPE, "home", "asia", "regions: the home site has none"),
    "regions in a list": (PLATFORM_TYPE, "regions", [], "regions: expected fields"),
    "a region in numbers": (PLATFORM_TYPE, "regions.eu", 5, "regions.eu: expected a name"),
    "no currency": (PLATFORM_TYPE, "currency", None, "currency: expected fields"),
    "a rate in words": (PLATFORM_TYPE, "currency.usd_rate", "cheap", "usd_rate: expected a number"),
    "a rate that is unknown": (PLATFORM_TYPE, "currency.usd_rate", UNKNOWN, "usd_rate: expected a"),
    "a day that is none": (PLATFORM_TYPE, "currency.declared_on", "now", "declared_on: expected a"),
    "a revenue in words": (PLATFORM_TYPE, "revenue_eur", "much", "revenue_eur: expected a number"),
    "a negative load": (PLATFORM_TYPE, "load.api_gib", "-1", "load.api_gib: expected a number"),
    "a load beyond reason": (PLATFORM_TYPE, "load.api_gib", "1e16", "load.api_gib: expected a num"),
    "a load without end": (PLATFORM_TYPE, "load.api_gib", "1e999999999", "load.api_gib: expected"),
    "a load too fine": (PLATFORM_TYPE, "load.api_gib", "1e-999999999", "load.api_gib: expected"),
    "a load that is true": (PLATFORM_TYPE, "load.api_gib", True, "load.api_gib: expected a number"),
    "half a quota": (PLATFORM_TYPE, "quotas.eu-g2", {"vcpu": 1}, "memory_gib: expected a number"),
    "a commitment in numbers": (PLATFORM_TYPE, "commitments.sql", 1, "commitments.sql: expected a"),
    "no pods": (WORKLOADS_TYPE, "pods", None, "x: workloads.pods: expected a list"),
    "pods that are unknown": (WORKLOADS_TYPE, "pods", UNKNOWN, "pods: expected a list"),
    "a pod that is none": (WORKLOADS_TYPE, "pods", ["x"], r"pods\[0\]: expected fields"),
    "a pod of no cluster": (WORKLOADS_TYPE, "pods.0.cluster", None, r"pods\[0\].cluster: expected"),
    "a pod of part of a CPU": (WORKLOADS_TYPE, "pods.0.cpu_m", 0.5, "cpu_m: expected a whole"),
    "a pod that is spot in words": (WORKLOADS_TYPE, "pods.0.spot", "no", "spot: expected true or"),
    "nodes in words": (WORKLOADS_TYPE, "nodes.0.expected", "3", "expected: expected a whole"),
    "a peak in words": (WORKLOADS_TYPE, "web_peak", "high", "web_peak: expected a number"),
}  # fmt: skip


@pytest.mark.parametrize(("type_", "path", "value", "says"), FORGED.values(), ids=FORGED.keys())
def test_what_no_program_records_is_refused_by_its_field(
    type_: str, path: str, value: Any, says: str
) -> None:
    with pytest.raises(PalierError, match=says):
        recorded.check(forged(type_, path, value), "x:")


def test_a_second_root_is_refused() -> None:
    (root,) = facts.recorded("mvp", 50).of_type(PLATFORM_TYPE)
    twice = Facts.of([root, replace(root, urn=f"{root.urn}-2")])
    with pytest.raises(PalierError, match="holds 2 components of type palier:platform:Platform"):
        recorded.check(twice, "x:")
