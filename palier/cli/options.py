"""Options that commands share: how a report is written, where, and at which rate."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from palier.errors import PalierError


class Format(StrEnum):
    """How a report is written."""

    TABLE = "table"
    JSON = "json"
    MARKDOWN = "markdown"


class CheckFormat(StrEnum):
    """How a check is written: for people, and for what else shows findings."""

    TABLE = "table"
    JSON = "json"
    MARKDOWN = "markdown"
    SARIF = "sarif"
    JUNIT = "junit"


FormatOption = Annotated[Format, typer.Option("--format", "-f", help="How to write it.")]
CheckFormatOption = Annotated[CheckFormat, typer.Option("--format", "-f", help="How to write it.")]
OutOption = Annotated[Path | None, typer.Option("--out", "-o", help="Write to a file.")]
PhaseArgument = Annotated[
    str | None,
    typer.Argument(help="mvp, traction, scale, growth or hypergrowth.", show_default=False),
]
StackOption = Annotated[
    str | None, typer.Option("--stack", "-s", help="A stack of the project, not a phase.")
]
RateOption = Annotated[str | None, typer.Option(help="Euros for one US dollar.")]


def chosen(command: str, phase: str | None, stack: str | None) -> str:
    """The stack that a command is about: a ready-made one, by its phase, or one by its name.

    Raises:
        PalierError: neither or both are given, or there is no such phase.
    """
    from palier import phases  # noqa: PLC0415

    if phase is None and stack is not None:
        return stack
    if phase is None or stack is not None:
        raise PalierError(f"{command} needs a PHASE or --stack NAME, and not both")
    return phases.get(phase).name


def users(text: str | None) -> int | None:
    """The number of `--users`, whose bounds are the phase's to say.

    Raises:
        PalierError: it is no whole number.
    """
    if text is None:
        return None
    if not re.fullmatch(r"-?[0-9]{1,18}", text):
        raise PalierError(f"--users: expected a whole number, got {text!r}")
    return int(text)


def rate(text: str | None) -> Decimal | None:
    """The rate of `--usd-rate`.

    Raises:
        PalierError: it is no number above 0.
    """
    if text is None:
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal(0)
    if not number.is_finite() or number <= 0:
        raise PalierError(f"--usd-rate: expected a number above 0, got {text!r}")
    return number
