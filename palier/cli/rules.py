"""`palier rules`: what a stack is held to, and why."""

from __future__ import annotations

from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from palier.cli.app import app
from palier.cli.options import Format, FormatOption, OutOption
from palier.cli.output import write_table, write_text
from palier.errors import PalierError, one_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from palier.budget.limits import Limits
    from palier.rules.model import Entry


@app.command()
def rules(
    rule: Annotated[
        str | None,
        typer.Argument(
            metavar="ID", help="One rule, with all there is to say.", show_default=False
        ),
    ] = None,
    format_: FormatOption = Format.TABLE,
    out: OutOption = None,
) -> None:
    """What a stack is held to: limits of the project here, and palier's own rules."""
    from palier.gate.catalogue import entries  # noqa: PLC0415
    from palier.report import rules as report  # noqa: PLC0415
    from palier.report.table import WIDTH  # noqa: PLC0415

    limits = _limits()
    missing = limits if isinstance(limits, str) else None
    known = entries(limits)
    listed = known if rule is None else [_entry(rule, known)]
    if format_ is Format.JSON:
        write_text(report.json_text(listed, missing), out)
    elif format_ is Format.MARKDOWN:
        one = report.markdown_text(listed, missing) if rule is None else None
        write_text(one or report.markdown_of_one(listed[0]), out)
    elif rule is None:
        write_table(partial(report.table, listed, missing), WIDTH, out)
    else:
        write_table(partial(report.table_of_one, listed[0]), WIDTH, out)


def _limits() -> Limits | str:
    """Limits of the project here, or why there are none; its waivers may be wrong meanwhile."""
    from palier.gate.gate import limits_of  # noqa: PLC0415
    from palier.project import find  # noqa: PLC0415

    try:
        root = find(Path.cwd()).root
    except PalierError as error:
        return str(error)
    return limits_of(root)


def _entry(rule: str, known: Sequence[Entry]) -> Entry:
    """The rule of an id.

    Raises:
        PalierError: there is none.
    """
    by_id = {entry.id: entry for entry in known}
    if rule not in by_id:
        near = get_close_matches(rule, by_id)
        meant = f"near is {one_of(near)}" if near else "`palier rules` lists them"
        raise PalierError(f"no rule has the id {rule!r}; {meant}")
    return by_id[rule]
