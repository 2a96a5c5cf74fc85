"""The policy of the family budget: what a month costs, at its expected and at its worst."""

from __future__ import annotations

from typing import Final

from analysis import family_policy

POLICY: Final = family_policy("budget", "The bill stays within the budget of its phase")
