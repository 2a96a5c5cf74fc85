"""Lint the workflows of GitHub with actionlint, built from the Go module that pins it.

`python -m tools.actionlint`. Which version, and with which checksums, is in `tools/actionlint/`.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Final

from palier.errors import PalierError
from tools.go_module import GoModule, whole

ROOT: Final = Path(__file__).parent.parent
MODULE: Final = GoModule(
    folder=Path(__file__).parent / "actionlint",
    module="github.com/rhysd/actionlint",
    name="actionlint",
)
PACKAGE: Final = "github.com/rhysd/actionlint/cmd/actionlint"
ALONE: Final = ("-shellcheck=", "-pyflakes=")
"""Without the linters that it would find on PATH, one machine finds what the next one does."""


def provide() -> Path:
    """The linter; built if it is not there.

    Raises:
        PalierError: there is no Go, or it failed.
    """
    program = MODULE.built_in("actionlint") / "actionlint"
    if not program.is_file():
        with whole(program.parent) as made:
            MODULE.build(PACKAGE, "-s -w", made / "actionlint")
    return program


def lint(root: Path) -> subprocess.CompletedProcess[str]:
    """What it says of the workflows below a folder; leaves with 1 if it says anything.

    Raises:
        PalierError: it could not be built.
    """
    files = sorted(map(str, (root / ".github" / "workflows").glob("*.yml")))
    return subprocess.run(  # noqa: S603 our own arguments
        [provide(), *ALONE, "-no-color", *files], cwd=root, text=True, check=False,
        capture_output=True,
    )  # fmt: skip


def main() -> None:
    """Lint this repository's workflows."""
    try:
        said = lint(ROOT)
    except PalierError as error:
        sys.exit(f"actionlint: {error}")
    print(said.stdout + said.stderr, end="")
    sys.exit(said.returncode)


if __name__ == "__main__":
    main()
