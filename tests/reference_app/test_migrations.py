"""Migrations while the application runs: no write fails, and none waits for long."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from pathlib import Path

import app_fleet
import pytest
from app_fleet import APP, Instance
from app_servers import HERE, Process, Servers
from app_traffic import Client, traffic
from waiting import eventually

from tools import debian

pytestmark = pytest.mark.servers
LOCK_TIMEOUT_S = 1.0
"""What each migration sets."""
FILES = sorted((APP / "migrations").glob("*.sql"))
PATIENCE = "SET LOCAL lock_timeout = '1s';\nSET LOCAL statement_timeout = '60s';\n"
LATE = "9999_late"
APPLYING = "SELECT 1 FROM pg_stat_activity WHERE usename = 'app' AND query LIKE"
SLEEPING = f"{APPLYING} '%pg_sleep(55)%'"
BUILDING = f"{APPLYING} '%CREATE INDEX CONCURRENTLY%'"
VALID = """
    SELECT indisvalid AS valid FROM pg_index
    WHERE indexrelid = 'records_module_status_id'::regclass
"""


class Release:
    """A copy of the application with some of its migrations."""

    def __init__(self, where: Path, env: dict[str, str]) -> None:
        self._where = where
        self._env = env
        (where / "migrations").mkdir(parents=True)
        (where / "src").symlink_to(APP / "src")

    def add(self, *files: Path) -> Release:
        for file in files:
            (self._where / "migrations" / file.name).write_bytes(file.read_bytes())
        return self

    def write(self, name: str, text: str) -> Release:
        file = self._where / "migrations" / f"{name}.sql"
        file.write_text(text, encoding="utf-8")
        return self

    @property
    def settings(self) -> dict[str, str]:
        """What runs this copy, which is ready on a schema that has its own migrations."""
        return self._env | {"PYTHONPATH": str(self._where / "src")}

    def start(self) -> Process:
        env = app_fleet.own_environment() | self.settings
        command = (sys.executable, "-m", "reference_app", "migrate")
        return Process(*command, log=self._where / "log", env=env)

    def migrate(self) -> str:
        """Apply; what it said."""
        (self._where / "log").unlink(missing_ok=True)
        process = self.start()
        assert process.wait(90) == 0, process.said()
        return process.said()


@pytest.fixture
def settings(servers: Servers, logs: Path, request: pytest.FixtureRequest) -> dict[str, str]:
    """The settings of the application, with an empty database."""
    servers.fresh_database()
    return app_fleet.mounted(servers, logs / f"mounted-{abs(hash(request.node.name))}")


@pytest.fixture
def release(settings: dict[str, str], logs: Path, request: pytest.FixtureRequest) -> Release:
    return Release(logs / f"release-{abs(hash(request.node.name))}", settings)


def schema(servers: Servers) -> str:
    """All that is in the database, but the migrator's own tables."""
    done = subprocess.run(  # noqa: S603 our own arguments
        [debian.need("pg_dump"), "-h", HERE, "-p", str(servers.primary.port), "-U", "postgres",
         "-T", "*yoyo*", "app"], capture_output=True, text=True, check=True,
    )  # fmt: skip
    kept = (line for line in done.stdout.splitlines() if not line.startswith("\\"))
    return "\n".join(kept)


def rows(servers: Servers, count: int) -> None:
    """Enough for the backfill to have several batches."""
    servers.primary.app(
        """
        WITH who AS (
            INSERT INTO users (email, name)
            SELECT number || '@example.org', 'name' FROM generate_series(1, %s) AS number
            RETURNING id
        )
        INSERT INTO records (module, author_id, title, idempotency_key)
        SELECT 'order', id, 'old', id::text FROM who
        """,
        count,
    )


def test_migrating_twice_changes_nothing(servers: Servers, release: Release) -> None:
    assert f"applied: {len(FILES)}\n" in release.add(*FILES).migrate()
    before = schema(servers)
    assert "display_name" in before
    assert release.migrate() == "applied: 0\n"
    assert schema(servers) == before


def test_the_version_that_runs_works_on_the_schema_after_each_migration(
    servers: Servers, release: Release, logs: Path
) -> None:
    release.add(FILES[0]).migrate()
    with (
        app_fleet.instance("web", release.settings, logs) as web,
        app_fleet.instance("worker", release.settings, logs),
    ):
        client = Client(f"http://{HERE}:{web.port}")
        for number, file in enumerate(FILES):
            release.add(file).migrate()
            ann = client.logged_in(f"{number}@example.org")
            assert ann.ask("PUT", "/api/profile", {"name": file.stem}).status == 200
            assert ann.ask("GET", "/api/profile").body["name"] == file.stem
            assert ann.ask("GET", "/api/config").status == 200
            made = ann.write(file.stem, "a")
            assert ann.ask("GET", f"/api/order/records/{made['id']}").body == made
            listed = ann.ask("GET", f"/api/order/records?before={made['id'] + 1}&limit=1").body
            assert listed["records"] == [made]
            assert eventually(
                lambda: not servers.primary.app("SELECT 1 FROM jobs WHERE run_after <= now()")
            )
    names = servers.primary.app("SELECT name, display_name FROM users")
    assert [row for row in names if row["name"] != row["display_name"]] == []


def test_a_release_is_ready_when_its_migrations_are_done_and_not_before(
    servers: Servers, release: Release, logs: Path
) -> None:
    release.add(*FILES[:-1]).migrate()
    looked = looks(servers)
    new = Instance("web", release.add(FILES[-1]).settings, logs / "new.log")
    try:
        assert eventually(lambda: looks(servers) >= looked + 3), new.said()
        assert app_fleet.status(new.metrics_port, "/readyz") == 503
        release.migrate()
        new.ready()
    finally:
        new.stop()


