"""Phases as people read them: the table of the README, a real plan, bills, the saw-tooth."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from io import StringIO
from itertools import pairwise
from typing import Final

from rich.console import Console

from palier import reference
from palier.budget.limits import load_beside
from palier.cost.estimate import BOUNDS, LineItem
from palier.currency import EUR_PER_USD, RATE_DECLARED_ON
from palier.phases import PHASES, Phase
from palier.plan import Plan
from palier.report import table as terminal
from palier.report.document import number, unit_cost
from palier.sizes import ClusterSize, PlatformSize
from tools.pages import ROOT, Fields, PlanOf
from tools.pages.markdown import amount, code, count, table

SHOWN_COMPONENTS: Final = ("gke", "postgres")
"""Components whose lines the README's excerpt shows."""
REFUSED: Final[Fields] = (
    ("postgres.shards.eu-1.tier", "db-custom-1-3840"),
    ("postgres.shards.eu-1.ha", "true"),
)
"""A change that the README tries: a highly available database for fifty users."""
WORDS: Final = {"pass": "✔ pass", "fail": "✘ fail", "inconclusive": "? inconclusive"}


def summary(plan_of: PlanOf) -> str:
    """One row a phase, at its cap, for the README."""
    limits = load_beside(ROOT)
    rows = []
    for phase in PHASES.values():
        plan = plan_of(phase.name)
        per_user = plan.per_user
        rows.append(
            (
                phase.name,
                f"{count(phase.min_users)} to {count(phase.max_users)} {phase.counter}",
                topology(phase.size(phase.load(phase.max_users), "eu")),
                count(limits.monthly_cap(phase.name, phase.max_users, None)),
                *(amount(plan.estimate.sum(bound)) for bound in ("expected", "floor", "ceiling")),
                unit_cost(per_user) if per_user is not None else "",
                _verdict(plan),
            )
        )
    heads = (
        "phase", "users", "what runs", "cap €>", "expected €>", "floor €>", "ceiling €>",
        "€/user>", "verdict",
    )  # fmt: skip
    return table(heads, rows)


def _verdict(plan: Plan) -> str:
    """The plan's status, and the advice that it does not follow."""
    missed = [
        verdict.rule
        for verdict in plan.verdicts
        if verdict.level == "advisory" and verdict.status == "fail"
    ]
    said = f", but not {' and '.join(missed)} (advisory)" if missed else ""
    return WORDS[plan.status] + said


def topology(size: PlatformSize) -> str:
    """A platform in a line, read off its size."""
    clusters = ", ".join(_cluster(key, item) for key, item in size.gke.generations.items())
    shards = list(size.postgres.shards.values())
    first = shards[0]
    copies = [
        f"{len(first.replicas)} read replica{'s' if len(first.replicas) > 1 else ''}"
        if first.replicas else "",
        "read pools" if first.read_pool_nodes else "",
        "recovery replicas" if first.disaster_recovery else "",
    ]  # fmt: skip
    database = f"{f'{len(shards)} shards ' if len(shards) > 1 else ''}{first.tier}"
    database += " HA" if first.ha else " zonal"
    instances = [f"{item.memory_gib} GiB" for item in size.redis.instances.values()]
    cache = f"Redis HA {' + '.join(instances)}" if instances else "Valkey in the cluster"
    parts = [f"GKE {clusters}", f"PostgreSQL {database}", *filter(None, copies), cache,
             f"Argo CD {size.argocd.mode}"]  # fmt: skip
    return ", ".join(parts)


def _cluster(name: str, cluster: ClusterSize) -> str:
    return f"{cluster.mode.capitalize()} {name}"


def excerpt(plan_of: PlanOf) -> str:
    """A plan as a terminal shows it, without most of its lines."""
    text = StringIO()
    terminal.render(plan_of("mvp"), Console(file=text, width=terminal.WIDTH))
    lines = "\n".join(line.rstrip() for line in text.getvalue().splitlines())
    blocks = re.split(r"\n\n+(?=\S)", lines.strip())
    shown = []
    for block in blocks:
        if "resources would be created" in block:
            shown.append(block.splitlines()[0])
        elif block.startswith("Expected month"):
            shown.append(_some_lines(block))
        else:
            shown.append(block)
    return code("$ palier plan mvp\n" + "\n\n".join(shown))


def _some_lines(block: str) -> str:
    title, _, head, rule, *lines = block.splitlines()
    kept = [line for line in lines if line.split(maxsplit=1)[:1] and line.split()[0] in
            SHOWN_COMPONENTS]  # fmt: skip
    left_out = len([line for line in lines if not line.startswith("  ")]) - len(kept)
    return "\n".join([title, "", head, rule, *kept, f" … and {left_out} more"])


