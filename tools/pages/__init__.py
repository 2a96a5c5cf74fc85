"""Generated parts of the pages: one module a page, one function a part, Markdown out.

A part takes a way to plan a stack, so that a test can hand in plans it has made already.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol

from palier.plan import Plan

ROOT: Final = Path(__file__).parent.parent.parent
"""The repository."""

Fields = tuple[tuple[str, str], ...]
"""Dotted fields and their values, as `--set` takes them."""


class PlanOf(Protocol):
    """Plans a ready-made stack at its phase's cap, perhaps with fields changed."""

    def __call__(self, phase: str, fields: Fields = (), /) -> Plan:
        """The plan."""
        ...


Part = Callable[[PlanOf], str]
