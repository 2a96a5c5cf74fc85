"""No test is left out by its file's name, and no test file is empty."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).parent


def found_in(file: Path) -> list[str]:
    """Names of the test functions and methods of a file, as pytest would look for them."""
    body: list[ast.stmt] = list(ast.parse(file.read_text(encoding="utf-8")).body)
    for node in list(body):
        if isinstance(node, ast.ClassDef) and node.name.startswith("Test"):
            body += node.body
    return [
        node.name
        for node in body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test")
    ]


def complaints(folder: Path) -> list[str]:
    """Files whose tests pytest would not find, and test files that have none."""
    found = []
    for file in sorted(folder.rglob("*.py")):
        named = file.name.startswith("test_")
        if bool(found_in(file)) != named:
            wrong = "has no test" if named else "has tests and is not named test_*.py"
            found.append(f"{file.relative_to(folder)} {wrong}")
    return found


def test_every_test_is_collected_and_no_test_file_is_empty() -> None:
    assert complaints(TESTS) == []


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("database.py", "def test_it(): ...", "database.py has tests and is not named test_*.py"),
        ("test_database.py", "", "test_database.py has no test"),
        ("test_database.py", "def check_it(): ...", "test_database.py has no test"),
        ("helpers.py", "class TestIt:\n    def test_it(self): ...",
         "helpers.py has tests and is not named test_*.py"),
    ],
)  # fmt: skip
def test_a_file_that_pytest_would_pass_over_would_be_found(
    tmp_path: Path, name: str, content: str, complaint: str
) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    assert complaints(tmp_path) == [complaint]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("test_database.py", "def test_it(): ..."),
        ("test_database.py", "class TestIt:\n    def test_it(self): ..."),
        ("builders.py", "def deploy(): ..."),
    ],
)
def test_a_file_in_its_place_draws_no_complaint(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    assert complaints(tmp_path) == []
