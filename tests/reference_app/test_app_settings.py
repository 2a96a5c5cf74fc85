"""Settings come from the environment and the mounted files; a bad one is refused in one line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import app_fleet
import builders
import pytest
from reference_app import settings
from reference_app.settings import RefusedError

FOLDER = builders.ROOT / "gitops" / "overlays"
OVERLAYS = sorted(FOLDER.rglob("app/settings.env"))


@pytest.fixture
def given(tmp_path: Path) -> dict[str, str]:
    """A platform with two shards, two replicas and both caches."""
    facts, secrets = tmp_path / "facts", tmp_path / "secrets"
    for shard in ("eu-1", "eu-2"):
        for server in (f"database-{shard}", f"database-{shard}-r1", f"database-{shard}-r2"):
            written(facts / f"{server}-host", f"host-of-{server}")
            written(facts / f"{server}-ca", "certificate")
        written(secrets / f"database-{shard}", f"password of {shard}")
    for name, text in (("host", "cache.internal"), ("port", "6378"), ("ca", "certificate")):
        written(facts / f"cache-eu-{name}", text)
    written(secrets / "cache-eu", "auth")
    return {
        "FACTS_DIR": str(facts), "SECRETS_DIR": str(secrets), "SITE": "eu",
        "DATABASE_MODE": "direct", "DATABASE_SHARDS": "eu-1", "DATABASE_REPLICAS": "",
        "CACHE_MODE": "in-cluster",
    }  # fmt: skip


def written(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text + "\n", encoding="utf-8")


def test_mvp_goes_straight_to_the_database_with_tls_and_to_the_cache_in_the_cluster(
    given: dict[str, str],
) -> None:
    found = settings.read(given)
    (shard,) = found.shards
    assert (shard.primary.host, shard.primary.port) == ("host-of-database-eu-1", 5432)
    assert shard.primary.parameters()["sslmode"] == "verify-ca"
    assert shard.primary.password == "password of eu-1"  # noqa: S105
    assert shard.replicas == ()
    assert (found.cache.host, found.cache.port, found.cache.password) == ("valkey", 6379, None)
    assert found.cache.ca is None
    assert found.traces is None
    assert found.modules == set(settings.MODULES)
    assert (found.port, found.metrics_port, found.drain_s, found.pool) == (8080, 9090, 20, 5)


def test_a_web_tier_beside_services_serves_none_of_their_modules(given: dict[str, str]) -> None:
    assert settings.read(given | {"MODULES": "none"}).modules == frozenset()


@pytest.mark.parametrize("file", OVERLAYS, ids=[str(one.relative_to(FOLDER)) for one in OVERLAYS])
def test_the_shipped_overlays_settings_are_taken(given: dict[str, str], file: Path) -> None:
    """What an overlay says, with facts and secrets of every name that it could mean."""
    said = dict(
        line.split("=", 1) for line in file.read_text(encoding="utf-8").splitlines()
        if not line.startswith("#")
    )  # fmt: skip
    facts, secrets = Path(given["FACTS_DIR"]), Path(given["SECRETS_DIR"])
    site = said["SITE"]
    for shard in said["DATABASE_SHARDS"].split(","):
        written(secrets / f"database-{shard}", "password")
        for name in (shard, *(f"{shard}-{key}" for key in said["DATABASE_REPLICAS"].split(","))):
            written(facts / f"database-{name}-host", "10.24.0.3")
            written(facts / f"database-{name}-ca", "certificate")
    written(secrets / f"cache-{site}", "password")
    for key, text in {"host": "10.24.0.4", "port": "6378", "ca": "certificate"}.items():
        written(facts / f"cache-{site}-{key}", text)
    places = {key: given[key] for key in ("FACTS_DIR", "SECRETS_DIR")}
    found = settings.read(places | said)
    assert len(found.shards) == len(said["DATABASE_SHARDS"].split(","))
    assert bool(found.shards[0].replicas) == bool(said["DATABASE_REPLICAS"])


def test_the_pooler_is_asked_by_the_names_of_shards_with_the_first_shard_s_password(
    given: dict[str, str],
) -> None:
    found = settings.read(
        given | {"DATABASE_MODE": "pooler", "DATABASE_SHARDS": "eu-1,eu-2",
                 "DATABASE_REPLICAS": "r1"}
    )  # fmt: skip
    names = [[one.name for one in (shard.primary, *shard.replicas)] for shard in found.shards]
    assert names == [["eu-1", "eu-1-ro"], ["eu-2", "eu-2-ro"]]
    for shard in found.shards:
        assert (shard.primary.host, shard.primary.port) == ("pgbouncer", 5432)
        assert shard.primary.password == "password of eu-1"  # noqa: S105
        assert shard.primary.parameters()["sslmode"] == "disable", "inside the cluster"


def test_without_replicas_the_pooler_is_asked_for_one_database_only(given: dict[str, str]) -> None:
    (shard,) = settings.read(given | {"DATABASE_MODE": "pooler"}).shards
    assert shard.replicas == ()


def test_managed_pooling_and_a_managed_cache_have_ports_passwords_and_authorities(
    given: dict[str, str],
) -> None:
    found = settings.read(
        given | {"DATABASE_MODE": "managed", "CACHE_MODE": "managed", "DATABASE_REPLICAS": "r1,r2"}
    )
    (shard,) = found.shards
    assert shard.primary.port == 6432
    assert [one.host for one in shard.replicas] == [
        "host-of-database-eu-1-r1", "host-of-database-eu-1-r2",
    ]  # fmt: skip
    assert (found.cache.host, found.cache.port) == ("cache.internal", 6378)
    assert found.cache.password == "auth"  # noqa: S105
    assert found.cache.ca == Path(given["FACTS_DIR"], "cache-eu-ca")


@pytest.mark.parametrize("mode", ["direct", "pooler", "managed"])
def test_migrations_go_to_the_primary_itself_in_every_mode(
    given: dict[str, str], mode: str
) -> None:
    (shard,) = settings.primaries(given | {"DATABASE_MODE": mode})
    assert (shard.primary.host, shard.primary.port) == ("host-of-database-eu-1", 5432)
    assert shard.primary.name == "app"


def test_with_two_shards_payments_live_on_the_last_and_all_else_on_the_first(
    given: dict[str, str],
) -> None:
    found = settings.read(given | {"DATABASE_SHARDS": "eu-1,eu-2"})
    lives = {module: found.shard_of(module).key for module in settings.MODULES}
    assert lives.pop("payment") == "eu-2"
    assert set(lives.values()) == {"eu-1"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"DATABASE_MODE": "fast"}, 'DATABASE_MODE is "fast"; allowed: direct, pooler, managed'),
        ({"DATABASE_MODE": ""}, 'DATABASE_MODE is ""; allowed: direct, pooler, managed'),
        ({"CACHE_MODE": "none"}, 'CACHE_MODE is "none"; allowed: in-cluster, managed'),
        ({"DATABASE_SHARDS": " , "}, 'DATABASE_SHARDS is ""; allowed: names of shards with commas'),
        ({"DATABASE_SHARDS": "eu-1,eu-1"},
         'DATABASE_SHARDS is "eu-1,eu-1"; allowed: each name once'),
        ({"DATABASE_POOL": "0"}, 'DATABASE_POOL is "0"; allowed: 1 to 100'),
        ({"DATABASE_POOL": "2.5"}, 'DATABASE_POOL is "2.5"; allowed: a whole number'),
        ({"DRAIN_S": "soon"}, 'DRAIN_S is "soon"; allowed: 0 to 600'),
        ({"LAG_TOLERANCE_S": "nan"}, 'LAG_TOLERANCE_S is "nan"; allowed: 0 to 3600'),
        ({"PORT": "99999"}, 'PORT is "99999"; allowed: 1 to 65535'),
        ({"MODULES": "user,chat"}, 'MODULES has "chat"; allowed: user, payment, notification,'),
        ({"SERVICE_URL": "http://api"}, 'SERVICE_URL is "http://api"; allowed: an address with'),
        ({"DATABASE_SHARDS": "us-1"}, "database-us-1: no such file or directory"),
        ({"CACHE_MODE": "managed", "SITE": "us"}, "cache-us-port: no such file or directory"),
    ],
)  # fmt: skip
def test_a_bad_value_is_refused_with_what_was_found_and_what_is_allowed(
    given: dict[str, str], change: dict[str, str], said: str
) -> None:
    with pytest.raises(RefusedError) as refused:
        settings.read(given | change)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_an_empty_fact_is_refused(given: dict[str, str]) -> None:
    written(Path(given["FACTS_DIR"], "database-eu-1-host"), "")
    with pytest.raises(RefusedError, match="database-eu-1-host: empty"):
        settings.read(given)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["web"], 2, 'reference-app: DATABASE_MODE is ""; allowed: direct, pooler, managed\n'),
        (["migrate"], 2, 'reference-app: DATABASE_SHARDS is ""; allowed: names of shards with'),
        (["serve"], 1, "usage: python -m reference_app web | worker | migrate\n"),
    ],
)
def test_a_process_ends_with_one_line(arguments: list[str], code: int, said: str) -> None:
    done = subprocess.run(  # noqa: S603 our own arguments
        [sys.executable, "-m", "reference_app", *arguments], capture_output=True, text=True,
        check=False, env=app_fleet.own_environment(),
    )  # fmt: skip
    assert done.returncode == code
    assert done.stderr.startswith(said)
    assert done.stderr.count("\n") == 1, done.stderr
