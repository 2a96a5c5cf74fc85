"""Guardrails of databases: how they are reached, and what they log."""

from __future__ import annotations

from typing import Final

from palier.facts import UNKNOWN, Unknown, Value, read
from palier.ledger import SQL
from palier.rules.guardrails.conditions import several
from palier.rules.guardrails.ranges import own
from palier.rules.judges import each
from palier.rules.model import Rule
from palier.rules.requirements import (
    Answer,
    Requirement,
    both,
    elements,
    every,
    matching,
    one_of,
)

IP: Final = "settings.ipConfiguration"
FLAGS: Final = "settings.databaseFlags"
POSTGRES: Final = matching("databaseVersion", r"POSTGRES_\w+", "PostgreSQL")
MYSQL: Final = matching("databaseVersion", r"MYSQL_\w+", "MySQL")
LEVELS: Final = ("warning", "error", "log", "fatal", "panic")


def flag(name: str, *values: str, safe: bool = False) -> Requirement:
    """A database flag with one of these values; `safe` is one whose default is right."""
    words = f"one with {name} = {' or '.join(values)}"

    def test(value: Value) -> Answer:
        if isinstance(value, Unknown):
            return UNKNOWN
        flags = [(read(item, "name"), read(item, "value")) for item in elements(value)]
        given = [setting for key, setting in flags if key == name]
        if not given:
            return UNKNOWN if any(key is UNKNOWN for key, _ in flags) else safe
        return both(UNKNOWN if one is UNKNOWN else str(one).lower() in values for one in given)

    return Requirement(path=FLAGS, test=test, wanted=words)


REACHED: Final[tuple[Rule, ...]] = (
    Rule(
        id="sql-tls",
        title="Databases are reached by TLS only",
        family="guardrails",
        rationale="Otherwise passwords and rows cross the network in clear.",
        remedy=f"Set {IP}.sslMode to ENCRYPTED_ONLY.",
        reference="CIS GCP 6.4",
        judge=each(
            SQL, one_of(f"{IP}.sslMode", "ENCRYPTED_ONLY", "TRUSTED_CLIENT_CERTIFICATE_REQUIRED")
        ),
    ),
    Rule(
        id="sql-public-address",
        title="Databases have no public address",
        family="guardrails",
        rationale="What has a public address is attacked from everywhere, all the time.",
        remedy=f"Set {IP}.ipv4Enabled to false, and privateNetwork.",
        reference="CIS GCP 6.7",
        judge=each(SQL, one_of(f"{IP}.ipv4Enabled", False)),
    ),
    Rule(
        id="sql-authorized-networks",
        title="No database lets the internet in",
        family="guardrails",
        rationale="A network as wide as the internet is a firewall that refuses nobody.",
        remedy=f"Name your own networks in {IP}.authorizedNetworks, or none.",
        reference="CIS GCP 6.5",
        judge=each(SQL, every(f"{IP}.authorizedNetworks", "networks of one's own", own("value"))),
    ),
    Rule(
        id="sql-iam-login",
        title="Databases know logins of IAM",
        family="guardrails",
        rationale="A password has no owner, and stays when its owner leaves.",
        remedy=f"Set cloudsql.iam_authentication (MySQL: cloudsql_iam_authentication) to on in "
        f"{FLAGS}.",
        reference="CIS GCP 6.6",
        judge=several(
            each(SQL, flag("cloudsql.iam_authentication", "on"), where=[POSTGRES]),
            each(SQL, flag("cloudsql_iam_authentication", "on"), where=[MYSQL]),
        ),
    ),
)
LOGGED: Final[tuple[Rule, ...]] = (
    Rule(
        id="sql-log-flags",
        title="PostgreSQL logs who connects, what changes and what fails, and no data",
        family="guardrails",
        rationale="Without them nobody can say who changed a table, or who tried to get in.",
        remedy=f"Set the flags in {FLAGS}.",
        reference="CIS GCP 6.2.1 to 6.2.7",
        judge=each(
            SQL,
            flag("log_connections", "on"),
            flag("log_disconnections", "on"),
            flag("log_statement", "ddl", "mod", "all"),
            # PostgreSQL's own defaults are default, warning, error and -1.
            flag("log_error_verbosity", "default", "terse", safe=True),
            flag("log_min_messages", *LEVELS, safe=True),
            flag("log_min_error_statement", *LEVELS[1:], safe=True),
            flag("log_min_duration_statement", "-1", safe=True),
            where=[POSTGRES],
        ),
    ),
    Rule(
        id="sql-audit",
        title="PostgreSQL has pgAudit",
        family="guardrails",
        rationale="Without it the logs of a database do not say who read or changed what.",
        remedy=f"Set cloudsql.enable_pgaudit to on in {FLAGS}.",
        reference="CIS GCP 6.2.8",
        judge=each(SQL, flag("cloudsql.enable_pgaudit", "on"), where=[POSTGRES]),
    ),
)
RULES: Final[tuple[Rule, ...]] = (*REACHED, *LOGGED)
