"""The edge: load balancer, CDN, Cloud Armor, traffic to the internet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final

from palier.cost.items import HOURS_PER_MONTH, Item, UnreadableInput, fixed, tiered, usage
from palier.cost.prices import Price
from palier.cost.stack import Stack
from palier.facts import UNKNOWN, Fact

ALB: Final = "Cloud Load Balancing"
CDN: Final = "Cloud CDN"
ARMOR: Final = "Cloud Armor"
NETWORK: Final = "Network data transfer"
SCOPE: Final = "global external ALB"
TIB: Final = Decimal(1024)
INCLUDED_RULES: Final = 5
WORLD: Final = "worldwide (not China, not Australia)"
LOOKUPS_PER_UNIT: Final = 100
"""Price rows count lookups in ten thousands, the load in millions."""
CDN_TIERS: Final = (
    (10 * TIB, "0-10 TiB"), (150 * TIB, "10-150 TiB"), (None, "150-500 TiB"),
)  # fmt: skip
"""Beyond 500 TiB Google quotes: the last list price stands, which is never too low."""
EGRESS_TIERS: Final = ((TIB, "0-1 TiB"), (10 * TIB, "1-10 TiB"), (None, "over 10 TiB"))


def forwarding_rule(stack: Stack, fact: Fact) -> Iterator[Item]:
    """The first five rules together have one price, carried by the first; each more its own."""
    place = stack.place(fact)
    if place == 0:
        price = stack.price(ALB, "forwarding-rule-first-5", scope=SCOPE)
        yield fixed("forwarding rules, the first five together", price, HOURS_PER_MONTH)
    elif place >= INCLUDED_RULES:
        price = stack.price(ALB, "forwarding-rule-additional", scope=SCOPE)
        yield fixed("forwarding rule, after the fifth", price, HOURS_PER_MONTH)


def backend_service(stack: Stack, fact: Fact) -> Iterator[Item]:
    """What the API answers: through the load balancer, then to the internet."""
    share = stack.share(fact)
    processed = stack.price(ALB, "data-processed", scope=SCOPE)
    yield usage("data processed", processed, stack.load("balanced_gib") * share)
    region = stack.home_region()
    tiers = [
        (limit, stack.price(NETWORK, "internet-premium", region, destination=WORLD,
                            monthly_tier=name))
        for limit, name in EGRESS_TIERS
    ]  # fmt: skip
    yield from _shared("answers to the internet", stack.load("api_gib"), tiers, share)


def backend_bucket(stack: Stack, fact: Fact) -> Iterator[Item]:
    """Static files: from the CDN to users, into the CDN, and looking them up.

    Buckets without a CDN take no part of the traffic from those that have one.
    """
    if not stack.flag(fact, "enableCdn"):
        return
    serving = [item for item in stack.facts.of_type(fact.type) if stack.flag(item, "enableCdn")]
    share = 1 / Decimal(len(serving))
    tiers = [
        (limit, stack.price(CDN, "cache-egress", destination="Europe", monthly_tier=name))
        for limit, name in CDN_TIERS
    ]
    yield from _shared("CDN to users", stack.load("cdn_gib"), tiers, share)
    fill = stack.price(CDN, "cache-fill", route="within North America or within Europe")
    yield usage("CDN cache fill", fill, stack.load("cdn_fill_gib") * share)
    lookups = stack.load("static_requests_million") * LOOKUPS_PER_UNIT * share
    yield usage("CDN lookups", stack.price(CDN, "lookup-requests"), lookups)


def _shared(
    name: str, total: Decimal, tiers: Sequence[tuple[Decimal | None, Price]], share: Decimal
) -> Iterator[Item]:
    """One resource's part of a volume whose tiers count what all of them carry together."""
    limits = [(None if limit is None else limit * share, price) for limit, price in tiers]
    yield from tiered(name, total * share, limits)


def security_policy(stack: Stack, fact: Fact) -> Iterator[Item]:
    """Cloud Armor Standard: the policy, its rules, the requests it looks at."""
    rules = fact.read("rules")
    if rules is UNKNOWN or not isinstance(rules, list):
        raise UnreadableInput("rules are not known")
    yield fixed("policy", stack.price(ARMOR, "policy", tier="Standard"), Decimal(1))
    yield fixed("rules", stack.price(ARMOR, "rule", tier="Standard"), Decimal(len(rules)))
    requests = stack.load("requests_million") * stack.share(fact)
    yield usage("requests", stack.price(ARMOR, "requests", tier="Standard"), requests)
