"""The policy of the family cost-hygiene: what lets money run away unseen."""

from __future__ import annotations

from family import family_policy
from pulumi_policy import StackValidationPolicy

from palier.pack import Pack


def policy(pack: Pack) -> StackValidationPolicy:
    """The family cost-hygiene."""
    return family_policy(pack, "cost-hygiene", "Nothing that is billed can grow without a bound")
