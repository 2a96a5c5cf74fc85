"""The engine is the one on PATH when it will do, else the newest built one, else a clear line."""

from __future__ import annotations

from pathlib import Path

import pytest

from palier.engine import find
from palier.errors import PalierError


def cli(folder: Path, says: str, *, host: bool = True) -> Path:
    """A program that calls itself Pulumi, with or without a language host beside it."""
    folder.mkdir(parents=True)
    for name in ("pulumi", find.HOST) if host else ("pulumi",):
        script = folder / name
        script.write_text(f"#!/bin/sh\necho '{says}'\n", encoding="utf-8")
        script.chmod(0o755)
    return folder / "pulumi"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, and nothing of Pulumi on PATH."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    return tmp_path / "cache" / "palier"


def built(cache: Path, version: str, *, host: bool = True) -> Path:
    return cli(cache / f"pulumi-{version}-{find.platform_name()}", version, host=host)


def test_the_one_on_path_comes_first(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built(cache, "v3.300.0")
    own = cli(tmp_path / "bin", "v3.200.0")
    monkeypatch.setenv("PATH", str(own.parent), prepend=":")
    engine = find.find()
    assert (engine.pulumi, engine.spoken, engine.built) == (own, "v3.200.0", False)


@pytest.mark.parametrize(("says", "host"), [("v3.199.9", True), ("", True), ("v3.256.0", False)])
def test_one_that_is_too_old_says_nothing_or_has_no_host_is_passed_over(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, says: str, host: bool
) -> None:
    made = built(cache, "v3.256.0")
    own = cli(tmp_path / "bin", says, host=host)
    monkeypatch.setenv("PATH", str(own.parent), prepend=":")
    assert find.find().pulumi == made


@pytest.mark.usefixtures("cache")
def test_a_host_elsewhere_on_path_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = cli(tmp_path / "bin", "v3.256.0", host=False)
    other = cli(tmp_path / "hosts", "v3.256.0")
    other.unlink()
    monkeypatch.setenv("PATH", f"{own.parent}:{other.parent}", prepend=":")
    assert find.find().pulumi == own


def test_the_newest_built_one_is_taken_by_number_and_not_by_name(cache: Path) -> None:
    built(cache, "v3.256.0")
    newest = built(cache, "v3.1000.0")
    built(cache, "v3.2000.0", host=False)
    built(cache, "v3.100.0")
    engine = find.find()
    assert (engine.pulumi, engine.built) == (newest, True)


def test_without_any_the_message_says_how_to_get_one(cache: Path) -> None:
    assert not cache.exists()
    with pytest.raises(PalierError, match=r"3\.200 or later.*pulumi\.com.*make engine"):
        find.find()


def test_the_cache_is_in_the_users_home_unless_told_otherwise(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert find.cache_folder() == tmp_path / ".cache" / "palier"
