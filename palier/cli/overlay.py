"""`palier overlay`: the part of the manifests that a stack decides."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from palier.cli.app import app
from palier.cli.options import PhaseArgument, StackOption, chosen


@app.command()
def overlay(
    phase: PhaseArgument = None,
    stack: StackOption = None,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit 1 when a file would change.")
    ] = False,
) -> None:
    """Write what the manifests of a stack have to be told: replicas, requests, quotas, names."""
    from palier import project, recorder  # noqa: PLC0415
    from palier.overlay import files, values  # noqa: PLC0415

    name = chosen("overlay", phase, stack)
    here = project.find(Path.cwd())
    facts = recorder.record_project(here, name, here.config(name))
    made = {
        path: text
        for one in values.overlays(facts)
        for path, text in files.texts(one, name).items()
    }
    differ = files.differences(here.root, made) if check else files.write(here.root, made)
    for difference in differ:
        verb = ("differs" if difference.there else "missing") if check else "written"
        typer.echo(f"{verb}  {difference.path}")
    typer.echo(f"{len(made) - len(differ)} of {len(made)} files are as the program asks")
    raise typer.Exit(1 if check and differ else 0)
