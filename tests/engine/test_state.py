"""States on the real engine: what palier writes the CLI takes, and what the CLI leaves it mends."""

from __future__ import annotations

import itertools
import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import servers
from command_line import Run

from palier import project
from palier.engine import workspace
from palier.engine.find import Engine
from palier.engine.run import Pulumi, Said, kill
from palier.simcloud.opening import STATE, Settings, open_cloud
from palier.simcloud.process import CloudProcess
from palier.state import address, backend, bootstrap, layout, locks

pytestmark = pytest.mark.engine

PROGRAM = """
import pulumi

config = pulumi.Config()


class Part(pulumi.ComponentResource):
    def __init__(self, name, opts=None):
        super().__init__("shop:part:Part", name, {"size": config.get("size")}, opts)
        self.register_outputs({"size": config.get("size")})


parts = (config.get("parts") or "the-part").split()
made = [Part(name) for name in parts]
if config.get("buckets"):
    import pulumi_gcp as gcp

    provider = gcp.Provider("the-gcp", project="acme-platform", region="europe-west1")
    options = pulumi.ResourceOptions(parent=made[0], provider=provider)
    for name in config.require("buckets").split():
        gcp.storage.Bucket(name, name=f"acme-{name}", location="EU", opts=options)
    if config.get_bool("channel"):
        gcp.monitoring.NotificationChannel(
            "pager", display_name="pager", type="email",
            labels={"email_address": "a@example.com"}, opts=options,
        )
pulumi.export("secret", pulumi.Output.secret("s3cr3t"))
"""
PATIENCE_S = 60
BUCKET = "gcp:storage/bucket:Bucket"
CHANNEL = "gcp:monitoring/notificationChannel:NotificationChannel"
_numbers = itertools.count(1)
Json = dict[str, Any]


