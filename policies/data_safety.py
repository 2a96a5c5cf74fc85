"""The policy of the family data-safety: what keeps data through mistake, failure and climb."""

from __future__ import annotations

from typing import Final

from analysis import family_policy

POLICY: Final = family_policy(
    "data-safety", "What holds data is protected, backed up, and never replaced"
)
