"""The catalogue of rules: what a stack is held to, as table, JSON (`palier.rules/1`) or Markdown.

`docs/rules.schema.json` describes the document; a test holds the two together.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import fields
from typing import Any, Final

from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from palier.report import markdown
from palier.report.table import add, titled
from palier.report.text import counted, escaped, printable
from palier.rules.model import Entry

SCHEMA: Final = "palier.rules/1"
HEADS: Final = ("rule", "family", "level", "title")


def to_dict(entries: Sequence[Entry], missing: str | None) -> dict[str, Any]:
    """The document of some rules."""
    rules = [
        {field.name: getattr(entry, field.name) for field in fields(Entry)}  # and no rule's judge
        | {"phases": list(entry.phases)}
        for entry in entries
    ]
    return {"schema": SCHEMA, "rules": rules, "without_limits": missing}


def json_text(entries: Sequence[Entry], missing: str | None) -> str:
    """The document as text."""
    return json.dumps(to_dict(entries, missing), ensure_ascii=False, indent=2) + "\n"


def table(entries: Sequence[Entry], missing: str | None, console: Console) -> None:
    """Print a line a rule."""
    listed = titled(counted(len(entries), "rule"))
    for head in HEADS:
        listed.add_column(head, ratio=1 if head == "title" else None)
    for entry in entries:
        add(listed, *_row(entry))
    _print(console, listed, _without(missing))


def table_of_one(entry: Entry, console: Console) -> None:
    """Print everything of one rule."""
    listed = titled(escape(printable(entry.id)))
    listed.add_column("")
    listed.add_column("", ratio=1)
    for name, told in _about(entry):
        add(listed, name, told)
    _print(console, listed, "")


def _print(console: Console, listed: Table, said: str) -> None:
    parts: list[RenderableType] = [listed, *([Text(printable(said))] if said else [])]
    console.print(Group(*(Padding(part, (0, 0, 1, 0)) for part in parts)), soft_wrap=False)


def markdown_text(entries: Sequence[Entry], missing: str | None) -> str:
    """A page with a line a rule."""
    parts = [f"# {counted(len(entries), 'rule')}", markdown.table(HEADS, map(_row, entries))]
    parts += [escaped(_without(missing))] if missing else []
    return "\n\n".join(parts) + "\n"


def markdown_of_one(entry: Entry) -> str:
    """A page with everything of one rule."""
    parts = [f"# {escaped(entry.id)}", markdown.table(("", ""), _about(entry))]
    return "\n\n".join(parts) + "\n"


def _row(entry: Entry) -> tuple[str, ...]:
    return entry.id, entry.family, entry.level, entry.title


def _about(entry: Entry) -> list[tuple[str, str]]:
    kept = "holds data: neither a waiver nor settings lift it"
    return [
        ("title", entry.title),
        ("family", entry.family),
        ("level", entry.level),
        ("why", entry.rationale),
        ("what to do", entry.remedy),
        ("asked by", entry.reference),
        ("phases", ", ".join(entry.phases) or "all"),
        ("ledger", kept if entry.ledger else "no: a waiver with an owner and an end may cover it"),
    ]


def _without(missing: str | None) -> str:
    return f"No limits of a project are among them: {missing}." if missing else ""
