"""A preview: what `pulumi preview --json` says would exist after the update.

Facts are the new states of its steps. What is deleted is an operation, and no fact. The CLI leaves
unchanged resources out unless it is told not to: such a preview is refused, because the rest of a
platform has no price and no budget.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from palier.errors import PalierError, one_of
from palier.facts import Fact, Facts
from palier.feeds import fields
from palier.feeds.places import Place
from palier.feeds.resources import Operation, Resource, Urn, of_one_stack, urn_of
from palier.feeds.resources import read as read_resource

SAME: Final = "same"
REFRESH: Final = "refresh"
MAKES: Final = (
    SAME, "create", "update", "replace", "create-replacement", "import", "import-replacement",
    REFRESH,
)  # fmt: skip
"""Steps after which the resource exists as the step's new state says."""
TAKES: Final = ("delete", "delete-replaced", "discard", "discard-replaced")
READS: Final = ("read", "read-replacement")
OTHER: Final = ("remove-pending-replace", "diff", "extend-parameterize")
"""Steps that change nothing in a cloud."""
LONGEST: Final = 200
"""Letters of a message of the engine that are repeated."""
OPERATIONS: Final = (*MAKES, *TAKES, *READS, *OTHER)


@dataclass(frozen=True, kw_only=True)
class Preview:
    """What an update would leave, and what it would do."""

    project: str
    stack: str
    config: Mapping[str, str]
    facts: Facts
    before: Facts
    """What exists now, as the state of the last update says."""
    sources: Mapping[str, Place]
    """Where in the program a resource is made, by urn, where the engine tells it."""
    operations: tuple[Operation, ...]
    """Every step, in the file's order; a replacement may have several."""
    external: tuple[Urn, ...]
    """What is only read."""
    errors: tuple[str, ...]
    """Why the preview failed, if it did: then steps may be missing."""


@dataclass(frozen=True, kw_only=True)
class _Step:
    operation: Operation
    old: Resource | None
    new: Resource | None


def read(value: object, where: str = "preview:") -> Preview:
    """Read a preview.

    Args:
        value: the parsed file.
        where: its name and a colon, for messages.

    Raises:
        PalierError: a field is not what it must be, or unchanged resources are left out.
    """
    document = fields.fields(value, where.removesuffix(":"))
    errors = _errors(document, where)
    steps = [_step(step, place) for step, place in fields.items(document, "steps", where)]
    if not steps and errors:
        raise PalierError(f"{where} the preview failed before its first step: {errors[0]}")
    project, stack = of_one_stack((step.operation.urn for step in steps), where)
    _check_whole(fields.part(document, "changeSummary", where), steps, where)
    return Preview(
        project=project,
        stack=stack,
        config=_config(document, where),
        facts=Facts.of(_facts(steps)),
        before=Facts.of(_before(steps)),
        sources={
            step.new.urn.text: step.new.place for step in steps if step.new and step.new.place
        },
        operations=tuple(step.operation for step in steps if step.operation.urn.own),
        external=tuple(
            step.new.urn for step in steps if step.new and step.operation.kind in READS
        ),
        errors=errors,
    )  # fmt: skip


def _errors(document: Mapping[str, Any], where: str) -> tuple[str, ...]:
    errors = []
    for item, place in fields.items(document, "diagnostics", where):
        diagnostic = fields.fields(item, place)
        if diagnostic.get("severity") == "error":
            errors.append(_line(fields.maybe_text(diagnostic, "message", place) or "no message"))
    return tuple(errors)


def _line(message: str) -> str:
    """The first line of a message, as far as it is fit to be shown."""
    first = message.strip().partition("\n")[0]
    return "".join(letter for letter in first if letter.isprintable())[:LONGEST]


def _step(value: object, where: str) -> _Step:
    step = fields.fields(value, where)
    kind, urn = fields.text(step, "op", where), urn_of(step, where)
    if kind not in OPERATIONS:
        raise PalierError(f"{where}.op: expected {one_of(OPERATIONS)}, got {kind!r}")
    old, new = (
        read_resource(step[key], f"{where}.{key}", preview=True) if step.get(key) else None
        for key in ("oldState", "newState")
    )
    if kind in MAKES and (new is None or new.urn != urn):
        raise PalierError(f"{where}.newState: expected the state of {urn.text}")
    return _Step(
        operation=Operation(
            kind=kind, urn=urn, protect=any(state and state.fact.protect for state in (old, new)),
            reasons=fields.texts(step, "replaceReasons", where),
        ),
        old=old,
        new=new,
    )  # fmt: skip


def _facts(steps: Iterable[_Step]) -> Iterable[Fact]:
    """What exists after the last step of each resource; a refresh comes before the update."""
    facts: dict[str, Fact] = {}
    for step in steps:
        urn = step.operation.urn
        if step.operation.kind == "delete" and not (step.old and step.old.deleting):
            facts.pop(urn.text, None)
        elif step.operation.kind in MAKES and step.new and urn.own and not step.new.external:
            facts[urn.text] = step.new.fact
    return facts.values()


def _before(steps: Iterable[_Step]) -> Iterable[Fact]:
    """What the first step of each resource found; leftovers of a replacement cost until deleted."""
    facts: dict[str, Fact] = {}
    for step in steps:
        urn, old = step.operation.urn, step.old
        if old and urn.own and not old.external and not old.deleting:
            facts.setdefault(urn.text, old.fact)
    return facts.values()


def _check_whole(summary: Mapping[str, Any], steps: Iterable[_Step], where: str) -> None:
    """Refuse a preview without its unchanged resources, whose number the summary tells.

    A refreshed resource is there with its state, whether or not the update then changes it.
    """
    same = summary.get(SAME, 0)
    if not isinstance(same, int):
        raise PalierError(f"{where} changeSummary.same: expected a number, got {fields.kind(same)}")
    kinds: dict[str, set[str]] = {}
    for step in steps:
        kinds.setdefault(step.operation.urn.text, set()).add(step.operation.kind)
    shown = sum(1 for own in kinds.values() if SAME in own or own == {REFRESH})
    if same > shown:
        raise PalierError(
            f"{where} leaves out {same - shown} unchanged resources: write it with"
            " `pulumi preview --json --show-sames`"
        )


def _config(document: Mapping[str, Any], where: str) -> dict[str, str]:
    config, place = fields.part(document, "config", where), fields.at(where, "config")
    return {key: fields.maybe_text(config, key, place) or "" for key in config}
