"""A cache that is gone, slow or the wrong one: requests go on, with the database's answers."""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import app_fleet
import pytest
from app_servers import HERE, Process, Servers, free_port, running
from app_traffic import Client, p95, traffic
from waiting import eventually

from tools import debian

pytestmark = pytest.mark.servers


@contextmanager
def own_cache(logs: Path, port: int) -> Iterator[Process]:
    """A cache that may be ended without anybody else noticing."""
    command = (debian.need("redis-server"), "--bind", HERE, "--port", str(port), "--save", "")
    with running(Process(*command, log=logs / f"cache-{port}.log")) as made:
        made.until(port)
        yield made


@contextmanager
def silent() -> Iterator[int]:
    """Somebody who takes connections and never says a word."""
    with socket.create_server((HERE, 0)) as server:
        taken: list[socket.socket] = []

        def take() -> None:
            while True:
                try:
                    taken.append(server.accept()[0])
                except OSError:
                    return

        thread = threading.Thread(target=take)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        thread.join()
        for one in taken:
            one.close()


def test_when_the_cache_dies_no_request_fails_and_when_it_is_back_it_is_used(
    env: dict[str, str], logs: Path
) -> None:
    port = free_port()
    own = env | {"CACHE_PORT": str(port)}
    with own_cache(logs, port) as cache, app_fleet.instance("web", own, logs) as web:
        client = Client(f"http://{HERE}:{web.port}").logged_in()
        with traffic(client) as load:
            load.more(20)
            cache.stop(signal.SIGKILL)
            without = load.more(60)
            with own_cache(logs, port):
                before = web.metrics()['app_cache_total{result="hit"}']
                hit = 'app_cache_total{result="hit"}'
                assert eventually(lambda: web.metrics()[hit] > before + 10)
        assert load.failed == []
        assert p95(without) < 1
        assert web.metrics()['app_cache_total{result="error"}'] > 0


def test_a_cache_that_does_not_answer_costs_each_request_little(
    env: dict[str, str], logs: Path
) -> None:
    with (
        silent() as port,
        app_fleet.instance("web", env | {"CACHE_PORT": str(port)}, logs) as web,
        traffic(Client(f"http://{HERE}:{web.port}").logged_in()) as load,
    ):
        seen = load.more(100)
        errors = web.metrics()['app_cache_total{result="error"}']
    assert load.failed == []
    assert p95(seen) < 1, "200 ms for whoever finds out, nothing for the others"
    assert errors < len(seen) / 2, "after some failures nobody asks for a while"


def test_a_cache_with_the_certificate_of_a_stranger_is_not_believed(
    servers: Servers, env: dict[str, str], logs: Path
) -> None:
    facts = logs / "stranger"
    facts.mkdir()
    for file in Path(env["FACTS_DIR"]).iterdir():
        (facts / file.name).write_bytes(file.read_bytes())
    own = env | {"CACHE_MODE": "managed"}
    with app_fleet.instance("web", own, logs) as web:
        Client(f"http://{HERE}:{web.port}").logged_in().ask("GET", "/api/profile")
        assert web.metrics()['app_cache_total{result="error"}'] == 0
    stranger = (servers.where / "tls" / "other.pem").read_bytes()
    (facts / "cache-eu-ca").write_bytes(stranger)
    with app_fleet.instance("web", own | {"FACTS_DIR": str(facts)}, logs) as web:
        client = Client(f"http://{HERE}:{web.port}").logged_in()
        assert client.ask("GET", "/api/profile").status == 200
        assert web.metrics()['app_cache_total{result="error"}'] > 0


def test_what_a_dead_cache_could_not_hear_the_worker_says_when_it_is_back(
    servers: Servers, env: dict[str, str], logs: Path
) -> None:
    port = free_port()
    own = env | {"CACHE_PORT": str(port)}
    with app_fleet.instance("web", own, logs) as web:
        client = Client(f"http://{HERE}:{web.port}").logged_in("late@example.org")
        client.ask("PUT", "/api/profile", {"name": "late"})
    jobs = "SELECT count(*) AS jobs FROM jobs WHERE kind = 'forget' AND run_after <= now()"
    assert servers.primary.app(jobs)[0]["jobs"] >= 1
    with own_cache(logs, port), app_fleet.instance("worker", own, logs):
        assert eventually(lambda: servers.primary.app(jobs)[0]["jobs"] == 0)
