"""Limits: what a platform may cost, read from `policies/limits.yaml`, each with its source.

The file lives beside `Pulumi.yaml`, apart from sizes, and has its own reviewers. A project
without one gets prices and no budget verdict.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Final, Literal, get_args

from palier.errors import PalierError, one_of
from palier.phases import PHASES
from palier.project import read_yaml
from palier.verdicts import Level

SCHEMA: Final = "palier.limits/1"
LIMITS_FILE: Final = Path("policies/limits.yaml")

Measure = Literal[
    "monthly_cost", "share_of_revenue", "cost_per_user_at_cap", "unit_cost_falls", "unit_cost_now",
    "ceiling", "monthly_cost_at_parity", "observability_share",
]  # fmt: skip

NEEDS_VALUE: Final = ("share_of_revenue", "cost_per_user_at_cap", "ceiling", "observability_share")
KEYS: Final = ("id", "title", "measure", "phases", "level", "value", "unit", "steps", "source")


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where a limit comes from: a document's title, and the passage in it."""

    document: str
    passage: str

    def __str__(self) -> str:
        return f"{self.document}: {self.passage}"


@dataclass(frozen=True, kw_only=True)
class Limit:
    """One limit. `steps` are figures by users: the first at or above the users holds."""

    id: str
    title: str
    measure: Measure
    phases: tuple[str, ...]
    level: Level
    unit: str
    source: Source
    value: Decimal | None = None
    steps: tuple[tuple[int, Decimal], ...] = ()

    @property
    def figures(self) -> list[Decimal]:
        """What a stack may be stricter than; steps of a share are revenue, and no limit."""
        if self.value is not None:
            return [self.value]
        return [value for _, value in self.steps] if self.measure == "monthly_cost" else []

    def step(self, users: int) -> Decimal | None:
        """The figure that holds for a number of users, if the limit has steps."""
        return next((value for most, value in self.steps if users <= most), None)


@dataclass(frozen=True)
class Limits:
    """All limits of a project."""

    rows: tuple[Limit, ...]

    def of(self, phase: str) -> list[Limit]:
        """Limits that hold in a phase."""
        return [row for row in self.rows if phase in row.phases]

    def monthly_cap(self, phase: str, users: int, revenue_eur: Decimal | None) -> Decimal:
        """The most a month may cost, in euros: the strictest of the phase's monthly limits.

        Raises:
            PalierError: the file sets no monthly limit for the phase.
        """
        caps = [
            cap
            for row in self.of(phase)
            if row.level == "mandatory"
            and (cap := monthly_cap(row, users, revenue_eur)) is not None
        ]
        if not caps:
            raise PalierError(f"{LIMITS_FILE}: no monthly limit holds for {phase}, {users} users")
        return min(caps)

    def stricter(self, figures: Mapping[str, Decimal]) -> Limits:
        """The limits with a stack's own figures, each below that of the file.

        Raises:
            PalierError: there is no such limit, it has no figure, or the stack's own is higher.
        """
        known = {row.id: row for row in self.rows if row.figures}
        for id_, figure in figures.items():
            if id_ not in known:
                raise PalierError(f"limits.{id_}: expected {one_of(known)}")
            most = max(known[id_].figures)
            if figure > most:
                raise PalierError(
                    f"limits.{id_}: {figure.normalize():f} is above the {most} of {LIMITS_FILE},"
                    " and a stack may only be stricter"
                )
        return Limits(
            tuple(replace(row, value=figures.get(row.id, row.value)) for row in self.rows)
        )


def monthly_cap(limit: Limit, users: int, revenue_eur: Decimal | None) -> Decimal | None:
    """What a limit allows for a month, in euros; `None` when it says nothing of months."""
    if limit.measure == "monthly_cost":
        figures = [figure for figure in (limit.value, limit.step(users)) if figure is not None]
        return min(figures, default=None)
    if limit.measure == "share_of_revenue":
        revenue = revenue_eur if revenue_eur is not None else limit.step(users)
        return None if revenue is None or limit.value is None else revenue * limit.value
    return None


def load_beside(root: str | Path) -> Limits:
    """Read the limits of the project in a folder.

    Raises:
        PalierError: there is no file, or one of its rows is not usable.
    """
    return read(Path(root) / LIMITS_FILE)


