"""A cloud opened from its folder: the file of its state, and the file of what it is like.

`settings.json` says how long the cloud takes, what goes wrong in it, its quotas, and whether
controllers act behind Pulumi's back. `cloud.json` is its state.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from palier.errors import PalierError, one_of, require
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

    def __post_init__(self) -> None:
        Latencies(self.pace)
        self.planned()
        self.limits()

    def planned(self) -> Faults:
        """What goes wrong, counted from now on."""
        return Faults.parse(self.faults)

    def limits(self) -> Quotas:
        """The quotas."""
        return Quotas.unlimited() if self.quotas is None else Quotas.load(self.quotas)


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
        content: Any = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise PalierError(f"{file}: {error.strerror or error}") from None
    except ValueError:
        raise PalierError(f"{file}: is no JSON") from None
    if not isinstance(content, dict) or content.keys() - _KINDS.keys():
        raise PalierError(f"{file}: expected an object of {one_of(_KINDS)}")
    for key, value in content.items():
        holds, what = _KINDS[key]
        require(holds(value), f"{file}: {key}: expected {what}, got {value!r:.60}")
    try:
        return Settings(**content | {"faults": tuple(content.get("faults", ()))})
    except PalierError as error:
        raise PalierError(f"{file}: {error}") from None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


_KINDS: Final[Mapping[str, tuple[Callable[[object], bool], str]]] = {
    "pace": (_is_number, "a number"),
    "faults": (_is_texts, "a list of texts"),
    "quotas": (lambda value: value is None or isinstance(value, dict), "an object or null"),
    "controllers": (lambda value: isinstance(value, bool), "true or false"),
}
"""What each of the settings must be."""


def open_cloud(folder: Path, over: threading.Event | None = None) -> Cloud:
    """The cloud of a folder.

    Args:
        folder: where its files are.
        over: set when nobody waits for the cloud any more, so that its waits end.

    Raises:
        PalierError: its settings or its state cannot be read.
    """
    settings = read(folder)
    ended = over or threading.Event()

    def sleep(seconds: float) -> None:
        ended.wait(seconds)

    return Cloud(
        Store(folder / STATE),
        latencies=Latencies(settings.pace, sleep=sleep),
        faults=settings.planned(),
        quotas=settings.limits(),
        controllers=settings.controllers,
    )
