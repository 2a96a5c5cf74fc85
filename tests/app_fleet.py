"""The reference application, started as a platform would: behind a load balancer, with a pooler.

Owns facts, secrets and environment of a process, haproxy with a check of /healthz, the pooler by
the very script that is shipped, and a rolling restart. The servers below are of `app_servers`.
"""

from __future__ import annotations

import os
import shutil
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import app_servers
from app_servers import AUTH, HERE, PASSWORD, REPLICA, SHARD, SITE, Process, Servers, free_port
from waiting import eventually

from tools import debian

ROOT: Final = Path(__file__).parent.parent
APP: Final = ROOT / "gitops" / "reference-app"
POOLER: Final = ROOT / "gitops" / "base" / "pooler" / "start.sh"
SLOTS: Final = 4
"""Places of haproxy for instances: two that serve, two for those that take over."""
DRAIN: Final = {"DRAIN_S": "0.5"}
"""haproxy hears within 0.05 s that an instance is going."""
HAPROXY: Final = """
global
    maxconn 2000
defaults
    mode http
    timeout connect 1s
    timeout client 30s
    timeout server 30s
    timeout check 5s
    retries 0
frontend web
    bind 127.0.0.1:{port}
    default_backend app
frontend numbers
    bind 127.0.0.1:{numbers}
    stats enable
    stats uri /
backend app
    balance roundrobin
    option httpchk GET /healthz
    http-check expect status 200
    default-server inter 50ms fall 1 rise 1
{servers}
"""
"""No retries: a request that fails is a request that failed."""


