"""Provide the Pulumi CLI: the one on PATH if it is new enough, else one built from its Go module.

`make engine`. What is built, from which module and with which checksums is in `tools/pulumi/`; it
goes to the cache folder, keyed by version and platform, where every clone finds it.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from palier.engine import find
from palier.errors import PalierError

MODULE: Final = Path(__file__).parent / "pulumi"
PACKAGE: Final = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
SDK: Final = "github.com/pulumi/pulumi/sdk/v3"
VERSION_VARIABLE: Final = f"{SDK}/go/common/version.Version"
STAND_IN: Final = (find.HOST, "language_host.py")
MINUTES: Final = "about six minutes on two cores, once"


def pinned() -> str:
    """The version in go.mod, as in `v3.256.0`."""
    found = re.search(r"pulumi/pkg/v3 (v\S+)", (MODULE / "go.mod").read_text(encoding="utf-8"))
    if found is None:
        raise PalierError(f"{MODULE / 'go.mod'}: does not require pulumi/pkg/v3")
    return found[1]


def go(*arguments: str) -> str:
    """Run Go in the module of the CLI, with nothing but what go.sum has.

    Raises:
        PalierError: there is no Go, or it failed.
    """
    program = shutil.which("go")
    if program is None:
        raise PalierError(
            f"no Go to build the Pulumi CLI with; install Go, or Pulumi: {find.INSTALL}"
        )
    asked = subprocess.run(  # noqa: S603 our own arguments
        [program, *arguments], cwd=MODULE, stdout=subprocess.PIPE, text=True, check=False,
        env=os.environ | {"GOFLAGS": "-mod=readonly -buildvcs=false", "CGO_ENABLED": "0"},
    )  # fmt: skip
    if asked.returncode:
        raise PalierError(f"go {arguments[0]} failed, see above; or install Pulumi: {find.INSTALL}")
    return asked.stdout.strip()


def build(version: str, target: Path) -> None:
    """Build the CLI and lay its language host beside it; whole or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        made = Path(scratch, "made")
        made.mkdir()
        flags = f"-s -w -X {VERSION_VARIABLE}={version}"
        go("build", "-ldflags", flags, "-o", str(made / "pulumi"), PACKAGE)
        lay_host(made)
        shutil.rmtree(target, ignore_errors=True)
        made.rename(target)


def lay_host(folder: Path) -> None:
    """Put the stand-in, and Pulumi's own executor that it runs, into a folder."""
    go("mod", "download", SDK)
    sources = [MODULE / name for name in STAND_IN]
    sources.append(
        Path(go("list", "-m", "-f", "{{.Dir}}", SDK), "python", "cmd", f"{find.HOST}-exec")
    )
    for source in sources:
        shutil.copyfile(source, folder / source.name)
        (folder / source.name).chmod(0o755)


def current(folder: Path) -> bool:
    """Whether a built CLI is there, with the stand-in as it is now."""
    files = [folder / "pulumi", folder / f"{find.HOST}-exec"]
    return all(file.is_file() for file in files) and all(
        (folder / name).is_file() and (folder / name).read_bytes() == (MODULE / name).read_bytes()
        for name in STAND_IN
    )


def provide() -> find.Engine:
    """Find the engine, or build it."""
    engine = find.on_path()
    if engine is not None:
        return engine
    version = pinned()
    target = find.built_in(version)
    if not (target / "pulumi").is_file():
        say(f"Building the Pulumi CLI {version} from its Go module ({MINUTES}) …")
        build(version, target)
    elif not current(target):
        lay_host(target)
    return find.find()


def say(text: str) -> None:
    """Progress, for a person."""
    print(text, file=sys.stderr, flush=True)


def main() -> None:
    """Provide the engine and say which it is; with `--look`, only look whether there is one."""
    if sys.argv[1:] == ["--look"]:
        sys.exit(0 if find.on_path() or find.built() else 1)
    try:
        engine = provide()
    except PalierError as error:
        sys.exit(f"make engine: {error}")
    source = (
        "built here, with palier's stand-in for its language host" if engine.built else "on PATH"
    )
    say(f"Pulumi {engine.spoken}, {source}: {engine.pulumi}")


if __name__ == "__main__":
    main()
