"""Rules: everything the gate holds a stack to, by family, from the catalogue that judges."""

from __future__ import annotations

from typing import Final

from palier.gate.catalogue import entries
from palier.gate.gate import gate_of
from palier.rules.model import Entry
from palier.verdicts import FAMILIES, Family
from tools.pages import ROOT, PlanOf
from tools.pages.markdown import table

HEADS: Final = ("rule", "level", "what holds", "why", "what to do when not", "asked for by")
TITLES: Final[dict[Family, str]] = {
    "budget": "Budget",
    "unit-cost": "Unit cost",
    "data-safety": "Data safety",
    "guardrails": "Guardrails",
    "cost-hygiene": "Cost hygiene",
    "waivers": "Waivers",
}


def rules(_: PlanOf) -> str:
    """A table a family."""
    known = entries(gate_of(ROOT).limits)
    parts = []
    for family in FAMILIES:
        own = [entry for entry in known if entry.family == family]
        parts += [f"## {TITLES[family]}", table(HEADS, [_row(entry) for entry in own])]
    return "\n\n".join(parts)


def _row(entry: Entry) -> tuple[str, ...]:
    level = entry.level + (", ledger" if entry.ledger else "")
    where = f" ({', '.join(entry.phases)})" if entry.phases else ""
    return (
        f"`{entry.id}`", level, entry.title + where, entry.rationale, entry.remedy, entry.reference,
    )  # fmt: skip