class Shop:
    """A small project on the engine; its buckets, when it has any, are in a simulated cloud."""

    def __init__(
        self, folder: Path, engine: Engine, environment: Mapping[str, str], faults: tuple[str, ...]
    ) -> None:
        source = folder / "source"
        source.mkdir(parents=True)
        text = "name: shop\nruntime: python\n"
        (source / "Pulumi.yaml").write_text(text, encoding="utf-8")
        (source / "__main__.py").write_text(PROGRAM, encoding="utf-8")
        self.folder = folder / "space"
        self.space = workspace.create(
            project.find(source), self.folder, engine, Settings(faults=faults)
        )
        self.cloud = open_cloud(self.space.inside)
        self.process = CloudProcess(self.cloud, self.space.inside)
        own = {**self.space.environment, **environment}
        own["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{own['PATH']}"
        self.url = own["PULUMI_BACKEND_URL"]
        self.cli = Pulumi(program=engine.pulumi, folder=self.folder, environment=own)
        self.run("stack", "init", "dev")

    @property
    def backend(self) -> backend.Backend:
        return backend.connect(address.parse(self.url))

    @property
    def stack(self) -> layout.Stack:
        return layout.Stack(project="shop", name="dev")

    def run(self, *command: str) -> Said:
        said = self.cli.run(*command)
        assert said.code == 0, f"{' '.join(said.command)}: {said.why}"
        return said

    def up(self, **config: str) -> Said:
        for key, value in config.items():
            self.run("config", "set", key, value, "--stack", "dev")
        return self.run("up", "--yes", "--stack", "dev")

    def changes(self) -> dict[str, str]:
        """What an update would do, by name."""
        document = json.loads(self.run("preview", "--json", "--stack", "dev").out)
        return {
            step["urn"].rsplit("::", 1)[-1]: step["op"]
            for step in document["steps"]
            if step["op"] != "same"
        }

    def resources(self) -> list[Json]:
        document = json.loads(self.run("stack", "export", "--stack", "dev").out)
        rows: list[Json] = document["deployment"].get("resources") or []
        return rows

    def names(self) -> set[str]:
        return {row["urn"].rsplit("::", 1)[-1] for row in self.resources()}

    def ids(self, type_: str) -> list[str]:
        """What the cloud holds of a type."""
        file = self.space.inside / STATE
        content = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        return sorted(content.get("resources", {}).get("gcp", {}).get(type_, {}))

    def lose(self, type_: str, id_: str) -> None:
        """Remove a thing from the cloud, as if it had never been made."""
        file = self.space.inside / STATE
        content = json.loads(file.read_text(encoding="utf-8"))
        del content["resources"]["gcp"][type_][id_]
        file.write_text(json.dumps(content), encoding="utf-8")

    def interrupt(self, until: Callable[[], bool], **config: str) -> None:
        """Kill an update once something is true."""
        process = self.begin(**config)
        try:
            self.wait(until)
        finally:
            started = below(process.pid)  # asked before: nobody's children are found no more
            kill(process)
            for pid in started:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            process.communicate()  # nobody writes any more: this closes the pipes

    def begin(self, **config: str) -> subprocess.Popen[str]:
        for key, value in config.items():
            self.run("config", "set", key, value, "--stack", "dev")
        return self.cli.start("up", "--yes", "--skip-preview", "--stack", "dev")

    def wait(self, until: Callable[[], bool]) -> None:
        last = time.monotonic() + PATIENCE_S
        while not until():
            assert time.monotonic() < last, "it did not come to that"
            time.sleep(0.1)

    def pending(self) -> list[str]:
        """Names of what the checkpoint says is under way."""
        found = layout.current(self.backend, self.stack)
        latest = json.loads(found.blob.data)["checkpoint"].get("latest", {}) if found else {}
        return sorted(
            item["resource"]["urn"].rsplit("::", 1)[-1]
            for item in latest.get("pending_operations") or []
        )

    def close(self) -> None:
        self.cloud.faults.release()
        self.process.close()


def below(pid: int) -> list[int]:
    """All that a process started, and they in turn.

    The program is in a process group of its own: it outlives the command that is killed.
    """
    asked = ["ps", "-A", "-o", "pid=,ppid="]
    said = subprocess.run(asked, capture_output=True, text=True, check=True).stdout  # noqa: S603 fixed
    pairs = [tuple(map(int, line.split())) for line in said.splitlines()]
    found = [child for child, parent in pairs if parent == pid]
    for one in found:
        found += [child for child, parent in pairs if parent == one]
    return found


Make = Callable[..., Shop]
State = Callable[..., str]


@pytest.fixture
def shop(engine: Engine, tmp_path: Path) -> Iterator[Make]:
    """`shop(url, faults=(…))` is a stack `dev` that is not updated yet."""
    made: list[Shop] = []

    def make(url: str | None = None, faults: tuple[str, ...] = (), **environment: str) -> Shop:
        if url is not None:
            environment["PULUMI_BACKEND_URL"] = url
        made.append(Shop(tmp_path / f"shop-{len(made)}", engine, environment, faults))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture(scope="session")
def _s3() -> Iterator[servers.S3]:
    with servers.s3() as made:
        yield made


@pytest.fixture
def s3(_s3: servers.S3, monkeypatch: pytest.MonkeyPatch) -> str:
    """A versioned bucket of moto's S3."""
    for key, value in servers.KEYS.items():
        monkeypatch.setenv(key, value)
    url = _s3.url(f"states-{next(_numbers)}")
    bootstrap.ensure(address.parse(url), None, None)
    return url


@pytest.fixture
def gs(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A bucket of the emulator, which keeps no versions, with a prefix."""
    with servers.google() as host:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", host)
        monkeypatch.setenv("GOOGLE_PROJECT", "acme")
        monkeypatch.setenv("GOOGLE_OAUTH_ACCESS_TOKEN", "x")
        bootstrap.ensure(address.parse("gs://states"), None, None)
        yield "gs://states/team"


@pytest.fixture
def state(palier: Run) -> State:
    """`state(shop, "verify", "dev")` runs `palier state verify dev`; it must leave with `code`."""

    def run(where: Shop, *arguments: str, code: int = 0) -> str:
        ran = palier("state", *arguments, "--backend", where.url, cwd=where.folder)
        assert ran.code == code, ran.err + ran.out
        return ran.out + ran.err

    return run


# On every backend


def there_and_back(shop: Shop, state: State, tmp_path: Path) -> None:
    """Two updates, a backup between them: the CLI takes all that palier writes."""
    shop.up(parts="one", size="1")
    assert "nothing wrong" in state(shop, "verify", "dev")
    file = state(shop, "backup", "dev", "--out", str(tmp_path / "out")).partition(":")[0]
    shop.up(parts="one two")
    assert "two" in shop.names()
    state(shop, "restore", "dev", "--file", file, "--yes")
    assert "two" not in shop.names()
    assert shop.changes() == {"two": "create"}, "secrets are still readable, and all else the same"
    shop.up()
    assert shop.changes() == {}
    assert "nothing wrong" in state(shop, "verify", "dev")
    shop.run("stack", "import", "--file", file, "--stack", "dev")
    assert "two" not in shop.names(), "a backup is an export"


def test_a_folder_goes_there_and_back(shop: Make, state: State, tmp_path: Path) -> None:
    there_and_back(shop(), state, tmp_path)


def test_s3_goes_there_and_back(shop: Make, s3: str, state: State, tmp_path: Path) -> None:
    there_and_back(shop(s3), state, tmp_path)


def test_google_goes_there_and_back(shop: Make, gs: str, state: State, tmp_path: Path) -> None:
    there_and_back(shop(gs), state, tmp_path)


def test_a_packed_state_goes_there_and_back(shop: Make, state: State, tmp_path: Path) -> None:
    packed = shop(PULUMI_DIY_BACKEND_GZIP="true")
    there_and_back(packed, state, tmp_path)
    found = layout.current(packed.backend, packed.stack)
    assert found is not None
    assert found.key.endswith(".json.gz")


def test_a_version_of_a_bucket_comes_back(shop: Make, s3: str, state: State) -> None:
    versioned = shop(s3)
    versioned.up(parts="one")
    versioned.up(parts="one two")
    rows = state(versioned, "restore", "dev", "--list", "--limit", "100").splitlines()
    whole = [row.split() for row in rows if "pending" not in row]
    old = next(row[2] for row in whole if row[1] == "version" and row[3] == "2")
    state(versioned, "restore", "dev", "--version", old, "--yes")
    assert versioned.names() == {"shop-dev", "one"}


def test_a_removed_stack_comes_back_from_a_bucket(shop: Make, s3: str, state: State) -> None:
    removed = shop(s3)
    removed.up(parts="one")
    removed.run("stack", "rm", "--force", "--yes", "--preserve-config", "dev")
    rows = state(removed, "restore", "dev", "--list").splitlines()
    version = next(row.split()[2] for row in rows if " version " in row and " 2 resources" in row)
    state(removed, "restore", "dev", "--version", version, "--yes")
    assert removed.names() == {"shop-dev", "one"}


def test_the_cli_stays_out_while_palier_writes(shop: Make) -> None:
    busy = shop()
    busy.up()
    with locks.taken(busy.backend, busy.stack):
        said = busy.cli.run("up", "--yes", "--stack", "dev")
        assert said.code != 0
        assert "currently locked by 1 lock(s)" in said.out + said.err
    busy.up()


# After an interruption


def hung(shop: Make) -> Shop:
    """An update that was killed while two buckets and a channel were made; one bucket was not."""
    faults = tuple(f"create {type_} 1 hang always" for type_ in (f"{BUCKET}*", f"{CHANNEL}*"))
    broken = shop(faults=faults)
    broken.interrupt(
        lambda: broken.pending() == ["films", "music", "pager"]
        and len(broken.ids(BUCKET)) == 2 and len(broken.ids(CHANNEL)) == 1,
        parts="the-part", buckets="films music", channel="true",
    )  # fmt: skip
    broken.cloud.faults.release()
    broken.lose(BUCKET, "acme-music")
    return broken


def test_an_interrupted_creation_is_neither_made_twice_nor_forgotten(
    shop: Make, state: State
) -> None:
    broken = hung(shop)
    said = state(broken, "unlock", "dev", "--yes", code=3)
    assert "gcloud beta monitoring channels list --filter" in said
    assert broken.cli.run("up", "--yes", "--stack", "dev").code != 0, "it is still locked"
    (channel,) = broken.ids(CHANNEL)
    urn = next(line.split()[1] for line in said.splitlines() if line.endswith("::pager"))
    state(broken, "unlock", "dev", "--yes", "--adopt", f"{urn}={channel}")
    assert "nothing wrong" in state(broken, "verify", "dev")
    assert {"films", "music", "pager"} <= broken.names()
    broken.run("refresh", "--yes", "--stack", "dev")
    assert "music" not in broken.names(), "it is not in the cloud"
    assert {"films", "pager"} <= broken.names()
    assert broken.changes() == {"music": "create"}, "what exists is as the program wants it"
    broken.up()
    assert broken.ids(BUCKET) == ["acme-films", "acme-music"]
    assert broken.ids(CHANNEL) == [channel], "it was not made twice"
    assert broken.changes() == {}


def test_what_somebody_found_missing_is_made_again(shop: Make, state: State) -> None:
    broken = hung(shop)
    (channel,) = broken.ids(CHANNEL)
    broken.lose(CHANNEL, channel)
    said = state(broken, "unlock", "dev", "--yes", code=3)
    urn = next(line.split()[1] for line in said.splitlines() if line.endswith("::pager"))
    state(broken, "unlock", "dev", "--yes", "--gone", urn)
    broken.run("refresh", "--yes", "--stack", "dev")
    broken.up()
    assert len(broken.ids(CHANNEL)) == 1
    assert broken.changes() == {}


def test_without_unlocking_an_interrupted_creation_is_made_twice(shop: Make) -> None:
    broken = hung(shop)
    broken.lose(BUCKET, "acme-films")  # or it is refused, which may end the update before the rest
    broken.run("cancel", "--yes", "--stack", "dev")
    broken.run("up", "--yes", "--stack", "dev")
    assert len(broken.ids(CHANNEL)) == 2, "the harm that `palier state unlock` is there for"


def test_a_running_update_is_neither_unlocked_nor_backed_up(
    shop: Make, state: State, tmp_path: Path
) -> None:
    busy = shop(faults=(f"create {BUCKET}* 1 hang",))
    process = busy.begin(buckets="films")
    try:
        busy.wait(lambda: busy.pending() == ["films"])
        assert f"process {process.pid}" in state(busy, "unlock", "dev", "--yes", code=2)
        assert "is locked" in state(busy, "backup", "dev", code=2)
        said = state(busy, "backup", "dev", "--even-locked", "--out", str(tmp_path / "out"))
        restore = ("restore", "dev", "--file", said.partition(":")[0], "--yes")
        assert "is locked" in state(busy, *restore, code=2)
    finally:
        busy.cloud.faults.release()
        out, err = process.communicate()
    assert process.returncode == 0, out + err
    assert state(busy, "unlock", "dev", "--yes").endswith("no lock, nothing pending\n")


# After a restoration


def test_a_sidecar_that_was_cut_off_stops_the_cli_until_it_is_unlocked(
    shop: Make, state: State
) -> None:
    made = shop()
    made.up(parts="one")
    (sidecar,) = (made.space.inside / "state").rglob("stacks/shop/dev.json.attrs")
    sidecar.write_bytes(b"")  # as a kill between its creation and its first byte leaves it
    said = made.cli.run("preview", "--stack", "dev")
    assert "failed to load checkpoint: EOF" in said.out + said.err
    assert "dev.json.attrs" in state(made, "verify", "dev", code=1)
    assert "the state itself is whole" in state(made, "unlock", "dev", "--yes")
    assert made.changes() == {}


def test_what_an_older_state_forgot_is_adopted_by_the_lines_that_are_printed(
    shop: Make, state: State, tmp_path: Path
) -> None:
    lost = shop()
    lost.up(parts="the-part", buckets="films")
    file = state(lost, "backup", "dev", "--out", str(tmp_path / "out")).partition(":")[0]
    lost.up(buckets="films music", channel="true")
    said = state(lost, "restore", "dev", "--file", file, "--yes")
    lines = [shlex.split(line) for line in said.splitlines() if line.startswith("  pulumi ")]
    assert [line[1] for line in lines] == ["refresh", "refresh", "import", "import", "preview"]
    for line in lines[:-1]:
        lost.run(*line[1:], *([] if "--preview-only" in line else ["--yes"]))
    assert lost.changes() == {}, "each is back under its urn, and as the program wants it"
    assert lost.ids(BUCKET) == ["acme-films", "acme-music"]
    assert len(lost.ids(CHANNEL)) == 1
