"""The gate itself: one set of facts in, all verdicts out, the same for every feed.

Limits judge money, rules judge resources. A stack's settings change levels, waivers cover findings,
and both are said beside the verdicts: nothing is relaxed in silence.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from pathlib import Path

from palier import rules
from palier.budget.judge import Case
from palier.budget.judge import judge as judge_limits
from palier.budget.limits import LIMITS_FILE, Limits, load_beside
from palier.cost.estimate import Estimate
from palier.facts import Facts
from palier.gate import waivers as files
from palier.gate.catalogue import BUDGET, PRICES, WAIVERS, WHOLE, entries
from palier.gate.settings import Settings, load
from palier.gate.waivers import Waivable, Waiver
from palier.rules.model import Entry
from palier.verdicts import Finding, Verdict, worst


@dataclass(frozen=True, kw_only=True)
class Gate:
    """What a stack is judged by."""

    limits: Limits | str
    """Or why there are none."""
    waivers: tuple[Waiver, ...] = ()
    settings: Settings = field(default_factory=Settings)
    today: date = field(default_factory=date.today)

    @property
    def entries(self) -> list[Entry]:
        """Everything it holds a stack to."""
        return entries(self.limits)


@dataclass(frozen=True, kw_only=True)
class Stack:
    """What is judged."""

    name: str
    facts: Facts
    estimate: Estimate
    case: Case | str
    """Its bill and users, or why it has no budget."""
    doubts: tuple[str, ...] = ()
    """Why the facts may not be all there is."""
    operations: tuple[Verdict, ...] = ()
    """What only a preview tells."""

    @cached_property
    def rules(self) -> tuple[Verdict, ...]:
        """What rules say of its resources, whatever a gate then makes of it."""
        return tuple(rules.judge(self.facts))


@dataclass(frozen=True, kw_only=True)
class Judged:
    """All verdicts, and what was relaxed or waived for them."""

    verdicts: tuple[Verdict, ...]
    remarks: tuple[str, ...]


def gate_of(root: Path | str, settings_file: Path | None = None) -> Gate:
    """The gate of the project in a folder; without a project, or its limits, the reason why.

    Raises:
        PalierError: limits, waivers or settings cannot be read.
    """
    today = date.today()
    limits = root if isinstance(root, str) else limits_of(root)
    known = entries(limits)
    return Gate(
        limits=limits,
        waivers=() if isinstance(root, str) else files.load_beside(root, waivable(known), today),
        settings=load(settings_file, known, limits) if settings_file else Settings(),
        today=today,
    )


def limits_of(root: Path) -> Limits | str:
    """Limits of the project in a folder, or that there are none.

    Raises:
        PalierError: they cannot be read.
    """
    if not (root / LIMITS_FILE).is_file():
        return f"there is no {LIMITS_FILE} beside Pulumi.yaml"
    return load_beside(root)


def waivable(known: Iterable[Entry]) -> Waivable:
    """What a waiver may name, of a catalogue."""
    listed = list(known)
    return Waivable(
        rules=frozenset(entry.id for entry in listed),
        ledger=frozenset(entry.id for entry in listed if entry.ledger),
    )


def judge(stack: Stack, gate: Gate) -> Judged:
    """Judge a stack by everything that the gate holds it to."""
    verdicts = [
        *_of_money(stack, gate),
        _of_doubts(stack),
        *stack.operations,
        *stack.rules,
    ]
    held = [waiver for waiver in gate.waivers if stack.name in waiver.stacks]
    valid = [waiver for waiver in held if waiver.expires >= gate.today]
    covered = [_covered(verdict, valid) for verdict in verdicts]
    expired = [waiver for waiver in held if waiver not in valid]
    known = gate.entries
    ledger, told = waivable(known).ledger, (*covered, _of_expired(expired))
    return Judged(
        verdicts=tuple(_levelled(verdict, gate.settings, ledger) for verdict in told),
        remarks=(*gate.settings.relaxed(known), *_of_waivers(valid, covered)),
    )


def _of_money(stack: Stack, gate: Gate) -> list[Verdict]:
    """What limits say, and whether there is enough to say it with."""
    estimate = stack.estimate
    gaps = tuple(
        Finding(status="inconclusive", message=gap.reason, name=gap.resource, urn=gap.urn)
        for gap in estimate.gaps
    )
    priced = PRICES.of_findings(gaps, f"priced {estimate.priced} of {estimate.total}")
    if isinstance(stack.case, str):
        return [BUDGET.verdict("inconclusive", stack.case), priced]
    if isinstance(gate.limits, str):
        return [BUDGET.verdict("inconclusive", gate.limits), priced]
    limits = gate.limits.stricter(gate.settings.limits)
    found = judge_limits(stack.case, limits)
    said = BUDGET.verdict("pass", f"{len(found)} limits are set for {stack.case.phase}")
    if not found:
        said = BUDGET.verdict("inconclusive", f"no limit is set for {stack.case.phase}")
    return [said, priced, *found]


def _of_doubts(stack: Stack) -> Verdict:
    findings = tuple(
        Finding(status="inconclusive", message=doubt.removesuffix(".")) for doubt in stack.doubts
    )
    return WHOLE.of_findings(findings, f"{len(stack.facts)} resources and components")


def _covered(verdict: Verdict, waivers: Sequence[Waiver]) -> Verdict:
    """A verdict whose findings that somebody answers for decide nothing."""
    if verdict.status == "pass":
        return verdict
    told = verdict.findings or (Finding(status=verdict.status, message=verdict.message),)
    findings = tuple(
        replace(finding, waived=_answer(waiver))
        if finding.waivable and (waiver := _first(waivers, verdict.rule, finding.name))
        else finding
        for finding in told
    )
    open_ = [finding for finding in findings if finding.waived is None]
    if len(open_) == len(findings):
        return verdict
    waived = "; ".join(f"{one.name} waived {one.waived}" for one in findings if one.waived)
    return replace(
        verdict, findings=findings, status=worst(finding.status for finding in open_),
        message=f"{verdict.message.removesuffix('.')}. Waived: {waived}",
    )  # fmt: skip


def _first(waivers: Iterable[Waiver], rule: str, resource: str) -> Waiver | None:
    return next((waiver for waiver in waivers if waiver.covers(rule, resource)), None)


def _answer(waiver: Waiver) -> str:
    return f"by {waiver.owner} until {waiver.expires}: {waiver.reason}"


def _of_expired(expired: Sequence[Waiver]) -> Verdict:
    findings = tuple(
        Finding(status="fail", name=waiver.resource,
                message=f"the waiver of {waiver.rule} by {waiver.owner} expired {waiver.expires}")
        for waiver in expired
    )  # fmt: skip
    return WAIVERS.of_findings(findings, "none has")


def _of_waivers(valid: Iterable[Waiver], verdicts: Sequence[Verdict]) -> list[str]:
    """Every waiver in force, and those that cover nothing."""
    by_rule = {verdict.rule: verdict for verdict in verdicts}
    said = []
    for waiver in valid:
        found = by_rule.get(waiver.rule)
        used = found and any(one.waived and one.name == waiver.resource for one in found.findings)
        said.append(
            f"Waived: {waiver}: {waiver.reason.removesuffix('.')}." if used
            else f"Unused waiver, to be deleted: {waiver}."
        )  # fmt: skip
    return said


def _levelled(verdict: Verdict, settings: Settings, ledger: Container[str]) -> Verdict:
    """A verdict with the level that the stack's settings give it; the ledger's keep their own."""
    level = settings.levels.get(verdict.rule, verdict.level)
    unsure = settings.unsure.get(verdict.family) if verdict.status == "inconclusive" else None
    if unsure == "advisory" and verdict.rule not in ledger:
        level = "advisory"
    return replace(verdict, level=level)
