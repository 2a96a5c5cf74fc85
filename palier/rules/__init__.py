"""Rules: is it safe? Each reads the facts of a stack, and says what is not as it must be.

What a stack may cost is judged by limits, in `palier/budget/`. What is done to a resource (created,
replaced, deleted) no rule can see: that is `palier/operations.py`, on previews.
"""

from __future__ import annotations

from typing import Final

from palier.facts import Facts
from palier.rules import cost_hygiene, data_safety, guardrails
from palier.rules.model import Rule, verdict
from palier.verdicts import Verdict

RULES: Final[tuple[Rule, ...]] = (*data_safety.RULES, *guardrails.RULES, *cost_hygiene.RULES)
"""All rules, by family, in the order of reports."""


def judge(facts: Facts) -> list[Verdict]:
    """Judge a stack by every rule."""
    return [verdict(rule, facts) for rule in RULES]
