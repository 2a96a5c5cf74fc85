"""Each job is done once, by whichever worker; none is lost with one that dies."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import app_fleet
import pytest
from app_servers import Servers
from waiting import eventually

pytestmark = pytest.mark.servers
QUEUED = """
    WITH made AS (
        INSERT INTO records (module, author_id, title, idempotency_key)
        SELECT CASE mod(number, 2) WHEN 0 THEN 'order' ELSE 'payment' END, 1, 'x', gen_random_uuid()
        FROM generate_series(1, %s) AS number RETURNING id, module
    )
    INSERT INTO jobs (kind, payload)
    SELECT 'count', jsonb_build_object('record', id, 'module', module) FROM made
"""
SLOW = """
    CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM pg_sleep(0.02); RETURN NEW; END $$;
    CREATE TRIGGER slow BEFORE INSERT ON notifications FOR EACH ROW EXECUTE FUNCTION slow();
"""


@pytest.fixture
def queue(servers: Servers, env: dict[str, str]) -> Iterator[Servers]:
    """No jobs, and nothing done yet."""
    assert env
    tables = "jobs, notifications, daily_counts, labels, records"
    servers.primary.app(f"TRUNCATE {tables}")
    yield servers
    servers.primary.app("DROP FUNCTION IF EXISTS slow CASCADE")


def number(servers: Servers, query: str) -> int:
    (row,) = servers.primary.app(f"SELECT coalesce(({query}), 0)::int AS number")
    return int(row["number"])


def waiting(servers: Servers) -> int:
    return number(servers, "SELECT count(*) FROM jobs")


def fewer(servers: Servers, than: int) -> bool:
    return waiting(servers) < than


def done_once(servers: Servers, records: int) -> None:
    """Each record has one notification, and is counted once."""
    assert number(servers, "SELECT count(*) FROM notifications") == records
    assert number(servers, "SELECT count(DISTINCT record_id) FROM notifications") == records
    assert number(servers, "SELECT sum(records) FROM daily_counts") == records


def test_two_workers_do_each_job_once(queue: Servers, env: dict[str, str], logs: Path) -> None:
    queue.primary.app(QUEUED, 300)
    done, depth = 'app_jobs_total{result="done"}', "app_queue_depth"
    with (
        app_fleet.instance("worker", env, logs) as one,
        app_fleet.instance("worker", env, logs) as other,
    ):
        queue.primary.app(QUEUED, 300)
        assert eventually(lambda: waiting(queue) == 0)
        assert eventually(lambda: one.metrics()[done] + other.metrics()[done] == 600)
        assert min(one.metrics()[done], other.metrics()[done]) > 0, "both had some"
        assert one.metrics()[depth] + other.metrics()[depth] > 0, "as they saw it first"
    done_once(queue, 600)


def test_no_job_is_lost_or_done_twice_when_a_worker_is_killed(
    queue: Servers, env: dict[str, str], logs: Path
) -> None:
    queue.primary.app(SLOW)
    queue.primary.app(QUEUED, 60)
    for _ in range(2):
        enough = waiting(queue) - 5
        with app_fleet.instance("worker", env, logs) as worker:
            assert eventually(partial(fewer, queue, enough))
            worker.stop(signal.SIGKILL)
        assert waiting(queue) > 0, "it was killed in the middle"
    with app_fleet.instance("worker", env, logs):
        assert eventually(lambda: waiting(queue) == 0)
    done_once(queue, 60)


def test_who_is_asked_to_go_finishes_the_job_in_hand(
    queue: Servers, env: dict[str, str], logs: Path
) -> None:
    queue.primary.app(SLOW)
    queue.primary.app(QUEUED, 100)
    with app_fleet.instance("worker", env, logs) as worker:
        assert eventually(lambda: waiting(queue) < 95)
        assert worker.stop() == 0, worker.said()
    left = waiting(queue)
    assert 0 < left < 95
    done_once(queue, 100 - left)


def test_a_job_that_cannot_be_done_waits_and_holds_up_no_other(
    queue: Servers, env: dict[str, str], logs: Path
) -> None:
    queue.primary.app("""INSERT INTO jobs (kind, payload) VALUES ('of the next version', '{}')""")
    queue.primary.app("""INSERT INTO jobs (kind, payload) VALUES ('count', '{"record": "x"}')""")
    queue.primary.app(QUEUED, 10)
    with app_fleet.instance("worker", env, logs) as worker:
        assert eventually(lambda: waiting(queue) == 2)
        assert eventually(lambda: worker.metrics()['app_jobs_total{result="failed"}'] >= 2)
    done_once(queue, 10)
    assert number(queue, "SELECT min(attempts) FROM jobs") >= 1


def test_a_job_that_never_succeeds_stays_for_whoever_looks_at_it(
    queue: Servers, env: dict[str, str], logs: Path
) -> None:
    queue.primary.app("INSERT INTO jobs (kind, payload, attempts) VALUES ('unknown', '{}', 9)")
    with app_fleet.instance("worker", env, logs):
        put_by = "SELECT count(*) FROM jobs WHERE run_after = 'infinity' AND attempts = 10"
        assert eventually(lambda: number(queue, put_by) == 1)


def test_sessions_that_are_over_are_swept_out_and_no_others(
    queue: Servers, env: dict[str, str], logs: Path
) -> None:
    queue.primary.app("""
        INSERT INTO users (email, name) VALUES ('sweep@example.org', 'sweep');
        INSERT INTO sessions (token_hash, user_id, expires_at)
        SELECT number::text, id, now() + make_interval(secs => number)
        FROM users, generate_series(-50, 5000, 100) AS number
    """)
    with app_fleet.instance("worker", env, logs):
        assert eventually(
            lambda: number(queue, "SELECT count(*) FROM sessions WHERE expires_at < now()") == 0
        )
    assert number(queue, "SELECT count(*) FROM sessions") == 50
