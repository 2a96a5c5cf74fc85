"""What a migration must not do while the application runs is refused before it is applied."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import app_fleet
import pytest
import yoyo  # type: ignore[import-untyped]

MIGRATIONS = app_fleet.APP / "migrations"
FILES = sorted(MIGRATIONS.glob("*.sql"))
PATIENCE = "SET LOCAL lock_timeout = '1s';\nSET LOCAL statement_timeout = '10s';\n"


def squawk(*files: Path) -> subprocess.CompletedProcess[str]:
    """The linter with the configuration that is shipped."""
    program = Path(sys.executable).with_name("squawk")
    return subprocess.run(  # noqa: S603 our own arguments
        [program, "--config", app_fleet.APP / ".squawk.toml", "--reporter", "gcc", *files],
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_all_migrations_are_clean() -> None:
    said = squawk(*FILES)
    assert said.returncode == 0, said.stdout + said.stderr


@pytest.mark.parametrize(
    ("statement", "rule"),
    [
        ("ALTER TABLE records ADD COLUMN IF NOT EXISTS kind text NOT NULL;",
         "adding-required-field"),
        ("CREATE INDEX IF NOT EXISTS records_title ON records (title);",
         "require-concurrent-index-creation"),
        ("DROP INDEX IF EXISTS records_title;", "require-concurrent-index-deletion"),
        ("ALTER TABLE records DROP COLUMN IF EXISTS title;", "ban-drop-column"),
        ("DROP TABLE IF EXISTS records;", "ban-drop-table"),
        ("ALTER TABLE records RENAME COLUMN title TO subject;", "renaming-column"),
        ("ALTER TABLE records RENAME TO entries;", "renaming-table"),
        ("ALTER TABLE records ALTER COLUMN title SET DATA TYPE varchar(9);",
         "changing-column-type"),
        ("ALTER TABLE records ALTER COLUMN title SET NOT NULL;", "adding-not-nullable-field"),
        ("ALTER TABLE records ADD CONSTRAINT short CHECK (length(title) < 9);",
         "constraint-missing-not-valid"),
        ("ALTER TABLE records ADD CONSTRAINT one UNIQUE (title);",
         "disallowed-unique-constraint"),
    ],
)  # fmt: skip
def test_what_would_stop_the_application_is_refused_by_its_rule(
    tmp_path: Path, statement: str, rule: str
) -> None:
    file = tmp_path / "bad.sql"
    file.write_text(PATIENCE + statement, encoding="utf-8")
    said = squawk(file)
    assert said.returncode == 1
    assert rule in said.stdout


def test_a_migration_that_would_wait_for_ever_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "bad.sql"
    file.write_text("ALTER TABLE records ADD COLUMN IF NOT EXISTS kind text;", encoding="utf-8")
    said = squawk(file)
    assert said.returncode == 1
    assert "require-lock-timeout" in said.stdout
    assert "require-statement-timeout" in said.stdout


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_inside_a_transaction_the_patience_ends_with_it(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    alone = text.startswith("-- transactional: false")
    for name in ("lock_timeout", "statement_timeout"):
        (kind,) = re.findall(rf"^SET( LOCAL)? {name} = ", text, re.MULTILINE)
        assert bool(kind) != alone, "LOCAL has no meaning without one"


def test_migrations_are_read_in_the_order_of_their_numbers_with_all_their_statements() -> None:
    read = yoyo.read_migrations(str(MIGRATIONS))
    assert [one.id for one in read] == [file.stem for file in FILES]
    assert [file.stem[:4] for file in FILES] == [f"{one:04}" for one in range(1, len(FILES) + 1)]
