"""Failure drills: an update is killed again and again, and what is documented mends it.

Growth is brought up in one long climb. Each drill kills the CLI (SIGKILL, with all it started) once
the cloud has made a few more resources: before the next one is made, or after it was made and
before the state could tell. Then the runbook is followed (docs/runbook.md), and the state has to
be the cloud again: nothing made twice, nothing forgotten, nothing lost.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator

import builders
import pytest
from platforms import Platform

from palier.engine.find import Engine
from palier.engine.run import kill
from palier.facts import read
from palier.simcloud.faults import Faults
from palier.state import address, backend, layout, unlock
from palier.state.checkpoint import Resource
from palier.state.pending import Answers

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("drills")]

STRIDE = 9
"""Resources that an update makes before it is killed."""
KINDS = ("kill-after", "kill-before")
DRILLS = [KINDS[number % 2] for number in range(20)]
PHASE = "growth"


class Climb:
    """The platform, killed and mended, and killed again."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self.url = platform.space.environment["PULUMI_BACKEND_URL"]

    def killed(self, kind: str) -> int:
        """Update until the cloud ends it; the exit code."""
        started = threading.Event()
        running: list[subprocess.Popen[str]] = []

        def end() -> None:
            started.wait()
            kill(running[0])

        self.platform.cloud.faults = Faults.parse([f"create {STRIDE} {kind}"], kill=end)
        # Without its preview: that is not what is killed, and no policy pack judges here.
        command = ("up", "--yes", "--skip-preview", "--stack", PHASE)
        running.append(self.platform.cli.start(*command))
        started.set()
        running[0].communicate()
        self.platform.cloud.faults = Faults()
        return running[0].returncode

    def mend(self) -> None:
        """The runbook: unlock, having looked up what only the service numbers, then refresh."""
        found = unlock.look(self._backend(), self._stack(), Answers(adopt={}, gone=frozenset()))
        known = {row.get("id") for row in found.state.resources} if found.state else set()
        answers = [
            ["--adopt", f"{item.urn}={id_}"]
            if (id_ := self._looked_up(item.operation.resource, known))
            else ["--gone", item.urn]
            for item in found.undecided
        ]
        command = [sys.executable, "-m", "palier", "state", "unlock", PHASE, "--yes"]
        command += ["--backend", self.url, *(word for answer in answers for word in answer)]
        done = subprocess.run(  # noqa: S603 our own command
            command, cwd=self.platform.space.folder, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        self.platform.run("refresh", "--yes", "--skip-preview")

    def _backend(self) -> backend.Backend:
        return backend.connect(address.parse(self.url))

    def _stack(self) -> layout.Stack:
        return layout.stack(PHASE, self.platform.space.folder)

    def _looked_up(self, pending: Resource, known: set[str | None]) -> str | None:
        """What somebody finds in the console: one of that name, which the state does not have."""
        for record in self.platform.cloud.records("gcp", pending["type"]):
            names = ("displayName", "secret", "dashboardJson")
            same = all(read(record.inputs, key) == pending["inputs"].get(key) for key in names)
            if same and record.id not in known:
                return record.id
        return None


@pytest.fixture(scope="module")
def climb(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Climb]:
    """A growth platform that is only ever updated, killed and mended."""
    platform = Platform(tmp_path_factory.mktemp("drills") / PHASE, engine, PHASE)
    yield Climb(platform)
    platform.close()


@pytest.mark.parametrize("kind", DRILLS)
def test_a_killed_update_is_mended_by_the_runbook(climb: Climb, kind: str) -> None:
    before = len(climb.platform.in_state())
    assert climb.killed(kind) == -signal.SIGKILL
    climb.mend()
    assert not climb.platform.pending()
    state = climb.platform.in_state()
    assert set(state) == climb.platform.in_cloud(), "made and forgotten, or lost"
    assert max(state.values()) == 1, "in the state twice"
    assert len(state) >= before + STRIDE - 1, "the climb goes on"


def test_the_next_update_ends_where_an_undisturbed_one_would(climb: Climb) -> None:
    climb.platform.up()
    expected = Counter(
        fact.type
        for fact in builders.recorded(PHASE).resources
        if not fact.type.startswith("random:")
    )
    assert Counter(type_ for type_, _ in climb.platform.in_cloud()) == expected, "made twice"
    assert set(climb.platform.in_state()) == climb.platform.in_cloud()
    climb.platform.run("preview", "--expect-no-changes")
