"""The action for other repositories: reports, verdict, hostile inputs; `palier` is played."""

from __future__ import annotations

import pytest
from workflow_files import ACTION
from workflow_runner import Runner, step_of


def judged(runner: Runner, code: int, **inputs: str) -> int:
    """Run the action's judgement with a palier that leaves with a code."""
    project = runner.folder / "project"
    if not project.exists():
        project.mkdir()
        (project / "Pulumi.yaml").write_text("name: acme-web\nruntime: python\n", "utf-8")
    body = f"""if {code} != 2 and "broken" not in os.environ:
    open(sys.argv[sys.argv.index("--out") + 1], "w").write(
        os.environ.get(os.environ.get("reply", ""), "report\\n"))
sys.exit({code})"""
    runner.plays(runner.temp / "palier" / "bin" / "palier", body)
    given = {"FILE": "preview.json", "STACK": "prod", "CONFIG": "", "FOLDER": "project"}
    step = step_of(ACTION, "action", "Judge")
    return runner.run(step, runner.folder, **given | {"REPORTS": "out/reports"} | inputs)


@pytest.mark.parametrize(
    ("code", "status", "strict", "lenient"),
    [(0, "pass", 0, 0), (1, "fail", 1, 1), (3, "inconclusive", 1, 0), (2, "unreadable", 1, 1),
     (134, "unreadable", 1, 1)],
)  # fmt: skip
def test_the_action_hands_on_the_verdict(
    runner: Runner, code: int, status: str, strict: int, lenient: int
) -> None:
    assert judged(runner, code) == 0, runner.said
    assert runner.outputs["status"] == status
    assert runner.outputs["reports"] == str(runner.folder / "out" / "reports")
    verdict = step_of(ACTION, "action", "Verdict")
    assert runner.run(verdict, runner.folder, STATUS=status, LENIENT="false") == strict
    assert runner.run(verdict, runner.folder, STATUS=status, LENIENT="true") == lenient


def test_a_step_that_left_no_verdict_is_no_pass(runner: Runner) -> None:
    assert runner.run(step_of(ACTION, "action", "Verdict"), runner.folder, STATUS="") == 1


def test_the_action_writes_every_report_and_shows_one(runner: Runner) -> None:
    assert judged(runner, 0, CONFIG="strict.json") == 0, runner.said
    written = sorted(file.name for file in (runner.folder / "out" / "reports").iterdir())
    assert written == ["check.json", "check.md", "check.sarif", "check.xml"]
    for asked, _ in runner.asked:
        assert asked[:4] == ["check", "preview.json", "--config", "strict.json"]
    assert [asked[5] for asked, _ in runner.asked] == ["markdown", "json", "sarif", "junit"]
    assert runner.summary == "report\n"


@pytest.mark.parametrize("stale", [True, False])
def test_a_preview_that_cannot_be_read_still_takes_the_place_of_the_comment(
    runner: Runner, stale: bool
) -> None:
    if stale:
        assert judged(runner, 0) == 0, runner.said
        runner.log.unlink()
    assert judged(runner, 2) == 0, runner.said
    (report,) = (runner.folder / "out" / "reports").iterdir()
    first, *rest = report.read_text("utf-8").splitlines()
    assert first == "<!-- palier: acme-web/prod -->"
    assert "✘ The preview could not be read" in "".join(rest)
    assert len(runner.asked) == 1, "not asked four times"


def test_the_program_is_run_with_the_packages_of_its_folder(runner: Runner) -> None:
    assert judged(runner, 0, reply="PYTHONPATH") == 0, runner.said
    written = (runner.folder / "out" / "reports" / "check.json").read_text("utf-8")
    assert written == str(runner.folder / "project")


def test_a_palier_that_crashes_is_no_verdict(runner: Runner) -> None:
    assert judged(runner, 1, broken="yes") == 0, runner.said
    assert runner.outputs["status"] == "unreadable"


def test_inputs_are_words_and_no_commands(runner: Runner) -> None:
    hostile = "$(touch pwned); `touch pwned` ' \""
    assert judged(runner, 0, FILE=hostile, CONFIG=hostile) == 0, runner.said
    assert runner.asked[0][0][1:4] == [hostile, "--config", hostile]
    assert not list(runner.folder.rglob("pwned"))


def test_a_preview_that_fails_is_judged_by_what_it_says_and_never_passes(runner: Runner) -> None:
    runner.plays(runner.bin / "pulumi", 'print("{}"); sys.exit(255)')
    step = step_of(ACTION, "action", "Preview")
    assert runner.run(step, runner.folder, STACK="prod") == 0
    assert (runner.temp / "preview.json").read_text("utf-8") == "{}\n"
    ((asked, _),) = runner.asked
    assert asked[:3] == ["preview", "--json", "--show-sames"]
    verdict = step_of(ACTION, "action", "Verdict")
    failed = runner.outputs["failed"]
    left = runner.run(verdict, runner.folder, STATUS="pass", LENIENT="true", FAILED=failed)
    assert left == 1
