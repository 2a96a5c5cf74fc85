"""The policy of the family cost-hygiene: what lets money run away unseen."""

from __future__ import annotations

from typing import Final

from analysis import family_policy

POLICY: Final = family_policy("cost-hygiene", "Nothing that is billed can grow without a bound")
