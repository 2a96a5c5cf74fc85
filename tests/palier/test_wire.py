"""The wire: what an engine marks is told apart, and comes back as it was."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf import json_format, struct_pb2
from pulumi.runtime import rpc

from palier import wire
from palier.facts import UNKNOWN


def message(values: dict[str, Any]) -> struct_pb2.Struct:
    made = struct_pb2.Struct()
    json_format.ParseDict(values, made)
    return made


def test_the_mark_of_an_unknown_is_the_one_of_the_sdk() -> None:
    assert wire.UNKNOWN_TEXT == rpc.UNKNOWN


def test_the_marks_of_files_are_those_of_the_sdk() -> None:
    assert (rpc._special_asset_sig, rpc._special_archive_sig) == wire.FILES


def test_there_is_a_mark_of_an_unknown_for_each_of_seven_types() -> None:
    assert len(wire.UNKNOWNS) == 7
    assert wire.UNKNOWN_TEXT in wire.UNKNOWNS


@pytest.mark.parametrize("mark", sorted(wire.UNKNOWNS))
def test_every_mark_of_an_unknown_is_unknown_at_any_depth(mark: str) -> None:
    secret = {wire.SIGNATURE: wire.SECRET, "value": mark}
    sent = message({"a": [{"b": mark}], "c": mark, "d": secret})
    assert wire.decode(sent) == {"a": [{"b": UNKNOWN}], "c": UNKNOWN, "d": UNKNOWN}


@pytest.mark.parametrize(
    ("marked", "value"),
    [
        ({wire.SIGNATURE: wire.SECRET, "value": [1.0]}, [1]),
        ({wire.SIGNATURE: wire.SECRET, "value": wire.UNKNOWN_TEXT}, UNKNOWN),
        ({wire.SIGNATURE: wire.OUTPUT, "value": "known"}, "known"),
        ({wire.SIGNATURE: wire.OUTPUT}, UNKNOWN),
        (2.0, 2),
        (2.5, 2.5),
        (None, None),
    ],
)
def test_a_marked_value_is_what_it_stands_for(marked: object, value: object) -> None:
    assert wire.decode(message({"key": {"inside": [marked]}})) == {"key": {"inside": [value]}}


@pytest.mark.parametrize("mark", wire.FILES)
def test_a_file_keeps_its_mark(mark: str) -> None:
    asset = {wire.SIGNATURE: mark, "text": "hello"}
    assert wire.decode(message({"source": asset})) == {"source": asset}


def test_values_come_back_as_they_were_sent() -> None:
    values = {"a": [1, {"b": UNKNOWN}], "c": None, "d": True, "e": "text"}
    assert wire.decode(wire.encode(values)) == values
    assert wire.decode(wire.encode(values, frozenset({"a", "d"}))) == values


def test_keys_that_hold_a_secret_at_any_depth_are_named() -> None:
    secret = {wire.SIGNATURE: wire.SECRET, "value": "hidden"}
    sent = message({"deep": [{"x": secret}], "top": secret, "open": {"x": "y"}})
    assert wire.secret_keys(sent) == {"deep", "top"}
    assert wire.secret_keys(wire.encode({"a": 1, "b": 2}, frozenset({"b"}))) == {"b"}
