"""Differences of nested values: where they are, and of which kind."""

from __future__ import annotations

from typing import Any

import pytest

from palier.facts import UNKNOWN
from palier.simcloud.trees import below, differences


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, {"a": 2}, [("a", "update")]),
        ({"a": 1}, {}, [("a", "delete")]),
        ({}, {"a": None}, [("a", "add")]),
        ({"b": {"c": 1, "d": 2}}, {"b": {"c": 9}}, [("b.c", "update"), ("b.d", "delete")]),
        ({"b": [1, {"c": 2}]}, {"b": [1, {"c": 3}]}, [("b[1].c", "update")]),
        ({"b": [1]}, {"b": [1, 2]}, [("b", "update")]),
        ({"b": {}}, {"b": []}, [("b", "update")]),
        ({"b": 1}, {"b": UNKNOWN}, [("b", "update")]),
        ({"b": UNKNOWN}, {"b": UNKNOWN}, []),
        ({"z": 1, "a": 1}, {}, [("a", "delete"), ("z", "delete")]),
    ],
)  # fmt: skip
def test_each_difference_is_told_with_its_path_and_its_kind(
    old: dict[str, Any], new: dict[str, Any], found: list[tuple[str, str]]
) -> None:
    assert list(differences(old, new)) == found


@pytest.mark.parametrize(
    ("path", "is_below"),
    [
        ("metadata.name", True), ("metadata.name.x", True), ("metadata.name[0]", True),
        ("metadata.names", False), ("metadata", False), ("spec", True), ("spec[3].x", True),
    ],
)  # fmt: skip
def test_a_path_is_below_a_key_and_not_below_one_that_only_begins_alike(
    path: str, is_below: bool
) -> None:
    assert below(path, frozenset({"metadata.name", "spec"})) is is_below
