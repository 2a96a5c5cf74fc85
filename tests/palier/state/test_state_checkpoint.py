"""Checkpoints are read whatever shape they are in, and written as the CLI writes them."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from state_builders import (
    KEY,
    STACK,
    bucket,
    exported,
    folder,
    provider,
    root,
    secret,
    state,
    stored,
    unmade,
)

from palier.errors import PalierError
from palier.state import checkpoint, layout
from palier.state.checkpoint import decode, encode, export, ordered


def urns(rows: list[dict[str, Any]]) -> list[str]:
    return [row["urn"] for row in rows]


@pytest.mark.parametrize("version", [3, 4])
def test_a_checkpoint_comes_back_as_it_was(version: int) -> None:
    document = json.loads(stored(state(bucket("a"), pending=[("creating", unmade("b"))])))
    document |= {"version": version, "features": ["taint"]} if version == 4 else {}
    data = json.dumps(document, separators=(",", ":")).encode()
    read = decode(data, "it")
    assert json.loads(encode(read, STACK.full, KEY)) == document
    assert [item.type for item in read.pending] == ["creating"]


def test_an_export_is_the_same_state_in_another_shape() -> None:
    deployment = state(bucket("a", inputs={"name": "é", "size": 1.5}))
    read = decode(stored(deployment), "it")
    again = decode(export(read), "it")
    assert (again.latest, again.stack) == (read.latest, None)
    assert json.loads(export(read)) == json.loads(exported(deployment))


def test_a_packed_checkpoint_is_read_and_written_packed() -> None:
    packed = gzip.compress(stored(state(bucket("a"))))
    read = decode(packed, "it")
    assert len(read.resources) == 3
    assert decode(encode(read, STACK.full, f"{KEY}.gz"), "it") == read
    assert encode(read, STACK.full, f"{KEY}.gz")[:2] == b"\x1f\x8b"
    assert encode(read, STACK.full, KEY)[:1] == b"{"


def test_a_stack_that_was_never_updated_has_no_resources() -> None:
    read = decode(b'{"version":3,"checkpoint":{"stack":"organization/shop/prod"}}', "it")
    assert (read.resources, read.pending) == ([], [])
    assert b"latest" not in encode(read, STACK.full, KEY)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "not valid JSON at byte 0: truncated or damaged"),
        (stored(state(bucket("a")))[:-40], "not valid JSON at byte .*truncated or damaged"),
        (b"\xff\xfe{", "not valid JSON: truncated or damaged"),
        (b"[" * 100_000, "not valid JSON: truncated or damaged"),
        (gzip.compress(stored(state()))[:-20], "damaged: its compressed bytes do not unpack"),
        (b"\x1f\x8bnonsense", "damaged: its compressed bytes do not unpack"),
        (b"\x28\xb5\x2f\xfdxx", "packed with zstd"),
        (b"[]", "expected a checkpoint or an export"),
        (b'{"version": 3}', "expected a checkpoint or an export"),
        (b'{"version": 2, "checkpoint": {}}', "version 2 of the format, palier reads 3 or 4"),
        (b'{"version": true, "checkpoint": {}}', "version True of the format"),
        (b'{"version": 3, "checkpoint": {"latest": []}}', "expected a deployment"),
        (b'{"version": 3, "deployment": {"resources": [{}]}}', "resources must be a list"),
        (b'{"version": 3, "deployment": {"resources": 5}}', "resources must be a list"),
        (b'{"version": 3, "deployment": {"pending_operations": [{}]}}', "pending_operations must"),
    ],
)
def test_what_is_no_state_is_refused_in_one_line(data: bytes, says: str) -> None:
    with pytest.raises(PalierError, match=f"^it: .*{says}"):
        decode(data, "it")


def test_large_and_small_numbers_survive() -> None:
    deployment = state(bucket("a", inputs={"big": 12345678901234567890, "part": 0.1, "e": 1e30}))
    again = decode(encode(decode(stored(deployment), "it"), STACK.full, KEY), "it")
    assert again.resources[2]["inputs"] == deployment["resources"][2]["inputs"]


# Order


def test_what_is_stood_on_comes_first_and_the_rest_stays_in_order() -> None:
    a, b, c = bucket("a", dependencies=[bucket("c")["urn"]]), bucket("b"), bucket("c")
    assert urns(ordered([a, b, c, root(), provider()])) == urns([root(), provider(), c, a, b])


def test_an_order_that_is_right_is_left_alone() -> None:
    rows = [root(), provider(), bucket("b"), bucket("a", dependencies=[bucket("b")["urn"]])]
    assert ordered(rows) == rows


def test_a_circle_ends() -> None:
    a = bucket("a", dependencies=[bucket("b")["urn"]])
    b = bucket("b", dependencies=[bucket("a")["urn"]])
    assert len(ordered([root(), provider(), a, b])) == 4


@given(st.permutations(range(8)), st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7))))
def test_any_order_of_anything_without_circles_becomes_a_right_one(
    order: list[int], edges: list[tuple[int, int]]
) -> None:
    needs = {number: [low for high, low in edges if high == number > low] for number in range(8)}
    rows = [
        bucket(str(number), parent=None, provider=None,
               dependencies=[bucket(str(low))["urn"] for low in needs[number]])
        for number in order
    ]  # fmt: skip
    done = ordered(rows)
    assert sorted(urns(done)) == sorted(urns(rows))
    for place, row in enumerate(done):
        assert set(row["dependencies"]) <= set(urns(done[:place]))


# Secrets


def test_secrets_are_found_at_any_depth_and_those_in_clear_are_counted() -> None:
    hidden = secret()
    clear = {key: value for key, value in secret().items() if key != "ciphertext"}
    clear["plaintext"] = '"s3cr3t"'
    row = bucket("a", inputs={"deep": [{"password": clear}], "other": hidden, "plaintext": "no"})
    read = decode(stored(state(row)), "it")
    assert checkpoint.in_clear(read) == 1
    assert len(checkpoint.secrets(read.resources)) == 2


# Where a stack's checkpoint is


def test_the_newest_of_the_ways_to_keep_it_counts(tmp_path: Path) -> None:
    backend = folder(tmp_path, state(bucket("old")))
    backend.put(f"{KEY}.gz", gzip.compress(stored(state(bucket("new")))), None)
    os.utime(tmp_path / KEY, (1, 1))
    found = layout.current(backend, STACK)
    assert found is not None
    assert found.key == f"{KEY}.gz"
    os.utime(tmp_path / f"{KEY}.gz", (0, 0))
    found = layout.current(backend, STACK)
    assert found is not None
    assert found.key == KEY


def test_a_stack_that_is_not_there_is_refused_with_those_that_are(tmp_path: Path) -> None:
    backend = folder(tmp_path, state())
    backend.put(f"{STACK.folder}dev.json.gz", b"x", None)
    backend.put(f"{STACK.folder}dev.json.bak", b"x", None)
    other = layout.Stack(project="shop", name="prd")
    with pytest.raises(
        PalierError, match=r"no stack 'prd' of project 'shop'; there is dev or prod$"
    ):
        layout.existing(backend, other)


@pytest.mark.parametrize(
    ("meta", "says"),
    [(b"version: 0\n", "layout is version 0, palier knows 1; `pulumi state upgrade`"),
     (b"version: 2\n", "layout is version 2"), (b"[", "unreadable"), (b"other: 1\n", "unreadable")],
)  # fmt: skip
def test_a_layout_that_is_not_known_is_refused(tmp_path: Path, meta: bytes, says: str) -> None:
    backend = folder(tmp_path, state())
    (tmp_path / ".pulumi/meta.yaml").write_bytes(meta)
    with pytest.raises(PalierError, match=says):
        layout.current(backend, STACK)
