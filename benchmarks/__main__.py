"""Measure and print. Ratios are medians over pairs run in turn, so that both sides share the noise.

1. `palier plan mvp` against its floor: an interpreter that imports the same provider modules and
   registers the same resources, and does nothing else.
2. Facts to verdicts, limits and rules, for 1 000 and 10 000 resources.
3. Importing palier, against an interpreter that imports nothing.
4. Previews of the real engine by number of resources, against an empty one (`previews`).
5. Previews with the policy pack, against those without (`packs`).
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from benchmarks import packs, previews
from benchmarks.copies import copies
from palier import recorder, reference
from palier.budget.judge import Case
from palier.cost import prices
from palier.cost.estimate import estimate
from palier.facts import Facts
from palier.gate.gate import Gate, Stack, gate_of, judge
from palier.project import find

ROOT: Final = Path(__file__).parent.parent
FLOOR: Final = Path(__file__).parent / "floor.py"
PAIRS: Final = 5
SIZES: Final = (1_000, 10_000)
PLAN: Final = (
    sys.executable,
    "-m",
    "palier",
    "plan",
    "mvp",
    "--format",
    "json",
    "--out",
    "/dev/null",
)


def main() -> None:
    """Run all benchmarks."""
    table = Table("what", "measured", "against", "ratio", "goal", title="palier, one run")
    for row in (_plan(), *_judging(), *_imports(), *previews.rows(), *packs.rows()):
        table.add_row(*row)
    Console(width=110).print(table)


def _plan() -> tuple[str, ...]:
    project = find(ROOT)
    facts = recorder.record_project(project, "mvp", project.config("mvp"))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "resources.json"
        listed = {"modules": _provider_modules(), "resources": list(_payloads(facts))}
        file.write_text(json.dumps(listed), encoding="utf-8")
        out = Path(folder) / "plan.json"
        plan = (*PLAN[:-1], str(out))
        ours, floor = _pairs(plan, (sys.executable, str(FLOOR), str(file)))
    return (
        f"palier plan mvp, {len(facts.resources)} resources", f"{ours:.2f} s",
        f"{floor:.2f} s floor", f"{ours / floor:.2f}", "≤ 1.25",
    )  # fmt: skip


def _provider_modules() -> list[str]:
    """Modules of the SDK and its providers that a recording has imported, in that order."""
    prefixes = ("pulumi", "pulumi_gcp", "pulumi_kubernetes", "pulumi_random")
    return [name for name in sys.modules if name.split(".")[0] in prefixes]


def _payloads(facts: Facts) -> Iterator[tuple[str, str, object]]:
    for fact in facts:
        inputs = json.loads(json.dumps(fact.inputs, default=_none))
        yield fact.type, fact.name, inputs


def _none(_: object) -> None:
    """What is unknown has no payload."""


def _judging() -> Iterator[tuple[str, ...]]:
    project = find(ROOT)
    facts = recorder.record_project(project, "growth", project.config("growth"))
    gate = gate_of(ROOT)
    _judge(facts, gate)  # reads the price book, once
    times = [_time(partial(_judge, copies(facts, size), gate)) for size in SIZES]
    small, large = times
    for size, taken in zip(SIZES, times, strict=True):
        goal = "< 1 s" if size == max(SIZES) else ""
        yield f"facts to verdicts, {size} resources", f"{taken:.3f} s", "", "", goal
    grown = SIZES[1] / SIZES[0]
    yield (
        "growth of that time", f"{large / small:.1f} ×", f"{grown:.0f} × resources",
        f"{large / small / grown:.2f}", "about 1: linear",
    )  # fmt: skip


def _judge(facts: Facts, gate: Gate) -> None:
    made = estimate(facts, prices.default(), "EUR", Decimal("0.92"))
    case = Case(
        phase="growth", users=1_000_000, revenue_eur=None, estimate=made, at_cap=made,
        reference=reference.default(),
    )  # fmt: skip
    judge(Stack(name="growth", facts=facts, estimate=made, case=case), gate)


def _imports() -> Iterator[tuple[str, ...]]:
    for what in ("palier", "palier.cli"):
        ours, bare = _pairs(
            (sys.executable, "-c", f"import {what}"), (sys.executable, "-c", "pass")
        )
        yield (
            f"import {what}", f"{ours:.3f} s", f"{bare:.3f} s bare", f"+{ours - bare:.3f} s",
            "≤ 0.15 s above" if what == "palier" else "",
        )  # fmt: skip


def _pairs(ours: tuple[str, ...], other: tuple[str, ...]) -> tuple[float, float]:
    """Medians of two commands run in turn, after one run of each that does not count."""
    taken: tuple[list[float], list[float]] = ([], [])
    for turn in range(PAIRS + 1):
        for place, command in enumerate((ours, other)):
            seconds = _time(partial(_run, command))
            if turn:
                taken[place].append(seconds)
    return statistics.median(taken[0]), statistics.median(taken[1])


def _run(command: tuple[str, ...]) -> None:
    subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.DEVNULL)


def _time(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
