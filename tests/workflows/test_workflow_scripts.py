"""Verdict, drift and update: what their steps run, with `pulumi`, `palier` and `gcloud` played."""

from __future__ import annotations

import pytest
from workflow_runner import Runner, step_of


@pytest.mark.parametrize(
    ("own", "backend", "results", "code"),
    [
        ("true", "gs://states", "success success success", 0),
        ("true", "gs://states", "failure success success", 1),
        ("true", "gs://states", "success failure success", 1),
        ("true", "gs://states", "success success failure", 1),
        ("true", "gs://states", "success skipped skipped", 1),
        ("true", "gs://states", "success cancelled skipped", 1),
        ("true", "", "success skipped skipped", 0),
        ("false", "", "success skipped skipped", 0),
        ("false", "gs://states", "success skipped skipped", 0),
        ("false", "gs://states", "failure skipped skipped", 1),
        ("", "gs://states", "cancelled skipped skipped", 1),
    ],
)
def test_the_verdict_is_what_all_needed_jobs_say(
    runner: Runner, own: str, backend: str, results: str, code: int
) -> None:
    plan, preview, gate = results.split()
    step = step_of("preview.yml", "verdict", "All that")
    found = runner.run(
        step, runner.folder, PLAN=plan, PREVIEW=preview, GATE=gate, OWN=own, BACKEND=backend
    )
    assert found == code
    assert ("not previewed" in runner.summary) == (own != "true" or not backend)


@pytest.mark.parametrize(
    ("code", "words"),
    [(0, "the cloud is what main says"), (7, "something differs"), (255, "failed with 255")],
)
def test_drift_fails_and_says_which_it_is(runner: Runner, code: int, words: str) -> None:
    runner.plays(runner.bin / "pulumi", f"sys.exit({code})")
    assert runner.run(step_of("drift.yml", "drift", "Look"), runner.folder, STACK="prod") == code
    assert words in runner.summary
    ((asked, _),) = runner.asked
    assert asked[:3] == ["preview", "--refresh", "--expect-no-changes"]


@pytest.mark.parametrize(("codes", "left"), [("000", 0), ("010", 1), ("301", 1), ("003", 3)])
def test_every_stack_is_planned_and_one_that_fails_is_enough(
    runner: Runner, codes: str, left: int
) -> None:
    (runner.folder / "stacks").mkdir()
    for name, code in zip(("mvp", "prod", "scale"), codes, strict=True):
        (runner.folder / "stacks" / f"Pulumi.{name}.yaml").write_text(code, encoding="utf-8")
    body = """stack = sys.argv[sys.argv.index("--stack") + 1]
open("plan.md", "w").write(f"plan of {stack}\\n")
sys.exit(int(open(f"stacks/Pulumi.{stack}.yaml").read()))"""
    runner.plays(runner.folder / ".venv" / "bin" / "palier", body)
    step = step_of("preview.yml", "plan", "Plan every stack")
    assert runner.run(step, runner.folder) == left
    assert runner.summary == "plan of mvp\nplan of prod\nplan of scale\n"


@pytest.mark.parametrize("config", [True, False])
def test_an_update_refreshes_and_is_judged_by_the_pack(runner: Runner, config: bool) -> None:
    runner.plays(runner.bin / "pulumi", "sys.exit(3)")
    if config:
        (runner.folder / "policies").mkdir()
        (runner.folder / "policies" / "config.prod.json").write_text("{}", encoding="utf-8")
    step = step_of("up.yml", "up", "Update")
    assert runner.run(step, runner.folder, STACK="prod") == 3, "a failed update is a failed job"
    ((asked, _),) = runner.asked
    assert asked[:3] == ["up", "--refresh", "--yes"]
    assert asked[asked.index("--policy-pack") + 1] == "policies"
    assert ("--policy-pack-config" in asked) == config


def test_a_state_that_is_not_whole_is_not_updated(runner: Runner) -> None:
    runner.plays(runner.folder / ".venv" / "bin" / "palier", 'sys.exit("verify" in sys.argv)')
    runner.plays(runner.bin / "gcloud")
    step = step_of("up.yml", "up", "Back up the state")
    assert runner.run(step, runner.folder, STACK="prod", PULUMI_BACKEND_URL="gs://states") == 1
    assert len(runner.asked) == 1, "neither backed up nor gone on"


def test_a_backup_lies_beside_the_states(runner: Runner) -> None:
    body = """if "backup" in sys.argv:
    os.makedirs(sys.argv[-1]); open(os.path.join(sys.argv[-1], "prod.json"), "w")"""
    runner.plays(runner.folder / ".venv" / "bin" / "palier", body)
    runner.plays(runner.bin / "gcloud")
    step = step_of("up.yml", "up", "Back up the state")
    url = "gs://states?location=eu"
    assert runner.run(step, runner.folder, STACK="prod", PULUMI_BACKEND_URL=url) == 0, runner.said
    kept = str(runner.temp / "backups" / "prod.json")
    assert runner.asked[-1][0] == ["storage", "cp", kept, "gs://states/palier-backups/"]
