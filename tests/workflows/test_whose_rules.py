"""A pull request is judged by the rules of main, unless nothing but rules changes; git is real."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from workflow_runner import Runner, step_of

MARKER = "<!-- palier: palier/prod -->"
BEFORE = {
    "policies/limits.yaml": "cap: 100\n",
    "policies/waivers.yaml": "[]\n",
    "stacks/Pulumi.prod.yaml": "users: 50\n",
}


def git(folder: Path, *arguments: str) -> str:
    """Run git as nobody in particular."""
    environment = os.environ | {
        "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.com",
        "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@example.com",
    }  # fmt: skip
    return subprocess.run(  # noqa: S603 our own arguments
        ["git", *arguments],  # noqa: S607 whichever is on PATH
        cwd=folder, env=environment, check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip


@pytest.fixture
def change(runner: Runner) -> Path:
    """A clone at main, in which a branch is begun."""
    folder = runner.folder / "change"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch=main")
    for name, text in BEFORE.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message=before")
    git(folder, "switch", "--quiet", "--create=branch")
    return folder


def merge(change: Path) -> None:
    """Merge the branch, as GitHub does for a pull request: main is the first parent."""
    git(change, "add", "--all")
    git(change, "commit", "--quiet", "--allow-empty", "--message=change")
    git(change, "switch", "--quiet", "--detach", "main")
    git(change, "merge", "--quiet", "--no-ff", "--message=merge", "branch")


def laid_out(runner: Runner, change: Path) -> str:
    """Merge, and lay out as the gate does; whose rules judge."""
    merge(change)
    step = step_of("preview.yml", "gate", "Lay out main")
    assert runner.run(step, change, STACK="prod") == 0, runner.said
    return runner.outputs["rules"]


def rules_in(folder: Path) -> dict[str, str]:
    return {file.name: file.read_text("utf-8") for file in (folder / "policies").iterdir()}


def test_rules_that_do_not_change_are_mains(runner: Runner, change: Path) -> None:
    (change / "stacks" / "Pulumi.prod.yaml").write_text("users: 90\n", encoding="utf-8")
    assert laid_out(runner, change) == "main"
    judge = runner.folder / "judge"
    assert (judge / "stacks" / "Pulumi.prod.yaml").read_text("utf-8") == "users: 50\n"
    assert not (runner.folder / "own").exists()


def test_a_limit_raised_with_something_else_is_judged_by_mains(
    runner: Runner, change: Path
) -> None:
    (change / "stacks" / "Pulumi.prod.yaml").write_text("users: 90\n", encoding="utf-8")
    (change / "policies" / "limits.yaml").write_text("cap: 900\n", encoding="utf-8")
    (change / "policies" / "waivers.yaml").unlink()
    (change / "policies" / "new.yaml").write_text("{}", encoding="utf-8")
    assert laid_out(runner, change) == "both"
    mains = {"limits.yaml": "cap: 100\n", "waivers.yaml": "[]\n"}
    assert rules_in(runner.folder / "judge") == mains
    own = runner.folder / "own"
    assert rules_in(own) == {"limits.yaml": "cap: 900\n", "new.yaml": "{}"}
    assert (own / "stacks" / "Pulumi.prod.yaml").read_text("utf-8") == "users: 50\n"


def test_rules_that_change_alone_judge_themselves(runner: Runner, change: Path) -> None:
    (change / "policies" / "limits.yaml").write_text("cap: 900\n", encoding="utf-8")
    assert laid_out(runner, change) == "own"
    assert rules_in(runner.folder / "judge")["limits.yaml"] == "cap: 900\n"


def test_main_that_moved_on_is_no_change_of_the_pull_request(runner: Runner, change: Path) -> None:
    (change / "policies" / "limits.yaml").write_text("cap: 900\n", encoding="utf-8")
    git(change, "commit", "--quiet", "--all", "--message=limits")
    git(change, "switch", "--quiet", "main")
    (change / "stacks" / "Pulumi.prod.yaml").write_text("users: 70\n", encoding="utf-8")
    git(change, "commit", "--quiet", "--all", "--message=main moves on")
    git(change, "switch", "--quiet", "branch")
    assert laid_out(runner, change) == "own"
    judge = runner.folder / "judge"
    assert (judge / "stacks" / "Pulumi.prod.yaml").read_text("utf-8") == "users: 70\n"


@pytest.mark.parametrize("there", [True, False])
def test_the_settings_that_judge_are_of_whose_the_rules_are(
    runner: Runner, change: Path, there: bool
) -> None:
    settings = change / "policies" / "config.prod.json"
    if there:
        settings.write_text("{}", encoding="utf-8")
        git(change, "add", ".")
        git(change, "commit", "--quiet", "--message=settings of main")
        git(change, "branch", "--quiet", "--force", "main")
        settings.unlink()
    else:
        settings.write_text("{}", encoding="utf-8")
    (change / "stacks" / "Pulumi.prod.yaml").write_text("users: 90\n", encoding="utf-8")
    assert laid_out(runner, change) == "both"
    found, own = (
        (runner.outputs["config"], runner.outputs["own-config"]),
        "policies/config.prod.json",
    )
    assert found == ((own, "") if there else ("", own))


@pytest.mark.parametrize(
    ("rules", "own", "words"),
    [
        ("own", "skipped", "nothing else: it is judged with its own rules"),
        ("both", "success", "With the rules of main it does not pass, with its own it passes."),
        ("both", "failure", "with its own it does not pass."),
    ],
)
def test_the_comment_says_whose_rules_judged(
    runner: Runner, rules: str, own: str, words: str
) -> None:
    report = runner.folder / "report" / "check.md"
    report.parent.mkdir()
    report.write_text(f"{MARKER}\n\n✘ fail\n", encoding="utf-8")
    step = step_of("preview.yml", "gate", "Say whose rules")
    assert runner.run(step, runner.folder, RULES=rules, MAIN="failure", OWN=own) == 0, runner.said
    first, empty, note, *rest = report.read_text("utf-8").splitlines()
    assert (first, empty, rest) == (MARKER, "", ["", "✘ fail"])
    assert note.startswith("> This pull request changes `policies/`")
    assert words in note


@pytest.mark.parametrize(("alone", "cap"), [(False, "cap: 100\n"), (True, "cap: 900\n")])
@pytest.mark.parametrize("job", ["plan", "preview"])
def test_plan_and_pack_take_the_limits_of_main_unless_they_change_alone(
    runner: Runner, change: Path, job: str, alone: bool, cap: str
) -> None:
    (change / "policies" / "limits.yaml").write_text("cap: 900\n", encoding="utf-8")
    (change / "policies" / "new.yaml").write_text("{}", encoding="utf-8")
    if not alone:
        (change / "stacks" / "Pulumi.prod.yaml").write_text("users: 90\n", encoding="utf-8")
    merge(change)
    beginning = "Take the rules of main" if job == "plan" else "Lay main beside it"
    assert runner.run(step_of("preview.yml", job, beginning), change) == 0, runner.said
    judged = rules_in(change if job == "plan" else runner.folder / "judge")
    assert judged["limits.yaml"] == cap
    assert ("new.yaml" in judged) == alone
