"""A stack as an analyzer told it, priced and ready to be judged.

Apart from `palier.pack`, because prices and the recorder take a moment to load, which the pack has
while the engine runs the program, and not before.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any, Final

from palier import phases, plan
from palier.ahead import Ahead
from palier.at_cap import AtCap, Record, at_cap
from palier.cost import prices
from palier.feeds import recorded
from palier.feeds.analyzer import WHERE, Analyzed
from palier.feeds.resources import Urn
from palier.gate.gate import Gate, Stack
from palier.plan import Subject
from palier.project import Project
from palier.reference import default as reference

CONFIG: Final = "PULUMI_CONFIG"
"""Where the engine puts a stack's config for a pack; an audit of a state has none."""


def load() -> None:
    """Read what every judgement needs."""
    prices.default()
    reference()


def priced(told: Analyzed, project: Project, gate: Gate, record: Record | None) -> Stack:
    """Price a stack.

    Raises:
        PalierError: it records what cannot be.
    """
    recorded.check(told.facts, f"{WHERE}:")
    subject = Subject(
        stack=told.stack, facts=told.facts, gate=gate, region=told.facts.provider_region or "-",
        at_cap=AtCap(
            project=project, owner=told.project, stack=told.stack, config=_config(),
            facts=told.facts, record=record,
        ),
        doubts=tuple(f"the engine did not tell the inputs of {name}" for name in told.unheard),
    )  # fmt: skip
    return plan.price(subject).stack


def ahead_of(
    project: Project, root: Urn, inputs: Mapping[str, Any], before: Ahead | None
) -> Ahead | None:
    """The recording of a root's platform at its cap, begun now; none where the root is there.

    Raises:
        PalierError: the root records no phase, or its stack has neither config nor file.
    """
    phase = phases.get(inputs["phase"])
    if int(inputs["users"]) == phase.max_users or root.project != project.name:
        return before
    config = at_cap(project, root.stack, _config(), phase)
    if before is not None:
        if before.asked(project, root.stack, config):
            return before  # an update judges what its preview has recorded
        before.close()
    return Ahead(project, root.stack, config)


def _config() -> dict[str, str] | None:
    """Config of the stack, as the engine told it, or `None` in an audit."""
    config: dict[str, str] = json.loads(os.environ.get(CONFIG) or "{}")
    return config or None
