"""Fixtures of the guardrails of databases: one PostgreSQL, one MySQL, one SQL Server."""

from __future__ import annotations

from typing import Any, Final

from palier.facts import UNKNOWN, Value
from palier.testing.fixtures import Change, Fixture, Resource, unknown

SQL: Final = "gcp:sql/databaseInstance:DatabaseInstance"
IP: Final = "settings.ipConfiguration"
FLAGS: Final = "settings.databaseFlags"
MYSQL: Final = {"databaseVersion": "MYSQL_8_4"}
PRIVATE: Final = {"ipv4Enabled": False, "sslMode": "ENCRYPTED_ONLY"}
REQUIRED: Final = {
    "log_connections": "on",
    "log_disconnections": "on",
    "log_statement": "ddl",
    "cloudsql.iam_authentication": "on",
    "cloudsql.enable_pgaudit": "on",
}
"""Flags without which PostgreSQL logs too little, or knows no logins of IAM."""
OWN_DEFAULTS: Final = {
    "log_error_verbosity": "default",
    "log_min_messages": "warning",
    "log_min_error_statement": "error",
    "log_min_duration_statement": "-1",
}


def flags(**changed: Value) -> list[dict[str, Value]]:
    """Flags, with some changed or (`None`) left out; a `__` stands for a dot."""
    wanted = REQUIRED | {name.replace("__", "."): value for name, value in changed.items()}
    return [{"name": name, "value": value} for name, value in wanted.items() if value is not None]


def instance(name: str, version: str, **settings: Any) -> Resource:
    """An instance that is reached in private, by TLS."""
    inputs = {"databaseVersion": version, "settings": {"ipConfiguration": PRIVATE, **settings}}
    return Resource(type=SQL, name=name, inputs=inputs)


POSTGRES: Final = instance("postgres", "POSTGRES_17", databaseFlags=flags())
SAID: Final = instance("said", "POSTGRES_16", databaseFlags=flags(**OWN_DEFAULTS))
OTHERS: Final = (
    instance("mysql", "MYSQL_8_4", databaseFlags=[
        {"name": "cloudsql_iam_authentication", "value": "on"}]),
    instance("windows", "SQLSERVER_2022_STANDARD"),
)  # fmt: skip
ALL: Final = (POSTGRES, SAID, *OTHERS)
WITHOUT_MYSQL: Final = {"databaseVersion": "POSTGRES_17"}


def flagged(**changed: Value) -> Change:
    """PostgreSQL with other flags."""
    return Change(type=SQL, at=FLAGS, to=flags(**changed), where=WITHOUT_MYSQL)


def open_flags(name: str) -> list[Change]:
    """Every way not to know a flag yet."""
    rest = [flag for flag in flags() if flag["name"] != name]
    return [
        unknown(SQL, FLAGS, **WITHOUT_MYSQL),
        unknown(SQL, "settings", **WITHOUT_MYSQL),
        *(Change(type=SQL, at=FLAGS, to=[*rest, flag], where=WITHOUT_MYSQL) for flag in (
            {"name": name, "value": UNKNOWN}, {"name": UNKNOWN, "value": "on"}, UNKNOWN)),
    ]  # fmt: skip


FIXTURES: Final[tuple[Fixture, ...]] = (
    Fixture(
        rule="sql-tls",
        passing=ALL,
        violating=[
            Change(type=SQL, at=f"{IP}.sslMode", to="ALLOW_UNENCRYPTED_AND_ENCRYPTED"),
            Change(type=SQL, at=f"{IP}.sslMode", to=None),
            Change(type=SQL, at=IP, to=None),
        ],
        unknown=[unknown(SQL, f"{IP}.sslMode"), unknown(SQL, "settings")],
    ),
    Fixture(
        rule="sql-public-address",
        passing=ALL,
        violating=[
            Change(type=SQL, at=f"{IP}.ipv4Enabled", to=True),
            Change(type=SQL, at=f"{IP}.ipv4Enabled", to=None),
            Change(type=SQL, at="settings", to=None),
        ],
        unknown=[unknown(SQL, f"{IP}.ipv4Enabled"), unknown(SQL, IP)],
    ),
    Fixture(
        rule="sql-authorized-networks",
        passing=[*ALL, Resource(type=SQL, name="office", inputs={"settings": {"ipConfiguration": {
            "authorizedNetworks": [{"name": "office", "value": "203.0.113.0/24"}]}}})],
        violating=[
            *(Change(type=SQL, at=f"{IP}.authorizedNetworks",
                     to=[{"value": "203.0.113.0/24"}, {"value": wide}])
              for wide in ("0.0.0.0/0", "0.0.0.0/1", "::/0")),
        ],
        unknown=[
            unknown(SQL, f"{IP}.authorizedNetworks"),
            Change(type=SQL, at=f"{IP}.authorizedNetworks",
                   to=[{"value": "203.0.113.0/24"}, {"value": UNKNOWN}]),
        ],
    ),
    Fixture(
        rule="sql-iam-login",
        passing=ALL,
        violating=[
            flagged(cloudsql__iam_authentication="off"),
            flagged(cloudsql__iam_authentication=None),
            Change(type=SQL, at=FLAGS, to=None, where=WITHOUT_MYSQL),
            Change(type=SQL, at=FLAGS, to=[], where=MYSQL),
        ],
        unknown=[
            *open_flags("cloudsql.iam_authentication"),
            unknown(SQL, "databaseVersion", databaseVersion="SQLSERVER_2022_STANDARD"),
        ],
    ),
    Fixture(
        rule="sql-log-flags",
        passing=ALL,
        violating=[
            flagged(log_connections="off"),
            flagged(log_connections=None),
            flagged(log_disconnections="off"),
            flagged(log_disconnections=None),
            flagged(log_statement="none"),
            flagged(log_statement=None),
            flagged(log_error_verbosity="verbose"),
            flagged(log_min_messages="info"),
            flagged(log_min_error_statement="warning"),
            flagged(log_min_duration_statement="250"),
            Change(type=SQL, at=FLAGS, to=None, where=WITHOUT_MYSQL),
        ],
        unknown=[
            *open_flags("log_connections"),
            unknown(SQL, "databaseVersion", **MYSQL),
        ],
    ),
    Fixture(
        rule="sql-audit",
        passing=ALL,
        violating=[
            flagged(cloudsql__enable_pgaudit="off"),
            flagged(cloudsql__enable_pgaudit=None),
        ],
        unknown=open_flags("cloudsql.enable_pgaudit"),
    ),
)  # fmt: skip
