"""A rule: one thing that a stack is held to, why, and what to do when it is not so."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from palier.facts import Facts
from palier.verdicts import Family, Finding, Level, Verdict, told, worst

Judge = Callable[[Facts], Iterable[Finding]]
"""One finding for each resource that the rule is about, those that hold among them."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One rule. It reads resources, and never the operation on them."""

    id: str
    title: str
    family: Family
    rationale: str
    """What goes wrong without it."""
    remedy: str
    """What to change, in the words of the program."""
    reference: str
    """The benchmark's item, the document or the guide that asks for it."""
    judge: Judge
    level: Level = "mandatory"
    ledger: bool = False
    """Whether data are lost without it: then it can be neither waived nor relaxed."""


def verdict(rule: Rule, facts: Facts) -> Verdict:
    """Judge a stack by a rule. A rule that crashes has failed, under its own name."""
    try:
        findings = list(rule.judge(facts))
    except Exception as error:  # whatever a rule stumbles over, it did not hold
        why = f"the rule itself failed: {place_of(error)}"
        findings = [Finding(status="fail", message=why, waivable=False)]
    return of_findings(rule, findings)


def of_findings(rule: Rule, findings: Iterable[Finding]) -> Verdict:
    """The verdict of a rule's findings."""
    listed = list(findings)
    open_ = tuple(finding for finding in listed if finding.status != "pass")
    return Verdict(
        rule=rule.id, title=rule.title, family=rule.family, level=rule.level,
        status=worst(finding.status for finding in open_ if finding.waived is None),
        message=_message(rule, open_, len(listed)), source=rule.reference, findings=open_,
    )  # fmt: skip


def _message(rule: Rule, open_: tuple[Finding, ...], judged: int) -> str:
    if not open_:
        return f"holds for {judged} of {judged}" if judged else "nothing here that it is about"
    return f"{told(open_)}. {rule.remedy}"


def place_of(error: Exception) -> str:
    """Which error, and in which line: never its text, which may repeat a secret."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = ""
    if trace is not None:
        module = str(trace.tb_frame.f_globals.get("__name__", "?"))
        where = f" in {module}, line {trace.tb_lineno}"
    return f"{type(error).__name__}{where}"
