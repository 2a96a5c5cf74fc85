"""Files: what they are, and one line for everything they may be instead."""

from __future__ import annotations

import io
import json
import os
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import documents
import fact_builders as facts
import pytest

from palier.errors import PalierError
from palier.facts import Facts
from palier.feeds import reading
from palier.feeds.export import State
from palier.feeds.preview import Preview

ONE: Final = Facts((facts.resource(facts.SQL, "db", region="europe-west1"),))


def written(folder: Path, content: str | bytes) -> str:
    file = folder / "file.json"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return str(file)


@pytest.mark.parametrize(
    ("document", "kind", "type_"),
    [
        (documents.preview(ONE), "preview", Preview),
        (documents.export(ONE), "export", State),
        (documents.checkpoint(ONE), "checkpoint", State),
    ],
)
def test_a_file_is_known_by_what_it_holds(
    tmp_path: Path, document: Any, kind: str, type_: type
) -> None:
    found, read = reading.read(documents.write(tmp_path, document))
    assert found == kind
    assert isinstance(read, type_)
    assert [fact.name for fact in read.facts] == ["db"]


def test_standard_input_is_read_for_a_dash(monkeypatch: pytest.MonkeyPatch) -> None:
    typed = io.BytesIO(json.dumps(documents.export(ONE)).encode())
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=typed))
    kind, _ = reading.read("-")
    assert kind == "export"
    with pytest.raises(PalierError, match=r"^standard input: line 1, column 1: not valid"):
        reading.read("-")


def test_a_mark_of_the_byte_order_is_no_mistake(tmp_path: Path) -> None:
    marked = b"\xef\xbb\xbf" + json.dumps(documents.export(ONE)).encode()
    assert reading.read(written(tmp_path, marked))[0] == "export"


def test_a_pipe_is_read_to_its_end() -> None:
    reader, writer = os.pipe()
    with os.fdopen(writer, "wb") as pipe:
        pipe.write(json.dumps(documents.export(ONE)).encode())
    try:
        assert reading.read(f"/dev/fd/{reader}")[0] == "export"
    finally:
        os.close(reader)


CONTENTS: Final[dict[str, tuple[str | bytes, str]]] = {
    "nothing": ("", "line 1, column 1: not valid JSON"),
    "half a document": ('{"steps": [', "line 1, column 12: not valid JSON"),
    "events, one a line": ('{"sequence": 0}\n{"sequence": 1}', "line 2, column 1: expected one"),
    "a table": ("Previewing update (mvp)\n", "line 1, column 1: not valid JSON"),
    "a packed file": (b"\x1f\x8b\x08\x00", "expected JSON in UTF-8, not packed"),
    "another encoding": ("{}".encode("utf-16"), "expected JSON in UTF-8"),
    "a text": ('"steps"', "expected what `pulumi preview --json` or `pulumi stack export`"),
    "a list": ("[]", "expected what `pulumi preview --json`"),
    "another document": ('{"schema": "palier.plan/1"}', "expected what `pulumi preview --json`"),
    "nested without end": ("[" * 100_000, "nested too deeply"),
    "a key twice": ('{"steps": [], "steps": []}', "the key 'steps' is there twice in one object"),
    "a key twice, deep down": (
        '{"steps": [{"newState": {"inputs": {"n": 1, "n": 2}}}]}', "the key 'n' is there twice",
    ),
    "no number": ('{"steps": NaN}', "expected numbers up to 1e[+]30, got NaN"),
    "an endless number": ('{"steps": -Infinity}', "expected numbers up to 1e[+]30, got -Infinity"),
    "a number without bounds": ('{"steps": 1e999}', "expected numbers up to 1e[+]30, got 1e999"),
    "a number of many digits": (f'{{"steps": {"9" * 5000}}}', "expected numbers up to 1e[+]30"),
    "a number beyond reason": ('{"steps": -2e30}', "expected numbers up to 1e[+]30, got -2e30"),
}  # fmt: skip


@pytest.mark.parametrize(("content", "says"), CONTENTS.values(), ids=CONTENTS.keys())
def test_what_is_no_document_is_one_line_that_names_the_file(
    tmp_path: Path, content: str | bytes, says: str
) -> None:
    file = written(tmp_path, content)
    with pytest.raises(PalierError, match=says) as refused:
        reading.read(file)
    assert str(refused.value).startswith(f"{file}: ")
    assert len(str(refused.value)) < len(file) + 200, "a message may not repeat the file"


def test_a_file_that_is_too_large_is_not_parsed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MOST_BYTES", 2 * 1024**2)
    with pytest.raises(PalierError, match="larger than 2 MiB"):
        reading.read(written(tmp_path, "[" + " " * 2 * 1024**2))


@pytest.mark.parametrize(
    ("name", "says"),
    [("nowhere.json", "No such file"), (".", "directory"), ("null\0.json", "null byte")],
)
def test_what_cannot_be_opened_is_told(tmp_path: Path, name: str, says: str) -> None:
    with pytest.raises(PalierError, match=says):
        reading.read(f"{tmp_path}/{name}")
