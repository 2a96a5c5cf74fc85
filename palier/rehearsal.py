"""A rehearsal: a phase brought up and taken down on the real engine, against a simulated cloud.

Preview, first update, second update (which must change nothing), teardown, destroy. What differs
from what a user may expect is a *surprise*, and is told; a command that fails ends the rehearsal.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from palier.engine.run import Pulumi, Said
from palier.engine.workspace import Workspace
from palier.errors import PalierError
from palier.facts import PLATFORM_TYPE, Fact, Facts
from palier.feeds import export
from palier.graph import Graph
from palier.graph import Path as Chain
from palier.project import Project
from palier.simcloud.cloud import Cloud, Record
from palier.simcloud.deletion import stays
from palier.simcloud.latencies import seconds
from palier.simcloud.process import CloudProcess
from palier.simcloud.quotas import Need, needs
from palier.simcloud.store import GCP

Progress = Callable[[str, int], None]
"""Told the step and how many resources it has done."""
TEARDOWN: Final = "palier:teardown"
EXPECTED: Final[Mapping[str, frozenset[str]]] = {
    "preview": frozenset({"create"}),
    "up": frozenset({"create"}),
    "up again": frozenset({"same"}),
    "teardown": frozenset({"same", "update"}),
    "destroy": frozenset({"delete"}),
}
"""Operations that no step surprises with."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """One command: what it did to how many resources, and how long it took here."""

    name: str
    command: str
    changes: Mapping[str, int]
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Rehearsal:
    """What came of it."""

    stack: str
    engine: str
    steps: tuple[Step, ...]
    resources: int
    longest: tuple[Fact, ...]
    """The longest chain of waits, by count."""
    critical: Chain
    """The chain that takes the real cloud longest, with its seconds there."""
    critical_seconds: tuple[float, ...]
    """What each resource of that chain takes there."""
    needs: tuple[Need, ...]
    """Quotas to ask Google for before the real update."""
    surprises: tuple[str, ...]
    folder: Path | None
    """The workspace, where it was kept."""


@dataclass
class Rehearser:
    """Runs the steps of one stack in a workspace."""

    space: Workspace
    cloud: Cloud
    stack: str
    progress: Progress
    steps: list[Step] = field(default_factory=list)
    surprises: list[str] = field(default_factory=list)

    @property
    def pulumi(self) -> Pulumi:
        """The CLI, in the workspace."""
        return Pulumi(
            program=self.space.engine.pulumi, folder=self.space.folder,
            environment=self.space.environment,
        )  # fmt: skip

    def run(self, name: str, *arguments: str) -> Said:
        """Run one step and count what it did.

        Raises:
            PalierError: the command failed; the message has the engine's own errors.
        """
        self.progress(name, 0)
        started = time.monotonic()
        changes: Counter[str] = Counter()

        def count(event: Mapping[str, Any]) -> None:
            done = event.get("resOutputsEvent")
            if done:
                changes[done["metadata"]["op"]] += 1
                self.progress(name, changes.total())

        said = self.pulumi.follow(count, *arguments, "--stack", self.stack)
        if said.code:
            raise PalierError(f"{' '.join(said.command)}: {said.why}")
        if name == "preview":
            changes.update(json.loads(said.out)["changeSummary"])
        self.steps.append(
            Step(
                name=name, command=" ".join(said.command[:-2]), changes=dict(changes),
                seconds=time.monotonic() - started,
            )
        )  # fmt: skip
        for operation in sorted(changes.keys() - EXPECTED[name]):
            self.surprises.append(f"{name}: {changes[operation]} × {operation}")
        return said


def rehearse(
    project: Project, space: Workspace, cloud: Cloud, stack: str, progress: Progress, *, keep: bool
) -> Rehearsal:
    """Rehearse a stack in a workspace; with `keep` it is left standing.

    Raises:
        PalierError: a command of the engine failed.
    """
    process = CloudProcess(cloud, space.inside)
    try:
        rehearser = Rehearser(space, cloud, stack, progress)
        _command(rehearser.pulumi, "stack", "init", stack)
        rehearser.run("preview", "preview", "--json")
        rehearser.run("up", "up", "--yes", "--json")
        facts = _facts(rehearser.pulumi, stack)
        needed = needs(cloud.store.records(GCP))
        rehearser.run("up again", "up", "--yes", "--json")
        if not keep:
            _take_down(rehearser, project, facts)
    finally:
        process.close()
    graph = Graph.of(facts)
    critical = graph.critical_path(_creation)
    return Rehearsal(
        stack=stack, engine=space.engine.spoken, steps=tuple(rehearser.steps),
        resources=len(facts.resources), longest=graph.longest_chain(),
        critical=critical, critical_seconds=tuple(map(_creation, critical.facts)),
        needs=tuple(needed), surprises=tuple(rehearser.surprises),
        folder=space.folder if keep else None,
    )  # fmt: skip


def _creation(fact: Fact) -> float:
    """Seconds that the real cloud takes to make a resource."""
    return seconds(fact.type, "create", fact.inputs)


def _command(pulumi: Pulumi, *arguments: str) -> Said:
    said = pulumi.run(*arguments)
    if said.code:
        raise PalierError(f"pulumi {' '.join(arguments)}: {said.why}")
    return said


def _facts(pulumi: Pulumi, stack: str) -> Facts:
    said = _command(pulumi, "stack", "export", "--stack", stack)
    return export.read(json.loads(said.out)).facts


def _take_down(rehearser: Rehearser, project: Project, facts: Facts) -> None:
    """Lift the protections as docs/operations.md says, and destroy everything."""
    pulumi, stack = rehearser.pulumi, rehearser.stack
    if facts.only(PLATFORM_TYPE):
        owner = project.config(stack).get("gcp:project", "")
        _command(pulumi, "config", "set", TEARDOWN, owner, "--stack", stack)
        rehearser.run("teardown", "up", "--yes", "--json")
    else:
        _command(pulumi, "state", "unprotect", "--all", "--yes", "--stack", stack)
    rehearser.run("destroy", "destroy", "--yes", "--json")
    document = json.loads(_command(pulumi, "stack", "export", "--stack", stack).out)
    in_state = [one["urn"] for one in document["deployment"].get("resources") or ()]
    in_cloud = [record.id for record in left_in(rehearser.cloud)]
    rehearser.surprises += [f"destroy: {urn} is still in the state" for urn in in_state]
    rehearser.surprises += [f"destroy: {name} is still in the cloud" for name in in_cloud]


def left_in(cloud: Cloud) -> list[Record]:
    """What a cloud still holds, but for what no call deletes (keys, APIs that stay on)."""
    records = [record for ids in cloud.store.records(GCP).values() for record in ids.values()]
    return [record for record in records if not stays(record.type, record.inputs)]
