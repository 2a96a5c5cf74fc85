"""Several plans, each of a file: schema `palier.check/1`, or one table or page after another.

`docs/check.schema.json` describes the document; a test holds the two together.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Final

from rich.console import Console

from palier.check import worst
from palier.plan import Plan
from palier.report import document, markdown
from palier.report import table as tables

SCHEMA: Final = "palier.check/1"
WIDTH: Final = tables.WIDTH


def to_dict(plans: Sequence[Plan]) -> dict[str, Any]:
    """The document of some checks."""
    return {
        "schema": SCHEMA,
        "checks": [
            {"source": plan.source and asdict(plan.source), "plan": document.to_dict(plan)}
            for plan in plans
        ],
        "status": worst(plans),
    }


def json_text(plans: Sequence[Plan]) -> str:
    """The document as text."""
    return json.dumps(to_dict(plans), ensure_ascii=False, indent=2) + "\n"


def markdown_text(plans: Sequence[Plan]) -> str:
    """The plans as one page."""
    return "\n".join(markdown.render(plan) for plan in plans)


def table(plans: Sequence[Plan], console: Console) -> None:
    """Print the plans, one after another."""
    for plan in plans:
        tables.render(plan, console)
