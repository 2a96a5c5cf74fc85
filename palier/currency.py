"""The planning rate between the dollars Google bills in and the euros the documents budget in.

A rate is an input with a day, printed with every estimate; nothing is ever looked up.
"""

from decimal import Decimal
from typing import Final

EUR_PER_USD: Final = Decimal("0.92")
"""This project's planning rate. A stack declares its own with `palier:currency`."""

RATE_DECLARED_ON: Final = "2026-11-21"
PARITY: Final = Decimal(1)
"""1 $ = 1 €: every monthly cap is also tried there, as an advisory."""
