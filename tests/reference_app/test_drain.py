"""Whoever leaves says so first, and fails nobody."""

from __future__ import annotations

import signal
import threading
from pathlib import Path

import app_fleet
import pytest
from app_servers import HERE, Servers, answers
from app_traffic import Answer, Client, traffic
from waiting import eventually

pytestmark = pytest.mark.servers


def test_a_rolling_restart_under_load_fails_no_request(env: dict[str, str], logs: Path) -> None:
    with app_fleet.fleet(env, logs) as fleet:
        with traffic(Client(fleet.url).logged_in()) as load:
            load.more(30)
            fleet.roll(env)
            load.more(30)
        assert load.failed == []
        assert len(fleet.gone) == 2
        assert all(one.wait() == 0 for one in fleet.gone)


def test_who_leaves_says_so_at_once_and_goes_on_serving(env: dict[str, str], logs: Path) -> None:
    with app_fleet.instance("web", env | {"DRAIN_S": "1"}, logs) as web:
        ann = Client(f"http://{HERE}:{web.port}").logged_in()
        assert ann.ask("GET", "/api/profile").headers.get("Connection") == "close", (
            "urllib asks for no more than one"
        )
        web.send(signal.SIGTERM)
        assert eventually(lambda: app_fleet.status(web.port, "/healthz") == 503)
        assert app_fleet.status(web.metrics_port, "/readyz") == 503
        assert app_fleet.status(web.metrics_port, "/livez") == 200, "it is not to be killed"
        assert ann.ask("GET", "/api/profile").status == 200
        assert ann.write("the last")["title"] == "the last"
        assert web.wait() == 0


def test_what_runs_when_the_time_is_over_is_finished(
    servers: Servers, env: dict[str, str], logs: Path
) -> None:
    said: list[Answer] = []
    with app_fleet.instance("web", env, logs) as web:
        ann = Client(f"http://{HERE}:{web.port}").logged_in()
        ann.ask("GET", "/api/profile")
        with servers.primary.connect("app") as other:
            other.execute("BEGIN")
            other.execute("LOCK TABLE records IN EXCLUSIVE MODE")

            def write() -> None:
                content = {"title": "slow"}
                said.append(ann.ask("POST", "/api/order/records", content, key="slow"))

            thread = threading.Thread(target=write)
            thread.start()
            waits = "SELECT 1 FROM pg_locks WHERE NOT granted"
            assert eventually(lambda: servers.primary.app(waits))
            web.send(signal.SIGTERM)
            assert eventually(lambda: not answers(web.port)), "nobody is let in"
            other.execute("COMMIT")
        thread.join()
        assert [one.status for one in said] == [201]
        assert web.wait() == 0


def test_until_the_database_is_there_nobody_is_sent_requests(
    servers: Servers, env: dict[str, str], logs: Path
) -> None:
    servers.primary.stop()
    web = app_fleet.Instance("web", env, logs / "early.log")
    try:
        assert eventually(lambda: app_fleet.status(web.metrics_port, "/livez") == 200)
        assert app_fleet.status(web.port, "/healthz") != 200
        servers.primary.start()
        web.ready()
    finally:
        if not servers.primary.ready():
            servers.primary.start()
        assert web.stop() == 0
