"""The comment of a pull request, written by the code that writes it there."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from palier.check import Check, Update
from palier.gate.catalogue import entries
from palier.gate.gate import limits_of
from palier.ledger import SQL
from palier.operations import Touched
from palier.plan import Source
from palier.report import pull_request
from tools.pages import ROOT, PlanOf
from tools.pages.markdown import code
from tools.pages.phases import REFUSED

DATABASE: Final = "postgres-eu-1"
SHOWN: Final = 32
"""Lines of the example."""


def comment(plan_of: PlanOf) -> str:
    """What a pull request is told that gives the smallest phase a larger database."""
    before, after = plan_of("mvp"), plan_of("mvp", REFUSED)
    fact = next(fact for fact in after.facts.of_type(SQL) if fact.name == DATABASE)
    touched = Touched(
        change="changed", name=fact.name, type=fact.type, urn=fact.urn, stateful=True, protect=True,
        reasons=(),
    )  # fmt: skip
    source = Source(file="preview.json", kind="preview", project="palier")
    update = Update(
        before=before.estimate, before_phase=before.phase, before_users=before.users,
        touched=(touched,),
    )  # fmt: skip
    check = Check(plan=replace(after, source=source), update=update, places={})
    text = pull_request.render([check], entries(limits_of(ROOT)))
    lines = text.rstrip().split("\n")
    left_out = len(lines) - SHOWN
    return code("\n".join([*lines[:SHOWN], f"… and {left_out} lines more"]), "markdown")
