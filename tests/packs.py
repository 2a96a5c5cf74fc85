"""Copies of the policy pack for the real engine: with waivers of a test's own, or one more rule."""

from __future__ import annotations

import pickle
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import builders
import yaml

from palier.cost.estimate import Estimate
from palier.facts import Facts
from palier.verdicts import Verdict

SOURCE = builders.ROOT / "policies"
TELLING = """
import itertools, os, pickle
from pathlib import Path
import palier.pack

judge, number = palier.pack.judge, itertools.count()


def told(stack, gate):
    judged = judge(stack, gate)
    if gate.settings.levels == {}:
        file = Path(__file__).parent / f"told-{os.getpid()}-{next(number):03}.pickle"
        file.write_bytes(pickle.dumps((stack.facts, stack.estimate, judged.verdicts)))
    return judged


palier.pack.judge = told
"""
CRASHING = """
import palier.rules
from palier.rules.model import Rule


def crash(facts):
    raise ValueError("the secret is hunter2")


palier.rules.RULES = (*palier.rules.RULES, Rule(
    id="crashing", title="Crashes", family="guardrails", rationale="It has to be seen.",
    remedy="Mend the rule.", reference="a test", judge=crash,
))
"""


@dataclass(frozen=True, kw_only=True)
class Told:
    """What the pack judged at one of its calls, and what it said."""

    facts: Facts
    estimate: Estimate
    verdicts: tuple[Verdict, ...]


def copied(folder: Path, before: str = "") -> Path:
    """The pack in a folder, with some lines before its program."""
    pack = folder / "policies"
    shutil.copytree(SOURCE, pack, ignore=shutil.ignore_patterns("__pycache__"))
    description = pack / "PulumiPolicy.yaml"
    content = yaml.safe_load(description.read_text(encoding="utf-8"))
    content["runtime"]["options"]["virtualenv"] = sys.prefix
    description.write_text(yaml.safe_dump(content), encoding="utf-8")
    main = pack / "__main__.py"
    main.write_text(before + main.read_text(encoding="utf-8"), encoding="utf-8")
    return pack


def telling(folder: Path) -> Path:
    """The pack of a project in a folder, which writes down what it judges."""
    folder.mkdir(parents=True)
    for name in ("stacks", "Pulumi.yaml"):
        (folder / name).symlink_to(builders.ROOT / name)
    return copied(folder, TELLING)


def told(pack: Path) -> list[Told]:
    """What a telling pack judged, oldest first."""
    files = sorted(pack.glob("told-*.pickle"), key=lambda file: file.stat().st_mtime_ns)
    return [_told(file) for file in files]


def _told(file: Path) -> Told:
    facts, estimate, verdicts = pickle.loads(file.read_bytes())  # noqa: S301 of our own
    return Told(facts=facts, estimate=estimate, verdicts=verdicts)
