"""Values: what is unknown, secret, filled in or a file, told apart at any depth."""

from __future__ import annotations

from typing import Any

import pytest

from palier import wire
from palier.errors import PalierError
from palier.facts import UNKNOWN
from palier.feeds.values import DEEPEST, plain

SECRET = {wire.SIGNATURE: wire.SECRET}
FILE, ARCHIVE = wire.FILES


@pytest.mark.parametrize("mark", sorted(wire.UNKNOWNS))
def test_every_mark_of_an_unknown_is_unknown_at_any_depth(mark: str) -> None:
    assert plain({"a": [{"b": mark}], "c": mark}, "x") == {"a": [{"b": UNKNOWN}], "c": UNKNOWN}


@pytest.mark.parametrize(
    "secret",
    [
        SECRET | {"ciphertext": "v1:abc"},
        SECRET | {"plaintext": '"hunter2"'},
        SECRET | {"value": "hunter2"},
        SECRET,
        "[secret]",
    ],
)
def test_a_secret_is_present_and_hidden_however_it_is_written(secret: Any) -> None:
    assert plain({"a": [secret]}, "x") == {"a": ["[secret]"]}


def test_what_a_provider_filled_in_is_removed_at_every_level() -> None:
    checked = {
        "__defaults": ["name", "absent"], "name": "db-1a2b3c4",
        "settings": {"__defaults": ["edition"], "edition": "ENTERPRISE", "tier": "db-g1-small",
                     "flags": [{"__defaults": [], "name": "max_connections"}]},
    }  # fmt: skip
    assert plain(checked, "x") == {
        "settings": {"tier": "db-g1-small", "flags": [{"name": "max_connections"}]}
    }


@pytest.mark.parametrize("defaults", [5, "name", {"name": 1}, [["name"]], [None]])
def test_defaults_that_are_no_names_are_refused(defaults: Any) -> None:
    with pytest.raises(PalierError, match="inputs: __defaults: expected a list of names"):
        plain({"a": {"__defaults": defaults}}, "inputs")


def test_numbers_are_whole_where_they_are_and_keep_their_digits_where_not() -> None:
    values = plain([2.0, 2.5, 0.1, 7, True, None, 1e22], "x")
    assert values == [2, 2.5, 0.1, 7, True, None, 10**22]
    assert [type(value) for value in values[:5]] == [int, float, float, int, bool]


def test_a_file_keeps_its_mark_and_loses_the_engines_hash() -> None:
    file = {wire.SIGNATURE: FILE, "hash": "8f43", "text": "hi"}
    archive = {wire.SIGNATURE: ARCHIVE, "hash": "8f43", "assets": {"a": file}}
    own = {wire.SIGNATURE: FILE, "text": "hi"}
    assert plain(archive, "x") == {wire.SIGNATURE: ARCHIVE, "assets": {"a": own}}
    assert plain({"hash": "mine"}, "x") == {"hash": "mine"}, "a program may have one too"


@pytest.mark.parametrize("cover", [lambda inner: [inner], lambda inner: {"a": inner}])
def test_a_value_that_is_nested_without_end_is_refused(cover: Any) -> None:
    value: Any = 1
    for _ in range(DEEPEST):
        value = cover(value)
    assert plain(value, "x") is not None
    with pytest.raises(PalierError, match="x: nested in more than 100 levels"):
        plain(cover(value), "x")
