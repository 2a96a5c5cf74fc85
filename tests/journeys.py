"""A phase brought up and taken down on the real engine, and what was seen on the way."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import builders
import packs
import pytest
from packs import Told
from platforms import PROJECT, Json, Platform, changed

from palier.engine.find import Engine
from palier.rehearsal import left_in

SQL = "gcp:sql/databaseInstance:DatabaseInstance"
RANDOM = "random:index/randomPassword:RandomPassword"
FIREWALL = "gcp:compute/firewall:Firewall"
each_phase = pytest.mark.parametrize(
    "phase", [pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in builders.PHASES]
)
"""All tests of a phase in one worker, where its journey is made once."""


@dataclass(kw_only=True)
class Journey:
    """What a user sees, from the first preview to the last destroy."""

    preview: Json
    """Of the first update, before anything was there."""
    foreseen: Told
    """What the policy pack judged in that preview."""
    updated: Told
    """What it judged when the update was made."""
    audited: Told
    """What it judged of the export."""
    export: Json
    """After the first update."""
    cloud_file: str
    """The file of the simulated cloud then."""
    passwords: list[str]
    """What the databases' users log in with, decrypted."""
    again: dict[str, str]
    """What a second update would do."""
    drift: dict[str, str]
    """What an update would do that refreshes first, after two changes behind Pulumi's back."""
    teardown: dict[str, str]
    """What the update did that lifts all protections."""
    state_after: list[Json]
    cloud_after: list[str]
    """What the cloud still holds at the end, but for what no call deletes."""

    @classmethod
    def of(cls, folder: Path, engine: Engine, phase: str) -> Journey:
        """Make the journey."""
        platform = Platform(folder, engine, phase)
        try:
            return _walk(platform)
        finally:
            platform.close()


Journeys = Callable[[str], Journey]
"""Makes the journey of a phase, or remembers it."""


def _walk(platform: Platform) -> Journey:
    pack = packs.telling(platform.space.folder.parent / "pack")
    preview = platform.up_with_preview("--policy-pack", str(pack))
    export = platform.export()
    told = packs.told(pack)
    file = platform.space.inside / "export.json"
    file.write_text(json.dumps(export), encoding="utf-8")
    audit = ("policy", "analyze", "--file", str(file), "--policy-pack", str(pack))
    audited = platform.cli.run(*audit)
    assert audited.code == 0, audited.why
    shown = json.loads(platform.run("stack", "export", "--show-secrets").out)
    passwords = [
        json.loads(one["outputs"]["result"]["plaintext"])
        for one in shown["deployment"]["resources"]
        if one["type"] == RANDOM
    ]
    again = changed(platform.preview())
    before = (platform.space.inside / "cloud.json").read_bytes()
    platform.edit_cloud(_drift)
    drift = changed(platform.preview("--refresh"))
    (platform.space.inside / "cloud.json").write_bytes(before)
    platform.run("config", "set", "palier:teardown", PROJECT)
    teardown = changed(platform.up_with_preview())
    platform.run("destroy", "--yes")
    return Journey(
        preview=preview, foreseen=told[0], updated=told[-1], audited=packs.told(pack)[-1],
        export=export, cloud_file=before.decode(), passwords=passwords,
        again=again, drift=drift, teardown=teardown,
        state_after=platform.state(), cloud_after=[record.id for record in left_in(platform.cloud)],
    )  # fmt: skip


def _drift(resources: Json) -> None:
    """Somebody gives a database another machine by hand, and deletes a firewall rule."""
    instances = resources["gcp"][SQL]
    primary = next(one for one in instances.values() if not one["inputs"].get("masterInstanceName"))
    primary["inputs"]["settings"]["tier"] = "db-custom-96-638976"
    rules = resources["gcp"][FIREWALL]
    del rules[min(rules)]
