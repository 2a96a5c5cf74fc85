"""Previews of the real engine against the simulated cloud, by number of resources.

One program makes as many buckets as its config says; an empty one is the floor. Each size is run in
turn with the floor, so that both share the noise.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from palier.engine import find, workspace
from palier.engine.run import Pulumi
from palier.project import find as find_project
from palier.simcloud.opening import open_cloud
from palier.simcloud.process import CloudProcess

RESOURCES: Final = (0, 100, 200, 300)
TURNS: Final = 3
PROGRAM: Final = """
import pulumi
import pulumi_gcp as gcp

for number in range(pulumi.Config().require_int("buckets")):
    gcp.storage.Bucket(f"bucket-{number}", name=f"acme-{number}", location="EU", project="acme-one")
"""


def rows() -> Iterator[tuple[str, ...]]:
    """Times of previews, each against an empty one, and how they grow."""
    with tempfile.TemporaryDirectory() as folder:
        seconds = _measured(Path(folder))
    empty = seconds[0]
    for number in RESOURCES[1:]:
        yield (
            f"pulumi preview, {number} resources", f"{seconds[number]:.2f} s",
            f"{empty:.2f} s empty", f"{seconds[number] / empty:.2f}", "",
        )  # fmt: skip
    first, _, last = (seconds[number] - empty for number in RESOURCES[1:])
    yield (
        "growth of what is above empty", f"{last / first:.1f} ×", "3 × resources",
        f"{last / first / 3:.2f}", "about 1: linear",
    )  # fmt: skip


def _measured(folder: Path) -> dict[int, float]:
    source = folder / "source"
    source.mkdir()
    (source / "Pulumi.yaml").write_text("name: many\nruntime: python\n", encoding="utf-8")
    (source / "__main__.py").write_text(PROGRAM, encoding="utf-8")
    engine = find.find()
    space = workspace.create(find_project(source), folder / "space", engine)
    process = CloudProcess(open_cloud(space.inside), space.inside)
    pulumi = Pulumi(program=engine.pulumi, folder=space.folder, environment=space.environment)
    try:
        for number in RESOURCES:
            _run(pulumi, "stack", "init", f"n{number}")
            _run(pulumi, "config", "set", "buckets", str(number), "--stack", f"n{number}")
        taken: dict[int, list[float]] = {number: [] for number in RESOURCES}
        for _ in range(TURNS):
            for number in RESOURCES:
                started = time.perf_counter()
                _run(pulumi, "preview", "--stack", f"n{number}")
                taken[number].append(time.perf_counter() - started)
    finally:
        process.close()
    return {number: statistics.median(times) for number, times in taken.items()}


def _run(pulumi: Pulumi, *arguments: str) -> None:
    said = pulumi.run(*arguments)
    if said.code:
        raise RuntimeError(f"{' '.join(said.command)}: {said.why}")
