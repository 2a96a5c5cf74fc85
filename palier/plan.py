"""A plan: one stack's facts, its estimate, its cost per user and its verdicts.

`of_facts` prices and judges the facts of any feed. `make` has them from the program, which it runs
once for the users asked, and once more for the phase's cap when that is another number: unit costs
are judged there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final, Literal

from palier import phases, recorder, reference
from palier.budget.judge import Case
from palier.cost import prices
from palier.cost.estimate import Estimate, estimate
from palier.currency import EUR_PER_USD, RATE_DECLARED_ON
from palier.errors import PalierError
from palier.facts import PLATFORM_TYPE, Fact, Facts, decimal
from palier.gate.gate import Gate, Stack, gate_of, judge
from palier.overrides import assign
from palier.project import Project
from palier.verdicts import Status, Verdict, overall

CURRENCY: Final = "EUR"
LEAST_RATE: Final = Decimal("0.000001")
MOST_RATE: Final = Decimal(1_000_000)
"""No currency is farther from the dollar: a rate beyond is a slip."""


@dataclass(frozen=True, kw_only=True)
class Changes:
    """What a command line puts in the place of a stack's config; `None` leaves it."""

    phase: str | None = None
    users: int | None = None
    region: str | None = None
    usd_rate: Decimal | None = None
    fields: Mapping[str, str] | None = None
    """Dotted fields of the phase's sizes, or of `load.`."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """The file that a plan's facts are from, when it is no program's."""

    file: str
    kind: Literal["preview", "export", "checkpoint"]
    project: str


@dataclass(frozen=True, kw_only=True)
class Subject:
    """Facts of one stack, from any feed, and what it takes to price and judge them."""

    stack: str
    facts: Facts
    at_cap: Callable[[phases.Phase], Facts | str]
    """Facts at a phase's cap, or why there are none; asked only when the users are not the cap."""
    gate: Gate
    region: str
    """Where the facts have no root component to tell it."""
    usd_rate: Decimal | None = None
    """In the place of the recorded one."""
    source: Source | None = None
    doubts: tuple[str, ...] = ()
    """Why the facts may not be all there is."""
    operations: tuple[Verdict, ...] = ()
    """Verdicts on what an update would do, where the feed tells it."""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Everything a report says of one stack. `phase` and `users` are absent without a root."""

    stack: str
    phase: str | None
    users: int | None
    region: str
    usd_rate: Decimal
    rate_date: str
    facts: Facts
    estimate: Estimate
    at_cap: Estimate | None
    verdicts: tuple[Verdict, ...]
    notes: tuple[str, ...]
    """What is said beside the figures; what was waived or relaxed comes first."""
    source: Source | None = None

    @property
    def status(self) -> Status:
        """One word for the whole plan."""
        return overall(self.verdicts)

    @property
    def per_user(self) -> Decimal | None:
        """Expected cost of one user now."""
        return self.estimate.sum("expected") / self.users if self.users else None

    @property
    def per_user_at_cap(self) -> Decimal | None:
        """Expected cost of one user at the phase's cap."""
        if self.phase is None or self.at_cap is None:
            return None
        return self.at_cap.sum("expected") / phases.get(self.phase).max_users


