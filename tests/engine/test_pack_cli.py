"""The policy pack in the real CLI: what blocks previews, updates and audits, and what does not.

The program is this repository's, with one transformation that breaks what its config names: so the
engine itself makes the unknown values, and a user types the commands.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import builders
import packs
import pytest
import yaml
from platforms import Platform

from palier.engine.find import Engine
from palier.engine.run import Said
from palier.project import find

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("pack")]
STACK = "mvp"
PROGRAM = """
import runpy
import sys
from pathlib import Path

import pulumi
import pulumi_random

STACKS = Path(__file__).resolve().parent.parent / "stacks"
BROKEN = pulumi.Config("test").get("break")


def backed_up():
    if BROKEN == "backups-off":
        return False
    number = pulumi_random.RandomPassword("number", length=3)
    return number.result.apply(lambda text: len(text) == 3)


def transform(args):
    if BROKEN and args.type_ == "gcp:sql/databaseInstance:DatabaseInstance":
        args.props["settings"].backup_configuration.enabled = enabled
    return None


if BROKEN:
    enabled = backed_up()
    pulumi.runtime.register_stack_transformation(transform)
sys.path.insert(0, str(STACKS))
runpy.run_path(str(STACKS / "__main__.py"), run_name="__main__")
"""
Run = Callable[..., Said]
STRICT = {"budget": {"limits": {"observability": 0.001}}}


def project(folder: Path) -> Path:
    """This repository's project, with a program that breaks what it is told to break."""
    (folder / "program").mkdir(parents=True)
    (folder / "program" / "__main__.py").write_text(PROGRAM, encoding="utf-8")
    (folder / "stacks").symlink_to(builders.ROOT / "stacks")
    content = yaml.safe_load((builders.ROOT / "Pulumi.yaml").read_text(encoding="utf-8"))
    content["main"] = "program/"
    (folder / "Pulumi.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def stack(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A stack that is not updated yet."""
    folder = tmp_path_factory.mktemp("pack")
    source = project(folder / "source")
    packs.copied(source)
    platform = Platform(folder / "space", engine, STACK, project=find(source))
    yield platform
    platform.close()


@pytest.fixture
def policed(stack: Platform, tmp_path: Path) -> Iterator[Run]:
    """`policed("preview", config={…}, pack=folder)` runs a command with the pack."""
    own = stack.space.folder.parent / "source" / "policies"

    def run(*command: str, config: Any = None, pack: Path = own) -> Said:
        options = ["--policy-pack", str(pack)]
        if config is not None:
            file = tmp_path / "config.json"
            file.write_text(json.dumps(config), encoding="utf-8")
            options += ["--policy-pack-config", str(file)]
        return stack.tried(*command, *options)

    waivers = own / "waivers.yaml"
    before = waivers.read_text(encoding="utf-8")
    yield run
    waivers.write_text(before, encoding="utf-8")
    stack.tried("config", "rm", "test:break")


def waive(stack: Platform, rule: str, resource: str, days: int) -> None:
    """Write a waiver for the stack that ends so many days from now."""
    waiver = {
        "rule": rule, "resource": resource, "stacks": [STACK], "owner": "jane",
        "reason": "until the launch", "expires": date.today() + timedelta(days=days),
    }  # fmt: skip
    text = yaml.safe_dump({"schema": "palier.waivers/1", "waivers": [waiver]})
    file = stack.space.folder.parent / "source" / "policies" / "waivers.yaml"
    file.write_text(text, encoding="utf-8")


def of(said: Said, policy: str) -> str:
    """The level that a policy's violations are shown at."""
    levels = {
        line.split("]")[0].split("[")[1]
        for line in said.out.splitlines()
        if line.strip().startswith("- [") and f"]  {policy}  (" in line
    }
    return ", ".join(sorted(levels))


def test_a_sound_platform_passes(policed: Run) -> None:
    said = policed("preview")
    assert said.code == 0, said.why
    assert "✅ palier" in said.out


def test_a_violation_blocks_and_names_resource_rule_and_property(
    policed: Run, stack: Platform
) -> None:
    stack.run("config", "set", "test:break", "backups-off")
    said = policed("preview")
    assert said.code == 1
    assert of(said, "data-safety") == "mandatory"
    assert "gcp:sql:DatabaseInstance: postgres-eu-1" in said.out
    assert "settings.backupConfiguration.enabled is false, and must be true" in said.out


def test_a_value_that_is_not_known_yet_blocks(policed: Run, stack: Platform) -> None:
    """With the SDK alone, this preview is green: the policy becomes a remark."""
    stack.run("config", "set", "test:break", "backups-unknown")
    said = policed("preview")
    assert said.code == 1
    assert of(said, "data-safety") == "mandatory"
    assert "settings.backupConfiguration.enabled is not known yet" in said.out


def test_a_violation_stops_an_update_before_anything_is_made(policed: Run, stack: Platform) -> None:
    stack.run("config", "set", "test:break", "backups-off")
    said = policed("up", "--yes")
    assert said.code == 1
    assert "sql-backups" in said.out
    assert stack.in_cloud() == set()


def test_what_is_relaxed_does_not_block_and_is_said(policed: Run) -> None:
    config = {"budget": {**STRICT["budget"], "levels": {"observability": "advisory"}}}
    said = policed("preview", config=config)
    assert said.code == 0, said.why
    assert (of(said, "budget"), of(said, "advice")) == ("", "advisory")
    assert "Relaxed by settings: observability is advisory." in said.out


def test_a_waiver_covers_its_finding_and_is_said(policed: Run, stack: Platform) -> None:
    assert policed("preview", config=STRICT).code == 1
    waive(stack, "observability", "stack", days=30)
    said = policed("preview", config=STRICT)
    assert said.code == 0, said.why
    assert "Waived: observability on stack, by jane until" in said.out


def test_an_expired_waiver_blocks(policed: Run, stack: Platform) -> None:
    waive(stack, "observability", "stack", days=-1)
    said = policed("preview")
    assert said.code == 1
    assert of(said, "waivers") == "mandatory"
    assert "the waiver of observability by jane expired" in said.out


def test_a_rule_that_crashes_blocks_under_its_name_and_tells_no_secret(
    policed: Run, tmp_path: Path
) -> None:
    pack = packs.copied(project(tmp_path / "crashing"), packs.CRASHING)
    said = policed("preview", pack=pack)
    assert said.code == 1
    assert of(said, "guardrails") == "mandatory"
    assert "crashing" in said.out
    assert "ValueError" in said.out
    assert "hunter2" not in said.out + said.err


@pytest.mark.parametrize(
    ("config", "why"),
    [
        ({"budget": {"limit": {}}},
         "budget: unknown key 'limit', allowed are limits, levels or inconclusive"),
        ({"budget": {"limits": {"monthly-mvp": "low"}}}, "Expected: number, given: string"),
        ({"budget": {"limits": {"monthly-nvp": 5}}},
         "Additional property monthly-nvp is not allowed"),
        ({"data-safety": {"levels": {"sql-backups": "advisory"}}},
         'levels.sql-backups must be one of the following: "mandatory"'),
        ({"budget": {"limits": {"monthly-mvp": 150}}},
         "limits.monthly-mvp: 150 is above the 100 of policies/limits.yaml"),
    ],
    ids=["key", "type", "limit", "ledger", "above"],
)  # fmt: skip
def test_a_wrong_setting_blocks_and_names_the_key(policed: Run, config: Any, why: str) -> None:
    said = policed("preview", config=config)
    assert said.code == 1
    assert why in said.out + said.err


def test_an_unreadable_waiver_blocks(policed: Run, stack: Platform) -> None:
    waive(stack, "sql-backups", "postgres-eu-1", days=30)
    said = policed("preview")
    assert said.code == 1
    assert "no waiver lifts a rule that keeps data" in said.out


def test_an_audit_judges_a_state_without_a_program(
    policed: Run, stack: Platform, tmp_path: Path
) -> None:
    """The last of this file: it makes the platform."""
    said = policed("up", "--yes")
    assert said.code == 0, said.why
    shown = json.loads(stack.run("stack", "export", "--show-secrets").out)
    passwords = [
        json.loads(one["outputs"]["result"]["plaintext"])
        for one in shown["deployment"]["resources"]
        if one["type"] == "random:index/randomPassword:RandomPassword"
    ]
    assert policed("policy", "analyze").code == 0
    strict = policed("policy", "analyze", config=STRICT)
    assert strict.code == 1
    assert "observability:" in strict.out
    own = stack.space.folder.parent / "source" / "policies"
    file = tmp_path / "export.json"
    file.write_text(json.dumps(stack.export()), encoding="utf-8")
    audit = ("policy", "analyze", "--file", str(file), "--policy-pack", str(own), "--json")
    audited = stack.cli.run(*audit)
    assert audited.code == 0, audited.why
    assert passwords
    for one in (said, strict, audited):
        assert not any(password in one.out + one.err for password in passwords)
