"""What is stored or kept: images, buckets, secrets, keys, names."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache
from typing import Final

from palier.cost.items import Item, UnreadableInput, fixed, usage
from palier.cost.pricers.databases import INSTANCE, disk_size
from palier.cost.stack import Size, Stack
from palier.facts import Fact

FREE_REGISTRY_GIB: Final = Decimal("0.5")
FREE_SECRET_VERSIONS: Final = 6
MULTI_REGIONS: Final = ("eu", "us", "asia")
STATIC: Final = "static-site"
BACKUP: Final = "backup"


def repository(stack: Stack, fact: Fact) -> Iterator[Item]:
    """Images kept, past the first half GiB that a billing account has free."""
    free = FREE_REGISTRY_GIB if stack.place(fact) == 0 else Decimal(0)
    stored = max(Decimal(0), stack.load("registry_gib") - free)
    yield usage("images stored", stack.price("Artifact Registry", "storage"), stored)


def bucket(stack: Stack, fact: Fact) -> Iterator[Item]:
    """Objects stored, by the role the bucket's label names.

    Raises:
        UnreadableInput: the label names no role palier knows the volume of.
    """
    role = stack.text(fact, "labels.palier-role", "none")
    if role == STATIC:
        stored = Size(amount=stack.load("static_gib"))
    elif role == BACKUP:
        data = _database_gib(stack)
        stored = Size(amount=data.amount * stack.load("dump_ratio"), note=data.note)
    else:
        raise UnreadableInput("usage is not declared: how much the bucket holds")
    location = stack.text(fact, "location").lower()
    kind = "multi-region" if location in MULTI_REGIONS else "region"
    storage_class = stack.text(fact, "storageClass", "STANDARD")
    price = stack.price(
        "Cloud Storage", "storage", location, **{"class": storage_class}, location_type=kind
    )
    yield usage(f"objects stored{stored.note}", price, stored.amount)


@lru_cache(maxsize=8)
def _database_gib(stack: Stack) -> Size:
    """Disk of all primaries, what is not known yet among them at its ceiling."""
    sizes = [
        disk_size(stack, instance)
        for instance in stack.facts.of_type(INSTANCE)
        if instance.read("masterInstanceName") is None
    ]
    return Size(
        amount=sum((size.amount for size in sizes), Decimal(0)),
        note=max((size.note for size in sizes), default=""),
    )


def dns_zone(stack: Stack, fact: Fact) -> Iterator[Item]:
    """The zone and the queries it answers."""
    zone = stack.price("Cloud DNS", "managed-zone", tier="first 25 zones")
    yield fixed("zone", zone, Decimal(1))
    queries = stack.load("dns_million_queries") * stack.share(fact)
    price = stack.price("Cloud DNS", "queries", tier="first 1 billion a month")
    yield usage("queries", price, queries)


def secret_version(stack: Stack, fact: Fact) -> Iterator[Item]:
    """An active version, past the six that a billing account has free."""
    copies = _copies(stack)
    before = stack.place(fact) * copies
    charged = min(copies, max(0, before + copies - FREE_SECRET_VERSIONS))
    price = stack.price("Secret Manager", "active-version")
    yield fixed("active version, by location", price, Decimal(charged))


@lru_cache(maxsize=8)
def _copies(stack: Stack) -> int:
    """Locations that hold a version: the most that a secret names, one if none does."""
    named = [
        len(places)
        for secret in stack.facts.of_type("gcp:secretmanager/secret:Secret")
        if isinstance(places := secret.read("replication.userManaged.replicas"), list)
    ]
    return max(named, default=1)


def crypto_key(stack: Stack, fact: Fact) -> Iterator[Item]:
    """One active version. Rotation adds versions slowly: re-encrypted data let old ones go."""
    protection = stack.text(fact, "versionTemplate.protectionLevel", "SOFTWARE")
    price = stack.price("Cloud KMS", "key-version", protection=protection)
    yield fixed("active key version", price, Decimal(1))
