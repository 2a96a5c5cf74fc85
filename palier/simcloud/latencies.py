"""Latencies: how long the real services take, so that a rehearsal can take as long, or a fraction.

`latencies.csv` has a row a case; the first that fits is taken. Figures are seconds, and each row
says where its figure is from: what Google documents, or an estimate from practice.
"""

from __future__ import annotations

import csv
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fnmatch import fnmatchcase
from functools import cache
from importlib import resources
from typing import Final

from palier.errors import PalierError
from palier.facts import Value, read

_ANY: Final = "*"


@dataclass(frozen=True, kw_only=True)
class Row:
    """One case: types and operation it is for, the input it asks for, and how long it takes."""

    type: str
    operation: str
    when: str
    seconds: float
    note: str

    def fits(self, type_: str, operation: str, inputs: Mapping[str, Value]) -> bool:
        """Whether an operation is this case. `when` is `path=value`, and `*` any value."""
        if not fnmatchcase(type_, self.type) or self.operation not in {operation, _ANY}:
            return False
        path, _, wanted = self.when.partition("=")
        if not path:
            return True
        given = read(inputs, path)
        text = str(given).lower() if isinstance(given, bool) else str(given)
        return given is not None and fnmatchcase(text, wanted)


@cache
def rows() -> tuple[Row, ...]:
    """Every case, the special ones first."""
    text = resources.files("palier.simcloud").joinpath("latencies.csv").read_text("utf-8")
    return tuple(
        Row(
            type=row["type"],
            operation=row["operation"],
            when=row["when"],
            seconds=float(row["seconds"]),
            note=row["note"],
        )
        for row in csv.DictReader(text.splitlines())
    )


def seconds(type_: str, operation: str, inputs: Mapping[str, Value]) -> float:
    """How long an operation of the real service takes."""
    return next(row.seconds for row in rows() if row.fits(type_, operation, inputs))


class Latencies:
    """How long operations take: `scale` 0 for no time at all, 1 for the real one."""

    def __init__(
        self, scale: Decimal | float = 0, *, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._scale = float(scale)
        self._sleep = sleep
        if not math.isfinite(self._scale) or self._scale < 0:
            raise PalierError(f"latency: expected a factor of 0 or more, got {scale}")

    def wait(self, type_: str, operation: str, inputs: Mapping[str, Value]) -> None:
        """Take that long, times the scale."""
        if self._scale:
            self._sleep(seconds(type_, operation, inputs) * self._scale)