def refusal(plan_of: PlanOf) -> str:
    """What the README's `--set` is told."""
    plan = plan_of("mvp", REFUSED)
    options = " ".join(f"--set {path}={value}" for path, value in REFUSED)
    said = [
        f"{WORDS[verdict.status].split()[0]} {verdict.rule}: {verdict.message}"
        for verdict in plan.verdicts
        if verdict.level == "mandatory" and verdict.limit is not None
    ]
    return code("\n".join([f"$ palier plan mvp {options}", "…", *said, WORDS[plan.status]]))


def bills(plan_of: PlanOf) -> str:
    """Every phase's bill at its cap, line by line, and what its limits say."""
    return "\n\n".join(_bill(phase, plan_of(phase.name)) for phase in PHASES.values())


def _bill(phase: Phase, plan: Plan) -> str:
    estimate = plan.estimate
    lines = table(
        ("component", "item", "quantity>", "unit", "$/unit>", "€/month>"),
        [
            (line.component, line.item, number(round(line.quantity, 3)), line.unit,
             number(line.unit_price_usd), amount(line.monthly))
            for line in merged(estimate.lines)
        ],
    )  # fmt: skip
    totals = table(
        ("", *(f"{bound}>" for bound in BOUNDS)),
        [
            ("€ a month", *(amount(estimate.sum(bound)) for bound in BOUNDS)),
            ("$ a month", *(amount(estimate.sum_usd(bound)) for bound in BOUNDS)),
        ],
    )
    verdicts = table(
        ("rule", "level", "verdict", "arithmetic"),
        [
            (verdict.rule, verdict.level, WORDS[verdict.status], verdict.message)
            for verdict in plan.verdicts
            if verdict.limit is not None
        ],
    )
    size = phase.size(phase.load(phase.max_users), "eu")
    return "\n\n".join(
        [
            f"### {phase.name}, {count(phase.max_users)} users",
            f"{topology(size)}. {len(plan.facts.resources)} resources in {plan.region}.",
            lines,
            totals,
            verdicts,
        ]
    )


def merged(lines: Iterable[LineItem]) -> list[LineItem]:
    """Expected lines; those of one component, item and price as one, the dearest first."""
    found: dict[tuple[object, ...], LineItem] = {}
    for line in lines:
        if line.bound != "expected":
            continue
        key = (line.component, line.item, line.unit, line.unit_price_usd)
        one = found.get(key)
        found[key] = line if one is None else replace(
            one, quantity=one.quantity + line.quantity, monthly=one.monthly + line.monthly
        )  # fmt: skip
    return sorted(found.values(), key=lambda line: (line.component, -line.monthly))


def reference_points(_: PlanOf) -> str:
    """The reference table: bills at the ends and checkpoints of every phase."""
    rows = [
        (
            point.phase,
            count(point.users),
            *(amount(usd * EUR_PER_USD)
              for usd in (point.floor_usd, point.expected_usd, point.ceiling_usd)),
            unit_cost(point.expected_usd * EUR_PER_USD / point.users),
        )
        for point in reference.default().points
    ]  # fmt: skip
    said = f"{reference.default().region}, 1 $ = {EUR_PER_USD} € ({RATE_DECLARED_ON})."
    heads = ("phase", "users>", "floor €>", "expected €>", "ceiling €>", "€/user>")
    return f"{said}\n\n{table(heads, rows)}"


def break_evens(_: PlanOf) -> str:
    """The saw-tooth: what a user costs before and after each climb, and when it pays off."""
    known = reference.default()
    rows = []
    for below, phase in pairwise(PHASES.values()):
        before, after = known.at_cap(below.name), known.at_entry(phase.name)
        even = known.break_even(phase.name)
        crossed = (count(even.first), count(even.last)) if even else ("", "")
        rows.append(
            (
                f"{below.name} to {phase.name}",
                f"{_unit(before.expected_usd, before.users)} at {count(before.users)}",
                f"{_unit(after.expected_usd, after.users)} at {count(after.users)}",
                *crossed,
            )
        )
    heads = (
        "climb", "€/user before>", "€/user just after>", "first cheaper from>", "for good from>",
    )  # fmt: skip
    return table(heads, rows)


def _unit(usd: Decimal, users: int) -> str:
    return unit_cost(usd * EUR_PER_USD / users)