def read(file: Path) -> Limits:
    """Read and check a limits file.

    Raises:
        PalierError: the file, or the row that is wrong, and what is allowed there.
    """
    content = read_yaml(file)
    if not isinstance(content, dict) or content.get("schema") != SCHEMA:
        raise PalierError(f"{file}: expected schema: {SCHEMA}")
    documents, rows = content.get("documents"), content.get("limits")
    if not isinstance(documents, dict) or not isinstance(rows, list) or not rows:
        raise PalierError(f"{file}: expected documents and a list of limits")
    limits = [_limit(row, documents, f"{file}: limit {place + 1}") for place, row in
              enumerate(rows)]  # fmt: skip
    ids = [limit.id for limit in limits]
    for id_ in ids:
        if ids.count(id_) > 1:
            raise PalierError(f"{file}: two limits have the id {id_}")
    return Limits(tuple(limits))


def _limit(row: Any, documents: Mapping[str, str], where: str) -> Limit:  # noqa: ANN401
    if not isinstance(row, dict) or not isinstance(row.get("id"), str):
        raise PalierError(f"{where}: expected fields, an id among them")
    where = f"{where} ({row['id']})"
    for key in row:
        if key not in KEYS:
            raise PalierError(f"{where}: unknown field {key!r}, allowed are {one_of(KEYS)}")
    measure = _word(row, "measure", get_args(Measure), where)
    phases = row.get("phases")
    if not isinstance(phases, list) or not phases or any(name not in [*PHASES] for name in phases):
        raise PalierError(f"{where}: phases must be a list of {one_of(PHASES)}, got {phases!r}")
    value = row.get("value")
    if value is None and (measure in NEEDS_VALUE or _needs_cap(measure, row)):
        raise PalierError(f"{where}: needs a value")
    return Limit(
        id=row["id"],
        title=_text(row, "title", where),
        measure=measure,  # type: ignore[arg-type]
        phases=tuple(phases),
        level=_word(row, "level", get_args(Level), where),  # type: ignore[arg-type]
        unit=_text(row, "unit", where),
        source=_source(row.get("source"), documents, where),
        value=None if value is None else _amount(value, f"{where}: value"),
        steps=_steps(row.get("steps"), where),
    )


def _needs_cap(measure: str, row: Mapping[str, Any]) -> bool:
    return measure == "monthly_cost" and not row.get("steps")


def _text(row: Mapping[str, Any], key: str, where: str) -> str:
    value = row.get(key)
    if not isinstance(value, str) or not value:
        raise PalierError(f"{where}: needs a {key}")
    return value


def _word(row: Mapping[str, Any], key: str, allowed: tuple[str, ...], where: str) -> str:
    value = row.get(key)
    if value not in allowed:
        raise PalierError(f"{where}: {key} must be {one_of(allowed)}, got {value!r}")
    return str(value)


def _source(value: object, documents: Mapping[str, str], where: str) -> Source:
    if not isinstance(value, dict) or not value.get("document") or not value.get("passage"):
        raise PalierError(f"{where}: needs a source with a document and a passage")
    document = value["document"]
    if document not in [*documents]:  # a list: what is compared may be anything YAML spells
        raise PalierError(f"{where}: document must be {one_of(documents)}, got {document!r}")
    return Source(document=str(documents[document]), passage=str(value["passage"]))


def _steps(value: object, where: str) -> tuple[tuple[int, Decimal], ...]:
    steps = []
    for step in value if isinstance(value, list) else [] if value is None else [value]:
        match step:
            case {"users": int(users), "value": amount, **more} if not more:
                steps.append((users, _amount(amount, f"{where}: steps")))
            case _:
                raise PalierError(f"{where}: a step has users and a value, got {step!r}")
    if [users for users, _ in steps] != sorted({users for users, _ in steps}):
        raise PalierError(f"{where}: steps must rise by users")
    return tuple(steps)


def _amount(value: object, where: str) -> Decimal:
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        amount = Decimal(0)
    if not amount.is_finite() or amount <= 0 or isinstance(value, bool):
        raise PalierError(f"{where} must be a number above 0, got {value!r}")
    return amount
