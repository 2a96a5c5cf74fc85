"""`palier check`: previews, exports and checkpoints, from files."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from palier.cli.app import app
from palier.cli.options import CheckFormat, CheckFormatOption, OutOption, RateOption, rate
from palier.cli.output import write_table, write_text
from palier.errors import PalierError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from palier.check import Check, Surroundings


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
    config: Annotated[
        Path | None,
        typer.Option(help="JSON of a stack's settings: stricter limits, levels of rules."),
    ] = None,
    usd_rate: RateOption = None,
    format_: CheckFormatOption = CheckFormat.TABLE,
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
    around = checks.surroundings(Path.cwd(), config)
    made = [checks.check(file, around, given) for file in files]
    if format_ is CheckFormat.TABLE:
        write_table(partial(report.table, made), report.WIDTH, out)
    else:
        write_text(_text(made, around, format_), out)
    raise typer.Exit(EXIT_CODES[checks.worst(made)])


def _text(made: Sequence[Check], around: Surroundings, format_: CheckFormat) -> str:
    from palier.report import checks, junit, sarif  # noqa: PLC0415

    if format_ is CheckFormat.JSON:
        return checks.json_text(made)
    if format_ is CheckFormat.SARIF:
        return sarif.render(made, around)
    if format_ is CheckFormat.JUNIT:
        return junit.render(made)
    return checks.markdown_text(made, around.gate.entries)
