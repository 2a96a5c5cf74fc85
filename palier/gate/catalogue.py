"""The catalogue: everything the gate holds a stack to, whatever judges it.

Limits are rows of a project's `limits.yaml`, rules of resources are palier's own. Beside them there
are a few that no resource can tell: they are declared here, and judged where their names are used.
"""

from __future__ import annotations

from typing import Final

from palier.budget.limits import LIMITS_FILE, Limits
from palier.budget.measures import MEASURES
from palier.errors import PalierError
from palier.rules import RULES
from palier.rules.model import Entry
from palier.verdicts import FAMILIES

PRICES: Final = Entry(
    id="prices-complete", family="budget",
    title="Every resource has its full price",
    rationale="What has no price counts as nothing, and nothing stays within every budget.",
    remedy="Add the price to the book, or the reason why it is free.",
    reference="palier: unpriced is never zero",
)  # fmt: skip
BUDGET: Final = Entry(
    id="budget-exists", family="budget",
    title="The stack has a budget",
    rationale="Without users, a phase and limits nothing says what is too much.",
    remedy="Create palier's root component, and policies/limits.yaml beside Pulumi.yaml.",
    reference="palier: no verdict is no pass",
)  # fmt: skip
WHOLE: Final = Entry(
    id="picture-complete", family="data-safety",
    title="Everything that would exist was seen",
    rationale="A failed preview or an interrupted update hides resources, and what they do.",
    remedy="Mend what is named, and look again.",
    reference="palier: a part is not the whole",
)  # fmt: skip
KEPT: Final = Entry(
    id="ledger-kept", family="data-safety", ledger=True,
    title="No update replaces or deletes what holds data",
    rationale="A replacement makes an empty one, and deletes the one with the data.",
    remedy="Keep the property that forces it as it was, or move the data first.",
    reference="palier: no climb replaces a stateful resource",
)  # fmt: skip
WAIVERS: Final = Entry(
    id="waivers-valid", family="waivers", ledger=True,
    title="No waiver has expired",
    rationale="A waiver without an end is a rule that nobody keeps.",
    remedy="Mend the finding, or ask its owner for another waiver.",
    reference="palier: a waiver has an owner and an end",
)  # fmt: skip
OWN: Final = (PRICES, BUDGET, WHOLE, KEPT, WAIVERS)


def entries(limits: Limits | str) -> list[Entry]:
    """Everything that a project is held to, by family.

    Raises:
        PalierError: a limit has the id of something else: a waiver would not tell them apart.
    """
    own: list[Entry] = [*OWN, *RULES]
    rows, taken = _of_limits(limits), {entry.id for entry in own}
    for row in rows:
        if row.id in taken:
            raise PalierError(f"{LIMITS_FILE}: the id {row.id} is that of a rule of palier's own")
    return sorted((*own, *rows), key=lambda entry: FAMILIES.index(entry.family))


def _of_limits(limits: Limits | str) -> list[Entry]:
    if isinstance(limits, str):
        return []
    return [
        Entry(
            id=row.id, title=row.title, family=MEASURES[row.measure].family, level=row.level,
            rationale=MEASURES[row.measure].rationale, remedy=MEASURES[row.measure].remedy,
            reference=str(row.source), phases=row.phases,
        )
        for row in limits.rows
    ]  # fmt: skip
