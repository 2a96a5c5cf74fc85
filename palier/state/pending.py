"""What an interrupted operation may have done, and what becomes of its entry.

An object that was being created is put into the state under the id it would have: the next
refresh keeps it if it exists and drops it if not, so it is neither made twice nor forgotten.
Where only the service knows the id, somebody has to look.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from palier import wire
from palier.errors import PalierError
from palier.facts import UNKNOWN
from palier.state import kubernetes_ids, lookups
from palier.state.checkpoint import (
    Checkpoint,
    Operation,
    Resource,
    is_provider,
    ordered,
    provider_urn,
    references,
)

IN_STATE_ONLY: Final = ("random:", "tls:")
"""Packages whose resources exist nowhere but in the state."""

Action = Literal["drop", "adopt", "ask"]


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What becomes of one pending operation, and why."""

    operation: Operation
    action: Action
    why: str
    id: str | None = None
    """The id under which it enters the state."""
    lookup: str | None = None
    """A command that shows whether it exists."""

    @property
    def urn(self) -> str:
        """Of the resource it was done to."""
        return str(self.operation.resource["urn"])


@dataclass(frozen=True, kw_only=True)
class Answers:
    """What somebody found by looking: ids of what exists, urns of what does not."""

    adopt: Mapping[str, str]
    gone: frozenset[str]


def decide(state: Checkpoint, answers: Answers) -> list[Decision]:
    """What becomes of every pending operation.

    Raises:
        PalierError: an answer is about something that is not pending.
    """
    urns = {item.resource["urn"] for item in state.pending}
    known = {row["urn"] for row in state.resources}
    for urn in [*answers.adopt, *answers.gone]:
        if urns and urn not in urns | known:
            raise PalierError(f"{urn}: is not pending; pending are {', '.join(sorted(urns))}")
    for urn in answers.gone & set(answers.adopt):
        raise PalierError(f"{urn}: --adopt and --gone contradict each other")
    return [_decide(state, item, answers) for item in state.pending]


def _decide(state: Checkpoint, item: Operation, answers: Answers) -> Decision:
    if item.type == "creating":
        return _creating(state, item, answers)
    if item.type == "reading":
        return Decision(operation=item, action="drop", why="it was only looked at")
    id_ = item.resource.get("id")
    there = any(
        row["urn"] == item.resource["urn"] and row.get("id") == id_ for row in state.resources
    )
    what = {
        "updating": "its settings may be the old ones, the new ones or some of both",
        "deleting": "it may be there or gone",
        "importing": "it exists and was about to be taken over",
    }.get(item.type)
    if what is None:
        raise PalierError(f"{item.resource['urn']}: unknown operation {item.type!r}")
    if there or not id_:
        return Decision(operation=item, action="drop", why=f"{what}; a refresh tells")
    return Decision(operation=item, action="adopt", id=id_, why=f"{what}; it is not in the state")


def _creating(state: Checkpoint, item: Operation, answers: Answers) -> Decision:
    row = item.resource
    urn, type_ = row["urn"], str(row.get("type", ""))
    if not row.get("custom") or is_provider(row) or type_.startswith(IN_STATE_ONLY):
        return Decision(operation=item, action="drop", why="it exists in the state only")
    if urn in answers.gone:
        return Decision(operation=item, action="drop", why="you say it does not exist")
    if urn in answers.adopt:
        id_ = answers.adopt[urn]
        return Decision(operation=item, action="adopt", id=id_, why="you say it exists")
    known, old = id_of(state, row), _replaced(state, urn)
    if old is not None and not old.get("pendingReplacement"):
        return _replacing(item, str(old.get("id")), known)
    if known is None:
        return _ask(item, "it may exist, under an id that only the service knows")
    why = "it may exist; a refresh keeps it, or drops it when it does not"
    return Decision(operation=item, action="adopt", id=known, why=why)


def _replacing(item: Operation, old: str, known: str | None) -> Decision:
    """A creation that was to replace something which is still there."""
    if known == old:
        why = "it would have the id of what it replaces, which is still there"
        return Decision(operation=item, action="drop", why=why)
    where = f"as {known}" if known else "under an id that only the service knows"
    return _ask(
        item,
        f"it may exist, {where}, to replace {old}, which is still in the state; adopted, it makes"
        f" the next update delete {old}",
    )


