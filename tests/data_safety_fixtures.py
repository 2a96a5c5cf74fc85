"""Fixtures of the rules of data safety."""

from __future__ import annotations

from typing import Final

from palier.testing.fixtures import Change, Fixture, Resource, unknown

SQL: Final = "gcp:sql/databaseInstance:DatabaseInstance"
PRIMARY: Final = Resource(
    type=SQL,
    name="main",
    protect=True,
    inputs={
        "settings": {
            "backupConfiguration": {"enabled": True, "pointInTimeRecoveryEnabled": True},
        },
    },
)
BACKUPS: Final = "settings.backupConfiguration"

FIXTURES: Final[tuple[Fixture, ...]] = (
    Fixture(
        rule="sql-backups",
        passing=[PRIMARY],
        violating=[
            Change(type=SQL, at=f"{BACKUPS}.enabled", to=False, where={"masterInstanceName": None}),
            Change(type=SQL, at=f"{BACKUPS}.pointInTimeRecoveryEnabled", to=None,
                   where={"masterInstanceName": None}),
            Change(type=SQL, at=BACKUPS, to=None, where={"masterInstanceName": None}),
        ],
        unknown=[
            unknown(SQL, f"{BACKUPS}.enabled", masterInstanceName=None),
            unknown(SQL, "settings", masterInstanceName=None),
        ],
    ),
)  # fmt: skip
