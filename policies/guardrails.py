"""The policy of the family guardrails: what the CIS benchmarks and Google's guides ask."""

from __future__ import annotations

from family import family_policy
from pulumi_policy import StackValidationPolicy

from palier.pack import Pack


def policy(pack: Pack) -> StackValidationPolicy:
    """The family guardrails."""
    return family_policy(
        pack,
        "guardrails",
        "What is created is private, encrypted, and as few as can be may reach it",
    )
