"""Checks as SARIF 2.1.0, for code scanning: a result a finding, at the line that makes it so.

One run a file, each with an id of its own: what is found in one stack then never closes the alerts
of another. Waived findings are there, suppressed.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import yaml

from palier import __version__
from palier.budget.limits import LIMITS_FILE
from palier.project import PROJECT_FILE, Project
from palier.report.findings import findings, place_of
from palier.report.text import clipped, printable
from palier.verdicts import Finding, Level, Verdict

if TYPE_CHECKING:
    from palier.check import Check, Surroundings
    from palier.rules.model import Entry

SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
VERSION: Final = "2.1.0"
ROOT: Final = "%SRCROOT%"
FINGERPRINT: Final = "primaryLocationLineHash"
"""The only one that code scanning reads. It need not be one of a line."""
LEVELS: Final[dict[Level, str]] = {"mandatory": "error", "advisory": "warning"}
LONGEST: Final = 1000
"""Letters of a message that are shown."""


def render(checks: Sequence[Check], around: Surroundings) -> str:
    """The document as text."""
    content = {"$schema": SCHEMA, "version": VERSION, "runs": _runs(checks, around)}
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


def _runs(checks: Sequence[Check], around: Surroundings) -> list[dict[str, Any]]:
    entries = around.gate.entries
    sources = _Sources(around.project)
    seen: Counter[str] = Counter()
    runs = []
    for check in checks:
        category = _category(check)
        seen[category] += 1
        again = f"{seen[category]}/" if seen[category] > 1 else ""
        runs.append(
            {
                "tool": {"driver": _driver(entries)},
                "automationDetails": {"id": f"{category}{again}"},
                "originalUriBaseIds": {ROOT: {"description": {"text": "The repository."}}},
                "results": _results(check, [entry.id for entry in entries], sources),
            }
        )
    return runs


def _category(check: Check) -> str:
    """What tells a run from others: up to its last slash it is the category of its alerts."""
    source = check.plan.source
    parts = [source.project, check.plan.stack, source.kind] if source else [check.plan.stack]
    return "/".join(["palier", *parts, ""])


def _driver(entries: Iterable[Entry]) -> dict[str, Any]:
    return {
        "name": "palier",
        "version": __version__,
        "semanticVersion": __version__,
        "rules": [_rule(entry) for entry in entries],
    }


def _rule(entry: Entry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "name": "".join(part.capitalize() for part in entry.id.split("-")),
        "shortDescription": {"text": _fit(entry.title)},
        "fullDescription": {"text": _fit(entry.rationale)},
        "help": {"text": _fit(f"{entry.remedy} Asked by: {entry.reference}.")},
        "defaultConfiguration": {"level": LEVELS[entry.level]},
        "properties": {"tags": [entry.family]},
    }


def _results(check: Check, ids: list[str], sources: _Sources) -> list[dict[str, Any]]:
    seen: Counter[str] = Counter()
    results = []
    for verdict in check.plan.verdicts:
        for finding in findings(verdict):
            same = _fingerprint(verdict, finding)
            seen[same] += 1
            results.append(
                _result(verdict, finding)
                | {
                    "ruleIndex": ids.index(verdict.rule),
                    "locations": [_location(finding, sources.line(check, verdict, finding))],
                    "partialFingerprints": {FINGERPRINT: f"{same}:{seen[same]}"},
                }
            )
    return results


def _result(verdict: Verdict, finding: Finding) -> dict[str, Any]:
    said = f"{finding.name}: {finding.message}" if finding.urn else finding.message
    open_ = "" if finding.status == "fail" else "Not known: "
    return {
        "ruleId": verdict.rule,
        "level": LEVELS[verdict.level],
        "message": {"text": _fit(f"{open_}{said}")},
        "suppressions": [
            {"kind": "external", "status": "accepted", "justification": _fit(waived)}
            for waived in [finding.waived]
            if waived is not None
        ],
    }


def _location(finding: Finding, line: dict[str, Any]) -> dict[str, Any]:
    logical = {"name": printable(finding.name), "kind": "resource"}
    if finding.urn is not None:
        logical["fullyQualifiedName"] = finding.urn
    return {"physicalLocation": line, "logicalLocations": [logical]}


def _fit(text: str) -> str:
    """A text on one line, in which nothing is a link."""
    return clipped(printable(text).replace("](", "] ("), LONGEST)


def _fingerprint(verdict: Verdict, finding: Finding) -> str:
    """The same for the same resource in every stack, whatever line it moves to."""
    unstacked = finding.urn.partition("::")[2] if finding.urn else finding.name
    return hashlib.sha256(f"{verdict.rule}\n{unstacked}".encode()).hexdigest()[:32]


class _Sources:
    """Lines of files: those of the program, of limits, of a stack."""

    def __init__(self, project: Project | str) -> None:
        self.project = project if isinstance(project, Project) else None
        self.rows = _rows(self.project.root / LIMITS_FILE) if self.project else {}
        self.prefix = _prefix(self.project.root) if self.project else ""

    def line(self, check: Check, verdict: Verdict, finding: Finding) -> dict[str, Any]:
        """Where somebody would mend a finding."""
        place = place_of(check, finding)
        if place is not None:
            return self._at(place.file, place.line)
        if verdict.limit is not None and verdict.rule in self.rows:
            return self._at(LIMITS_FILE.as_posix(), self.rows[verdict.rule])
        return self._at(self._stack_file(check), 1)

    def _stack_file(self, check: Check) -> str:
        if self.project is not None and check.plan.stack in self.project.stacks():
            file = self.project.stack_file(check.plan.stack)
            return file.relative_to(self.project.root).as_posix()
        return PROJECT_FILE

    def _at(self, file: str, line: int) -> dict[str, Any]:
        region = {"startLine": line, "startColumn": 1, "endLine": line, "endColumn": 2}
        uri = quote(f"{self.prefix}{file}")
        return {"artifactLocation": {"uri": uri, "uriBaseId": ROOT}, "region": region}


def _prefix(root: Path) -> str:
    """Where in its repository a project is: code scanning counts paths from the repository."""
    for folder in (root, *root.parents):
        if (folder / ".git").exists():
            inside = root.relative_to(folder).as_posix()
            return "" if inside == "." else f"{inside}/"
    return ""


def _rows(file: Path) -> dict[str, int]:
    """The line of each limit, by its id; of a file that the gate has read."""
    if not file.is_file():
        return {}
    document = yaml.compose(file.read_text(encoding="utf-8"), yaml.SafeLoader)
    limits = _value(document, "limits")
    items = limits.value if isinstance(limits, yaml.SequenceNode) else []
    return {
        str(name.value): item.start_mark.line + 1
        for item in items
        if isinstance(name := _value(item, "id"), yaml.ScalarNode)
    }


def _value(node: yaml.Node | None, key: str) -> yaml.Node | None:
    if not isinstance(node, yaml.MappingNode):
        return None
    return next((value for name, value in node.value if name.value == key), None)
