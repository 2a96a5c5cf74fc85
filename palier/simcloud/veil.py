"""Secrets in the cloud's file: a checksum in the place of each, so that a change is still seen."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Final

from palier.facts import Value

VEIL: Final = "sha256"


def veil(value: Value) -> Value:
    """What may stand in a file in the place of a secret, at any depth."""
    if isinstance(value, Mapping):
        return {key: veil(item) for key, item in value.items()}
    if isinstance(value, list):
        return [veil(item) for item in value]
    return {VEIL: _checksum(value)} if isinstance(value, str | int | float) else value


def unveil(stored: Value, state: Value) -> Value:
    """The secret again, as Pulumi remembers it; where it has been changed since, the checksum."""
    if isinstance(stored, Mapping):
        if set(stored) == {VEIL}:
            return state if _checksum(state) == stored[VEIL] else stored[VEIL]
        known = state if isinstance(state, Mapping) else {}
        return {key: unveil(item, known.get(key)) for key, item in stored.items()}
    if isinstance(stored, list):
        known = state if isinstance(state, list) and len(state) == len(stored) else stored
        return [unveil(item, before) for item, before in zip(stored, known, strict=True)]
    return stored


def _checksum(value: Value) -> str:
    return hashlib.sha256(json.dumps(value, default=str).encode()).hexdigest()[:16]
