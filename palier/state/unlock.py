"""After an interrupted update: its lock is explained and removed, what was under way is settled.

Everything is decided before anything is changed, and the old lock goes last: until then no
update can start and make things twice.
"""

from __future__ import annotations

from dataclasses import dataclass

from palier.errors import PalierError
from palier.state import backup, checkpoint, layout, locks, pending, verify
from palier.state.backend import Backend
from palier.state.checkpoint import Checkpoint
from palier.state.layout import Stack, Stored
from palier.state.locks import Lock
from palier.state.pending import Answers, Decision


@dataclass(frozen=True, kw_only=True)
class Situation:
    """What an interrupted update left, and what would become of it."""

    stack: Stack
    locks: tuple[Lock, ...]
    stored: Stored | None
    state: Checkpoint | None
    decisions: tuple[Decision, ...]
    obstacle: str | None = None
    """Key of what keeps the CLI from reading the state, which is whole."""

    @property
    def undecided(self) -> list[Decision]:
        """Operations that somebody must look into first."""
        return [item for item in self.decisions if item.action == "ask"]

    @property
    def clean(self) -> bool:
        """Whether there is nothing to do."""
        return not self.locks and not self.decisions and self.obstacle is None


def look(backend: Backend, stack: Stack, answers: Answers) -> Situation:
    """What is locked and what is pending. Nothing is changed.

    Raises:
        PalierError: an update still runs on this host, the state cannot be read, or an answer is
            about something that is not pending.
    """
    held = locks.read(backend, stack)
    for lock in held:
        if lock.alive:
            raise PalierError(
                f"{stack.full} is locked, {lock}, and that process still runs here: let it end, or"
                " stop it with one Ctrl-C, which lets it write its state"
            )
    stored = layout.current(backend, stack)
    if stored is None:
        if not held:
            layout.existing(backend, stack)  # says which stacks there are
        return Situation(stack=stack, locks=tuple(held), stored=None, state=None, decisions=())
    state = checkpoint.decode(stored.blob.data, f"{backend.address.shown}: {stored.key}")
    return Situation(
        stack=stack, locks=tuple(held), stored=stored, state=state,
        decisions=tuple(pending.decide(state, answers)), obstacle=backend.obstacle(stored.key),
    )  # fmt: skip


def apply(backend: Backend, situation: Situation) -> str | None:
    """Settle what is pending, then remove the locks; say where the old state is kept.

    Raises:
        PalierError: something is undecided, the state is broken, or somebody works on the stack.
    """
    if situation.undecided:
        raise PalierError(f"{situation.undecided[0].urn}: is undecided")
    dead = frozenset(lock.key for lock in situation.locks)
    with locks.taken(backend, situation.stack, dead):
        kept = None
        if situation.decisions and situation.stored and situation.state:
            settled = pending.settle(situation.state, situation.decisions)
            kept = _write(backend, situation.stack, situation.stored, settled)
        for key in sorted(dead | ({situation.obstacle} if situation.obstacle else set())):
            backend.delete(key)
    return kept


def _write(backend: Backend, stack: Stack, stored: Stored, settled: Checkpoint) -> str:
    if broken := verify.check(settled):
        raise PalierError(
            f"{stack.full}: the state is broken besides, {broken[0]}; see"
            f" `palier state verify {stack.name}`, and restore a version"
        )
    kept = backup.keep(backend, stack, stored)
    backend.put(stored.key, checkpoint.encode(settled, stack.full, stored.key), stored.blob.tag)
    return kept
