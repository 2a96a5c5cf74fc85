"""Provide the servers that the reference application is tested against, from Debian's packages.

`python -m tools.debian`: installs what is missing when it may, and else says what to install. No
service is started: the tests run servers of their own, in folders of their own.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from palier.errors import PalierError

PACKAGES: Final[Mapping[str, str]] = {
    "pg_ctl": "postgresql",
    "pgbouncer": "pgbouncer",
    "redis-server": "redis-server",
    "haproxy": "haproxy",
    "prometheus": "prometheus",
    "git": "git",
}
"""Each program that is needed, and the package it comes with."""
POSTGRES: Final = Path("/usr/lib/postgresql")
"""Debian keeps the servers of each version here, and none of them on PATH."""
ADMIN: Final = (Path("/usr/sbin"), Path("/usr/local/sbin"))
"""Where servers are; only root has these on PATH."""
POLICY: Final = Path("/usr/sbin/policy-rc.d")
"""Packages ask this before they start a service; 101 means no."""
NO_CLUSTER: Final = Path("/etc/postgresql-common/createcluster.d/none.conf")
"""The package of PostgreSQL reads this before it makes a cluster of its own."""


def find(program: str) -> Path | None:
    """Where a program is; of several versions of PostgreSQL the newest."""
    versions = [file for file in POSTGRES.glob("*/bin") if file.parent.name.isdigit()]
    newest = sorted(versions, key=lambda file: int(file.parent.name), reverse=True)
    path = os.pathsep.join(map(str, [*newest, os.environ.get("PATH", ""), *ADMIN]))
    found = shutil.which(program, path=path)
    return Path(found) if found else None


def need(program: str) -> Path:
    """Where a program is.

    Raises:
        PalierError: it is not there.
    """
    found = find(program)
    if found is None:
        package = PACKAGES.get(program, program)
        raise PalierError(f"no {program}; run: python -m tools.debian, or install {package}")
    return found


def missing() -> list[str]:
    """The packages whose programs are not there."""
    return [package for program, package in PACKAGES.items() if find(program) is None]


def provide() -> list[str]:
    """Install what is missing; says which packages those were.

    Raises:
        PalierError: this user may not install, this is no Debian, or it failed.
    """
    wanted = missing()
    if not wanted:
        return []
    apt = shutil.which("apt-get")
    if apt is None or os.geteuid() != 0:
        said = "as root, " if apt else "this is no Debian; "
        raise PalierError(f"missing; {said}install: {' '.join(wanted)}")
    with no_services():
        run(apt, "update")
        run(apt, "install", "--yes", "--no-install-recommends", *wanted)
    if left := missing():
        raise PalierError(f"installed, and still not there: {' '.join(left)}")
    return wanted


def run(apt: str, *arguments: str) -> None:
    """One step of apt-get, which asks nobody anything and waits for another one.

    Raises:
        PalierError: it failed.
    """
    done = subprocess.run(  # noqa: S603 our own arguments
        [apt, "-qq", "-o", "DPkg::Lock::Timeout=120", *arguments], check=False,
        stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL,
        env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"},
    )  # fmt: skip
    if done.returncode:
        raise PalierError(f"apt-get {arguments[0]} failed, see above")


@contextmanager
def no_services() -> Iterator[None]:
    """While packages are installed, none starts a service, and PostgreSQL makes no cluster."""
    with ExitStack() as stack:
        stack.enter_context(_lent(POLICY, "#!/bin/sh\nexit 101\n", 0o755))
        stack.enter_context(_lent(NO_CLUSTER, "create_main_cluster = false\n", 0o644))
        yield


@contextmanager
def _lent(file: Path, text: str, mode: int) -> Iterator[None]:
    """A file that is there for a while; one that is there already stays as it is."""
    if file.exists():
        yield
        return
    made = [folder for folder in file.parents if not folder.exists()]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    file.chmod(mode)
    try:
        yield
    finally:
        file.unlink()
        for folder in made:
            if not any(folder.iterdir()):
                folder.rmdir()


def main() -> None:
    """Install what is missing, or say what to install."""
    try:
        installed = provide()
    except PalierError as error:
        sys.exit(f"debian: {error}")
    print(f"installed: {' '.join(installed)}" if installed else "all servers are there")


if __name__ == "__main__":
    main()
