"""Data safety: what keeps data through a mistake, a failure and a climb."""

from __future__ import annotations

from typing import Final

from palier.rules.model import Rule
from palier.rules.requirements import absent, each, one_of

SQL: Final = "gcp:sql/databaseInstance:DatabaseInstance"

RULES: Final[tuple[Rule, ...]] = (
    Rule(
        id="sql-backups",
        title="Every primary database is backed up, and can go back to any point in time",
        family="data-safety",
        rationale="Without both, a wrong query or a bad migration loses up to a day of data.",
        remedy="Set settings.backupConfiguration.enabled and .pointInTimeRecoveryEnabled.",
        reference="CIS GCP 6.8",
        ledger=True,
        judge=each(
            SQL,
            one_of("settings.backupConfiguration.enabled", True),
            one_of("settings.backupConfiguration.pointInTimeRecoveryEnabled", True),
            where=[absent("masterInstanceName")],
        ),
    ),
)
