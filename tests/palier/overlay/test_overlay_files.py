"""Generated files on disk: written once, whole or not at all, and never beside an overlay."""

from __future__ import annotations

from pathlib import Path

import builders
import pytest
import yaml

from palier.errors import PalierError
from palier.overlay import files, values

OVERLAY = Path("gitops", "overlays", "mvp")
APP = OVERLAY / "app" / "generated.yaml"


@pytest.fixture
def asked() -> dict[Path, str]:
    """The generated files of the first phase."""
    (overlay,) = values.overlays(builders.recorded("mvp"))
    return files.texts(overlay, "mvp")


@pytest.fixture
def root(tmp_path: Path, asked: dict[Path, str]) -> Path:
    """A project with the folders that are made by hand, and no generated file."""
    for path in asked:
        if path.parent.name != "registry":
            (tmp_path / path.parent).mkdir(parents=True, exist_ok=True)
    return tmp_path


def test_what_was_written_once_is_not_touched_again(root: Path, asked: dict[Path, str]) -> None:
    first = files.write(root, asked)
    assert {one.path for one in first} == {path.as_posix() for path in asked}
    assert not any(one.there for one in first)
    assert {path: (root / path).read_text(encoding="utf-8") for path in asked} == asked
    before = {path: (root / path).stat().st_mtime_ns for path in asked}
    assert files.write(root, asked) == files.differences(root, asked) == []
    assert {path: (root / path).stat().st_mtime_ns for path in asked} == before


def test_only_what_differs_is_named_and_written(root: Path, asked: dict[Path, str]) -> None:
    files.write(root, asked)
    (root / APP).write_text("replicas: 3\n", encoding="utf-8")
    (root / OVERLAY / "generated.yaml").unlink()
    kept = root / OVERLAY / "guard" / "generated.yaml"
    before = kept.stat().st_mtime_ns
    expected = [
        files.Difference(path=APP.as_posix(), there=True),
        files.Difference(path=(OVERLAY / "generated.yaml").as_posix(), there=False),
    ]
    assert files.differences(root, asked) == expected
    assert files.write(root, asked) == expected
    assert files.differences(root, asked) == []
    assert kept.stat().st_mtime_ns == before


@pytest.mark.parametrize("content", [b"\xff\xfe", b"", b"kind: Other\r\n"])
def test_whatever_else_stands_there_is_a_difference(
    root: Path, asked: dict[Path, str], content: bytes
) -> None:
    files.write(root, asked)
    (root / APP).write_bytes(content)
    assert [one.path for one in files.differences(root, asked)] == [APP.as_posix()]


def test_line_ends_are_part_of_a_file(root: Path, asked: dict[Path, str]) -> None:
    files.write(root, asked)
    (root / APP).write_bytes(asked[APP].replace("\n", "\r\n").encode())
    assert len(files.differences(root, asked)) == 1


def test_an_overlay_that_is_not_there_is_refused_and_nothing_is_made(
    tmp_path: Path, asked: dict[Path, str]
) -> None:
    with pytest.raises(PalierError) as refused:
        files.write(tmp_path, asked)
    message = str(refused.value)
    assert message.startswith("gitops/overlays/mvp: no such folder; ")
    assert "gitops/README.md" in message
    assert len(message.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_an_application_without_its_folder_is_refused_before_anything_is_written(
    root: Path, asked: dict[Path, str]
) -> None:
    (root / OVERLAY / "cache").rmdir()
    with pytest.raises(PalierError, match=r"^gitops/overlays/mvp/cache: no such folder; "):
        files.write(root, asked)
    assert not any((root / path).exists() for path in asked)


def test_a_file_that_cannot_be_written_is_one_line(root: Path, asked: dict[Path, str]) -> None:
    (root / APP).mkdir()
    with pytest.raises(PalierError, match=f"^{APP}: Is a directory$"):
        files.write(root, asked)


def test_files_are_documents_that_kustomize_reads_one_by_one(asked: dict[Path, str]) -> None:
    for path, text in asked.items():
        if path.suffix != ".yaml":
            continue
        documents = list(yaml.safe_load_all(text))
        assert all(isinstance(one, dict) and "kind" in one for one in documents), path
        assert "&id" not in text, f"{path}: points elsewhere"
        assert "!!" not in text, path
