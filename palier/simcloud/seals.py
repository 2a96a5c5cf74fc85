"""Seals: what stands in the cloud's file for a value that is secret.

A seal is a salted hash. It tells whether a value is still the one that was set, which is all that
an engine asks, and it does not tell the value. Most of what is sealed is made up (the password of a
database that does not exist) and would be worth nothing, but a user may rehearse with a stack whose
config holds real ones.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from palier.facts import Value
from palier.provider import tree

_MARK: Final = "sealed:"
_LENGTH: Final = 32
CHANGED: Final = "(changed outside of Pulumi)"
"""What is read where a sealed value is no longer the one that the state holds."""

Places = Mapping[str, Any]
"""Where secrets are: a nested mapping, `True` for every text below; lists do not count."""

_LABELS: Final = frozenset({"effectiveLabels", "pulumiLabels"})
"""Marked as secret by the provider, though they only repeat labels: a reader wants to see them."""
_OTHER: Final[Mapping[str, Places]] = {
    "kubernetes:core/v1:Secret": {"data": True, "stringData": True},
    "random:index/randomPassword:RandomPassword": {"result": True, "bcryptHash": True},
}


@cache
def places(type_: str) -> Places:
    """Where a type of any package holds secrets, in inputs and outputs."""
    if not type_.startswith("gcp:"):
        return _OTHER.get(type_, {})
    schema = tree.schema_of(type_)
    return _merged(_marked(schema["inputs"]), _marked(schema.get("outputs", {})))


def _marked(properties: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, rule in properties.items():
        if (rule.get("sensitive") or rule.get("writeOnly")) and name not in _LABELS:
            found[name] = True
        elif below := _marked(rule.get("properties", {})):
            found[name] = below
    return found


def _merged(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    both = dict(one)
    for name, value in other.items():
        mine = both.get(name)
        both[name] = _merged(mine, value) if isinstance(mine, dict) and value is not True else value
    return both


def seal(value: Value, secret: Places, salt: str) -> Value:
    """The value with a seal in every secret place."""
    if isinstance(value, Mapping):
        return {
            key: _sealed(item, secret[key], salt) if key in secret else item
            for key, item in value.items()
        }
    return [seal(item, secret, salt) for item in value] if isinstance(value, list) else value


def _sealed(value: Value, secret: Places | bool, salt: str) -> Value:
    if isinstance(secret, Mapping):
        return seal(value, secret, salt)
    if isinstance(value, Mapping):
        return {key: _sealed(item, True, salt) for key, item in value.items()}
    if isinstance(value, list):
        return [_sealed(item, True, salt) for item in value]
    if not isinstance(value, str) or not value or is_seal(value):
        return value
    return _MARK + hashlib.sha256(f"{salt}{value}".encode()).hexdigest()[:_LENGTH]


def is_seal(value: Value) -> bool:
    """Whether a value is a seal."""
    return isinstance(value, str) and value.startswith(_MARK)


def unseal(value: Value, known: Value, salt: str) -> Value:
    """The value with each seal replaced by what `known` has there, where that still fits it."""
    if is_seal(value):
        return known if _sealed(known, True, salt) == value else CHANGED
    if isinstance(value, Mapping):
        at = known if isinstance(known, Mapping) else {}
        return {key: unseal(item, at.get(key), salt) for key, item in value.items()}
    if isinstance(value, list):
        items = known if isinstance(known, list) else []
        return [
            unseal(item, items[place] if place < len(items) else None, salt)
            for place, item in enumerate(value)
        ]
    return value
