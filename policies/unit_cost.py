"""The policy of the family unit-cost: what a user costs, now and at the phase's cap."""

from __future__ import annotations

from typing import Final

from analysis import family_policy

POLICY: Final = family_policy(
    "unit-cost", "A user costs no more than allowed, and less with every phase"
)