def own_environment() -> dict[str, str]:
    """What a process of the application inherits: nothing that this one has by chance."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return kept | {"PYTHONPATH": str(APP / "src"), "PYTHONDONTWRITEBYTECODE": "1"}


def mounted(servers: Servers, where: Path) -> dict[str, str]:
    """Facts and secrets as they are mounted, and the environment that the phase mvp gives."""
    facts, secrets = where / "facts", where / "secrets"
    ca = servers.ca.read_text(encoding="utf-8")
    cache = f"cache-{SITE}"
    contents = {
        facts / f"database-{SHARD}-host": HERE,
        facts / f"database-{SHARD}-ca": ca,
        facts / f"database-{SHARD}-{REPLICA}-host": app_servers.REPLICA_HOST,
        facts / f"database-{SHARD}-{REPLICA}-ca": ca,
        facts / f"{cache}-host": HERE,
        facts / f"{cache}-port": str(servers.managed_cache),
        facts / f"{cache}-ca": ca,
        secrets / f"database-{SHARD}": PASSWORD,
        secrets / cache: AUTH,
    }
    for file, text in contents.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return {
        "FACTS_DIR": str(facts), "SECRETS_DIR": str(secrets), "SITE": SITE,
        "DATABASE_MODE": "direct", "DATABASE_SHARDS": SHARD, "DATABASE_REPLICAS": "",
        "DATABASE_PORT": str(servers.primary.port), "DATABASE_POOL": "5",
        "CACHE_MODE": "in-cluster", "CACHE_HOST": HERE, "CACHE_PORT": str(servers.plain_cache),
    }  # fmt: skip


def status(port: int, path: str) -> int:
    """What a process answers, or 0 when nobody does."""
    try:
        with urllib.request.urlopen(f"http://{HERE}:{port}{path}", timeout=5) as said:
            return int(said.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


class Instance(Process):
    """A process of the application."""

    def __init__(self, role: str, env: Mapping[str, str], log: Path, port: int = 0) -> None:
        self.port = port or free_port()
        self.metrics_port = free_port()
        ports = {"PORT": str(self.port), "METRICS_PORT": str(self.metrics_port)}
        super().__init__(
            sys.executable, "-m", "reference_app", role, log=log,
            env={"DRAIN_S": "0"} | own_environment() | dict(env) | ports,
        )  # fmt: skip

    def ready(self) -> Instance:
        """Wait until it serves."""
        assert eventually(lambda: status(self.metrics_port, "/readyz") == 200 or self.ended), (
            self.said()
        )
        assert not self.ended, self.said()
        return self

    def metrics(self) -> dict[str, float]:
        """Its series."""
        url = f"http://{HERE}:{self.metrics_port}/metrics"
        with urllib.request.urlopen(url, timeout=5) as said:
            lines = said.read().decode().splitlines()
        pairs = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
        return {name: float(value) for name, value in pairs}


@contextmanager
def instance(role: str, env: Mapping[str, str], where: Path) -> Iterator[Instance]:
    """One that is ready, and is stopped in the end."""
    made = Instance(role, env, where / f"{role}-{free_port()}.log")
    try:
        yield made.ready()
    finally:
        made.stop()


def migrate(env: Mapping[str, str], log: Path) -> Process:
    """The job that brings the schema up to date, started."""
    return Process(
        sys.executable, "-m", "reference_app", "migrate", log=log,
        env=own_environment() | dict(env),
    )  # fmt: skip


def migrated(env: Mapping[str, str], log: Path) -> None:
    """Bring the schema up to date."""
    process = migrate(env, log)
    assert process.wait(60) == 0, process.said()


@contextmanager
def pooler(
    env: Mapping[str, str], where: Path, *, replicas: bool, port: int = 0
) -> Iterator[tuple[Process, int]]:
    """pgbouncer, by the script that is shipped; as another user when this one is root."""
    port, user = port or free_port(), app_servers.postgres_user()
    home = where / f"pooler-{port}"
    home.mkdir(exist_ok=True)
    # Where the other user may read it: a checkout may be closed to everybody else.
    script = Path(shutil.copy(POOLER, home))
    if user:
        shutil.chown(home, user)
        shutil.chown(script, user)
    path = os.pathsep.join([str(debian.need("pgbouncer").parent), os.environ["PATH"]])
    given = {
        "PATH": path, "FACTS_DIR": env["FACTS_DIR"], "SECRETS_DIR": env["SECRETS_DIR"],
        "SHARDS": SHARD, "REPLICAS": REPLICA if replicas else "", "POOL_SIZE": "8",
        "RESERVE_POOL": "2", "MAX_CLIENTS": "200", "LISTEN_PORT": str(port),
        "DATABASE_PORT": env["DATABASE_PORT"], "RUN_DIR": str(home / "run"),
    }  # fmt: skip
    process = Process("/bin/sh", script, log=home / "log", user=user, env=given)
    with app_servers.running(process):
        process.until(port)
        yield process, port


@dataclass
class Fleet:
    """Instances behind a load balancer."""

    where: Path
    port: int
    numbers: int
    slots: tuple[int, ...]
    serving: list[Instance] = field(default_factory=list)
    gone: list[Instance] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://{HERE}:{self.port}"

    def start(self, env: Mapping[str, str]) -> Instance:
        """One more, which the load balancer sends requests to."""
        taken = {one.port for one in self.serving}
        slot = next(port for port in self.slots if port not in taken)
        made = Instance(
            "web", {**DRAIN, **env}, self.where / f"web-{len(self.gone)}-{slot}.log", port=slot
        )
        self.serving.append(made)
        made.ready()
        assert eventually(lambda: self.up(slot)), "the load balancer does not see it"
        return made

    def roll(self, env: Mapping[str, str]) -> None:
        """Replace each by one with these settings: first the new one, then the old one goes."""
        for old in list(self.serving):
            self.start(env)
            assert old.stop() == 0, f"it left in disorder: {old.said()}"
            self.serving.remove(old)
            self.gone.append(old)

    def up(self, slot: int) -> bool:
        """Whether the load balancer sends requests to a slot."""
        with urllib.request.urlopen(f"http://{HERE}:{self.numbers}/;csv", timeout=5) as said:
            rows = said.read().decode().splitlines()
        return any(row.startswith(f"app,s{slot},") and ",UP," in row for row in rows)


@contextmanager
def fleet(env: Mapping[str, str], where: Path, size: int = 2) -> Iterator[Fleet]:
    """haproxy, and some instances that it sends requests to."""
    made = Fleet(where, free_port(), free_port(), tuple(free_port() for _ in range(SLOTS)))
    lines = [f"    server s{slot} {HERE}:{slot} check" for slot in made.slots]
    conf = where / "haproxy.cfg"
    text = HAPROXY.format(port=made.port, numbers=made.numbers, servers="\n".join(lines))
    conf.write_text(text, encoding="utf-8")
    with ExitStack() as stack:
        balancer = Process(debian.need("haproxy"), "-db", "-f", conf, log=where / "haproxy.log")
        stack.enter_context(app_servers.running(balancer))
        balancer.until(made.port)
        try:
            for _ in range(size):
                made.start(env)
            yield made
        finally:
            for one in made.serving:
                one.stop()
