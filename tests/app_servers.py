"""Real servers on loopback for the reference application, each a process of its own.

PostgreSQL with a replica that streams, with TLS by an authority of the tests; Redis twice, without
and with a password and TLS. Each is started and ended by its pid, in a folder that goes with it.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg.rows import dict_row
from waiting import eventually

from tools import debian

HERE: Final = "127.0.0.1"
REPLICA_HOST: Final = "127.0.0.2"
"""Of another address and the same port: as in the cloud, only the host tells them apart."""
PASSWORD: Final = 'it\'s "quoted" \\ text'  # noqa: S105 of the tests; what is hardest to quote
AUTH: Final = "cache-password"
SHARD: Final = "eu-1"
SITE: Final = "eu"
REPLICA: Final = "r1"
CONF: Final = """
unix_socket_directories = ''
ssl = on
ssl_cert_file = '{tls}/server.pem'
ssl_key_file = '{tls}/server.key'
password_encryption = 'scram-sha-256'
max_connections = 100
shared_buffers = '32MB'
fsync = off
shared_preload_libraries = 'pg_stat_statements'
pg_stat_statements.track_utility = off
hot_standby_feedback = on
wal_receiver_status_interval = '1s'
"""
HBA: Final = """
host all postgres 127.0.0.0/8 trust
host replication postgres 127.0.0.0/8 trust
hostssl all app 127.0.0.0/8 scram-sha-256
"""


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as free:
        free.bind((HERE, 0))
        return int(free.getsockname()[1])


def answers(port: int, host: str = HERE) -> bool:
    """Whether somebody listens."""
    with socket.socket() as asked:
        asked.settimeout(1)
        return asked.connect_ex((host, port)) == 0


class Process:
    """A program that runs until it is stopped; what it says is kept for whoever has to look."""

    def __init__(
        self, *command: str | Path, log: Path, user: str | None = None,
        env: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        self.log = log
        self.name = Path(command[0]).name
        with log.open("ab") as said:
            self._running = subprocess.Popen(  # noqa: S603 our own arguments
                list(map(str, command)), stdout=said, stderr=said, stdin=subprocess.DEVNULL,
                env=env, user=user, group=user, extra_groups=[] if user else None,
            )  # fmt: skip

    @property
    def pid(self) -> int:
        return self._running.pid

    @property
    def ended(self) -> bool:
        return self._running.poll() is not None

    def send(self, number: signal.Signals) -> None:
        if not self.ended:
            self._running.send_signal(number)

    def wait(self, seconds: float = 30) -> int:
        """Its exit code."""
        return self._running.wait(seconds)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """End it, by force if it does not want to."""
        self.send(number)
        try:
            return self.wait(20)
        except subprocess.TimeoutExpired:
            self.send(signal.SIGKILL)
            return self.wait()

    def said(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    def until(self, port: int) -> None:
        """Wait until it listens."""
        assert eventually(lambda: answers(port) or self.ended), self.said()
        assert not self.ended, f"{self.name} ended: {self.said()}"


@contextmanager
def running(process: Process, number: signal.Signals = signal.SIGTERM) -> Iterator[Process]:
    """A process that is stopped in the end."""
    try:
        yield process
    finally:
        process.stop(number)


def postgres_user() -> str | None:
    """PostgreSQL does not run as root; Debian's package has made a user for it."""
    return "postgres" if os.geteuid() == 0 else None


def run(*command: str | Path, user: str | None = None) -> None:
    """Run a program to its end."""
    done = subprocess.run(  # noqa: S603 our own arguments
        list(map(str, command)), capture_output=True, text=True, check=False, user=user,
        group=user, extra_groups=[] if user else None, cwd="/",
    )  # fmt: skip
    assert done.returncode == 0, f"{command[0]}: {done.stdout}{done.stderr}"


@contextmanager
def folder() -> Iterator[Path]:
    """A folder that is gone in the end, and that PostgreSQL's user may enter."""
    made = Path(tempfile.mkdtemp(prefix="app-servers-"))
    made.chmod(0o755)
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def certificates(where: Path) -> None:
    """An authority, and a server's certificate by it; another authority that signed nothing."""
    openssl = debian.need("openssl")
    where.mkdir()
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2")
    for name in ("ca", "other"):
        files = ("-keyout", where / f"{name}.key", "-out", where / f"{name}.pem")
        run(openssl, "req", "-x509", *curve, *files, "-subj", f"/CN=test {name}")
    request = ("-keyout", where / "server.key", "-out", where / "server.csr")
    run(openssl, "req", *curve[:-2], *request, "-subj", "/CN=server")
    run(
        openssl, "x509", "-req", "-in", where / "server.csr", "-out", where / "server.pem",
        "-CA", where / "ca.pem", "-CAkey", where / "ca.key", "-CAcreateserial", "-days", "2",
    )  # fmt: skip
    if user := postgres_user():
        shutil.chown(where / "server.key", user)


