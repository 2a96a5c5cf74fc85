"""A module that was extracted is asked of its service; all else goes on when it is gone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import app_fleet
import pytest
from app_fleet import Instance
from app_servers import HERE, free_port
from app_traffic import Client

pytestmark = pytest.mark.servers


@contextmanager
def extracted(env: dict[str, str], logs: Path, module: str) -> Iterator[tuple[Instance, Instance]]:
    """A service with one module, and the rest."""
    port = free_port()
    rest = ",".join(one for one in ("user", "order", "payment") if one != module)
    # All names lead to the one service; the way up again leaves the address as it is.
    url = {"SERVICE_URL": f"http://{HERE}:{port}/{{module}}/.."}
    service = Instance("web", env | {"MODULES": module} | url, logs / f"{module}.log", port=port)
    try:
        service.ready()
        with app_fleet.instance("web", env | {"MODULES": rest} | url, logs) as web:
            yield service, web
    finally:
        service.stop()


def test_a_module_that_was_extracted_is_asked_of_its_service(
    env: dict[str, str], logs: Path
) -> None:
    with extracted(env, logs, "payment") as (service, web):
        ann = Client(f"http://{HERE}:{web.port}").logged_in()
        made = ann.write("paid", module="payment")
        assert ann.ask("GET", f"/api/payment/records/{made['id']}").body == made
        listed = ann.ask("GET", "/api/payment/records")
        assert made in listed.body["records"]
        assert listed.headers["Cache-Control"] == "public, max-age=30"
        again = ann.ask("POST", "/api/payment/records", {"title": "x"}, key="through")
        assert again.status == 201
        assert ann.ask("POST", "/api/payment/records", {"title": "x"}, key="through").status == 200
        assert service.metrics()['app_request_seconds_count{kind="write"}'] == 3
        service.stop()
        said = ann.ask("GET", f"/api/payment/records/{made['id']}")
        assert (said.status, said.headers["Cache-Control"]) == (502, "no-store")
        assert ann.ask("GET", "/api/order/records").status == 200, "all else goes on"


def test_two_that_each_take_the_other_for_the_owner_stop_after_one_step(
    env: dict[str, str], logs: Path
) -> None:
    with extracted(env, logs, "payment") as (_, web):
        client = Client(f"http://{HERE}:{web.port}")
        assert client.ask("GET", "/api/analytics/records").status == 421
