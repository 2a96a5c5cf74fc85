"""Guardrails: what holds a stack to the CIS benchmarks and to Google's hardening guide.

A rule allows a property to be absent where Google's own default is safe, and says so. No rule reads
what a resource is called.
"""

from __future__ import annotations

from typing import Final

from palier.rules.guardrails import (
    clusters,
    data,
    databases,
    edge,
    identity,
    keys,
    network,
    nodes,
    objects,
)
from palier.rules.model import Rule

RULES: Final[tuple[Rule, ...]] = (
    *clusters.RULES,
    *nodes.RULES,
    *network.RULES,
    *edge.RULES,
    *identity.RULES,
    *keys.RULES,
    *data.RULES,
    *databases.RULES,
    *objects.RULES,
)
