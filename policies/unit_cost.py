"""The policy of the family unit-cost: what a user costs, now and at the phase's cap."""

from __future__ import annotations

from family import family_policy
from pulumi_policy import StackValidationPolicy

from palier.pack import Pack


def policy(pack: Pack) -> StackValidationPolicy:
    """The family unit-cost."""
    return family_policy(
        pack, "unit-cost", "A user costs no more than allowed, and less with every phase"
    )
