"""Rules of this family."""

from __future__ import annotations

from typing import Final

from palier.rules.model import Rule

RULES: Final[tuple[Rule, ...]] = ()
