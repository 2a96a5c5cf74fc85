"""A rehearsal as a table for a terminal, and as JSON."""

from __future__ import annotations

import json
import shlex
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from palier.engine.workspace import ENVIRONMENT, INSIDE
from palier.rehearsal import Rehearsal
from palier.report.table import add, titled

SCHEMA: Final = "palier.rehearse/1"
MINUTE_S: Final = 60
LEAST_SHOWN_S: Final = 1.0
"""Waits of less are counted, and not listed."""


def render(made: Rehearsal, console: Console) -> None:
    """Print a rehearsal."""
    parts: list[RenderableType] = [_title(made), _steps(made), _critical(made)]
    parts += [_needs(made)] if made.needs else []
    parts.append(_status(made))
    console.print(Group(*(Padding(part, (0, 0, 1, 0)) for part in parts)), soft_wrap=False)
    if made.folder:
        console.print(_kept(made, made.folder), soft_wrap=True)  # lines to copy stay whole


def _title(made: Rehearsal) -> Text:
    text = Text(f"Rehearsal of {made.stack}", style="bold")
    text.append(f" · {made.resources} resources · Pulumi {made.engine} · simulated cloud")
    return text


def _steps(made: Rehearsal) -> Table:
    table = titled("Steps")
    table.add_column("step")
    table.add_column("command", style="dim")
    table.add_column("what it did")
    table.add_column("here", justify="right")
    for step in made.steps:
        did = ", ".join(f"{count} {name}" for name, count in sorted(step.changes.items()))
        add(table, step.name, step.command, did or "nothing", f"{step.seconds:.1f} s")
    return table


def _critical(made: Rehearsal) -> Table:
    title = (
        f"Critical path of the first update in Google's cloud: {spoken(made.critical.seconds)}"
        f" (longest chain: {len(made.longest)} resources)"
    )
    table = titled(title)
    table.add_column("resource")
    table.add_column("type", style="dim")
    table.add_column("takes", justify="right")
    for fact, seconds in zip(made.critical.facts, made.critical_seconds, strict=True):
        if seconds >= LEAST_SHOWN_S:
            add(table, fact.name, fact.type, spoken(seconds))
    return table


def _needs(made: Rehearsal) -> Table:
    table = titled("Quotas that a new project does not have: ask Google for them first")
    table.add_column("quota")
    table.add_column("where")
    table.add_column("default", justify="right")
    table.add_column("needed", justify="right")
    for need in made.needs:
        add(table, need.metric, need.place, str(need.default), str(need.needed))
    return table


def spoken(seconds: float) -> str:
    """A time as people say it: `45 s`, `12 min 30 s`."""
    minutes, rest = divmod(round(seconds), MINUTE_S)
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"


def _status(made: Rehearsal) -> Text:
    text = Text()
    if made.surprises:
        count = len(made.surprises)
        text.append("✘ ", style="red").append(f"{count} surprise{'s' * (count > 1)}\n")
        text.append("\n".join(f"  {surprise}" for surprise in made.surprises))
    else:
        text.append("✔ ", style="green").append("No surprise.")
    return text


def _kept(made: Rehearsal, folder: Path) -> Text:
    return Text(
        f"Kept in {folder}. To play there:\n"
        f"  cd {shlex.quote(str(folder))}\n"
        f"  . {INSIDE}/{ENVIRONMENT}\n"
        f"  pulumi preview --stack {made.stack}\n"
    )


def document(made: Rehearsal) -> str:
    """A rehearsal as JSON; seconds are those of this machine, or of Google's cloud where said."""
    content: dict[str, Any] = {
        "schema": SCHEMA,
        "stack": made.stack,
        "engine": made.engine,
        "resources": made.resources,
        "steps": [
            {
                "name": step.name,
                "command": step.command,
                "changes": dict(sorted(step.changes.items())),
                "seconds": round(step.seconds, 1),
            }
            for step in made.steps
        ],
        "longest_chain": [fact.urn for fact in made.longest],
        "critical_path": {
            "cloud_seconds": round(made.critical.seconds),
            "resources": [
                {"urn": fact.urn, "cloud_seconds": round(seconds)}
                for fact, seconds in zip(made.critical.facts, made.critical_seconds, strict=True)
            ],
        },
        "quotas": [asdict(need) for need in made.needs],
        "surprises": list(made.surprises),
        "folder": str(made.folder) if made.folder else None,
    }
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"
