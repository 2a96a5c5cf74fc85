"""`palier rehearse`: a phase on the real engine, against a simulated cloud, with no account."""

from __future__ import annotations

import math
import secrets
import sys
import tempfile
import threading
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)

from palier.cli.app import app
from palier.cli.options import Format, FormatOption, OutOption
from palier.cli.output import write_table, write_text
from palier.errors import ExitCode, PalierError


@app.command()
def rehearse(
    stack: Annotated[
        str, typer.Argument(metavar="PHASE", help="A phase, or a stack of the project.")
    ],
    keep: Annotated[
        bool, typer.Option("--keep", help="Leave it standing, in a folder to play in.")
    ] = False,
    folder: Annotated[
        Path | None, typer.Option("--in", help="The folder, empty or new; a temporary one else.")
    ] = None,
    pace: Annotated[
        str, typer.Option(help="Waits of the cloud: 0 for none, 1 as long as Google's.")
    ] = "0",
    fault: Annotated[
        list[str] | None,
        typer.Option(help="What goes wrong, e.g. 'create gcp:sql/* 1 quota'."),
    ] = None,
    format_: FormatOption = Format.TABLE,
    out: OutOption = None,
) -> None:
    """Bring a phase up and take it down, on the real engine against a simulated cloud."""
    from palier import project, rehearsal  # noqa: PLC0415
    from palier.engine import find, workspace  # noqa: PLC0415
    from palier.report import rehearsal as report  # noqa: PLC0415
    from palier.report.table import WIDTH  # noqa: PLC0415
    from palier.simcloud.opening import Settings, open_cloud  # noqa: PLC0415

    if format_ is Format.MARKDOWN:
        raise PalierError("--format: a rehearsal is written as table or json")
    settings = Settings(pace=_pace(pace), faults=tuple(fault or ()))
    here = project.find(Path.cwd())
    here.stack_file(stack)
    engine = find.find()
    scratch = Path(tempfile.gettempdir(), f"palier-{stack}-{secrets.token_hex(4)}")
    space = workspace.create(here, folder or scratch, engine, settings)
    over = threading.Event()
    cloud = open_cloud(space.inside, over)
    try:
        with _Shown() as progress:
            made = rehearsal.rehearse(here, space, cloud, stack, progress.update_step, keep=keep)
    except PalierError as error:
        raise PalierError(f"{error} (kept in {space.folder})" if keep else str(error)) from None
    finally:
        over.set()  # a cloud that is slow, or hangs, would keep this process from ending
        cloud.faults.release()
        if not keep:
            space.remove()
    if format_ is Format.JSON:
        write_text(report.document(made), out)
    else:
        write_table(partial(report.render, made), WIDTH, out)
    raise typer.Exit(ExitCode.FAIL if made.surprises else ExitCode.PASS)


def _pace(text: str) -> float:
    """The number of `--pace`.

    Raises:
        PalierError: it is none that waits can be multiplied with.
    """
    try:
        pace = float(text)
    except ValueError:
        pace = math.nan
    if not 0 <= pace < math.inf:
        raise PalierError(f"--pace: expected a number of 0 or more, got {text!r}")
    return pace


class _Shown(Progress):
    """A line a step on a terminal; nothing in a pipe."""

    def __init__(self) -> None:
        super().__init__(
            TextColumn("{task.description:<12}"), BarColumn(), MofNCompleteColumn(),
            TimeElapsedColumn(), console=Console(stderr=True), disable=not sys.stderr.isatty(),
            transient=True,
        )  # fmt: skip
        self.of_step: dict[str, TaskID] = {}
        self.most = 0

    def update_step(self, step: str, done: int) -> None:
        """Take what a rehearsal tells."""
        if step not in self.of_step:
            for task in self.of_step.values():
                self.stop_task(task)
            self.of_step[step] = self.add_task(step, total=self.most or None)
        self.update(self.of_step[step], completed=done)
        self.most = max(self.most, done)
