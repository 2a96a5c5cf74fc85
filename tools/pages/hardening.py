"""Hardening: what the benchmarks ask, where it is done, and the proof in what is recorded.

The rows are data (`hardening.yaml`). A proof is checked against a platform's facts, so that the
page cannot say more than the program does; what is in the manifests names the test that holds them
to it. A rule is what holds any other stack to the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from palier.facts import Fact, Facts
from palier.project import read_yaml
from tools.pages import PlanOf
from tools.pages.markdown import table

FILE: Final = Path(__file__).parent / "hardening.yaml"
STATUSES: Final = {
    "set": "set",
    "implied": "set on Standard; implied by Autopilot, which refuses the argument",
    "managed": "set on Standard; Google's own choice on Autopilot",
    "partly": "in part",
    "exception": "documented exception",
    "manifests": "in the manifests",
    "off": "off by default",
    "out": "out of scope",
}
ENFORCED: Final = ("set", "implied", "managed", "partly", "exception", "manifests")
"""Statuses of what a component or a part of the manifests does, in whole or in part."""
NOT_DONE: Final = ("off", "out")
"""Statuses that have to say why."""
PARTS: Final = ("gke", "gcp", "google")


@dataclass(frozen=True, kw_only=True)
class Proof:
    """One thing that has to hold of a platform's facts."""

    type: str
    path: str = ""
    where: Mapping[str, Any] = field(default_factory=dict)
    rule: str = "is"
    expected: Any = None

    def of(self, facts: Facts) -> list[Fact]:
        """The resources that it is about."""
        return [
            fact
            for fact in facts
            if fact.type.endswith(self.type)
            and all(fact.read(path) == value for path, value in self.where.items())
        ]

    def broken_by(self, facts: Facts) -> list[str]:
        """Names of resources for which it does not hold."""
        found = self.of(facts)
        if self.rule == "none":
            return [fact.name for fact in found]
        if self.rule == "count":
            return [] if len(found) == self.expected else [f"{len(found)} of {self.type}"]
        return [fact.name for fact in found if not self._holds(fact.read(self.path))]

    def _holds(self, value: Any) -> bool:  # noqa: ANN401 any JSON value
        match self.rule:
            case "set":
                return value is not None
            case "not":
                return value not in self.expected
            case "has":
                inside = value if isinstance(value, list) else [value]
                return any(_within(self.expected, item) for item in inside)
        return bool(value == self.expected)


def _within(expected: Mapping[str, Any], item: object) -> bool:
    return isinstance(item, Mapping) and expected.items() <= item.items()


@dataclass(frozen=True, kw_only=True)
class Row:
    """One recommendation."""

    id: str
    asks: str
    status: str
    by: str = ""
    note: str = ""
    rules: tuple[str, ...] = ()
    """Rules that judge any stack by it."""
    proofs: tuple[Proof, ...] = ()
    tests: tuple[str, ...] = ()
    """Tests in tests/gitops that hold every overlay of the manifests to it."""


def rows(part: str) -> list[Row]:
    """Recommendations of one part: gke, gcp or google."""
    return [
        Row(
            **{
                **row,
                "rules": tuple(row.get("rules", ())),
                "proofs": tuple(map(_proof, row.get("proofs", ()))),
                "tests": tuple(row.get("tests", ())),
            }
        )
        for row in read_yaml(FILE)[part]
    ]


def _proof(row: dict[str, Any]) -> Proof:
    rule = next(key for key in ("is", "not", "has", "set", "count", "none") if key in row)
    known = {key: row[key] for key in ("type", "path", "where") if key in row}
    return Proof(**known, rule=rule, expected=row[rule])


def gke(_: PlanOf) -> str:
    """CIS GKE Benchmark."""
    return _table("gke")


def gcp(_: PlanOf) -> str:
    """CIS Google Cloud Platform Foundation Benchmark."""
    return _table("gcp")


def google(_: PlanOf) -> str:
    """Google's own guides, and what no benchmark covers."""
    return _table("google")


def _table(part: str) -> str:
    return table(
        ("item", "what it asks", "status", "by", "rule", "properties, tests", "note"),
        [
            (
                row.id,
                row.asks,
                STATUSES[row.status],
                row.by,
                _rules(row),
                _evidence(row),
                row.note,
            )
            for row in rows(part)
        ],
    )


def _rules(row: Row) -> str:
    return ", ".join(f"`{rule}`" for rule in row.rules)


def _evidence(row: Row) -> str:
    """What a reader may look up: the inputs that are proved, the tests of the manifests."""
    paths = [
        f"`{proof.type.rsplit(':', 1)[-1]}.{proof.path}`" for proof in row.proofs if proof.path
    ]
    return ", ".join(dict.fromkeys((*paths, *(f"`{test}`" for test in row.tests))))
