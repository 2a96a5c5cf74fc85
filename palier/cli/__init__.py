"""The command line. Each command reads, calls the core, prints and leaves with an exit code.

0 pass, 1 a mandatory rule failed, 2 usage or unreadable input, 3 inconclusive. What a user can
mend is one line on standard error; a traceback never is.

A command is one module here: it registers itself on `app`, and is imported below.
"""

from __future__ import annotations

import gc
import sys
from io import TextIOWrapper
from typing import Final, NoReturn

import typer
from typer.exceptions import TyperException

from palier.cli import check as _check  # noqa: F401 registers its command
from palier.cli import overlay as _overlay  # noqa: F401 registers its command
from palier.cli import plan as _plan  # noqa: F401 registers its command
from palier.cli import rehearse as _rehearse  # noqa: F401 registers its command
from palier.cli import rules as _rules  # noqa: F401 registers its command
from palier.cli import state as _state  # noqa: F401 registers its commands
from palier.cli.app import app
from palier.errors import ExitCode, PalierError
from palier.report.text import printable

INTERRUPTED: Final = 130
"""Exit code of a command that the user stopped, as shells have it."""


def _stop(message: str) -> NoReturn:
    typer.echo(f"palier: {printable(message)}", err=True)
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
