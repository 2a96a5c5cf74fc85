"""What the root and the workloads of a file recorded, held to what pricers and the judge read.

Within a program these are checked where they are made. A file may have been written by anyone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Final

from palier import phases
from palier.errors import PalierError
from palier.facts import PLATFORM_TYPE, WORKLOADS_TYPE, Fact, Facts, Value, decimal

MOST: Final = Decimal(10) ** 15
"""No figure of a load, a size or a bill comes near it."""
PLACES: Final = 30
DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
NAME: Final = re.compile(r"[-\w.]+", re.ASCII)

Check = Callable[[Value, str], None]


def check(facts: Facts, where: str) -> None:
    """Hold what a stack recorded to its shape.

    Args:
        facts: all facts of a file.
        where: its name and a colon, for messages.

    Raises:
        PalierError: a field is absent, of another type, or beyond reason.
    """
    for type_, shape in ((PLATFORM_TYPE, PLATFORM), (WORKLOADS_TYPE, WORKLOADS)):
        found = facts.of_type(type_)
        if len(found) > 1:
            raise PalierError(f"{where} holds {len(found)} components of type {type_}, not one")
        for fact in found:
            _fields(shape)(fact.outputs, f"{where} {fact.name}")
    root = facts.only(PLATFORM_TYPE)
    if root is not None:
        _check_root(root, f"{where} {root.name}")


def _check_root(root: Fact, where: str) -> None:
    try:
        phases.get(root.recorded("phase")).check_users(root.recorded("users"))
    except PalierError as error:
        raise PalierError(f"{where}: {error}") from None
    if root.recorded(f"regions.{root.recorded('home')}") is None:
        raise PalierError(f"{where}.regions: the home site has none")


def _refuse(where: str, allowed: str) -> PalierError:
    return PalierError(f"{where}: expected {allowed}")


def _number(value: Value, where: str) -> None:
    try:
        number = decimal(value)
    except ValueError:
        number = None
    if not isinstance(number, Decimal) or not 0 <= number <= MOST or _digits(number) > PLACES:
        raise _refuse(where, f"a number from 0 to {MOST:.0e}")


def _digits(number: Decimal) -> int:
    """Digits after the point, which a short text can make endless."""
    exponent = number.as_tuple().exponent
    return -exponent if isinstance(exponent, int) else 0


def _whole(value: Value, where: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MOST:
        raise _refuse(where, f"a whole number from 0 to {MOST:.0e}")


def _flag(value: Value, where: str) -> None:
    if not isinstance(value, bool):
        raise _refuse(where, "true or false")


def _spelled(pattern: re.Pattern[str], allowed: str) -> Check:
    def check_text(value: Value, where: str) -> None:
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise _refuse(where, allowed)

    return check_text


def _optional(inner: Check) -> Check:
    def check_optional(value: Value, where: str) -> None:
        if value is not None:
            inner(value, where)

    return check_optional


def _fields(shape: Mapping[str, Check]) -> Check:
    """Fields of these shapes; there may be more."""

    def check_fields(value: Value, where: str) -> None:
        if not isinstance(value, Mapping):
            raise _refuse(where, "fields")
        for key, inner in shape.items():
            inner(value.get(key), f"{where}.{key}")

    return check_fields


def _each(inner: Check) -> Check:
    """Fields of any name, all of one shape."""

    def check_each(value: Value, where: str) -> None:
        if not isinstance(value, Mapping):
            raise _refuse(where, "fields")
        for key, item in value.items():
            inner(item, f"{where}.{key}")

    return check_each


def _list(inner: Check) -> Check:
    def check_list(value: Value, where: str) -> None:
        if not isinstance(value, list):
            raise _refuse(where, "a list")
        for place, item in enumerate(value):
            inner(item, f"{where}[{place}]")

    return check_list


_name: Final = _spelled(NAME, "a name")

PLATFORM: Final[dict[str, Check]] = {
    "phase": _name,
    "users": _whole,
    "home": _name,
    "regions": _each(_name),
    "currency": _fields({"usd_rate": _number, "declared_on": _spelled(DAY, "a day, 2026-11-21")}),
    "revenue_eur": _optional(_number),
    "load": _each(_number),
    "quotas": _each(_fields({"vcpu": _number, "memory_gib": _number})),
    "commitments": _each(_name),
}
"""What the root component records."""
_bounds: Final = ("floor", "expected", "ceiling")
WORKLOADS: Final[dict[str, Check]] = {
    "pods": _list(
        _fields(
            {
                "cluster": _name,
                "cpu_m": _whole,
                "memory_mib": _whole,
                "volume_gib": _number,
                "spot": _flag,
                **{f"replicas_{bound}": _number for bound in _bounds},
            }
        )
    ),
    "nodes": _list(_fields({"cluster": _name, "pool": _name, **dict.fromkeys(_bounds, _whole)})),
    "web_peak": _number,
}
"""What the workloads component records."""
