"""A cloud opened from its folder: the file of its state, and the file of what it is like.

`settings.json` says how long the cloud takes, what goes wrong in it, its quotas, and whether
controllers act behind Pulumi's back. `cloud.json` is its state.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from palier.errors import PalierError, one_of
from palier.simcloud.cloud import Cloud
from palier.simcloud.faults import Faults
from palier.simcloud.latencies import Latencies
from palier.simcloud.quotas import Quotas
from palier.simcloud.store import Store

STATE: Final = "cloud.json"
SETTINGS: Final = "settings.json"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a cloud is like."""

    pace: float = 0.0
    """Its waits: 0 for none, 1 for as long as Google's take."""
    faults: tuple[str, ...] = ()
    """What goes wrong, one text each (`palier.simcloud.faults`)."""
    quotas: Mapping[str, int | None] | None = None
    """Quotas: none at all, or Google's defaults but for these."""
    controllers: bool = False
    """Whether clusters attach their endpoints to backend services by themselves."""


def save(settings: Settings, folder: Path) -> None:
    """Write the settings of a folder's cloud."""
    text = json.dumps(asdict(settings), indent=2) + "\n"
    (folder / SETTINGS).write_text(text, encoding="utf-8")


def read(folder: Path) -> Settings:
    """Read the settings of a folder's cloud; without a file they are the usual ones.

    Raises:
        PalierError: the file is no such settings.
    """
    file = folder / SETTINGS
    if not file.is_file():
        return Settings()
    try:
        content: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        content["faults"] = tuple(content.get("faults", ()))
        return Settings(**content)
    except (ValueError, TypeError, AttributeError):
        allowed = one_of(Settings.__dataclass_fields__)
        raise PalierError(f"{file}: expected an object of {allowed}") from None


def open_cloud(folder: Path) -> Cloud:
    """The cloud of a folder.

    Raises:
        PalierError: its settings or its state cannot be read.
    """
    settings = read(folder)
    return Cloud(
        Store(folder / STATE),
        latencies=Latencies(settings.pace),
        faults=Faults.parse(settings.faults),
        quotas=Quotas.unlimited() if settings.quotas is None else Quotas.load(settings.quotas),
        controllers=settings.controllers,
    )
