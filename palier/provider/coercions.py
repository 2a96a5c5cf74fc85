"""Coercions of the bridge: values of the Pulumi wire turned into those that Terraform takes.

What cannot be turned fails the whole call of the provider, and nothing else is said.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Final

from palier import wire
from palier.facts import UNKNOWN, Value
from palier.provider.tree import Failure, Node, Place, element_of, say

_NOTES: Final = frozenset({wire.DEFAULTS, "__meta"})
"""What the bridge notes for itself, found among the inputs of an exported state."""
_INT: Final = re.compile(r"[+-]?[0-9]{1,19}")
_NUMBER: Final = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_TRUE: Final = frozenset({"1", "t", "T", "TRUE", "true", "True"})
_FALSE: Final = frozenset({"0", "f", "F", "FALSE", "false", "False", ""})


class CallFailsError(Exception):
    """The provider answers the call with an error instead of failures."""

    def __init__(self, place: Place, reason: str) -> None:
        super().__init__(reason)
        self.failure = Failure(place.path, reason)


def turn(node: Node, value: Value, place: Place) -> Value:
    """Turn a value of the wire into what Terraform takes.

    Raises:
        CallFailsError: the provider gives up on this value.
    """
    if value is None or value is UNKNOWN:
        return value
    if isinstance(value, Mapping) and value.get(wire.SIGNATURE) in wire.FILES:
        if node.kind != "asset":
            raise CallFailsError(place, f"unexpected asset {place.name}")
        return "asset"
    if node.kind in {"one", "list", "set"}:
        return _turned_items(node, value, place)
    if node.kind in {"block", "map"} and isinstance(value, Mapping):
        return _turned_object(node, value, place)
    scalar = _SCALARS.get(node.kind)
    return scalar(value, place) if scalar else value


def _turned_object(node: Node, value: Mapping[str, Value], place: Place) -> Value:
    turned = {}
    for key, item in value.items():
        if item is not None and key not in _NOTES:
            inner = element_of(node) if node.kind == "map" else node.fields.get(key)
            at = place.field(key, inner.tf if inner and inner.tf else key)
            turned[key] = turn(inner, item, at) if inner else item
    return turned


def _turned_items(node: Node, value: Value, place: Place) -> list[Value]:
    items = value if isinstance(value, list) else [value]
    inner = element_of(node)
    if node.kind == "one" and inner.kind == "block" and len(items) > 1:
        raise CallFailsError(place, say("maxItems", name=place.name, max=1, n=len(items)))
    return [turn(inner, item, place.item(node.kind, i)) for i, item in enumerate(items)]


def _turned_string(value: Value, _: Place) -> Value:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else format(Decimal(repr(value)), "f")
    return str(value) if isinstance(value, int) else value


def _turned_int(value: Value, place: Place) -> Value:
    if isinstance(value, str) and not _INT.fullmatch(value):
        raise CallFailsError(place, say("numberText", name=place.name, value=value))
    return int(value) if isinstance(value, str | float) else value


def _turned_number(value: Value, place: Place) -> Value:
    if isinstance(value, str) and not _NUMBER.fullmatch(value):
        reason = say("numberText", name=place.name, value=value)
        raise CallFailsError(place, reason.replace("ParseInt", "ParseFloat"))
    if isinstance(value, int):
        return float(f"{value:d}")  # a bool too, and what is too big becomes infinite
    return float(value) if isinstance(value, str) else value


def _turned_bool(value: Value, _: Place) -> Value:
    if isinstance(value, str):
        return value in _TRUE if value in _TRUE | _FALSE else value
    return bool(int(value)) if isinstance(value, int | float) else value


_SCALARS: Final[Mapping[str, Callable[[Value, Place], Value]]] = {
    "string": _turned_string,
    "asset": _turned_string,
    "int": _turned_int,
    "number": _turned_number,
    "bool": _turned_bool,
}
