"""The language host, Pulumi's own or the stand-in: it runs programs and policy packs as typed."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from palier.engine import find, workspace
from palier.engine.run import Pulumi, Said
from palier.project import find as find_project

pytestmark = pytest.mark.engine

PROGRAM = """
import pulumi


class Part(pulumi.ComponentResource):
    def __init__(self, name):
        super().__init__("shop:part:Part", name, {"size": 3})
        self.register_outputs({"size": 3})


Part("one")
print("said by the program")
pulumi.export("secret", pulumi.Config().get_secret("word"))
"""
PACK = """
from pulumi_policy import EnforcementLevel, PolicyPack, StackValidationPolicy


def judge(args, report):
    for resource in args.resources:
        if resource.props.get("size") == 3:
            report("three is too many", resource.urn)


PolicyPack(
    "sizes",
    enforcement_level=EnforcementLevel.MANDATORY,
    policies=[StackValidationPolicy("no-three", "Nothing has size 3.", judge)],
)
"""
Run = Callable[..., Said]


@pytest.fixture
def run(engine: find.Engine, tmp_path: Path) -> Run:
    """`run(program, *command)` runs a command of the CLI on a program of one file."""
    source = tmp_path / "source"
    source.mkdir()
    (source / "Pulumi.yaml").write_text("name: shop\nruntime: python\n", encoding="utf-8")
    (source / "__main__.py").write_text(PROGRAM, encoding="utf-8")
    space = workspace.create(find_project(source), tmp_path / "space", engine)
    pulumi = Pulumi(program=engine.pulumi, folder=space.folder, environment=space.environment)
    assert pulumi.run("stack", "init", "dev").code == 0

    def command(program: str, *arguments: str) -> Said:
        (source / "__main__.py").write_text(program, encoding="utf-8")
        return pulumi.run(*arguments, "--stack", "dev")

    return command


def test_what_a_program_prints_is_shown(run: Run) -> None:
    said = run(PROGRAM, "preview")
    assert said.code == 0, said.why
    assert "said by the program" in said.out


def test_config_and_its_secrets_reach_the_program(run: Run) -> None:
    assert run(PROGRAM, "config", "set", "--secret", "word", "open-sesame").code == 0
    assert run(PROGRAM, "up", "--yes").code == 0
    shown, hidden = (
        run(PROGRAM, "stack", "output", "--show-secrets"),
        run(PROGRAM, "stack", "output"),
    )
    assert "open-sesame" in shown.out
    assert "open-sesame" not in hidden.out


def test_the_error_of_a_program_is_its_users_and_stops_the_command(run: Run) -> None:
    said = run("import pulumi\nraise ValueError('a mistake of mine')\n", "preview")
    assert said.code != 0
    assert "ValueError: a mistake of mine" in said.out + said.err
    said = run("import sys\nsys.exit(7)\n", "preview")
    assert said.code != 0


def test_a_policy_pack_is_run_and_its_violation_stops_the_command(run: Run, tmp_path: Path) -> None:
    pack = tmp_path / "pack"
    pack.mkdir()
    (pack / "PulumiPolicy.yaml").write_text(
        f"runtime:\n  name: python\n  options:\n    virtualenv: {sys.prefix}\n", encoding="utf-8"
    )
    (pack / "__main__.py").write_text(PACK, encoding="utf-8")
    said = run(PROGRAM, "preview", "--policy-pack", str(pack))
    assert said.code != 0
    assert "[mandatory]  no-three" in said.out
    assert "three is too many" in said.out
    allowed = PROGRAM.replace('"size": 3', '"size": 2')
    assert run(allowed, "preview", "--policy-pack", str(pack)).code == 0
