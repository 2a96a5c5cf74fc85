"""`palier check`: previews, exports and checkpoints, from files."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from palier.cli.app import app
from palier.cli.options import Format, FormatOption, OutOption, RateOption, rate
from palier.cli.output import write_table, write_text
from palier.errors import PalierError


@app.command()
def check(
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE...",
            help="JSON of pulumi preview --json --show-sames, of pulumi stack export, or a"
            " backend's checkpoint; - reads standard input.",
            show_default=False,
        ),
    ],
    usd_rate: RateOption = None,
    format_: FormatOption = Format.TABLE,
    out: OutOption = None,
) -> None:
    """What a preview or a state costs a month, and whether that is allowed."""
    # Imported here: what records a program takes a second, which --help should not.
    from palier import check as checks  # noqa: PLC0415
    from palier.report import checks as report  # noqa: PLC0415
    from palier.verdicts import EXIT_CODES  # noqa: PLC0415

    if len(set(files)) < len(files):
        raise PalierError("check needs every FILE once")
    given = rate(usd_rate)
    around = checks.surroundings(Path.cwd())
    made = [checks.check(file, around, given) for file in files]
    if format_ is Format.TABLE:
        write_table(partial(report.table, made), report.WIDTH, out)
    else:
        render = report.json_text if format_ is Format.JSON else report.markdown_text
        write_text(render(made), out)
    raise typer.Exit(EXIT_CODES[checks.worst(made)])
