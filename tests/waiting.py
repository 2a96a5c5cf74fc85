"""Waiting for what another thread or process does."""

from __future__ import annotations

import time
from collections.abc import Callable

TIMEOUT_S = 30.0
"""After this something does not happen any more; nothing that happens takes as long."""


def eventually(holds: Callable[[], object]) -> bool:
    """Whether something comes to hold; it has plenty of time."""
    last = time.monotonic() + TIMEOUT_S
    while not holds() and time.monotonic() < last:
        time.sleep(0.01)
    return bool(holds())