@dataclass
class Postgres:
    """A server in a folder; may be started again."""

    data: Path
    port: int
    host: str = HERE
    process: Process | None = None

    def start(self) -> None:
        self.process = Process(
            debian.need("postgres"), "-D", self.data, "-p", str(self.port), "-h", self.host,
            log=self.data.parent / f"{self.data.name}.log", user=postgres_user(),
        )  # fmt: skip
        assert eventually(self.ready), self.process.said()

    def ready(self) -> bool:
        try:
            self.rows("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def stop(self, number: signal.Signals = signal.SIGINT) -> None:
        if self.process is not None:
            self.process.stop(number)
        if number == signal.SIGKILL:
            assert eventually(lambda: not answers(self.port, self.host))

    def connect(self, database: str = "postgres") -> psycopg.Connection[dict[str, Any]]:
        """As superuser, past everything."""
        return psycopg.connect(
            host=self.host, port=self.port, user="postgres", dbname=database, autocommit=True,
            row_factory=dict_row,
        )  # fmt: skip

    def rows(self, query: str, *values: object, database: str = "postgres") -> list[dict[str, Any]]:
        with self.connect(database) as connection:
            cursor = connection.execute(query.encode(), values or None)
            return cursor.fetchall() if cursor.description else []

    def app(self, query: str, *values: object) -> list[dict[str, Any]]:
        """Of the application's database."""
        return self.rows(query, *values, database="app")


@dataclass(frozen=True, kw_only=True)
class Servers:
    """All that a fleet of the application needs."""

    where: Path
    primary: Postgres
    replica: Postgres
    plain_cache: int
    managed_cache: int
    processes: Mapping[str, Process]

    @property
    def ca(self) -> Path:
        return self.where / "tls" / "ca.pem"

    def fresh_database(self) -> None:
        """An empty database of the application, on the primary and its replica."""
        self.primary.rows("DROP DATABASE IF EXISTS app WITH (FORCE)")
        self.primary.rows("CREATE DATABASE app OWNER app")
        self.caught_up()

    def caught_up(self) -> None:
        """Wait until the replica has all that the primary has now."""
        (row,) = self.primary.rows("SELECT pg_current_wal_lsn()::text AS position")
        replayed = f"SELECT pg_last_wal_replay_lsn() >= '{row['position']}' AS all"
        assert eventually(lambda: self.replica.rows(replayed)[0]["all"]), "the replica is late"


def _postgres(where: Path, stack: ExitStack) -> tuple[Postgres, Postgres]:
    user = postgres_user()
    (where / "sql").mkdir()
    if user:
        shutil.chown(where / "sql", user)
    primary = Postgres(where / "sql" / "primary", free_port())
    run(
        debian.need("initdb"), "-D", primary.data, "-U", "postgres", "--auth=trust", "--no-sync",
        "--no-instructions", "--locale=C.UTF-8", user=user,
    )  # fmt: skip
    for name, text in (("postgresql.conf", CONF.format(tls=where / "tls")), ("pg_hba.conf", HBA)):
        (primary.data / name).write_text(text, encoding="utf-8")
    stack.callback(primary.stop)
    primary.start()
    primary.rows("CREATE EXTENSION pg_stat_statements")
    with primary.connect() as connection:
        quoted = psycopg.sql.SQL("CREATE ROLE app LOGIN PASSWORD {}").format(PASSWORD)
        connection.execute(quoted)
    replica = Postgres(where / "sql" / "replica", primary.port, REPLICA_HOST)
    run(
        debian.need("pg_basebackup"), "-h", HERE, "-p", str(primary.port), "-U", "postgres",
        "-D", replica.data, "-R", "-X", "stream", "-c", "fast", "--no-sync", user=user,
    )  # fmt: skip
    stack.callback(replica.stop)
    replica.start()
    return primary, replica


def _redis(where: Path, name: str, *options: str | Path) -> Process:
    (where / name).mkdir()
    return Process(
        debian.need("redis-server"), "--bind", HERE, "--save", "", "--appendonly", "no",
        "--dir", where / name, *options, log=where / f"{name}.log",
    )  # fmt: skip


@contextmanager
def servers() -> Iterator[Servers]:
    """PostgreSQL with a replica, and two caches."""
    with folder() as where, ExitStack() as stack:
        certificates(where / "tls")
        primary, replica = _postgres(where, stack)
        plain, managed = free_port(), free_port()
        tls = where / "tls"
        processes: dict[str, Process] = {}
        options: Sequence[tuple[str, int, Sequence[str | Path]]] = (
            ("plain", plain, ("--port", str(plain))),
            ("managed", managed, (
                "--port", "0", "--tls-port", str(managed), "--requirepass", AUTH,
                "--tls-cert-file", tls / "server.pem", "--tls-key-file", tls / "server.key",
                "--tls-ca-cert-file", tls / "ca.pem", "--tls-auth-clients", "no",
            )),
        )  # fmt: skip
        for name, port, given in options:
            processes[name] = stack.enter_context(running(_redis(where, name, *given)))
            processes[name].until(port)
        yield Servers(
            where=where, primary=primary, replica=replica, plain_cache=plain,
            managed_cache=managed, processes=processes,
        )  # fmt: skip
