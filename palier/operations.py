"""Operations: what an update would do to resources, and to those that hold data.

No rule of resources can see this. A policy pack is told what would exist, and not that a database
becomes another, empty one on the way; a preview's steps tell both.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from palier.facts import Fact
from palier.feeds.preview import Preview
from palier.feeds.resources import Operation
from palier.gate.catalogue import KEPT
from palier.ledger import STATEFUL, is_stateful
from palier.verdicts import Finding, Verdict

Change = Literal["created", "changed", "replaced", "deleted"]
KINDS: Final[dict[Change, tuple[str, ...]]] = {
    "replaced": ("replace", "create-replacement", "delete-replaced", "import-replacement"),
    "deleted": ("delete", "discard", "discard-replaced"),
    "created": ("create", "import"),
    "changed": ("update",),
}
"""The engine's steps by what they do, the one that decides first: a replacement has several."""
LOSES: Final[tuple[Change, ...]] = ("replaced", "deleted")

Safety = Literal["untouched", "in place", "at risk"]
"""What an update does to data: nothing; changes what holds them; replaces or deletes it."""


@dataclass(frozen=True, kw_only=True)
class Touched:
    """A resource that an update does something to."""

    change: Change
    name: str
    type: str
    urn: str
    stateful: bool
    protect: bool
    reasons: tuple[str, ...]
    """Properties that make it a replacement."""


def touched(preview: Preview) -> tuple[Touched, ...]:
    """Resources that an update creates, changes, replaces or deletes, once each."""
    by_urn: dict[str, list[Operation]] = {}
    for operation in preview.operations:
        by_urn.setdefault(operation.urn.text, []).append(operation)
    found = []
    for urn, operations in sorted(by_urn.items()):
        change = _change({operation.kind for operation in operations})
        if change is not None:
            fact = preview.before.by_urn.get(urn) or preview.facts.by_urn.get(urn)
            found.append(_touched(change, operations, fact))
    return tuple(found)


def _change(kinds: set[str]) -> Change | None:
    return next((change for change, own in KINDS.items() if kinds & {*own}), None)


def _touched(change: Change, operations: list[Operation], fact: Fact | None) -> Touched:
    urn = operations[0].urn
    return Touched(
        change=change, name=urn.name, type=urn.type, urn=urn.text,
        stateful=is_stateful(fact) if fact else urn.type in STATEFUL,
        protect=any(operation.protect for operation in operations),
        reasons=tuple(dict.fromkeys(one for step in operations for one in step.reasons)),
    )  # fmt: skip


def verdict(resources: Iterable[Touched]) -> Verdict:
    """Whether everything that holds data stays what it is."""
    findings = tuple(
        Finding(status="fail", message=_told(one), name=one.name, urn=one.urn)
        for one in resources
        if one.stateful and one.change in LOSES
    )
    return KEPT.of_findings(findings, "nothing that holds data is replaced or deleted")


def _told(one: Touched) -> str:
    why = f" for {', '.join(one.reasons)}" if one.reasons else ""
    return f"would be {one.change}{why}"


def safety(resources: Iterable[Touched]) -> Safety:
    """The class of an update, for those who review it."""
    changes = {one.change for one in resources if one.stateful}
    if changes & {*LOSES}:
        return "at risk"
    return "in place" if "changed" in changes else "untouched"
