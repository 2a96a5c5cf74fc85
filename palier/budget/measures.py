"""Measures: what a limit counts, why it is counted, and what to do when it is passed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from palier.budget.limits import Measure
from palier.verdicts import Family


@dataclass(frozen=True, kw_only=True)
class About:
    """What is to be said of a measure."""

    family: Family
    rationale: str
    remedy: str


_LOWER: Final = "Lower the largest lines; climb when the users of the next phase are there."
_UNIT: Final = "Lower what grows with users, or the fixed lines that few users share."

MEASURES: Final[dict[Measure, About]] = {
    "monthly_cost": About(
        family="budget", remedy=_LOWER,
        rationale="A month that costs more than the documents allow shortens the runway.",
    ),
    "share_of_revenue": About(
        family="budget", remedy=f"{_LOWER} Declare revenue with palier:revenue_eur.",
        rationale="Infrastructure that takes more than its share of revenue eats the margin.",
    ),
    "ceiling": About(
        family="budget", remedy="Lower quotas, the maximum of node pools, or limits of disks.",
        rationale="Autoscaling spends up to its limits when something goes wrong, on a bad night.",
    ),
    "monthly_cost_at_parity": About(
        family="budget", remedy=_LOWER,
        rationale="Google bills in dollars: the rate may turn against who pays in euros.",
    ),
    "observability_share": About(
        family="budget", remedy="Sample logs, drop metrics that no alert reads.",
        rationale="Logs and metrics grow unseen, until watching costs more than what is watched.",
    ),
    "cost_per_user_at_cap": About(
        family="unit-cost", remedy=_UNIT,
        rationale="A phase that is too dear for its last user is too dear for all of them.",
    ),
    "unit_cost_falls": About(
        family="unit-cost", remedy=_UNIT,
        rationale="A platform whose users do not get cheaper with scale does not scale.",
    ),
    "unit_cost_now": About(
        family="unit-cost", remedy="Wait with the climb until the break-even, or know the price.",
        rationale="Just after a climb the new phase is shared by few users.",
    ),
}  # fmt: skip
