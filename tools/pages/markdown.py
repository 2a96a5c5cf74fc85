"""Markdown: tables, numbers a person reads, code blocks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final

from palier.report.document import money

RIGHT: Final = ">"
"""At the end of a heading: its column is aligned to the right."""
SPACE: Final = "\u00a0"
"""Between thousands: a number is never broken over two lines."""
MINUS: Final = "\u2212"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; a heading that ends in `>` aligns its column to the right."""
    rules = ["---:" if head.endswith(RIGHT) else "---" for head in heads]
    lines = [[head.removesuffix(RIGHT) for head in heads], rules, *rows]
    return "\n".join("| " + " | ".join(map(_cell, line)) + " |" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def code(text: str, language: str = "text") -> str:
    """A fenced block."""
    return f"```{language}\n{text.rstrip()}\n```"


def amount(value: Decimal) -> str:
    """Money to the cent, thousands apart."""
    whole, cents = money(value).split(".")
    return f"{count(int(whole))}.{cents}" if abs(value) >= 1 else f"{whole}.{cents}"


def count(value: Decimal | int) -> str:
    """A whole number, thousands apart."""
    return f"{value:,.0f}".replace(",", SPACE)


def signed(value: Decimal) -> str:
    """Money with its sign."""
    sign = "+" if value > 0 else MINUS if value < 0 else ""
    return f"{sign}{amount(abs(value))}"