def _ask(item: Operation, why: str) -> Decision:
    inputs = _legible(item.resource.get("inputs") or {})
    lookup = lookups.command(str(item.resource.get("type")), inputs)
    return Decision(operation=item, action="ask", why=why, lookup=lookup)


def _replaced(state: Checkpoint, urn: str) -> Resource | None:
    """The resource that an interrupted creation was to replace."""
    rows = [row for row in state.resources if row["urn"] == urn and not row.get("delete")]
    return rows[0] if rows else None


def id_of(state: Checkpoint, row: Resource) -> str | None:
    """The id that a resource has if it exists, from its inputs and its provider's."""
    from palier.provider import answers  # noqa: PLC0415 the tables of all types
    from palier.provider.tree import UnknownTypeError  # noqa: PLC0415

    type_, inputs = str(row["type"]), _legible(row.get("inputs") or {})
    if type_.startswith(kubernetes_ids.PREFIX):
        return kubernetes_ids.id_of(type_, inputs)
    try:
        return answers.id_of(type_, inputs, _surroundings(state, row))
    except UnknownTypeError:
        return None


def _surroundings(state: Checkpoint, row: Resource) -> dict[str, str]:
    """What a resource's provider is set to: project, region and zone when its own are absent."""
    urn = provider_urn(row)
    found = (item.get("inputs") for item in state.resources if item["urn"] == urn)
    inputs = _legible(next(found, None) or {})
    return {key: value for key, value in inputs.items() if isinstance(value, str)}


def _legible(value: Any) -> Any:  # noqa: ANN401 any JSON value
    """Inputs as facts hold them: without a provider's marks, what is encrypted unknown."""
    if isinstance(value, Mapping):
        if value.get(wire.SIGNATURE) == wire.SECRET:
            return UNKNOWN
        return {key: _legible(item) for key, item in _unmarked(value)}
    return [_legible(item) for item in value] if isinstance(value, list) else wire.plain(value)


def settle(state: Checkpoint, decisions: Sequence[Decision]) -> Checkpoint:
    """The state with all its pending operations decided: none is left, all that may exist is in.

    Raises:
        PalierError: something that is adopted stands on what the state does not have.
    """
    resources = state.resources
    entries = [_entry(item) for item in decisions if item.action == "adopt"]
    for entry in entries:
        resources = _with(resources, entry)
    urns = {row["urn"] for row in resources}
    for entry in entries:
        for word, urn in [*references(entry), ("provider", provider_urn(entry))]:
            if urn is not None and urn not in urns:
                raise PalierError(
                    f"{entry['urn']}: its {word} {urn} is not in the state; restore an older one"
                )
    return state.changed(ordered(resources), [])


def _entry(decision: Decision) -> Resource:
    """A resource as the engine would have recorded it, had it seen the end of its creation.

    A provider looks for an object by its last known outputs: until a refresh they are its inputs.
    """
    row = dict(decision.operation.resource) | {"id": decision.id}
    row.setdefault("outputs", _without_marks(row.get("inputs") or {}))
    return row


def _without_marks(value: Any) -> Any:  # noqa: ANN401 any JSON value
    """Inputs without the keys that a provider adds for itself."""
    if isinstance(value, Mapping):
        return {key: _without_marks(item) for key, item in _unmarked(value)}
    return [_without_marks(item) for item in value] if isinstance(value, list) else value


def _unmarked(value: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Keys and values but for a provider's own, as `__defaults`."""
    return [(key, item) for key, item in value.items() if not key.startswith("__")]


def _with(resources: Sequence[Resource], row: Resource) -> list[Resource]:
    """Resources with one more. What it replaces is dropped when it is deleted, else marked so."""
    kept = []
    for item in resources:
        if item["urn"] != row["urn"] or item.get("delete") or row.get("delete"):
            kept.append(item)
        elif not item.get("pendingReplacement"):
            kept.append(item | {"delete": True})
    return [*kept, row]
