"""A place for states: made private, encrypted and versioned, or checked and mended if it exists."""

from __future__ import annotations

import shlex
import stat
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal

from palier.errors import PalierError, require
from palier.state.address import Address

KEPT_DAYS: Final = 90
"""How long a replaced state is kept: a quarter, in which a mistake is noticed."""
ABORT_DAYS: Final = 7
"""After how long the parts of an upload that never ended are removed."""
PRIVATE: Final = 0o700

Outcome = Literal["made", "ok", "mended", "note"]


@dataclass(frozen=True, kw_only=True)
class Line:
    """One property of the place: whether it was right, and what it is now."""

    outcome: Outcome
    text: str


def placed(address: Address, region: str | None) -> Address:
    """The address with the region that its bucket is to be in: S3 is asked in that very region.

    Raises:
        PalierError: the URL names another one.
    """
    if address.scheme != "s3" or region is None:
        return address
    told = address.query.get("region", region)
    require(told == region, f"{address.shown}: names the region {told}, and --region {region}")
    return replace(address, query={**address.query, "region": region})


def ensure(address: Address, region: str | None, key: str | None) -> list[Line]:
    """Make the place of an address, or mend it.

    Raises:
        PalierError: it is somebody else's, or the service refuses.
    """
    if address.scheme == "file":
        require(key is None and region is None,
                "bootstrap file://…: --region and --kms-key are for buckets")  # fmt: skip
        return _folder(Path(address.bucket) / address.prefix)
    if address.scheme == "s3":
        from palier.state import s3_bucket  # noqa: PLC0415 only what is used

        return s3_bucket.ensure(address, region, key)
    from palier.state import gcs_bucket  # noqa: PLC0415

    return gcs_bucket.ensure(address, region, key)


def login(address: Address) -> str:
    """The command that makes the CLI use it."""
    return shlex.join(["pulumi", "login", address.shown])


def _folder(folder: Path) -> list[Line]:
    lines = []
    try:
        if not folder.exists():
            folder.mkdir(mode=PRIVATE, parents=True)
            lines.append(Line(outcome="made", text=f"folder {folder}, mode 0700"))
        else:
            require(folder.is_dir(), f"{folder}: is no folder")
            mode = stat.S_IMODE(folder.stat().st_mode)
            if mode & ~PRIVATE:
                folder.chmod(mode & PRIVATE)
                text = f"folder {folder}: mode was {mode:04o}, is {mode & PRIVATE:04o}"
                lines.append(Line(outcome="mended", text=text))
            else:
                lines.append(Line(outcome="ok", text=f"folder {folder}, mode {mode:04o}"))
    except OSError as error:
        raise PalierError(f"{folder}: {error.strerror or error}") from None
    text = "a folder keeps no versions: only Pulumi's own backups, on the same disk"
    return [*lines, Line(outcome="note", text=text)]
