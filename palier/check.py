"""A check: the facts of a file, priced and judged as a plan's are.

A file does not carry the platform at its phase's cap, where unit costs are judged. Inside the
project that it is of, the program is recorded there; anywhere else those verdicts stay open.

A preview also tells what exists now, and what the update does to it: what the change costs, and
whether anything that holds data is replaced or deleted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Final

from palier import operations
from palier.at_cap import AtCap
from palier.cost import prices
from palier.cost.estimate import Estimate, estimate
from palier.errors import PalierError
from palier.facts import PLATFORM_TYPE
from palier.feeds import reading, recorded
from palier.feeds.export import State
from palier.feeds.places import Place
from palier.feeds.preview import Preview
from palier.feeds.resources import Urn
from palier.gate.gate import Gate, gate_of
from palier.operations import Safety, Touched
from palier.plan import CURRENCY, Plan, Source, Subject, of_facts
from palier.project import Project, find
from palier.verdicts import Status
from palier.verdicts import worst as worst_of

NAMED: Final = 5
"""Resources that a note names before it counts the rest."""
MOST_EXPONENT: Final = 20
"""No amount has more digits, before or after the point."""


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """Where a check runs: a project, or why there is none, and what it judges by."""

    project: Project | str
    gate: Gate


@dataclass(frozen=True, kw_only=True)
class Update:
    """What a preview tells beside what would exist."""

    before: Estimate
    """What exists now, at today's prices and the plan's rate."""
    before_phase: str | None
    before_users: int | None
    touched: tuple[Touched, ...]

    @property
    def safety(self) -> Safety:
        """What the update does to data."""
        return operations.safety(self.touched)


@dataclass(frozen=True, kw_only=True)
class Check:
    """A file, judged."""

    plan: Plan
    update: Update | None
    """Of a preview only."""
    places: Mapping[str, Place]
    """Where in the program a resource is made, by urn."""


def surroundings(folder: Path, settings: Path | None = None) -> Surroundings:
    """The project of a folder, if it is in one.

    Raises:
        PalierError: the project's limits or waivers, or the settings, cannot be read.
    """
    try:
        project = find(folder)
    except PalierError as error:
        return Surroundings(project=str(error), gate=gate_of(str(error), settings))
    return Surroundings(project=project, gate=gate_of(project.root, settings))


def check(file: str, around: Surroundings, usd_rate: Decimal | None = None) -> Check:
    """Price and judge what a file says.

    Args:
        file: its path, `-` for standard input.
        around: what it is judged with.
        usd_rate: euros for a dollar, in the place of the recorded rate.

    Raises:
        PalierError: the file cannot be read, or holds what cannot be.
    """
    kind, document = reading.read(file)
    where = reading.name_of(file)
    recorded.check(document.facts, f"{where}:")
    touched = operations.touched(document) if isinstance(document, Preview) else ()
    told = (operations.verdict(touched),) if isinstance(document, Preview) else ()
    subject = Subject(
        stack=document.stack, facts=document.facts, gate=around.gate,
        at_cap=_at_cap(document, around.project), region=_region(document), usd_rate=usd_rate,
        source=Source(file=where, kind=kind, project=document.project),
        doubts=tuple(_doubts(document)), operations=told, notes=tuple(_notes(document)),
    )  # fmt: skip
    try:
        made = of_facts(subject)
        _check_amounts(made.estimate)
        update = _update(document, made, touched, where) if isinstance(document, Preview) else None
    except PalierError as error:
        raise PalierError(f"{where}: {error}") from None
    # Pricers read what a provider has accepted. A file may have any type at any place.
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise PalierError(
            f"{where}: a resource has a value that no provider accepts ({type(error).__name__})"
        ) from None
    return Check(plan=made, update=update, places=document.sources)


def _update(document: Preview, made: Plan, touched: tuple[Touched, ...], where: str) -> Update:
    recorded.check(document.before, f"{where} oldState:")
    before = estimate(document.before, prices.default(), CURRENCY, made.usd_rate)
    _check_amounts(before)
    root = document.before.only(PLATFORM_TYPE)
    return Update(
        before=before, touched=touched,
        before_phase=str(root.recorded("phase")) if root else None,
        before_users=int(root.recorded("users")) if root else None,
    )  # fmt: skip


def worst(checks: Iterable[Check]) -> Status:
    """The status of several checks: that of the worst."""
    return worst_of(check.plan.status for check in checks)


def _check_amounts(estimate: Estimate) -> None:
    """Refuse amounts that only a forged size makes, and that no report could print."""
    for line in estimate.lines:
        if line.quantity < 0:
            raise PalierError(f"{line.resource}: {line.item}: a quantity below nothing")
        for amount in (line.quantity, line.monthly, line.monthly_usd):
            if amount and abs(amount.adjusted()) > MOST_EXPONENT:
                raise PalierError(f"{line.resource}: {line.item}: a quantity beyond reason")


def _region(document: Preview | State) -> str:
    """Where a stack without a root is: what the engine's config or its provider says."""
    given = document.config.get("gcp:region") if isinstance(document, Preview) else None
    return given or document.facts.provider_region or "-"


def _at_cap(document: Preview | State, project: Project | str) -> AtCap:
    return AtCap(
        project=project, owner=document.project, stack=document.stack,
        config=document.config if isinstance(document, Preview) else None, facts=document.facts,
    )  # fmt: skip


def _doubts(document: Preview | State) -> Iterable[str]:
    """Why the file may not say all there is."""
    if isinstance(document, Preview):
        if document.errors:
            yield f"Not all may be here, for the preview failed: {document.errors[0]}"
        return
    if document.pending:
        told = _named([f"{operation.kind} {operation.urn.name}" for operation in document.pending])
        yield (
            f"An update was interrupted, and the state does not know how it ended: {told}. Settle"
            " it with `palier state unlock` and `pulumi refresh` before the next update: that would"
            " create again."
        )
    if document.deleting:
        told = _named([urn.name for urn in document.deleting])
        yield f"Replaced and not deleted yet, so that it costs until then: {told}."


def _notes(document: Preview | State) -> Iterable[str]:
    if document.external:
        told = _named(_names(document.external))
        yield f"Only read, and of another stack's bill: {told}."


def _names(urns: Iterable[Urn]) -> list[str]:
    return [urn.name for urn in urns]


def _named(names: Sequence[str]) -> str:
    """The first names, and how many more there are."""
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")
