"""Failure drills around the state: a bucket that cannot be reached, two at once, a broken file.

A whole platform with its state in S3 (moto's server, on loopback). Each drill ends with the state
being the cloud again, by what docs/runbook.md says.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress

import boto3  # type: ignore[import-untyped]
import pytest
from platforms import Platform, changed
from servers import KEYS, S3

from palier.engine.find import Engine
from palier.engine.run import kill
from palier.simcloud.faults import Faults
from palier.state import address, bootstrap

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("backend")]

BUCKET = "acme-states"
PATIENCE_S = 120
LOST_S = 10
"""How long somebody looks on before they end an update that cannot write its state."""
CHECKPOINT = ".pulumi/stacks/palier/mvp.json"


class Site(S3):
    """S3 where the state of a platform is."""

    @property
    def backend(self) -> str:
        return self.url(BUCKET)

    def palier(self, platform: Platform, *arguments: str, code: int = 0) -> str:
        """Run `palier state` on the platform's stack."""
        done = subprocess.run(  # noqa: S603 our own command
            [sys.executable, "-m", "palier", "state", *arguments, "--backend", self.backend],
            cwd=platform.space.folder, capture_output=True, text=True, check=False,
            env={**os.environ, **KEYS},
        )  # fmt: skip
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """A bucket made by palier: versioned, encrypted, private."""
    with pytest.MonkeyPatch.context() as patch:
        for key, value in KEYS.items():
            patch.setenv(key, value)
        made = Site()
        bootstrap.ensure(address.parse(made.backend), None, None)
        yield made
        made.off()


@pytest.fixture(scope="module")
def mvp(site: Site, engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """The platform of the first phase, its state in S3."""
    folder = tmp_path_factory.mktemp("s3") / "mvp"
    environment = {"PULUMI_BACKEND_URL": site.backend, **KEYS}
    platform = Platform(folder, engine, "mvp", environment=environment)
    yield platform
    platform.close()


def whole(platform: Platform) -> None:
    """The state is the cloud, and nothing is left to do."""
    assert set(platform.in_state()) == platform.in_cloud()
    assert max(platform.in_state().values()) == 1
    assert not platform.pending()
    assert changed(platform.preview()) == {}


def test_an_update_that_loses_its_backend_is_mended(site: Site, mvp: Platform) -> None:
    mvp.cloud.faults = Faults.parse(["create gcp:container/cluster:* 1 hang"])
    running = mvp.cli.start("up", "--yes", "--stack", "mvp")
    assert mvp.cloud.faults.hanging.wait(PATIENCE_S)
    site.off()
    mvp.cloud.faults.release()
    with suppress(subprocess.TimeoutExpired):
        running.communicate(timeout=LOST_S)  # the CLI tries for minutes to write what it did
    kill(running)
    running.communicate()
    site.on()
    mvp.cloud.faults = Faults()
    assert "gcp:container/cluster:Cluster" in site.palier(mvp, "unlock", "mvp", "--yes")
    mvp.run("refresh", "--yes")
    mvp.up()
    whole(mvp)


def test_two_updates_at_once_are_kept_apart_by_the_lock(site: Site, mvp: Platform) -> None:
    mvp.up()
    mvp.run("config", "set", "palier:cost_centre", "other")
    mvp.cloud.faults = Faults.parse(["update gcp:sql/* 1 hang"])
    first = mvp.cli.start("up", "--yes", "--stack", "mvp")
    assert mvp.cloud.faults.hanging.wait(PATIENCE_S)
    second = mvp.tried("up", "--yes")
    assert second.code != 0
    assert "the stack is currently locked by 1 lock(s)" in second.out + second.err
    assert "still runs here" in site.palier(mvp, "unlock", "mvp", "--yes", code=2)
    mvp.cloud.faults.release()
    out, err = first.communicate()
    assert first.returncode == 0, out + err
    whole(mvp)


def test_a_broken_checkpoint_is_found_and_an_older_one_brought_back(
    site: Site, mvp: Platform
) -> None:
    mvp.up()
    client = boto3.client("s3", endpoint_url=site.endpoint, region_name="eu-west-1")
    content = client.get_object(Bucket=BUCKET, Key=CHECKPOINT)["Body"].read()
    client.put_object(Bucket=BUCKET, Key=CHECKPOINT, Body=content[: len(content) // 2])
    assert mvp.tried("preview").code != 0
    assert CHECKPOINT in site.palier(mvp, "verify", "mvp", code=2)
    listed = site.palier(mvp, "restore", "mvp", "--list")
    readable = [line.split() for line in listed.splitlines() if "(current)" not in line]
    version = next(words[2] for words in readable if "unreadable" not in words)
    site.palier(mvp, "restore", "mvp", "--version", version, "--yes")
    site.palier(mvp, "verify", "mvp")
    mvp.run("refresh", "--yes")
    whole(mvp)
