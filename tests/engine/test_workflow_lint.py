"""The workflows, as actionlint reads them: expressions, contexts, what an action takes.

It is built from its Go module, as the engine is; so it is run where the engine is.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import builders
import pytest

from palier.errors import PalierError
from tools import actionlint

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("actionlint")]


@pytest.fixture(scope="module")
def linter() -> Path:
    """The linter; without it these tests fail in CI."""
    if shutil.which("go") is None and not os.environ.get("CI"):
        pytest.skip("no Go to build actionlint with")
    try:
        return actionlint.provide()
    except PalierError as error:
        pytest.fail(str(error))


@pytest.mark.usefixtures("linter")
def test_actionlint_has_nothing_to_say_of_the_workflows() -> None:
    said = actionlint.lint(builders.ROOT)
    assert (said.returncode, said.stdout + said.stderr) == (0, "")


@pytest.mark.usefixtures("linter")
@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("needs.preview.result == 'success'", "needs.review.result == 'success'", "review"),
        ("steps.rules.outputs.rules", "steps.rule.outputs.rules", "rule"),
        ("runs-on: ubuntu-24.04", "runs-on: ubuntu-24", "ubuntu-24"),
    ],
)
def test_actionlint_finds_what_is_broken(
    tmp_path: Path, old: str, new: str, complaint: str
) -> None:
    folder = tmp_path / ".github" / "workflows"
    shutil.copytree(builders.ROOT / ".github" / "workflows", folder)
    text = (folder / "preview.yml").read_text(encoding="utf-8")
    assert old in text
    (folder / "preview.yml").write_text(text.replace(old, new), encoding="utf-8")
    said = actionlint.lint(tmp_path)
    assert said.returncode == 1
    assert complaint in said.stdout
