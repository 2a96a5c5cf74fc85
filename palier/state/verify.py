"""Whether a state is whole: what the CLI would refuse to load, and what would surprise an update.

The rules of the first kind are those of the engine's own integrity check; it names the first
breach only, here every one has its line.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from palier.errors import PalierError
from palier.state.checkpoint import (
    Checkpoint,
    Resource,
    in_clear,
    is_provider,
    provider_urn,
    references,
    secrets,
)

MANIFEST_SUFFIX: Final = ".manifest.json"
WHOLE: Final = "the state"
"""What a finding is of when no resource is at fault."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that is wrong, and with which resource."""

    urn: str
    message: str
    pending: bool = False
    """An operation was under way; the state is whole nevertheless."""

    def __str__(self) -> str:
        return f"{self.urn}: {self.message}"


def check(state: Checkpoint) -> list[Finding]:
    """Everything that is wrong with a state, in the order of its resources."""
    return [*_whole(state), *_resources(state.resources), *_twins(state.resources),
            *_pending(state)]  # fmt: skip


def _whole(state: Checkpoint) -> Iterator[Finding]:
    manifest = state.latest.get("manifest")
    if isinstance(manifest, dict):
        version = str(manifest.get("version") or "")
        magic = hashlib.sha256(version.encode()).hexdigest() if version else ""
        if (manifest.get("magic") or "") != magic:
            yield Finding(urn=WHOLE, message="its magic number is not that of its CLI's version")
    elif state.resources:
        yield Finding(urn=WHOLE, message="has no manifest")
    if clear := in_clear(state):
        yield Finding(urn=WHOLE, message=f"{clear} secrets are readable without a key")
    provider = state.latest.get("secrets_providers")
    if secrets(state.resources) and not (isinstance(provider, dict) and provider.get("type")):
        yield Finding(urn=WHOLE, message="has secrets, and does not say what encrypted them")


def _resources(resources: list[Resource]) -> Iterator[Finding]:
    everywhere = {row["urn"] for row in resources}
    before: set[str] = set()
    providers: set[str] = set()
    for row in resources:
        urn = row["urn"]
        for message in _own(row):
            yield Finding(urn=urn, message=message)
        for word, other in references(row):
            if other not in before:
                how = "comes after it" if other in everywhere else "is not in the state"
                yield Finding(urn=urn, message=f"its {word} {other} {how}")
        reference = row.get("provider")
        if reference and reference not in providers and not row.get("pendingReplacement"):
            how = "comes after it" if provider_urn(row) in everywhere - before else "is unknown"
            yield Finding(urn=urn, message=f"its provider {reference} {how}")
        if is_provider(row):
            providers.add(f"{urn}::{row.get('id')}")
        before.add(urn)


def _own(row: Resource) -> Iterator[str]:
    """What is wrong with a resource by itself."""
    if not row["urn"].startswith("urn:pulumi:"):
        yield "is no urn"
    if not row.get("type"):
        yield "has no type"
    if row.get("custom") and not row.get("id"):
        yield "is a custom resource without an id"
    if not row.get("custom") and row.get("id"):
        yield f"is a component and has the id {row['id']}"


def _twins(resources: list[Resource]) -> Iterator[Finding]:
    """One urn may be there again only as what is about to be deleted."""
    kept = Counter(row["urn"] for row in resources if not row.get("delete"))
    for urn, count in kept.items():
        if count > 1:
            yield Finding(urn=urn, message=f"is in the state {count} times")


def _pending(state: Checkpoint) -> Iterator[Finding]:
    for item in state.pending:
        yield Finding(
            urn=item.resource["urn"], message=f"was interrupted while {item.type}", pending=True
        )


def check_manifest(file: Path, data: bytes) -> list[Finding]:
    """Whether a backup is what its manifest says; a file without one is not asked.

    Raises:
        PalierError: the manifest is unreadable.
    """
    manifest = file.with_name(file.name.removesuffix(".json") + MANIFEST_SUFFIX)
    if not manifest.is_file():
        return []
    try:
        told = json.loads(manifest.read_text(encoding="utf-8"))["sha256"]
    except (OSError, ValueError, LookupError, TypeError):
        raise PalierError(f"{manifest}: unreadable") from None
    found = hashlib.sha256(data).hexdigest()
    if told == found:
        return []
    message = f"its checksum is {found[:12]}…, {manifest.name} says {str(told)[:12]}…"
    return [Finding(urn=file.name, message=message)]
