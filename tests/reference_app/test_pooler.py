"""The pooler, by the very script that is shipped: what it writes, and how it leaves."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import threading
from contextlib import ExitStack
from pathlib import Path

import app_fleet
import psycopg
import pytest
from app_fleet import POOLER
from app_servers import HERE, PASSWORD, Servers
from app_traffic import Client, traffic
from waiting import eventually

pytestmark = pytest.mark.servers


def connected(
    port: int, password: str = PASSWORD, *, connect_timeout: int = 10
) -> psycopg.Connection:
    return psycopg.connect(
        host=HERE, port=port, user="app", dbname="eu-1", password=password, autocommit=True,
        prepare_threshold=None, connect_timeout=connect_timeout,
    )  # fmt: skip


def busy(servers: Servers, what: str) -> bool:
    query = "SELECT 1 FROM pg_stat_activity WHERE usename = 'app' AND query LIKE '%%' || %s || '%%'"
    return bool(servers.primary.rows(f"{query} AND state = 'active'", what))


def test_a_password_with_everything_that_has_to_be_quoted_lets_in_and_another_does_not(
    env: dict[str, str], logs: Path
) -> None:
    with app_fleet.pooler(env, logs, replicas=True) as (_, port):
        with connected(port) as connection:
            assert connection.execute("SELECT current_user").fetchone() == ("app",)
        with pytest.raises(psycopg.OperationalError, match=r"(?i)password|auth"):
            connected(port, PASSWORD + "x")


def test_what_it_writes_is_its_own_alone(env: dict[str, str], logs: Path) -> None:
    with app_fleet.pooler(env, logs, replicas=True) as (_, port):
        written = list((logs / f"pooler-{port}" / "run").iterdir())
        assert {file.name for file in written} == {"pgbouncer.ini", "userlist.txt", "ca.pem"}
        assert {stat.S_IMODE(file.stat().st_mode) for file in written} == {0o600}


def test_it_does_not_believe_a_database_with_the_certificate_of_a_stranger(
    servers: Servers, env: dict[str, str], logs: Path
) -> None:
    facts = logs / "strange-facts"
    facts.mkdir()
    for file in Path(env["FACTS_DIR"]).iterdir():
        (facts / file.name).write_bytes(file.read_bytes())
    stranger = (servers.where / "tls" / "other.pem").read_bytes()
    for file in facts.glob("database-*-ca"):
        file.write_bytes(stranger)
    own = env | {"FACTS_DIR": str(facts)}
    with (
        app_fleet.pooler(own, logs, replicas=False) as (process, port),
        pytest.raises(psycopg.OperationalError),
    ):
        connected(port, connect_timeout=2)
    assert "certificate verify failed" in process.said()


def test_when_it_is_asked_to_go_what_runs_is_finished(
    servers: Servers, env: dict[str, str], logs: Path
) -> None:
    found = []
    with app_fleet.pooler(env, logs, replicas=False) as (process, port):

        def long() -> None:
            with connected(port) as connection, connection.transaction():
                connection.execute("SELECT pg_sleep(1) AS patience")
                found.append(connection.execute("SELECT 'finished'").fetchone())

        thread = threading.Thread(target=long)
        thread.start()
        assert eventually(lambda: busy(servers, "patience"))
        process.send(signal.SIGTERM)
        thread.join()
        assert process.wait() == 0, process.said()
    assert found == [("finished",)]


def test_when_it_is_replaced_under_load_no_request_fails(env: dict[str, str], logs: Path) -> None:
    """The next one listens at the same address, as behind a service of the cluster."""
    with app_fleet.pooler(env, logs, replicas=False) as (first, port):
        own = {"DATABASE_MODE": "pooler", "POOLER_HOST": HERE, "POOLER_PORT": str(port)}
        with ExitStack() as stack, app_fleet.instance("web", env | own, logs) as web:
            with traffic(Client(f"http://{HERE}:{web.port}").logged_in()) as load:
                load.more(60)
                first.send(signal.SIGTERM)
                assert first.wait() == 0
                stack.enter_context(app_fleet.pooler(env, logs, replicas=False, port=port))
                load.more(120)
            assert load.failed == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"SHARDS": ""}, 'pooler: SHARDS is ""; allowed: names of shards with commas'),
        ({"SHARDS": "us-1"}, "secrets/database-us-1: missing or empty"),
        ({"REPLICAS": "r9"}, "facts/database-eu-1-r9-host: missing or empty"),
        ({"POOL_SIZE": "many"}, 'pooler: POOL_SIZE is "many"; allowed: a whole number'),
        ({"MAX_CLIENTS": ""}, 'pooler: MAX_CLIENTS is ""; allowed: a whole number'),
    ],
)
def test_a_bad_value_is_refused_in_one_line(
    env: dict[str, str], tmp_path: Path, change: dict[str, str], said: str
) -> None:
    given = {
        "PATH": os.environ["PATH"], "FACTS_DIR": env["FACTS_DIR"],
        "SECRETS_DIR": env["SECRETS_DIR"], "RUN_DIR": str(tmp_path / "run"), "SHARDS": "eu-1",
        "REPLICAS": "", "POOL_SIZE": "5", "RESERVE_POOL": "1", "MAX_CLIENTS": "10",
    }  # fmt: skip
    done = subprocess.run(  # noqa: S603 our own arguments
        ["/bin/sh", POOLER], env=given | change, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
