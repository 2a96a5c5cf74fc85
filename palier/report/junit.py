"""Checks as JUnit's XML, which every CI can show: a suite a file, a case a rule."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree

from palier.report.findings import findings, place_of
from palier.report.text import printable
from palier.verdicts import Finding, Status, Verdict

if TYPE_CHECKING:
    from palier.check import Check

PROBLEMS: Final[dict[Status, str]] = {"fail": "failure", "inconclusive": "error"}
"""What a mandatory rule that does not hold is called."""
COUNTS: Final = {"failures": "failure", "errors": "error", "skipped": "skipped"}


def render(checks: Sequence[Check]) -> str:
    """The document as text."""
    suites = [_suite(check) for check in checks]
    root = _element("testsuites", name="palier", **_counted(suites))
    root.extend(suites)
    ElementTree.indent(root)
    text = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _suite(check: Check) -> ElementTree.Element:
    cases = [_case(check, verdict) for verdict in check.plan.verdicts]
    source = check.plan.source
    name = f"{source.project}/{check.plan.stack}" if source else check.plan.stack
    suite = _element("testsuite", name=name, **_counted(cases))
    if source is not None:
        suite.set("file", printable(source.file))
    suite.extend(cases)
    return suite


def _counted(parts: Iterable[ElementTree.Element]) -> dict[str, str]:
    """How many cases there are in some suites or cases, and how they ended."""
    cases = [case for part in parts for case in part.iter("testcase")]
    ended = {key: sum(1 for case in cases if case.find(tag) is not None)
             for key, tag in COUNTS.items()}  # fmt: skip
    return {key: str(count) for key, count in {"tests": len(cases), **ended}.items()}


def _case(check: Check, verdict: Verdict) -> ElementTree.Element:
    case = _element("testcase", name=verdict.rule, classname=verdict.family)
    waived = [finding for finding in findings(verdict) if finding.waived is not None]
    if verdict.status != "pass":
        mandatory = verdict.level == "mandatory"
        tag = PROBLEMS[verdict.status] if mandatory else "system-out"
        problem = _element(tag, **({"message": verdict.title} if mandatory else {}))
        problem.text = _printable_lines([verdict.status, *_lines(check, verdict)])
        case.append(problem)
    elif waived:
        reasons = "; ".join(f"{finding.name} waived {finding.waived}" for finding in waived)
        case.append(_element("skipped", message=reasons))
    return case


def _lines(check: Check, verdict: Verdict) -> list[str]:
    """What is wrong, a line a resource, and who asks for it."""
    told = [_told(check, finding) for finding in findings(verdict)]
    return [*told, f"Asked by: {verdict.source}"]


def _told(check: Check, finding: Finding) -> str:
    place = place_of(check, finding)
    where = f" ({place.file}:{place.line})" if place else ""
    waived = f" Waived {finding.waived}" if finding.waived is not None else ""
    return f"{finding.name}{where}: {finding.message}{waived}"


def _printable_lines(lines: Iterable[str]) -> str:
    """Texts a line each, without what no XML may hold."""
    return "\n".join(map(printable, lines))


def _element(tag: str, **attributes: str) -> ElementTree.Element:
    shown = {key: printable(value) for key, value in attributes.items()}
    return ElementTree.Element(tag, shown)
