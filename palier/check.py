"""A check: the facts of a file, priced and judged as a plan's are.

A file does not carry the platform at its phase's cap, where unit costs are judged. Inside the
project that it is of, the program is recorded there; anywhere else those verdicts stay open.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Final

from palier import phases, recorder
from palier.budget.judge import Status
from palier.budget.limits import Limits
from palier.cost.estimate import Estimate
from palier.errors import PalierError
from palier.facts import PLATFORM_TYPE, PROVIDER_PREFIX, Facts
from palier.feeds import reading, recorded
from palier.feeds.export import State
from palier.feeds.preview import Preview
from palier.feeds.resources import Urn
from palier.plan import Plan, Source, Subject, limits_of, of_facts
from palier.project import Project, find

NAMED: Final = 5
"""Resources that a note names before it counts the rest."""
MOST_EXPONENT: Final = 20
"""No amount has more digits, before or after the point."""
SAME_SITE: Final = ("home", "regions")
"""What a program must record as the file does, to stand for it at the cap."""
GONE: Final = ("delete", "delete-replaced")
REPLACED: Final = ("replace", "create-replacement")
WORST: Final[tuple[Status, ...]] = ("fail", "inconclusive", "pass")


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """Where a check runs: a project, or why there is none, and its limits."""

    project: Project | str
    limits: Limits | str


def surroundings(folder: Path) -> Surroundings:
    """The project of a folder, if it is in one.

    Raises:
        PalierError: the project's limits cannot be read.
    """
    try:
        project = find(folder)
    except PalierError as error:
        return Surroundings(project=str(error), limits=f"{error}.")
    return Surroundings(project=project, limits=limits_of(project))


def check(file: str, around: Surroundings, usd_rate: Decimal | None = None) -> Plan:
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
    subject = Subject(
        stack=document.stack, facts=document.facts, limits=around.limits,
        at_cap=_at_cap(document, around.project), region=_region(document), usd_rate=usd_rate,
        source=Source(file=where, kind=kind, project=document.project),
        doubts=tuple(_doubts(document)), notes=tuple(_notes(document)),
    )  # fmt: skip
    try:
        made = of_facts(subject)
        _check_amounts(made.estimate)
    except PalierError as error:
        raise PalierError(f"{where}: {error}") from None
    # Pricers read what a provider has accepted. A file may have any type at any place.
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise PalierError(
            f"{where}: a resource has a value that no provider accepts ({type(error).__name__})"
        ) from None
    return made


def worst(plans: Iterable[Plan]) -> Status:
    """The status of several plans: that of the worst."""
    return min((plan.status for plan in plans), key=WORST.index)


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
    if isinstance(document, Preview) and document.config.get("gcp:region"):
        return document.config["gcp:region"]
    for fact in document.facts.of_type(f"{PROVIDER_PREFIX}gcp"):
        if isinstance(region := fact.read("region"), str):
            return region
    return "-"


def _at_cap(
    document: Preview | State, project: Project | str
) -> Callable[[phases.Phase], Facts | str]:
    def facts(phase: phases.Phase) -> Facts | str:
        if isinstance(project, str):
            return project
        if project.name != document.project:
            return (
                f"the file is of project {document.project}, and Pulumi.yaml here of {project.name}"
            )
        try:
            config = (
                document.config if isinstance(document, Preview) else project.config(document.stack)
            )
            pinned = {"palier:phase": phase.name, "palier:users": str(phase.max_users)}
            found = recorder.record_project(project, document.stack, {**config, **pinned})
        except PalierError as error:
            return f"the program does not run for it: {error}"
        there, here = found.only(PLATFORM_TYPE), document.facts.only(PLATFORM_TYPE)
        for key in SAME_SITE:
            if there is None or here is None or there.recorded(key) != here.recorded(key):
                return f"the program here records other {key} than the file"
        return found

    return facts


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
    if isinstance(document, State):
        return
    for kinds, word in ((REPLACED, "Replaced"), (GONE, "Deleted")):
        named = {
            operation.urn.text: operation.urn.name
            + (" (protected)" if operation.protect else "")
            + (f" for {', '.join(operation.reasons)}" if operation.reasons else "")
            for operation in document.operations
            if operation.kind in kinds
        }
        if named:
            yield f"{word}: {_named(list(named.values()))}."


def _names(urns: Iterable[Urn]) -> list[str]:
    return [urn.name for urn in urns]


def _named(names: Sequence[str]) -> str:
    """The first names, and how many more there are."""
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")
