"""The policy pack in previews of the real engine: against those without it, run in turn.

A third one, with a pack that does nothing, shows what the SDK and the engine cost by themselves.
Growth is the largest phase that one cluster serves. That the pack is linear in resources is shown
on the pack alone, behind the SDK's server: there the engine's own time does not hide it.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from benchmarks.copies import copies
from palier import recorder
from palier.engine import find, workspace
from palier.engine.run import Pulumi
from palier.pack import Pack
from palier.project import find as find_project
from palier.simcloud.opening import open_cloud
from palier.simcloud.process import CloudProcess
from palier.testing.analyzer import PackUnderTest

ROOT: Final = Path(__file__).parent.parent
PACK: Final = ROOT / "policies"
PHASE: Final = "growth"
IDLE: Final = """
from pulumi_policy import PolicyPack, StackValidationPolicy
PolicyPack("idle", [StackValidationPolicy("idle", "Does nothing", lambda args, report: None)])
"""
PAIRS: Final = 7
SIZES: Final = (1_000, 5_000)
MOST: Final = 1.15


def rows() -> Iterator[tuple[str, ...]]:
    """Time of a preview with the pack against one without, and how the pack's own time grows."""
    with tempfile.TemporaryDirectory() as folder:
        plain, idle, ours = _previews(Path(folder))
    median = statistics.median(plain)
    for name, times, goal in (
        ("a pack that does nothing", idle, ""), ("the pack", ours, f"{MOST} at most"),
    ):  # fmt: skip
        pairs = [one / other for one, other in zip(times, plain, strict=True)]
        yield (
            f"preview of {PHASE} with {name}", f"{statistics.median(times):.2f} s",
            f"{median:.2f} s without", f"{statistics.median(pairs):.2f}", goal,
        )  # fmt: skip
    few, many = map(_judged, SIZES)
    growth = SIZES[1] / SIZES[0]
    yield (
        f"the pack alone, {growth:.0f} × the resources", f"{many:.2f} s", f"{few:.2f} s",
        f"{many / few / growth:.2f}", "about 1: linear",
    )  # fmt: skip


def _previews(folder: Path) -> tuple[list[float], list[float], list[float]]:
    """Seconds of previews: without a pack, with one that does nothing, with ours."""
    idle = folder / "idle"
    idle.mkdir()
    (idle / "PulumiPolicy.yaml").write_text("runtime: python\n", encoding="utf-8")
    (idle / "__main__.py").write_text(IDLE, encoding="utf-8")
    engine = find.find()
    space = workspace.create(find_project(ROOT), folder / "space", engine)
    process = CloudProcess(open_cloud(space.inside), space.inside)
    pulumi = Pulumi(program=engine.pulumi, folder=space.folder, environment=space.environment)
    taken: tuple[list[float], list[float], list[float]] = ([], [], [])
    try:
        _run(pulumi, "stack", "init", PHASE)
        for turn in range(PAIRS + 1):
            for times, pack in zip(taken, (None, idle, PACK), strict=True):
                options = ("--policy-pack", str(pack)) if pack else ()
                started = time.perf_counter()
                _run(pulumi, "preview", "--stack", PHASE, *options)
                if turn:  # the first of each warms its caches
                    times.append(time.perf_counter() - started)
    finally:
        process.close()
    return taken


def _run(pulumi: Pulumi, *arguments: str) -> None:
    said = pulumi.run(*arguments)
    if said.code:
        raise RuntimeError(f"{' '.join(said.command)}: {said.why}")


def _judged(size: int) -> float:
    """Seconds that the pack takes for so many resources."""
    sys.path.insert(0, str(PACK))
    from pack import policies  # noqa: PLC0415 the pack's folder is no package

    project = find_project(ROOT)
    facts = copies(recorder.record_project(project, PHASE, project.config(PHASE)), size)
    times = []
    for _ in range(PAIRS):
        under_test = PackUnderTest(policies(Pack(PACK)))
        started = time.perf_counter()
        under_test.analyze(facts)
        times.append(time.perf_counter() - started)
    return statistics.median(times)
