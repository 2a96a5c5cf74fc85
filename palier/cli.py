"""The command line. Each command reads, calls the core, prints and leaves with an exit code.

0 pass, 1 a mandatory rule failed, 2 usage or unreadable input, 3 inconclusive. What a user can
mend is one line on standard error; a traceback never is.
"""

from __future__ import annotations

import gc
import os
import re
import stat
import sys
import tempfile
from contextlib import suppress
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from io import StringIO, TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, NoReturn

import typer
from rich.console import Console
from typer.exceptions import TyperException

from palier import __version__
from palier.errors import ExitCode, PalierError

if TYPE_CHECKING:
    from palier.plan import Plan

app = typer.Typer(
    help="What a platform on GCP carries, costs and may become: offline, from its own program.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


INTERRUPTED: Final = 130
"""Exit code of a command that the user stopped, as shells have it."""


class Format(StrEnum):
    """How a report is written."""

    TABLE = "table"
    JSON = "json"
    MARKDOWN = "markdown"


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


@app.command()
def plan(
    phase: Annotated[
        str | None,
        typer.Argument(help="mvp, traction, scale, growth or hypergrowth.", show_default=False),
    ] = None,
    stack: Annotated[
        str | None, typer.Option("--stack", "-s", help="A stack of the project, not a phase.")
    ] = None,
    users: Annotated[str | None, typer.Option(help="Users, instead of the stack's.")] = None,
    region: Annotated[str | None, typer.Option(help="Region, instead of the stack's.")] = None,
    usd_rate: Annotated[str | None, typer.Option(help="Euros for one US dollar.")] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", help="FIELD=VALUE: a field of the phase's sizes, or of load."),
    ] = None,
    format_: Annotated[Format, typer.Option("--format", "-f", help="How to write it.")] = (
        Format.TABLE
    ),
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Write to a file.")] = None,
) -> None:
    """What would be created, what it costs a month, and whether that is allowed."""
    # Imported here: the program's providers take a second, which --help should not.
    from palier import plan as plans  # noqa: PLC0415
    from palier import project  # noqa: PLC0415

    if (phase is None) == (stack is None):
        raise PalierError("plan needs a PHASE or --stack NAME, and not both")
    changes = plans.Changes(
        phase=None if stack else phase,
        users=_users(users),
        region=region,
        usd_rate=_rate(usd_rate),
        fields=_fields(set_ or []),
    )
    if phase is not None:
        _check_phase(phase)
    made = plans.make(project.find(Path.cwd()), stack or phase or "", changes)
    _write(made, format_, out)
    raise typer.Exit(_exit_code(made.status))


def _check_phase(name: str) -> None:
    from palier import phases  # noqa: PLC0415

    phases.get(name)


def _users(text: str | None) -> int | None:
    if text is None:
        return None
    if not re.fullmatch(r"-?[0-9]{1,18}", text):
        raise PalierError(f"--users: expected a whole number, got {text!r}")
    return int(text)


def _rate(text: str | None) -> Decimal | None:
    if text is None:
        return None
    try:
        rate = Decimal(text)
    except InvalidOperation:
        rate = Decimal(0)
    if not rate.is_finite() or rate <= 0:
        raise PalierError(f"--usd-rate: expected a number above 0, got {text!r}")
    return rate


def _fields(texts: list[str]) -> dict[str, str]:
    fields = {}
    for text in texts:
        path, equals, value = text.partition("=")
        if not equals or not path:
            raise PalierError(f"--set: expected FIELD=VALUE, got {text!r}")
        fields[path] = value
    return fields


def _exit_code(status: str) -> ExitCode:
    from palier.budget.judge import EXIT_CODES  # noqa: PLC0415

    return EXIT_CODES[status]


def _write(made: Plan, format_: Format, out: Path | None) -> None:
    from palier.report import document, markdown, table  # noqa: PLC0415

    if format_ is Format.TABLE:
        if out is None:
            console = Console(width=max(table.WIDTH, _terminal_width()))
            table.render(made, console)
            return
        text = StringIO()
        table.render(made, Console(file=text, width=table.WIDTH))
        _save(out, text.getvalue())
        return
    rendered = document.render(made) if format_ is Format.JSON else markdown.render(made)
    if out is None:
        sys.stdout.write(rendered)
    else:
        _save(out, rendered)


def _terminal_width() -> int:
    with suppress(OSError):
        return os.get_terminal_size().columns
    return 0


def _save(out: Path, text: str) -> None:
    """Write a file whole or not at all.

    Raises:
        PalierError: it cannot be written.
    """
    temporary: Path | None = None
    try:
        if out.exists() and not out.is_file():
            out.write_text(text, encoding="utf-8")  # a pipe or a device: nothing to replace
            return
        if out.exists() and not os.access(out, os.W_OK):
            raise PermissionError(13, "Permission denied")
        target = out.resolve()  # what a link points to, so that it stays one
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", dir=target.parent, prefix=f".{out.name}.", delete=False
        ) as file:
            temporary = Path(file.name)
            file.write(text)
        temporary.chmod(_mode(target))
        temporary.replace(target)
    except OSError as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        raise PalierError(f"--out {out}: {error.strerror or error}") from None


def _mode(target: Path) -> int:
    """Who may read a file: who could before, or whoever may read a new one."""
    if target.exists():
        return stat.S_IMODE(target.stat().st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def _stop(message: str) -> NoReturn:
    typer.echo(f"palier: {message}", err=True)
    sys.exit(ExitCode.USAGE)


def main() -> None:
    """Run the command line."""
    # One short run that keeps nearly all it makes: the garbage collector would find nothing, and
    # take a third of the time while provider modules are imported.
    gc.disable()
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal may not know every sign we print
    try:
        code = app(standalone_mode=False)
    except PalierError as error:
        _stop(str(error))
    except TyperException as error:
        _stop(str(error).removeprefix("Value error, "))
    except (typer.Abort, KeyboardInterrupt):
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        # The reader has gone (`palier plan … | head`): nothing is left to say.
        sys.stderr.close()
        code = ExitCode.PASS
    sys.exit(code)
