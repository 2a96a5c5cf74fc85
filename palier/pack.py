"""The policy pack's mind: one stack, heard resource by resource, judged once for all its policies.

The SDK hands every policy all resources anew. So a policy is a whole family of rules, inputs are
kept as they are told, and the stack is read, priced and judged once an update, however many ask.
Whatever goes wrong on the way is a report of the family that asked, and never silence.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from threading import Timer
from typing import TYPE_CHECKING, Any, Final

from pulumi_policy import PolicyResource, ResourceValidationArgs

from palier.errors import PalierError
from palier.facts import PLATFORM_TYPE
from palier.feeds.analyzer import WHERE, Analyzer
from palier.feeds.resources import urn
from palier.gate.gate import Gate, Judged, Stack, gate_of, judge
from palier.gate.settings import Settings, family_settings, json_schema, merged
from palier.project import find
from palier.rules.model import place_of
from palier.verdicts import FAMILIES, Family, Verdict

if TYPE_CHECKING:
    from palier.ahead import Ahead


AFTER_S: Final = 0.3
"""Seconds in which a pack has told the engine where it serves."""


@dataclass(frozen=True, kw_only=True)
class Report:
    """What a policy reports; without a urn it is about the stack."""

    text: str
    urn: str | None = None


@dataclass
class _Run:
    """One preview, update or audit."""

    heard: int
    gate: Gate
    stack: Stack
    asked: dict[Family, Settings] = field(default_factory=dict)
    """Families that have judged it, with what was set for them."""

    def judged(self, settings: Settings) -> Judged:
        """Its verdicts, under some settings."""
        return judge(self.stack, replace(self.gate, settings=settings))


class Pack:
    """Judges the stacks of the project that a pack's folder is in."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._analyzer = Analyzer()
        self._run: _Run | None = None
        self._ahead: Ahead | None = None

    def schema(self, family: Family) -> dict[str, Any]:
        """What may be set for a family, as properties of a JSON Schema.

        Anything, while the project's limits cannot be read: every family then says why.
        """
        try:
            return json_schema(family, self._first_gate.entries, self._first_gate.limits)
        except PalierError:
            return {}

    @cached_property
    def _first_gate(self) -> Gate:
        """What the pack was started with; each update reads its own."""
        return gate_of(find(self._folder).root)

    def load_soon(self) -> None:
        """Load what judges once the engine is answered: it then waits for the program to load."""
        timer = Timer(AFTER_S, _load)
        timer.daemon = True
        timer.start()

    def hear(self, args: ResourceValidationArgs) -> None:
        """Be told of a resource."""
        self._analyzer.hear(args)
        if args.resource_type == PLATFORM_TYPE:
            with suppress(Exception):  # whatever is wrong with a root is told when it is judged
                from palier import heard  # noqa: PLC0415

                self._ahead = heard.ahead_of(
                    find(self._folder), urn(args.urn, WHERE), self._analyzer.inputs(args.urn),
                    self._ahead,
                )  # fmt: skip

    def reports(
        self, family: Family, resources: Iterable[PolicyResource], config: Mapping[str, Any]
    ) -> list[Report]:
        """What blocks, of one family."""
        try:
            run = self._current(resources)
            run.asked[family] = Settings()  # also when what is set for it is wrong
            settings = family_settings(
                family, dict(config), run.gate.entries, run.gate.limits, family
            )
            run.asked[family] = settings
            judged = run.judged(settings)
        except PalierError as error:
            return [Report(text=str(error))]
        except Exception as error:  # the SDK would name neither the family nor the error
            return [Report(text=f"{family} could not be judged: {place_of(error)}")]
        blocking = [
            verdict
            for verdict in judged.verdicts
            if verdict.family == family and verdict.level == "mandatory"
        ]
        return [report for verdict in blocking for report in _reports(verdict)]

    def advice(self, resources: Iterable[PolicyResource]) -> list[Report]:
        """What does not block: advisory rules, waivers in force, and whatever was relaxed."""
        try:
            run = self._current(resources)
            judged = run.judged(merged(run.asked.values()))
        except Exception:  # every family has said it, as what blocks
            return []
        silent = [family for family in FAMILIES if family not in run.asked]
        said = [Report(text=f"{family} is disabled: nothing of it was judged") for family in silent]
        said += [Report(text=remark) for remark in judged.remarks]
        advisory = [
            verdict
            for verdict in judged.verdicts
            if verdict.family in run.asked and verdict.level == "advisory"
        ]
        return said + [report for verdict in advisory for report in _reports(verdict)]

    def close(self) -> None:
        """End what may still be under way."""
        if self._ahead is not None:
            self._ahead.close()

    def _current(self, resources: Iterable[PolicyResource]) -> _Run:
        """The update at hand: another one has told of resources since the last."""
        if self._run is None or self._run.heard != self._analyzer.heard:
            from palier import heard  # noqa: PLC0415

            project = find(self._folder)
            gate = gate_of(project.root)
            record = self._ahead.record if self._ahead else None
            stack = heard.priced(self._analyzer.read(resources), project, gate, record)
            self._run = _Run(heard=self._analyzer.heard, gate=gate, stack=stack)
        return self._run


def _load() -> None:
    with suppress(Exception):  # it is loaded again where it is needed, and fails there
        from palier import heard  # noqa: PLC0415

        heard.load()


def _reports(verdict: Verdict) -> list[Report]:
    """A report for each resource that a rule found, or one for the stack."""
    if verdict.status == "pass":
        return []
    open_ = [one for one in verdict.findings if one.waived is None]
    if not open_:
        return [Report(text=f"{verdict.rule}: {verdict.message}")]
    return [
        Report(text=f"{verdict.rule}: {verdict.title}\n{one.name}: {one.message}", urn=one.urn)
        for one in open_
    ]
