"""The schema of a BigQuery table, read as columns: which change of it makes a new table.

BigQuery adds columns, drops top-level ones and relaxes modes in place. All else it cannot do, so
the provider replaces the table.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from palier.facts import UNKNOWN, Value

Column = Mapping[str, Any]

_TYPES: Final = {
    "INT64": "INTEGER",
    "FLOAT64": "FLOAT",
    "BOOL": "BOOLEAN",
    "STRUCT": "RECORD",
}
"""Two names for one type."""
_NULLABLE: Final = "NULLABLE"


def columns(schema: Value) -> list[Column] | None:
    """Columns of a schema; none when it is absent, not known, or not a list of columns."""
    if not schema or schema is UNKNOWN:
        return None
    try:
        found = json.loads(schema)
    except ValueError:
        return None
    readable = isinstance(found, list) and all(isinstance(column, dict) for column in found)
    return found if readable else None


def same_columns(old: Value, new: Value) -> bool:
    """Whether two schemas say the same: order, white space and the default mode do not count."""
    tables = columns(old), columns(new)
    return None not in tables and _plain(tables[0] or []) == _plain(tables[1] or [])


def _plain(table: list[Column]) -> list[tuple[Any, ...]]:
    return sorted((_name(column), *_described(column)) for column in table)


def _described(column: Column) -> Iterator[Any]:
    yield _type(column)
    yield _mode(column)
    yield str(_plain(column.get("fields") or []))
    known = {"name", "type", "mode", "fields"}
    yield json.dumps({k: v for k, v in column.items() if k not in known}, sort_keys=True)


def makes_new_table(old: Value, new: Value, *, external: bool) -> bool:
    """Whether a change of schema replaces the table.

    Args:
        old: schema in the state.
        new: schema planned.
        external: the table reads data from elsewhere; none of its columns can be dropped.
    """
    tables = columns(old), columns(new)
    if new is UNKNOWN or tables[1] is None:
        return False
    return tables[0] is None or not _changes_in_place(tables[0], tables[1], top=not external)


def _changes_in_place(old: list[Column], new: list[Column], *, top: bool) -> bool:
    before = {_name(column): column for column in old}
    after = {_name(column): column for column in new}
    added = [after[name] for name in after.keys() - before.keys()]
    dropped = before.keys() - after.keys()
    if dropped and (added or not top):
        return False
    kept = before.keys() & after.keys()
    return all(_mode(column) != "REQUIRED" for column in added) and all(
        _column_changes_in_place(before[name], after[name]) for name in kept
    )


def _column_changes_in_place(old: Column, new: Column) -> bool:
    relaxed = (_mode(old), _mode(new)) == ("REQUIRED", _NULLABLE)
    if _type(old) != _type(new) or (_mode(old) != _mode(new) and not relaxed):
        return False
    return _changes_in_place(old.get("fields") or [], new.get("fields") or [], top=False)


def _name(column: Column) -> str:
    return str(column.get("name", "")).lower()


def _type(column: Column) -> str:
    name = str(column.get("type", "")).upper()
    return _TYPES.get(name, name)


def _mode(column: Column) -> str:
    return str(column.get("mode") or _NULLABLE).upper()
