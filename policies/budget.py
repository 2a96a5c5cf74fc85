"""The policy of the family budget: what a month costs, at its expected and at its worst."""

from __future__ import annotations

from family import family_policy
from pulumi_policy import StackValidationPolicy

from palier.pack import Pack


def policy(pack: Pack) -> StackValidationPolicy:
    """The family budget."""
    return family_policy(pack, "budget", "The bill stays within the budget of its phase")
