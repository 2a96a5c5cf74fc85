"""The servers and the database of the tests of the reference application."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import app_fleet
import pytest
from app_servers import Servers
from app_servers import servers as started

sys.path.insert(0, str(app_fleet.APP / "src"))


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    """One set for all tests of a run."""
    with started() as made:
        yield made


@pytest.fixture(scope="module")
def env(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of an instance, with an empty and migrated database of this file's own."""
    where = servers.where / tmp_path_factory.mktemp("mounted").name
    made = app_fleet.mounted(servers, where)
    servers.fresh_database()
    app_fleet.migrated(made, where / "migrate.log")
    servers.caught_up()
    return made


@pytest.fixture(scope="module")
def logs(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where processes write; PostgreSQL's user may enter it."""
    made = servers.where / tmp_path_factory.mktemp("logs").name
    made.mkdir(exist_ok=True)
    return made
