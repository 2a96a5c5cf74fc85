"""`palier plan`: a phase or a stack, from the program itself."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from palier.cli.app import app
from palier.cli.options import (
    Format,
    FormatOption,
    OutOption,
    PhaseArgument,
    RateOption,
    StackOption,
    chosen,
    rate,
)
from palier.cli.options import users as users_of
from palier.cli.output import write_table, write_text
from palier.errors import PalierError

if TYPE_CHECKING:
    from palier.plan import Plan


@app.command()
def plan(
    phase: PhaseArgument = None,
    stack: StackOption = None,
    users: Annotated[str | None, typer.Option(help="Users, instead of the stack's.")] = None,
    region: Annotated[str | None, typer.Option(help="Region, instead of the stack's.")] = None,
    usd_rate: RateOption = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", help="FIELD=VALUE: a field of the phase's sizes, or of load."),
    ] = None,
    format_: FormatOption = Format.TABLE,
    out: OutOption = None,
) -> None:
    """What would be created, what it costs a month, and whether that is allowed."""
    # Imported here: the program's providers take a second, which --help should not.
    from palier import plan as plans  # noqa: PLC0415
    from palier import project  # noqa: PLC0415
    from palier.verdicts import EXIT_CODES  # noqa: PLC0415

    name = chosen("plan", phase, stack)
    changes = plans.Changes(
        phase=None if stack else phase,
        users=users_of(users),
        region=region,
        usd_rate=rate(usd_rate),
        fields=_fields(set_ or []),
    )
    made = plans.make(project.find(Path.cwd()), name, changes)
    _write(made, format_, out)
    raise typer.Exit(EXIT_CODES[made.status])


def _fields(texts: list[str]) -> dict[str, str]:
    fields = {}
    for text in texts:
        path, equals, value = text.partition("=")
        if not equals or not path:
            raise PalierError(f"--set: expected FIELD=VALUE, got {text!r}")
        fields[path] = value
    return fields


def _write(made: Plan, format_: Format, out: Path | None) -> None:
    from palier.report import document, markdown, table  # noqa: PLC0415

    if format_ is Format.TABLE:
        write_table(partial(table.render, made), table.WIDTH, out)
    else:
        render = document.render if format_ is Format.JSON else markdown.render
        write_text(render(made), out)
