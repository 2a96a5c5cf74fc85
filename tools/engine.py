"""Provide the Pulumi CLI: the one on PATH if it is new enough, else one built from its Go module.

`make engine`. What is built, from which module and with which checksums is in `tools/pulumi/`; it
goes to the cache folder, keyed by version and platform, where every clone finds it.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Final

from palier.engine import find
from palier.errors import PalierError
from tools.go_module import GoModule, whole

MODULE: Final = GoModule(
    folder=Path(__file__).parent / "pulumi",
    module="github.com/pulumi/pulumi/pkg/v3",
    name="the Pulumi CLI",
    otherwise=f"; or install Pulumi: {find.INSTALL}",
)
PACKAGE: Final = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
SDK: Final = "github.com/pulumi/pulumi/sdk/v3"
VERSION_VARIABLE: Final = f"{SDK}/go/common/version.Version"
STAND_IN: Final = (find.HOST, "language_host.py")
MINUTES: Final = "about six minutes on two cores, once"


def build(version: str, target: Path) -> None:
    """Build the CLI and lay its language host beside it; whole or not at all."""
    with whole(target) as made:
        MODULE.build(PACKAGE, f"-s -w -X {VERSION_VARIABLE}={version}", made / "pulumi")
        lay_host(made)


def lay_host(folder: Path) -> None:
    """Put the stand-in, and Pulumi's own executor that it runs, into a folder."""
    MODULE.go("mod", "download", SDK)
    sources = [MODULE.folder / name for name in STAND_IN]
    sdk = Path(MODULE.go("list", "-m", "-f", "{{.Dir}}", SDK))
    sources.append(sdk / "python" / "cmd" / f"{find.HOST}-exec")
    for source in sources:
        shutil.copyfile(source, folder / source.name)
        (folder / source.name).chmod(0o755)


def current(folder: Path) -> bool:
    """Whether a built CLI is there, with the stand-in as it is now."""
    files = [folder / "pulumi", folder / f"{find.HOST}-exec"]
    return all(file.is_file() for file in files) and all(
        (folder / name).is_file()
        and (folder / name).read_bytes() == (MODULE.folder / name).read_bytes()
        for name in STAND_IN
    )


def provide() -> find.Engine:
    """Find the engine, or build it."""
    engine = find.on_path()
    if engine is not None:
        return engine
    version = MODULE.pinned()
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
