"""Which Pulumi CLI to use: the one on PATH if it is new enough, else one that `make engine` built.

Owns the places and the minimum version. Building is `tools/engine.py`.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from palier.errors import PalierError

MINIMUM: Final = (3, 200, 0)
"""The oldest CLI that every command here was made for."""
HOST: Final = "pulumi-language-python"
INSTALL: Final = "https://www.pulumi.com/docs/iac/download-install/"
MISSING: Final = (
    f"no Pulumi CLI of {MINIMUM[0]}.{MINIMUM[1]} or later with its Python language host on PATH,"
    f" and none built: install Pulumi ({INSTALL}), or run `make engine` in a clone of palier"
)


@dataclass(frozen=True, kw_only=True)
class Engine:
    """A Pulumi CLI that can run Python programs."""

    pulumi: Path
    version: tuple[int, int, int]
    built: bool
    """Whether `make engine` built it; its language host is then the stand-in."""

    @property
    def spoken(self) -> str:
        """The version as people write it."""
        return "v" + ".".join(map(str, self.version))


def cache_folder() -> Path:
    """Where built tools live, for all clones: `${XDG_CACHE_HOME:-~/.cache}/palier`."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "palier"


def platform_name() -> str:
    """The operating system and machine, spelled as Go spells them."""
    machine = platform.machine().lower()
    go = {"x86_64": "amd64", "aarch64": "arm64"}.get(machine, machine)
    return f"{platform.system().lower()}-{go}"


def built_in(version: str) -> Path:
    """Folder of a built CLI and its language host; `version` as in `v3.256.0`."""
    return cache_folder() / f"pulumi-{version}-{platform_name()}"


@cache
def version_of(pulumi: Path) -> tuple[int, int, int] | None:
    """The version that a CLI tells of itself; nothing when it is none or tells nothing."""
    try:
        asked = subprocess.run(  # noqa: S603 a CLI that the user has
            [pulumi, "version"], capture_output=True, text=True, timeout=60, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.match(r"v?(\d+)\.(\d+)\.(\d+)", asked.stdout.strip())
    return (int(found[1]), int(found[2]), int(found[3])) if found else None


def host_of(pulumi: Path) -> Path | None:
    """The language host of a CLI: the one beside it, else one on PATH."""
    beside = pulumi.resolve().parent / HOST
    elsewhere = shutil.which(HOST)
    return beside if beside.is_file() else Path(elsewhere) if elsewhere else None


def on_path() -> Engine | None:
    """The CLI on PATH, if it is new enough and its language host is there."""
    found = shutil.which("pulumi")
    if found is None:
        return None
    pulumi = Path(found)
    version = version_of(pulumi)
    if version is None or version < MINIMUM or host_of(pulumi) is None:
        return None
    return Engine(pulumi=pulumi, version=version, built=False)


def built() -> Engine | None:
    """The newest CLI that was built on this machine."""
    found = []
    for pulumi in cache_folder().glob(f"pulumi-v*-{platform_name()}/pulumi"):
        version = version_of(pulumi)
        if version is not None and version >= MINIMUM and (pulumi.parent / HOST).is_file():
            found.append(Engine(pulumi=pulumi, version=version, built=True))
    return max(found, key=lambda engine: engine.version, default=None)


def find() -> Engine:
    """The CLI to use.

    Raises:
        PalierError: there is none, and how to get one.
    """
    engine = on_path() or built()
    if engine is None:
        raise PalierError(MISSING)
    return engine