def make(project: Project, stack: str, changes: Changes) -> Plan:
    """Plan a stack offline.

    Raises:
        PalierError: the project, the stack, the program or a change is not usable.
    """
    config = changed_config(project.config(stack), changes)
    facts = recorder.record_project(project, stack, config)
    if facts.only(PLATFORM_TYPE) is None and (changes.users is not None or changes.fields):
        raise PalierError(
            "--users and --set need palier's root component, which this program does not have"
        )

    def at_cap(phase: phases.Phase) -> Facts:
        cap_config = config | {"palier:users": str(phase.max_users)}
        return recorder.record_project(project, stack, cap_config)

    return of_facts(
        Subject(
            stack=stack, facts=facts, at_cap=at_cap, gate=gate_of(project.root),
            region=config.get("gcp:region", "-"), usd_rate=changes.usd_rate,
        )
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Priced:
    """A stack with its bill, ready to be judged."""

    stack: Stack
    phase: phases.Phase | None
    users: int | None
    region: str
    usd_rate: Decimal
    rate_date: str
    at_cap: Estimate | None


def of_facts(subject: Subject) -> Plan:
    """Price and judge the facts of a stack.

    Raises:
        PalierError: the root component records what cannot be.
    """
    priced = price(subject)
    judged = judge(priced.stack, subject.gate)
    phase, users, bill = priced.phase, priced.users, priced.stack.estimate
    climb = _climb(phase, bill, users) if phase and users else ()
    return Plan(
        stack=subject.stack, phase=phase.name if phase else None, users=users,
        region=priced.region, usd_rate=priced.usd_rate, rate_date=priced.rate_date,
        facts=subject.facts, estimate=bill, at_cap=priced.at_cap, verdicts=judged.verdicts,
        notes=(*judged.remarks, *subject.notes, *climb), source=subject.source,
    )  # fmt: skip


def price(subject: Subject) -> Priced:
    """Price the facts of a stack, and those at its phase's cap.

    Raises:
        PalierError: the root component records what cannot be.
    """
    root = subject.facts.only(PLATFORM_TYPE)
    if root is None:
        return _without_root(subject)
    users, phase = int(root.recorded("users")), phases.get(str(root.recorded("phase")))
    rate = subject.usd_rate or decimal(root.recorded("currency.usd_rate"))
    if not isinstance(rate, Decimal):
        raise PalierError(f"{root.name}: the root component records no currency.usd_rate")
    bill = _bill(subject.facts, rate)
    at_cap: Estimate | str = bill
    if users != phase.max_users:
        found = subject.at_cap(phase)
        at_cap = found if isinstance(found, str) else _bill(found, rate)
    return Priced(
        stack=_stack(subject, bill, _case(root, phase.name, users, bill, at_cap)), phase=phase,
        users=users, region=str(root.recorded(f"regions.{root.recorded('home')}")), usd_rate=rate,
        rate_date=rate_date(subject.usd_rate, str(root.recorded("currency.declared_on"))),
        at_cap=None if isinstance(at_cap, str) else at_cap,
    )  # fmt: skip


def _bill(facts: Facts, rate: Decimal) -> Estimate:
    if not LEAST_RATE <= rate <= MOST_RATE:
        raise PalierError(f"usd_rate: expected {LEAST_RATE} to {MOST_RATE}, got {rate}")
    return estimate(facts, prices.default(), CURRENCY, rate)


def _stack(subject: Subject, bill: Estimate, case: Case | str) -> Stack:
    return Stack(
        name=subject.stack, facts=subject.facts, estimate=bill, case=case, doubts=subject.doubts,
        operations=subject.operations,
    )  # fmt: skip


def _case(root: Fact, phase: str, users: int, bill: Estimate, at_cap: Estimate | str) -> Case:
    revenue = decimal(root.recorded("revenue_eur"))
    return Case(
        phase=phase, users=users, revenue_eur=revenue if isinstance(revenue, Decimal) else None,
        estimate=bill, at_cap=at_cap, reference=reference.default(),
    )  # fmt: skip


def _without_root(subject: Subject) -> Priced:
    """A project that is not palier's: prices and rules, and no budget."""
    rate = subject.usd_rate or EUR_PER_USD
    why = f"the program has no {PLATFORM_TYPE}, so neither users nor a phase are known"
    return Priced(
        stack=_stack(subject, _bill(subject.facts, rate), why), phase=None, users=None,
        region=subject.region, usd_rate=rate, rate_date=rate_date(subject.usd_rate), at_cap=None,
    )  # fmt: skip


def changed_config(config: Mapping[str, str], changes: Changes) -> dict[str, str]:
    """A stack's config with the command line's changes in it."""
    changed = dict(config)
    if changes.phase is not None:
        changed["palier:phase"] = changes.phase
    if changes.users is not None:
        changed["palier:users"] = str(changes.users)
    if changes.region is not None:
        changed["gcp:region"] = changes.region
    if changes.usd_rate is not None:
        changed["palier:currency"] = json.dumps(
            {"usd_rate": str(changes.usd_rate), "declared_on": rate_date(changes.usd_rate)}
        )
    for path, value in (changes.fields or {}).items():
        part, _, name = path.partition(".")
        key, inner = ("palier:load", name) if part == "load" else ("palier:sizes", path)
        changed[key] = json.dumps(assign(_nested(changed, key), inner, value))
    return changed


def _nested(config: Mapping[str, str], key: str) -> dict[str, Any]:
    """Fields that a stack sets itself, to which a command line adds its own."""
    text = config.get(key, "{}")
    try:
        fields = json.loads(text)
    except ValueError:
        fields = text
    if not isinstance(fields, dict):
        raise PalierError(f"{key}: expected fields, got {fields!r}")
    return fields


def rate_date(given: Decimal | None, recorded: str = RATE_DECLARED_ON) -> str:
    """The day of the rate in use: one of the command line is of today."""
    return recorded if given is None else date.today().isoformat()


def _climb(phase: phases.Phase, priced: Estimate, users: int) -> tuple[str, ...]:
    """What the next phase would cost, and from when it pays off per user."""
    after = phases.following(phase)
    if after is None:
        return ()
    table = reference.default()
    entry, cap = table.at_entry(after.name), table.at_cap(after.name)
    even = table.break_even(after.name)
    rate = priced.usd_rate
    pays = f" Cheaper per user than {phase.name} at its cap from {even.last} users." if even else ""
    return (
        f"Next phase {after.name}: {entry.expected_usd * rate:.2f} € a month just after the climb"
        f" at {entry.users} users ({entry.expected_usd * rate / entry.users:.4f} € a user),"
        f" {cap.expected_usd * rate:.2f} € at {cap.users} users"
        f" ({cap.expected_usd * rate / cap.users:.4f} €).{pays}"
        + (f" Reference figures, {table.region}." if users else ""),
    )


def resources(plan: Plan) -> list[dict[str, Any]]:
    """What would be created: name, type, parent and component of every resource."""
    return [
        {
            "name": fact.name,
            "type": fact.type,
            "parent": parent.name if (parent := plan.facts.parent_of(fact)) else None,
            "component": plan.facts.component_of(fact),
        }
        for fact in plan.facts.resources
    ]
