"""Settings of a stack's gate: stricter limits, the level of a rule, what being unsure does.

The same JSON serves `pulumi --policy-pack-config` and `palier check --config`: one object, a key a
family. Everything that is relaxed is said in every report. Rules of the ledger cannot be.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, get_args

from palier.budget.limits import Limits
from palier.budget.measures import MEASURES
from palier.errors import PalierError, one_of
from palier.facts import decimal
from palier.rules.model import Entry
from palier.verdicts import FAMILIES, Family, Level

LEVELS: Final[tuple[Level, ...]] = get_args(Level)
LIMITED: Final[tuple[Family, ...]] = ("budget", "unit-cost")
"""Families that have limits."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a stack sets itself."""

    limits: Mapping[str, Decimal] = field(default_factory=dict)
    """Figures in the place of higher ones of limits.yaml."""
    levels: Mapping[str, Level] = field(default_factory=dict)
    """Of rules by id."""
    unsure: Mapping[Family, Level] = field(default_factory=dict)
    """What an inconclusive verdict of a family is; mandatory where nothing is said."""

    def relaxed(self, known: Iterable[Entry]) -> list[str]:
        """What is less strict than it was written, a sentence each."""
        by_id = {rule.id: rule for rule in known}
        kept = {rule.family for rule in by_id.values() if rule.ledger}
        said = [
            f"Relaxed by settings: {id_} is advisory."
            for id_, level in self.levels.items()
            if level == "advisory" and by_id[id_].level == "mandatory"
        ]
        said += [
            f"Relaxed by settings: what is inconclusive in {family} does not block"
            + (", but for what keeps data." if family in kept else ".")
            for family, level in self.unsure.items()
            if level == "advisory"
        ]
        return said


def load(file: Path, known: Iterable[Entry], limits: Limits | str) -> Settings:
    """Read the settings of a file.

    Raises:
        PalierError: the key that is wrong, and what is allowed.
    """
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise PalierError(f"{file}: {error.strerror or error}") from None
    except (ValueError, RecursionError):
        raise PalierError(f"{file}: not valid JSON") from None
    return read(content, list(known), limits, f"{file}: ")


def read(content: object, known: list[Entry], limits: Limits | str, where: str = "") -> Settings:
    """Read settings from a JSON value.

    Raises:
        PalierError: the key that is wrong, and what is allowed.
    """
    families = _fields(content, f"{where}settings", FAMILIES)
    parts = [
        family_settings(family, value, known, limits, f"{where}{family}")
        for family, value in families.items()
    ]  # fmt: skip
    return merged(parts)


def merged(parts: Iterable[Settings]) -> Settings:
    """The settings of several families as one."""
    listed = list(parts)
    return Settings(
        limits={key: value for part in listed for key, value in part.limits.items()},
        levels={key: value for part in listed for key, value in part.levels.items()},
        unsure={key: value for part in listed for key, value in part.unsure.items()},
    )


def family_settings(
    family: str, value: object, known: list[Entry], limits: Limits | str, where: str
) -> Settings:
    """Read the settings of one family.

    Raises:
        PalierError: the key that is wrong, and what is allowed.
    """
    name = next((one for one in FAMILIES if one == family), None)
    if name is None:
        raise PalierError(f"{where}: expected {one_of(FAMILIES)}")
    keys = ("limits", "levels", "inconclusive") if name in LIMITED else ("levels", "inconclusive")
    content = _fields(value, where, keys)
    return Settings(
        limits=_limits(content.get("limits", {}), name, limits, where),
        levels=_levels(content.get("levels", {}), [one for one in known if one.family == name],
                       f"{where}.levels"),
        unsure={name: _level(content["inconclusive"], f"{where}.inconclusive")}
        if "inconclusive" in content else {},
    )  # fmt: skip


def _fields(value: object, where: str, allowed: Iterable[str]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise PalierError(f"{where}: expected fields")
    for key in value:
        if key not in list(allowed):
            raise PalierError(f"{where}: unknown key {key!r}, allowed are {one_of(allowed)}")
    return value


def _level(value: object, where: str) -> Level:
    found = next((level for level in LEVELS if level == value), None)
    if found is None:
        raise PalierError(f"{where}: expected {one_of(LEVELS)}, got {value!r}")
    return found


def _levels(value: object, known: list[Entry], where: str) -> dict[str, Level]:
    by_id = {rule.id: rule for rule in known}
    levels = {}
    for id_, level in _fields(value, where, by_id).items():
        levels[id_] = _level(level, f"{where}.{id_}")
        if by_id[id_].ledger and levels[id_] != "mandatory":
            raise PalierError(f"{where}.{id_}: keeps data, and cannot be relaxed")
    return levels


def _limits(value: object, family: Family, limits: Limits | str, where: str) -> dict[str, Decimal]:
    if not value and isinstance(value, dict):
        return {}
    if isinstance(limits, str):
        raise PalierError(f"{where}.limits: {limits}")
    rows = _fields(value, f"{where}.limits", _settable(family, limits))
    figures = {id_: _figure(amount, f"{where}.limits.{id_}") for id_, amount in rows.items()}
    try:
        limits.stricter(figures)
    except PalierError as error:
        raise PalierError(f"{where}.{error}") from None
    return figures


def _settable(family: Family, limits: Limits | str) -> list[str]:
    """Limits of a family that have a figure, which a stack may lower."""
    rows = () if isinstance(limits, str) else limits.rows
    return [row.id for row in rows if row.figures and MEASURES[row.measure].family == family]


def _figure(value: object, where: str) -> Decimal:
    try:
        figure = decimal(value)
    except ValueError:
        figure = None
    if not isinstance(figure, Decimal) or isinstance(value, str) or figure <= 0:
        raise PalierError(f"{where}: expected a number above 0, got {value!r}")
    return figure


def json_schema(family: Family, known: list[Entry], limits: Limits | str) -> dict[str, Any]:
    """What may be set for a family, as the properties of a JSON Schema."""
    word = {"type": "string", "enum": [*LEVELS]}
    kept = {"type": "string", "enum": ["mandatory"]}
    levels = {entry.id: kept if entry.ledger else word for entry in known if entry.family == family}
    properties: dict[str, Any] = {"levels": _object(levels), "inconclusive": word}
    if family in LIMITED:
        number = {"type": "number", "exclusiveMinimum": 0}
        properties["limits"] = _object(dict.fromkeys(_settable(family, limits), number))
    return properties


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "additionalProperties": False}
