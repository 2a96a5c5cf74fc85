"""The comment of a pull request: one a stack, edited in place, never another; `gh` is played."""

from __future__ import annotations

import json

import pytest
from workflow_runner import Runner, step_of

MARKER = "<!-- palier: palier/prod -->"


def commented(runner: Runner, report: str, *there: tuple[int, str, str]) -> int:
    """Write a report where comments (id, author, text) are already."""
    pages = [[{"id": id_, "user": {"login": who}, "body": text}] for id_, who, text in there]
    answer = f"print({json.dumps(pages)!r} if '--slurp' in sys.argv else '{{}}')"
    runner.plays(runner.bin / "gh", answer)
    (runner.folder / "check.md").write_text(report, encoding="utf-8")
    step = step_of("preview.yml", "comment", "Write the comment")
    return runner.run(step, runner.folder, REPORT="check.md", STACK="prod", NUMBER="12")


def test_the_first_report_is_a_new_comment(runner: Runner) -> None:
    report = f"{MARKER}\n\n✔ pass $(id) `@everyone`\n"
    assert commented(runner, report, (1, "ann", "hello")) == 0
    look, write = runner.asked
    assert look[0] == ["api", "--paginate", "--slurp", "repos/acme/platform/issues/12/comments"]
    assert write[0][:4] == ["api", "--method", "POST", "repos/acme/platform/issues/12/comments"]
    assert json.loads(write[1]) == {"body": report}


def test_the_next_report_takes_its_place(runner: Runner) -> None:
    there = ((1, "ann", "hello"), (2, "github-actions[bot]", f"{MARKER}\nold"))
    assert commented(runner, f"{MARKER}\nnew", *there) == 0
    assert runner.asked[1][0][2:4] == ["PATCH", "repos/acme/platform/issues/comments/2"]


@pytest.mark.parametrize(
    ("author", "text"),
    [
        ("mallory", f"{MARKER}\nmine"),
        ("github-actions[bot]", "<!-- palier: palier/prod-us -->\nanother stack"),
        ("github-actions[bot]", f"quoted: {MARKER}"),
    ],
)
def test_no_other_comment_is_edited(runner: Runner, author: str, text: str) -> None:
    assert commented(runner, f"{MARKER}\nnew", (3, author, text)) == 0
    assert runner.asked[1][0][2] == "POST"


@pytest.mark.parametrize(
    "report",
    ["", "no marker", f"\n{MARKER}", "<!-- palier: palier/other -->\n", f"{MARKER} -->\n",
     "<!-- palier: a b/prod -->\n", "<!-- palier: x -->\n<!-- palier: palier/prod -->"],
)  # fmt: skip
def test_what_does_not_begin_with_the_marker_is_not_posted(runner: Runner, report: str) -> None:
    assert commented(runner, report) == 1
    assert "does not begin with the marker" in runner.said
    assert not runner.log.exists()


def test_a_report_that_is_too_long_is_cut_at_a_line_and_says_so_on_top(runner: Runner) -> None:
    lines = [f"| line {number} | é |" for number in range(9000)]
    assert commented(runner, "\n".join([MARKER, "", *lines])) == 0
    body = json.loads(runner.asked[1][1])["body"]
    assert 59_000 < len(body) <= 60_000
    first, _, note, *rest = body.splitlines()
    assert first == MARKER
    assert note.startswith("> Cut: the whole report is in [the run](https://github.com/acme/platf")
    assert rest[1:] == lines[: len(rest) - 1]
