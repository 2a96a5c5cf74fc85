"""The estimate: three bounds, each the sum of its lines; nothing that is not priced is a zero.

The phases are those the program makes, so that a new resource without a price is found here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from functools import cache
from typing import Final

import builders
import fact_builders as facts
import pytest
from fact_builders import bounds, fixed, priced, resource
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from palier.cost import prices
from palier.cost.estimate import BOUNDS, Estimate, estimate
from palier.cost.pricers import FREE, PRICERS
from palier.currency import EUR_PER_USD
from palier.facts import PLATFORM_TYPE, Fact, Facts

PUBLISHED_USD: Final = {
    ("mvp", 50): "84.31",
    ("traction", 100): "133.85",
    ("scale", 10_000): "445.13",
    ("scale", 50_000): "499.08",
    ("growth", 125_000): "1130.68",
    ("growth", 500_000): "2657.66",
    ("growth", 750_000): "3676.50",
    ("growth", 1_000_000): "4768.20",
    ("hypergrowth", 2_000_000): "7904.07",
    ("hypergrowth", 5_000_000): "19387.24",
    ("hypergrowth", 11_000_000): "39222.34",
}
"""Bills of the reference design at its checkpoints, dollars a month."""
AROUND_PUBLISHED: Final = Decimal("0.05")
CENT: Final = Decimal("0.01")

every_checkpoint = pytest.mark.parametrize(("phase", "users"), builders.PHASE_USERS)


def test_every_checkpoint_of_the_reference_design_is_tried() -> None:
    assert PUBLISHED_USD.keys() == set(builders.PHASE_USERS)


@every_checkpoint
def test_a_bill_is_within_a_twentieth_of_the_published_one(phase: str, users: int) -> None:
    published = Decimal(PUBLISHED_USD[phase, users])
    bill = facts.euros(phase, users).sum_usd("expected")
    off = bill / published - 1
    assert abs(off) <= AROUND_PUBLISHED, (
        f"{phase} at {users} users costs {bill:.2f} $, {off:+.1%} from the published {published}"
    )


@every_checkpoint
def test_a_bill_is_in_order_from_floor_to_ceiling(phase: str, users: int) -> None:
    made = facts.euros(phase, users)
    floor, expected, ceiling = (made.sum(bound) for bound in BOUNDS)
    assert 0 < floor <= expected <= ceiling, "a bound that is passed by another bounds nothing"


@every_checkpoint
def test_each_total_is_the_sum_of_its_own_lines(phase: str, users: int) -> None:
    made = facts.euros(phase, users)
    for bound in BOUNDS:
        lines = [line for line in made.lines if line.bound == bound]
        assert lines, f"a bill without {bound} lines explains nothing"
        by_hand = sum((line.quantity * line.unit_price_usd for line in lines), Decimal(0))
        assert abs(by_hand - made.sum_usd(bound)) < CENT, (
            "the total must be what quantity × unit price of its lines come to"
        )
        assert abs(by_hand * made.usd_rate - made.sum(bound)) < CENT


@every_checkpoint
def test_nothing_is_used_at_the_floor_and_as_much_at_the_ceiling_as_expected(
    phase: str, users: int
) -> None:
    usage = [line for line in facts.euros(phase, users).lines if line.usage_based]
    by_bound = {
        bound: sorted(
            (line.resource, line.item, line.unit_price_usd, line.quantity)
            for line in usage
            if line.bound == bound
        )
        for bound in BOUNDS
    }
    assert not by_bound["floor"], "the floor is what an idle platform costs"
    assert by_bound["ceiling"] == by_bound["expected"], "the ceiling is about size, not traffic"


FIXED_TYPES: Final = (
    facts.ADDRESS, facts.ALERT_POLICY, facts.CRYPTO_KEY, facts.FORWARDING_RULE, facts.REDIS,
    facts.SECRET_VERSION,
)  # fmt: skip


@every_checkpoint
def test_what_neither_grows_nor_is_used_costs_the_same_at_all_three_bounds(
    phase: str, users: int
) -> None:
    made = facts.euros(phase, users)
    for fact in facts.recorded(phase, users).resources:
        if fact.type in FIXED_TYPES:
            floor, expected, ceiling = facts.amounts(made, fact.name)
            assert floor == expected == ceiling, f"{fact.name} is fixed, its bounds may not differ"


@every_checkpoint
def test_every_type_of_a_phase_is_priced_or_free(phase: str, users: int) -> None:
    made = facts.euros(phase, users)
    used = {fact.type for fact in facts.recorded(phase, users).resources}
    assert used <= PRICERS.keys() | FREE.keys(), "a phase made of unpriced parts has no bill"
    assert not made.gaps, f"a ready-made phase must be priced in full: {made.gaps}"
    resources = len(facts.recorded(phase, users).resources)
    assert (made.priced, made.total) == (resources, resources)


@every_checkpoint
def test_what_is_free_says_why_and_has_no_line(phase: str, users: int) -> None:
    made = facts.euros(phase, users)
    assert made.free, "most resources of a platform are free, and listed"
    charged = {line.type for line in made.lines}
    for type_, reason in made.free.items():
        assert len(reason) > 20, f"{type_} is free for a reason: {reason!r}"
        assert type_ not in charged, f"{type_} is free and may have no line"


def test_every_line_carries_the_source_the_day_and_the_confidence_of_its_price() -> None:
    for line in facts.euros("hypergrowth", 11_000_000).lines:
        assert line.source, f"{line.item} has no source"
        assert line.priced_on, f"{line.item} has no day"
        assert line.confidence in prices.CONFIDENCES
        assert line.component != "-", f"{line.resource} must say which component it is of"


def test_a_discount_is_cited_beside_the_price_and_weakens_its_confidence() -> None:
    pool = resource(
        facts.NODE_POOL, location=facts.REGION, nodeCount=1,
        nodeConfig={"machineType": "n2d-standard-8"},
    )  # fmt: skip
    cores = next(line for line in priced(pool).lines if "vCPU" in line.item)
    assert " | " in cores.source, "the reader must be able to check the discount too"
    spot = next(line for line in _mvp().lines if line.item == "pods vCPU, spot")
    assert spot.confidence == "low", "a spot price moves every month"


def _mvp() -> Estimate:
    return facts.euros("mvp", 50)


UNLISTED: Final = "gcp:tpu/node:Node"


def test_a_type_that_is_in_neither_list_is_unpriced_and_never_zero() -> None:
    made = priced(resource(UNLISTED), resource(facts.ADDRESS, "address"))
    assert [(gap.resource, gap.type, gap.kind) for gap in made.gaps] == [
        ("it", UNLISTED, "unpriced")
    ]
    assert UNLISTED in made.gaps[0].reason, "the gap must say which type has no price"
    assert not made.complete
    assert (made.priced, made.total) == (1, 2)
    assert all(line.resource == "address" for line in made.lines), "no line stands for no price"


def test_components_and_providers_are_no_resources_and_need_no_price() -> None:
    component = facts.component("palier:network:Network", "network", {})
    made = priced(component, facts.provider(), resource(facts.ADDRESS))
    assert (made.priced, made.total, made.gaps) == (1, 1, ())


def test_resources_of_the_same_name_are_counted_each_for_itself() -> None:
    key = resource(facts.CRYPTO_KEY, versionTemplate={"protectionLevel": "HSM"})
    binding = resource("gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember")
    made = priced(key, binding)
    assert len(made.gaps) == 1
    assert (made.priced, made.total) == (1, 2), "the free binding is priced, the key is not"


def test_a_resource_that_is_priced_in_part_keeps_its_lines_and_has_a_gap() -> None:
    instance = resource(
        facts.SQL, region=facts.REGION, databaseVersion="POSTGRES_17",
        settings={"tier": "db-g1-small", "edition": "ENTERPRISE", "diskSize": 10,
                  "backupConfiguration": {"enabled": True}},
    )  # fmt: skip
    made = priced(instance)
    assert facts.amounts(made, "it") == fixed("27.25"), "what is known is counted"
    assert [gap.kind for gap in made.gaps] == ["unknown"], "and what is not is told: the backups"


def test_amounts_are_turned_into_the_currency_line_by_line_and_not_rounded() -> None:
    rule = resource(facts.FORWARDING_RULE)
    made = estimate(Facts.of([rule]), prices.default(), "EUR", Decimal("0.923"))
    assert (made.currency, made.usd_rate) == ("EUR", Decimal("0.923"))
    expected = next(line for line in made.lines if line.bound == "expected")
    assert expected.monthly_usd == Decimal("18.25")
    assert expected.monthly == made.sum("expected") == Decimal("16.84475"), "18.25 × 0.923"


def test_a_family_can_be_summed_by_itself() -> None:
    policy = resource(facts.ALERT_POLICY, conditions=[{}, {}])
    made = priced(policy, resource(facts.ADDRESS, "address"))
    assert made.sum("expected", "observability") == Decimal("0.2")
    assert made.sum("expected") == Decimal("3.85")


def test_a_line_without_a_quantity_is_left_out_of_its_bound() -> None:
    zone = resource(facts.ZONE)
    made = priced(zone, facts.root(dns_million_queries="2"))
    assert facts.amounts(made, "it") == bounds("0.2", "1", "1")
    items = Counter((line.item, line.bound) for line in made.lines if line.resource == "it")
    assert ("queries", "floor") not in items, "a line of nothing is noise"
    assert max(items.values()) == 1, "each item has at most one line a bound"


# --- the estimate of a union is the sum of the estimates of its parts -------------------------

PRICED_TOGETHER: Final = (
    {facts.CLUSTER, facts.NODE_POOL, facts.NAT, facts.BACKUP_PLAN},
    {facts.SQL, facts.BUCKET},
    {facts.SECRET, facts.SECRET_VERSION},
    *({type_} for type_ in (
        facts.FORWARDING_RULE, facts.REGISTRY, facts.BACKEND_SERVICE, facts.BACKEND_BUCKET,
        facts.ARMOR, facts.ZONE, facts.SUBNET, facts.UPTIME,
    )),
)  # fmt: skip
"""Types whose prices depend on each other: one credit, five rules at one price, a shared load."""


def bundle(fact: Fact) -> str:
    """What stays in one part with this resource: its family, or nothing but itself."""
    for family in PRICED_TOGETHER:
        if fact.type in family:
            return min(family)
    return fact.urn


@cache
def bundles(phase: str, users: int) -> tuple[str, ...]:
    return tuple(sorted({bundle(fact) for fact in facts.recorded(phase, users).resources}))


def part(phase: str, users: int, kept: Iterable[str]) -> Estimate:
    """The estimate of some bundles, with the components that record load and workloads."""
    wanted = set(kept)
    everything = facts.recorded(phase, users)
    resources = {fact.urn for fact in everything.resources if bundle(fact) not in wanted}
    return estimate(
        Facts.of(fact for fact in everything if fact.urn not in resources),
        prices.default(), "EUR", EUR_PER_USD,
    )  # fmt: skip


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data(), phase=st.sampled_from((("mvp", 50), ("growth", 1_000_000),
                                              ("hypergrowth", 5_000_000))))  # fmt: skip
def test_the_estimate_of_a_union_is_the_sum_of_its_parts(
    data: st.DataObject, phase: tuple[str, int]
) -> None:
    every = bundles(*phase)
    left = data.draw(st.sets(st.sampled_from(every)))
    right = set(every) - left
    parts = part(*phase, left), part(*phase, right)
    own = [line for made in parts for line in made.lines if line.type != PLATFORM_TYPE]
    # Both parts hold the root. Its lines count once: where the request logs it pays for are made.
    with_logs = parts[0] if facts.BACKEND_SERVICE in left else parts[1]
    root = [line for line in with_logs.lines if line.type == PLATFORM_TYPE]
    whole = facts.euros(*phase)
    assert Counter(own + root) == Counter(whole.lines), "a line is counted twice, or not at all"
    assert sum(made.priced for made in parts) == whole.priced
    assert {**parts[0].free, **parts[1].free} == whole.free


def test_the_laws_parts_hold_each_resource_once() -> None:
    every = bundles("hypergrowth", 5_000_000)
    half = every[: len(every) // 2]
    parts = [part("hypergrowth", 5_000_000, kept) for kept in (half, set(every) - set(half))]
    assert sum(made.total for made in parts) == facts.euros("hypergrowth", 5_000_000).total
    assert all(made.total for made in parts), "a part of nothing proves nothing"
