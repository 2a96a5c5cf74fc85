"""Build a program from a Go module that pins it: one version, everything below it by checksum.

What is built goes to palier's cache folder, keyed by version and platform, where every clone finds
it. A build is there whole, or not at all.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from palier.engine import find
from palier.errors import PalierError


@dataclass(frozen=True, kw_only=True)
class GoModule:
    """A folder with go.mod and go.sum, and the module in it that is wanted."""

    folder: Path
    module: str
    name: str
    """What people call it."""
    otherwise: str = ""
    """What to do without Go, as the end of a message."""

    def pinned(self) -> str:
        """The version in go.mod, as in `v3.256.0`.

        Raises:
            PalierError: go.mod does not require the module.
        """
        file = self.folder / "go.mod"
        wanted = rf"^(?:require)?\s*{re.escape(self.module)} (v\S+)$"
        found = re.search(wanted, file.read_text(encoding="utf-8"), re.MULTILINE)
        if found is None:
            raise PalierError(f"{file}: does not require {self.module}")
        return found[1]

    def built_in(self, program: str) -> Path:
        """Folder of a build of the pinned version."""
        return find.cache_folder() / f"{program}-{self.pinned()}-{find.platform_name()}"

    def go(self, *arguments: str) -> str:
        """Run Go in the folder, with nothing but what go.sum has.

        Raises:
            PalierError: there is no Go, or it failed.
        """
        program = shutil.which("go")
        if program is None:
            raise PalierError(f"no Go to build {self.name} with; install Go{self.otherwise}")
        asked = subprocess.run(  # noqa: S603 our own arguments
            [program, *arguments], cwd=self.folder, stdout=subprocess.PIPE, text=True, check=False,
            env=os.environ | {"GOFLAGS": "-mod=readonly -buildvcs=false", "CGO_ENABLED": "0"},
        )  # fmt: skip
        if asked.returncode:
            raise PalierError(f"go {arguments[0]} failed, see above{self.otherwise}")
        return asked.stdout.strip()

    def build(self, package: str, flags: str, target: Path) -> None:
        """Compile one program of the module."""
        self.go("build", "-ldflags", flags, "-o", str(target), package)


@contextmanager
def whole(target: Path) -> Iterator[Path]:
    """A folder to build in, which becomes the target once all of it is there."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        made = Path(scratch, "made")
        made.mkdir()
        yield made
        shutil.rmtree(target, ignore_errors=True)
        made.rename(target)
