"""The policy of the family data-safety: what keeps data through mistake, failure and climb."""

from __future__ import annotations

from family import family_policy
from pulumi_policy import StackValidationPolicy

from palier.pack import Pack


def policy(pack: Pack) -> StackValidationPolicy:
    """The family data-safety."""
    return family_policy(
        pack, "data-safety", "What holds data is protected, backed up, and never replaced"
    )
