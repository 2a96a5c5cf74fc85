"""Waivers: a finding that somebody answers for, until a day. `policies/waivers.yaml` holds them.

A waiver names one rule and one resource, in the stacks it is for. What has expired no longer covers
anything, and fails by itself. What covers nothing is said. No waiver covers a rule of the ledger.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

from palier.errors import PalierError, one_of
from palier.project import read_yaml

SCHEMA: Final = "palier.waivers/1"
WAIVERS_FILE: Final = Path("policies/waivers.yaml")
KEYS: Final = ("rule", "resource", "stacks", "owner", "reason", "expires")
LONGEST: Final = timedelta(days=180)
"""Nobody remembers for longer why a waiver was given: then it is asked for again."""


@dataclass(frozen=True, kw_only=True)
class Waiver:
    """One waiver."""

    rule: str
    resource: str
    """Logical name of the resource, or `stack` for what is about none."""
    stacks: tuple[str, ...]
    owner: str
    reason: str
    expires: date
    """The last day on which it holds."""

    def __str__(self) -> str:
        return f"{self.rule} on {self.resource}, by {self.owner} until {self.expires}"

    def covers(self, rule: str, resource: str) -> bool:
        """Whether it is about a finding of a rule on a resource."""
        return (self.rule, self.resource) == (rule, resource)


@dataclass(frozen=True, kw_only=True)
class Waivable:
    """What a waiver may name."""

    rules: frozenset[str]
    ledger: frozenset[str]
    """Rules that no waiver lifts."""


def load_beside(root: Path, waivable: Waivable, today: date) -> tuple[Waiver, ...]:
    """Waivers of the project in a folder; without a file there are none.

    Raises:
        PalierError: the file, or the row that is wrong, and what is allowed there.
    """
    file = root / WAIVERS_FILE
    return read(file, waivable, today) if file.is_file() else ()


def read(file: Path, waivable: Waivable, today: date) -> tuple[Waiver, ...]:
    """Read and check a file of waivers.

    Raises:
        PalierError: the file, or the row that is wrong, and what is allowed there.
    """
    content = read_yaml(file)
    if not isinstance(content, dict) or content.get("schema") != SCHEMA:
        raise PalierError(f"{file}: expected schema: {SCHEMA}")
    rows = [] if content.get("waivers") is None else content["waivers"]
    if not isinstance(rows, list) or set(content) - {"schema", "waivers"}:
        raise PalierError(f"{file}: expected a list of waivers, and nothing else")
    waivers = [_waiver(row, f"{file}: waiver {place + 1}") for place, row in enumerate(rows)]
    for waiver in waivers:
        _check(waiver, waivable, today, f"{file}: waiver of {waiver.rule} on {waiver.resource}")
    _check_once(waivers, file)
    return tuple(waivers)


def _waiver(row: Any, where: str) -> Waiver:  # noqa: ANN401 any YAML value
    if not isinstance(row, dict):
        raise PalierError(f"{where}: expected fields")
    for key in row:
        if key not in KEYS:
            raise PalierError(f"{where}: unknown field {key!r}, allowed are {one_of(KEYS)}")
    expires = row.get("expires")
    if type(expires) is not date:
        raise PalierError(f"{where}: expires must be a day, 2026-12-31, got {expires!r}")
    return Waiver(
        stacks=_stacks(row.get("stacks"), where), expires=expires,
        **{key: _text(row, key, where) for key in ("rule", "resource", "owner", "reason")},
    )  # fmt: skip


def _text(row: Mapping[str, Any], key: str, where: str) -> str:
    if not _is_line(row.get(key)):
        raise PalierError(f"{where}: {key} must be a text of one line")
    return str(row[key]).strip()


def _stacks(value: object, where: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not value or not all(map(_is_line, value)):
        raise PalierError(f"{where}: stacks must be a list of names")
    return tuple(value)


def _is_line(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip()) and value.isprintable()


def _check(waiver: Waiver, waivable: Waivable, today: date, where: str) -> None:
    if waiver.rule in waivable.ledger:
        raise PalierError(f"{where}: no waiver lifts a rule that keeps data")
    if waiver.rule not in waivable.rules:
        raise PalierError(f"{where}: there is no such rule; `palier rules` lists them")
    if waiver.expires - today > LONGEST:
        raise PalierError(
            f"{where}: expires {waiver.expires}, and may at most {LONGEST.days} days from now"
        )


def _check_once(waivers: Iterable[Waiver], file: Path) -> None:
    seen: set[tuple[str, str, str]] = set()
    for waiver in waivers:
        for stack in waiver.stacks:
            key = (waiver.rule, waiver.resource, stack)
            if key in seen:
                raise PalierError(
                    f"{file}: two waivers of {waiver.rule} on {waiver.resource} in {stack}"
                )
            seen.add(key)
