"""The application that every command registers on, and what `palier` alone says."""

from __future__ import annotations

from typing import Annotated

import typer

from palier import __version__
from palier.errors import ExitCode

app = typer.Typer(
    help="What a platform on GCP carries, costs and may become: offline, from its own program.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback(invoke_without_command=True)
def root(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Commands of palier."""
    if version:
        typer.echo(f"palier {__version__}")
        raise typer.Exit(ExitCode.PASS)
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit(ExitCode.USAGE)
