"""What a person reads of a state: lines of plain text, the next commands last."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from palier.state import bootstrap, restore
from palier.state.address import Address
from palier.state.backup import Made
from palier.state.layout import Stack
from palier.state.pending import Decision
from palier.state.restore import Restored, Seen
from palier.state.unlock import Situation

MARKS = {"made": "+", "ok": "✔", "mended": "~", "note": "!"}
DOES = {"drop": "its entry is dropped", "ask": "look, and say: --adopt 'URN=ID' or --gone 'URN'"}


def bootstrapped(lines: Iterable[bootstrap.Line], address: Address) -> Iterator[str]:
    """What a place for states has, and how to use it."""
    for line in lines:
        yield f"{MARKS[line.outcome]} {line.text}"
    yield ""
    yield bootstrap.login(address)


def backed_up(made: Made) -> Iterator[str]:
    """Where a backup is, and what is not quiet about it."""
    manifest = made.manifest
    yield f"{made.file}: {manifest['resources']} resources, sha256 {manifest['sha256']}"
    yield f"{made.manifest_file}"
    for held in manifest.get("locked", []):
        yield f"! backed up while locked, {held}: an update may be half done in it"
    for item in manifest["pending_operations"]:
        yield f"! {item['urn']}: was interrupted while {item['type']}"


def listed(rows: Iterable[Seen], more: int) -> Iterator[str]:
    """The states that can be restored."""
    for row in rows:
        item = row.candidate
        holds = "unreadable" if row.resources is None else f"{row.resources} resources"
        if row.pending:
            holds += f", {row.pending} pending"
        now = "  (current)" if item.current else ""
        time = item.modified.isoformat(timespec="seconds")
        yield f"{time}  {item.kind:<8} {item.id}  {holds}{now}"
    if more > 0:
        yield f"… and {more} older: --limit"


def restored(done: Restored, stack: Stack) -> Iterator[str]:
    """What a restoration did, and what is to be done next, in order."""
    yield f"{stack.full} is now {done.where}: {done.resources} resources"
    if done.kept:
        yield f"what it replaces is kept as {done.kept.rsplit('/', 1)[-1]}"
    if not done.compared and done.kept:
        yield "! what it replaces is unreadable: what the cloud has besides is not known"
    if done.rekeyed:
        yield "! its secrets were encrypted otherwise: it needs the passphrase or key of then"
    for item in done.unsettled:
        yield f"! {item.resource['urn']}: was interrupted while {item.type}, and is in no state now"
    for row in done.returned:
        yield f"! {row['urn']}: is back in the state; a refresh drops it if it is gone"
    yield ""
    yield "Next, because the cloud is newer than this state:"
    yield f"  pulumi refresh --stack {stack.full} --preview-only"
    yield f"  pulumi refresh --stack {stack.full}"
    if done.orphans:
        yield "  # what the replaced state had and this one does not: in the cloud, without owner"
    for orphan in done.orphans:
        yield f"  {restore.import_line(orphan, stack)}"
    yield f"  pulumi preview --stack {stack.full}"


def situation(found: Situation) -> Iterator[str]:
    """What an interrupted update left, and what becomes of it."""
    if found.clean:
        yield f"{found.stack.full}: no lock, nothing pending"
        return
    for lock in found.locks:
        yield f"locked: {lock}"
        if lock.here:
            yield "  that process has ended; its lock is removed"
        elif lock.pid is not None:
            yield f"  whether it still runs is not known here: look on {lock.host} before --yes"
    if found.stored is None:
        yield "! there is no such stack: only its lock is removed"
    if found.obstacle:
        yield f"{found.obstacle}: was cut off while it was written; the CLI cannot read past it"
        yield "  the state itself is whole; that file is removed"
    for decision in found.decisions:
        yield from _decided(decision)


def _decided(decision: Decision) -> Iterator[str]:
    yield f"{decision.operation.type}: {decision.urn}"
    yield f"  {decision.why}"
    if decision.action == "adopt":
        yield f"  it enters the state as {decision.id}"
    else:
        yield f"  {DOES[decision.action]}"
    if decision.action == "ask":
        yield f"  {decision.lookup or 'no command is known for its type: look in its console'}"


def unlocked(found: Situation, kept: str | None) -> Iterator[str]:
    """What was done, and the next commands in order."""
    yield ""
    if kept:
        yield f"the state from before is kept as {kept.rsplit('/', 1)[-1]}"
    yield "Next:"
    yield f"  pulumi refresh --stack {found.stack.full}"
    yield f"  pulumi up --stack {found.stack.full}"