def looks(servers: Servers) -> int:
    """How often anybody has read which migrations are applied."""
    table = "SELECT seq_scan + coalesce(idx_scan, 0) AS times FROM pg_stat_user_tables"
    (row,) = servers.primary.app(f"{table} WHERE relname = '_yoyo_migration'")
    return int(row["times"])


def test_under_load_no_write_fails_and_none_waits_longer_than_the_lock_timeout(
    servers: Servers, release: Release, logs: Path
) -> None:
    release.add(FILES[0]).migrate()
    rows(servers, 5000)
    with (
        app_fleet.instance("web", release.settings, logs) as web,
        traffic(Client(f"http://{HERE}:{web.port}").logged_in()) as load,
    ):
        load.more(30)
        release.add(*FILES)
        said = release.migrate()
        load.more(30)
    assert f"applied: {len(FILES) - 1}\n" in said
    assert load.failed == []
    assert max(one.seconds for one in load.samples) < LOCK_TIMEOUT_S
    statuses = servers.primary.app("SELECT DISTINCT status FROM records")
    assert statuses == [{"status": "open"}]


def test_a_migration_that_meets_a_long_transaction_makes_way_and_comes_again(
    servers: Servers, release: Release, logs: Path
) -> None:
    release.add(FILES[0]).migrate()
    with app_fleet.instance("web", release.settings, logs) as web:
        release.add(*FILES)
        with (
            servers.primary.connect("app") as report,
            traffic(Client(f"http://{HERE}:{web.port}").logged_in()) as load,
        ):
            report.execute("BEGIN")
            report.execute("SELECT count(*) FROM records")
            process = release.start()
            waits = "SELECT 1 FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock'"
            for _ in range(2):
                assert eventually(lambda: servers.primary.app(waits)), "it asks"
                assert eventually(lambda: not servers.primary.app(waits)), "and makes way"
            load.more(10)
            report.execute("COMMIT")
            assert process.wait(60) == 0, process.said()
        assert load.failed == []
        slowest = max(one.seconds for one in load.samples)
        assert LOCK_TIMEOUT_S / 2 < slowest < LOCK_TIMEOUT_S + 1, "it was in the way, for so long"


def test_a_killed_migration_blocks_the_next_no_longer_than_its_own_session(
    servers: Servers, release: Release
) -> None:
    release.add(*FILES).write(LATE, f"{PATIENCE}SELECT pg_sleep(55);")
    killed = release.start()
    try:
        assert eventually(lambda: servers.primary.app(SLEEPING))
    finally:
        killed.stop(signal.SIGKILL)
    assert servers.primary.app("SELECT 1 FROM yoyo_lock"), "a lock that nobody holds is left"
    assert (
        release.write(LATE, f"{PATIENCE}CREATE TABLE late ();").migrate()
        == "eu-1: 9999_late\napplied: 1\n"
    )
    assert not servers.primary.app(SLEEPING)


def test_an_index_that_was_left_half_built_is_built_again(
    servers: Servers, release: Release
) -> None:
    (index,) = (file for file in FILES if "CREATE INDEX CONCURRENTLY" in file.read_text())
    release.add(*(file for file in FILES if file < index)).migrate()
    with servers.primary.connect("app") as other:
        other.execute("BEGIN")
        other.execute("LOCK TABLE records IN ROW EXCLUSIVE MODE")
        killed = release.add(index).start()
        try:
            assert eventually(lambda: servers.primary.app(BUILDING))
        finally:
            killed.stop(signal.SIGKILL)
        assert eventually(lambda: not servers.primary.app(BUILDING)), (
            "the server notices by itself that nobody is there any more"
        )
        assert servers.primary.app(VALID) == [{"valid": False}]
        other.execute("ROLLBACK")
    release.migrate()
    assert servers.primary.app(VALID) == [{"valid": True}]


def test_of_two_that_migrate_at_once_one_waits_for_the_other(
    servers: Servers, release: Release
) -> None:
    release.add(*FILES)
    said: list[str] = []

    def migrate() -> None:
        process = release.start()
        process.wait(60)
        said.append(process.said())

    threads = [threading.Thread(target=migrate) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines = said[-1].splitlines()
    assert sorted(line for line in lines if line.startswith("applied")) == [
        "applied: 0", f"applied: {len(FILES)}",
    ]  # fmt: skip
    assert len(servers.primary.app("SELECT 1 FROM _yoyo_migration")) == len(FILES)


@pytest.fixture
def bad(release: Release) -> Release:
    release.add(FILES[0]).migrate()
    return release.write("0002_bad", f"{PATIENCE}CREATE TABLE kept (id bigint); SELECT 1/0;")


def test_a_migration_that_fails_leaves_nothing_and_says_why_in_one_line(
    servers: Servers, bad: Release
) -> None:
    process = bad.start()
    assert process.wait() == 2
    assert process.said().splitlines()[-1] == "reference-app: eu-1: 0002_bad: division by zero"
    assert servers.primary.app("SELECT to_regclass('kept') AS kept") == [{"kept": None}]


def test_a_primary_with_the_certificate_of_a_stranger_is_not_migrated(
    servers: Servers, settings: dict[str, str], release: Release
) -> None:
    stranger = (servers.where / "tls" / "other.pem").read_bytes()
    Path(settings["FACTS_DIR"], "database-eu-1-ca").write_bytes(stranger)
    process = release.add(*FILES).start()
    assert process.wait() == 2
    assert process.said().count("\n") == 1, process.said()
    assert "certificate verify failed" in process.said()
