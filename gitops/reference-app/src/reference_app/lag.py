"""How far a replica is behind its primary, told by positions in the log and not by its clock.

A replica's own idea of its lag grows while nothing is written, and stays at zero when it has lost
its primary. Here the primary is asked where it is, again and again; a replica is as old as the
last of these answers that it has reached.
"""

from __future__ import annotations

import math
from collections import deque


def number(position: str) -> int:
    """A position in the log, as in `0/16B3748`, in bytes."""
    high, low = position.split("/")
    return (int(high, 16) << 32) + int(low, 16)


class Positions:
    """Where a primary was, and when."""

    def __init__(self, tolerance_s: float) -> None:
        self.tolerance_s = tolerance_s
        self._seen: deque[tuple[float, int]] = deque()

    def note(self, at: float, position: str) -> None:
        """The primary is here now. What is older than anybody asks for is forgotten."""
        self._seen.append((at, number(position)))
        while self._seen[0][0] < at - 2 * self.tolerance_s - 10:
            self._seen.popleft()

    def lag(self, position: str | None) -> float:
        """Seconds that a server at this position is behind; a primary has none (`None`).

        While the primary cannot be asked, the last answer counts: a replica that had it all is
        the best there is.
        """
        if position is None:
            return 0.0
        reached = number(position)
        for at, where in reversed(self._seen):
            if where <= reached:
                return self._seen[-1][0] - at
        return math.inf

    def fresh(self, position: str | None) -> bool:
        """Whether what a server at this position says may be used."""
        return self.lag(position) <= self.tolerance_s
