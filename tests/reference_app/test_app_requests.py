"""The routes of the reference application, against the real servers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import app_fleet
import pytest
import redis
from app_fleet import Instance
from app_servers import HERE, Servers
from app_traffic import Answer, Client
from reference_app.cache import Cache, client_of
from reference_app.metrics import Metrics
from reference_app.settings import CacheServer

pytestmark = pytest.mark.servers
DOCUMENTS = {"profile": 3600, "config": 86_400, "list": 300}
"""Seconds that the documents let copies live."""
QUERIES = 5
"""A request has at most so many."""


@pytest.fixture(scope="module")
def web(env: dict[str, str], logs: Path) -> Iterator[Instance]:
    with app_fleet.instance("web", env, logs) as made:
        yield made


@pytest.fixture
def client(web: Instance) -> Client:
    return Client(f"http://{HERE}:{web.port}")


@pytest.fixture
def cache(servers: Servers) -> Iterator[redis.Redis]:
    """The cache itself, empty."""
    with redis.Redis(port=servers.plain_cache, decode_responses=True) as made:
        made.flushall()
        yield made


def statements(servers: Servers) -> int:
    """How many the application has sent to the primary."""
    query = """
        SELECT coalesce(sum(calls), 0)::int AS calls FROM pg_stat_statements
        WHERE userid = 'app'::regrole
    """
    return int(servers.primary.rows(query)[0]["calls"])


def test_copies_live_as_long_as_the_documents_say(client: Client, cache: redis.Redis) -> None:
    ann = client.logged_in()
    cache.flushall()
    for path in ("/api/profile", "/api/config", "/api/order/records"):
        assert ann.ask("GET", path).status == 200
    left = {key.split(":")[2]: cache.ttl(key) for key in cache.scan_iter()}
    session = left.pop("session")
    assert set(left) == set(DOCUMENTS)
    for name, seconds in DOCUMENTS.items():
        assert seconds - 5 <= left[name] <= seconds, name
    assert session > 86_400, "a session found in the database is cached for what is left of it"


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("/api/profile", "private, no-store"),
        ("/api/config", "public, max-age=300"),
        ("/api/order/records", "public, max-age=30"),
        ("/api/order/records/999999", "no-store"),
        ("/api/chat/records", "no-store"),
        ("/healthz", "no-store"),
    ],
)
def test_a_cdn_keeps_what_is_everybody_s_and_nothing_else(
    client: Client, path: str, kept: str
) -> None:
    if path == "/healthz":
        assert app_fleet.status(int(client.url.rsplit(":", 1)[1]), path) == 200
        return
    assert client.logged_in().ask("GET", path).headers["Cache-Control"] == kept


def test_a_login_is_kept_by_nobody(client: Client) -> None:
    said = client.ask("POST", "/api/sessions", {"email": "bob@example.org"})
    assert said.headers["Cache-Control"] == "private, no-store"


def test_sessions_survive_a_flushed_cache(client: Client, cache: redis.Redis) -> None:
    ann = client.logged_in()
    assert cache.keys("app:1:session:*") != [], "they are written through"
    cache.flushall()
    assert ann.ask("GET", "/api/profile").body["email"] == "ann@example.org"
    assert cache.keys("app:1:session:*") != [], "and found again from there"


def test_neither_the_cache_nor_the_database_has_a_token(
    client: Client, cache: redis.Redis, servers: Servers
) -> None:
    token = client.logged_in().token
    kept = [key + str(cache.get(key)) for key in cache.scan_iter()]
    kept += [str(row) for row in servers.primary.app("SELECT * FROM sessions")]
    assert kept != []
    assert not any(token in one for one in kept)


def test_a_session_that_is_over_is_none(
    client: Client, cache: redis.Redis, servers: Servers
) -> None:
    ann = client.logged_in("over@example.org")
    servers.primary.app(
        "UPDATE sessions SET expires_at = now() - interval '1 s' FROM users"
        " WHERE users.id = user_id AND email = 'over@example.org'"
    )
    cache.flushall()
    assert ann.ask("GET", "/api/profile").status == 401


def test_who_writes_their_profile_sees_it_at_once(client: Client, cache: redis.Redis) -> None:
    ann = client.logged_in()
    for name in ("Ann", "Anna", "Anne"):
        ann.ask("GET", "/api/profile")
        assert ann.ask("PUT", "/api/profile", {"name": name}).body["name"] == name
        assert ann.ask("GET", "/api/profile").body["name"] == name
    assert cache.keys("app:1:profile:*") != []


def test_who_read_an_old_value_before_it_was_written_does_not_put_it_back(
    servers: Servers, cache: redis.Redis
) -> None:
    async def steps() -> object:
        server = CacheServer(host=HERE, port=servers.plain_cache, password=None, ca=None)
        own = Cache(client_of(server), Metrics())
        await own.put("profile:1", {"name": "old"}, 3600)
        assert await own.forget("profile:1")
        await own.put("profile:1", {"name": "old"}, 3600)
        found = await own.get("profile:1")
        await own.close()
        return found

    assert asyncio.run(steps()) is None
    assert 0 < cache.ttl("app:1:profile:1") <= 10, "and is remembered again after a while"


def test_a_write_that_is_sent_again_is_one_record(client: Client, servers: Servers) -> None:
    ann = client.logged_in()
    content = {"title": "once", "labels": ["b", "a", "a"]}

    def send(_: int) -> Answer:
        return ann.ask("POST", "/api/order/records", content, key="the same")

    with ThreadPoolExecutor(8) as many:
        said = list(many.map(send, range(16)))
    assert sorted(one.status for one in said) == [200] * 15 + [201]
    assert len({one.body["id"] for one in said}) == 1
    assert {tuple(one.body["labels"]) for one in said} == {("a", "b")}
    found = servers.primary.app("SELECT id FROM records WHERE idempotency_key = 'the same'")
    jobs = servers.primary.app(
        "SELECT id FROM jobs WHERE payload ->> 'record' = %s", str(found[0]["id"])
    )
    assert (len(found), len(jobs)) == (1, 1)


def test_a_key_stands_for_one_record_of_one_user(client: Client) -> None:
    ann, bob = client.logged_in(), client.logged_in("bob@example.org")
    path = "/api/order/records"
    assert ann.ask("POST", path, {"title": "mine"}, key="shared").status == 201
    assert ann.ask("POST", path, {"title": "another"}, key="shared").status == 422
    assert bob.ask("POST", path, {"title": "another"}, key="shared").status == 201


def test_who_writes_a_record_finds_it(client: Client) -> None:
    made = client.logged_in().write("found", "x")
    assert client.ask("GET", f"/api/order/records/{made['id']}").body == made
    assert client.ask("GET", f"/api/payment/records/{made['id']}").status == 404


def test_pages_follow_one_another_with_each_record_once(client: Client) -> None:
    ann = client.logged_in()
    made = [ann.write(str(one), module="file")["id"] for one in range(7)]
    seen, before = [], ""
    while True:
        page = client.ask("GET", f"/api/file/records?limit=3{before}").body
        seen += [record["id"] for record in page["records"]]
        if page["next"] is None:
            break
        before = f"&before={page['next']}"
    assert seen == made[::-1]


def test_a_request_has_few_queries_however_much_is_in_its_page(
    client: Client, cache: redis.Redis, servers: Servers
) -> None:
    ann = client.logged_in()
    for one in range(30):
        ann.write(str(one), "a", "b", "c", module="search")
    asked: dict[str, Callable[[], object]] = {
        "list": lambda: ann.ask("GET", "/api/search/records?limit=30"),
        "one": lambda: ann.ask("GET", "/api/search/records/1"),
        "profile": lambda: ann.ask("GET", "/api/profile"),
        "rename": lambda: ann.ask("PUT", "/api/profile", {"name": "Ann"}),
        "config": lambda: ann.ask("GET", "/api/config"),
        "log in": client.logged_in,
        "write": lambda: ann.write("last", "a", "b"),
    }
    counts = {}
    for name, ask in asked.items():
        cache.flushall()
        before = statements(servers)
        ask()
        counts[name] = statements(servers) - before
    assert max(counts.values()) <= QUERIES, counts
    assert counts["list"] == 1, "the labels of all records of a page come with them"
    ask = asked["list"]
    before = statements(servers)
    ask()
    ask()
    assert statements(servers) - before <= 1, "the second time it comes from the cache"


def test_of_many_that_miss_at_once_one_asks_the_database(
    client: Client, cache: redis.Redis, servers: Servers
) -> None:
    ann = client.logged_in()
    ann.ask("GET", "/api/profile")
    cache.delete(*cache.keys("app:1:profile:*"))
    before = statements(servers)
    with ThreadPoolExecutor(16) as many:
        list(many.map(lambda _: ann.ask("GET", "/api/profile"), range(32)))
    assert statements(servers) - before < 16


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/api/sessions", {"email": "nobody"}, 400),
        ("POST", "/api/sessions", ["a"], 400),
        ("PUT", "/api/profile", {"name": ""}, 400),
        ("PUT", "/api/profile", {"name": "a\0b"}, 400),
        ("PUT", "/api/profile", {"name": "\ud800"}, 400),
        ("PUT", "/api/profile", {"name": 5}, 400),
        ("POST", "/api/order/records", {"title": "x", "labels": "y"}, 400),
        ("POST", "/api/order/records", {"title": "x", "labels": ["y"] * 11}, 400),
        ("POST", "/api/order/records", {"title": "x" * 201}, 400),
        ("GET", "/api/order/records?limit=0", None, 400),
        ("GET", "/api/order/records?limit=101", None, 400),
        ("GET", "/api/order/records?before=-1", None, 400),
        ("GET", "/api/order/records?before=99999999999999999999", None, 400),
        ("GET", "/api/chat/records", None, 404),
        ("GET", "/api/order/records/0", None, 404),
        ("DELETE", "/api/order/records", None, 405),
    ],
)
def test_what_is_not_well_formed_is_the_caller_s_fault(
    client: Client, method: str, path: str, body: object, status: int
) -> None:
    said = client.logged_in().ask(method, path, body, key="bad")
    assert said.status == status, said
    assert said.headers["Cache-Control"] == "no-store"


def test_bytes_that_are_no_text_are_the_caller_s_fault(client: Client) -> None:
    for raw in (b"{", b"\xff\xfe", b"[" * 50_000):
        assert client.ask("POST", "/api/sessions", raw=raw).status == 400


def test_without_a_session_or_a_key_nothing_is_written(client: Client) -> None:
    assert client.ask("POST", "/api/order/records", {"title": "x"}, key="k").status == 401
    assert client.logged_in().ask("POST", "/api/order/records", {"title": "x"}).status == 400
    assert client.ask("PUT", "/api/profile", {"name": "x"}).status == 401
    assert Client(client.url, "made up").ask("GET", "/api/profile").status == 401


def test_the_two_ports_answer_what_they_are_for(web: Instance) -> None:
    assert app_fleet.status(web.metrics_port, "/livez") == 200
    assert app_fleet.status(web.metrics_port, "/readyz") == 200
    assert app_fleet.status(web.port, "/healthz") == 200
    assert app_fleet.status(web.port, "/metrics") == 404, "nobody outside reads them"
    assert len(web.metrics()) <= 35
