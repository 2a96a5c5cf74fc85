"""Groups of tests: pytest and xdist, of the versions at hand, keep each in one worker."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

CONFTEST = "from groups import pytest_collection_modifyitems\n"
GROUPED = """
import pytest

each = pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in "abc"]
)


@pytest.mark.parametrize("number", range(6))
@each
def test_of_a_group(name, number):
    pass
"""


def test_all_tests_of_a_group_run_in_one_worker(tmp_path: Path) -> None:
    for name, text in (
        ("pytest.ini", "[pytest]\n"), ("conftest.py", CONFTEST), ("test_grouped.py", GROUPED),
    ):  # fmt: skip
        (tmp_path / name).write_text(text, encoding="utf-8")
    own = {key: text for key, text in os.environ.items() if not key.startswith("PYTEST_")}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-v", "--numprocesses", "2", "--dist", "loadgroup"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
        env=own | {"PYTHONPATH": str(Path(__file__).parent)},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    ran = re.findall(r"\[(gw[01])\].*PASSED \S+\[(\w)-\d\]", done.stdout)
    assert len(ran) == 18
    assert len(set(ran)) == 3, f"each group has one worker: {sorted(set(ran))}"
