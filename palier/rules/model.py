"""A rule: one thing that a stack is held to, why, and what to do when it is not so."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from palier.facts import Facts
from palier.verdicts import Family, Finding, Level, Status, Verdict, told, worst

Judge = Callable[[Facts], Iterable[Finding]]
"""One finding for each resource that the rule is about, those that hold among them."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One thing that a stack is held to: a rule, a limit, or what only the gate can tell."""

    id: str
    title: str
    family: Family
    rationale: str
    """What goes wrong without it."""
    remedy: str
    """What to change, in the words of the program."""
    reference: str
    """The benchmark's item, the document or the guide that asks for it."""
    level: Level = "mandatory"
    ledger: bool = False
    """Whether data are lost without it: then it can be neither waived nor relaxed."""
    phases: tuple[str, ...] = ()
    """Phases that it is for; none for all of them."""

    def verdict(self, status: Status, message: str, findings: tuple[Finding, ...] = ()) -> Verdict:
        """What this says of a stack."""
        return Verdict(
            rule=self.id, title=self.title, family=self.family, level=self.level, status=status,
            message=message, source=self.reference, findings=findings,
        )  # fmt: skip

    def of_findings(self, findings: Iterable[Finding], holds: str) -> Verdict:
        """What this says of a stack, of all its findings; `holds` when each of them is a pass."""
        open_ = tuple(finding for finding in findings if finding.status != "pass")
        if not open_:
            return self.verdict("pass", holds)
        status = worst(finding.status for finding in open_ if finding.waived is None)
        return self.verdict(status, f"{told(open_)}. {self.remedy}", open_)


@dataclass(frozen=True, kw_only=True)
class Rule(Entry):
    """One rule of resources. It reads them, and never the operation on them."""

    judge: Judge


def verdict(rule: Rule, facts: Facts) -> Verdict:
    """Judge a stack by a rule. A rule that crashes has failed, under its own name."""
    try:
        findings = list(rule.judge(facts))
    except Exception as error:  # whatever a rule stumbles over, it did not hold
        why = f"the rule itself failed: {place_of(error)}"
        findings = [Finding(status="fail", message=why, waivable=False)]
    judged = len(findings)
    holds = f"holds for {judged} of {judged}" if judged else "nothing here that it is about"
    return rule.of_findings(findings, holds)


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
