"""What two feeds say otherwise of one stack, value by value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

from palier.facts import Fact, Facts


def differences(a: Facts, b: Facts) -> list[str]:
    """What two feeds say otherwise of one stack, value by value."""
    found = [f"{urn}: only one has it" for urn in sorted({*a.by_urn} ^ {*b.by_urn})]
    for urn in sorted({*a.by_urn} & {*b.by_urn}):
        found += differences_of(a.by_urn[urn], b.by_urn[urn])
    return found


def differences_of(one: Fact, other: Fact) -> Iterator[str]:
    for item in fields(Fact):
        yield from _values(
            f"{one.type} {item.name}", getattr(one, item.name), getattr(other, item.name)
        )


def _values(where: str, one: Any, other: Any) -> Iterator[str]:
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        for key in sorted({*one, *other}):
            yield from _values(f"{where}.{key}", one.get(key), other.get(key))
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for place, pair in enumerate(zip(one, other, strict=True)):
            yield from _values(f"{where}.{place}", *pair)
    elif one != other or type(one) is not type(other):
        yield f"{where}: {one!r} → {other!r}"
