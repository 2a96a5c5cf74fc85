"""`make engine`: the pinned CLI is built whole or not at all; Go is played by a script."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from palier.engine import find
from palier.errors import PalierError
from tools import engine

GO = """#!/bin/sh
echo "$PWD|$GOFLAGS|$CGO_ENABLED|$*" >> "{log}"
case "$1" in
build)
    [ -e "{log}.fails" ] && {{ echo "no space" >&2; exit 1; }}
    while [ "$1" != -o ]; do shift; done
    printf '#!/bin/sh\\necho {version}\\n' > "$2"
    chmod 755 "$2" ;;
list) echo "{sdk}" ;;
esac
"""
EXECUTOR = f"{find.HOST}-exec"


class Go:
    """A Go that builds a CLI which tells the pinned version, and notes what it is asked."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.log = folder / "log"
        executor = folder / "sdk" / "python" / "cmd" / EXECUTOR
        executor.parent.mkdir(parents=True)
        executor.write_text("the executor", encoding="utf-8")
        script = GO.format(log=self.log, version=engine.MODULE.pinned(), sdk=folder / "sdk")
        (folder / "go").write_text(script, encoding="utf-8")
        (folder / "go").chmod(0o755)

    def fails(self) -> None:
        """Have builds fail from now on."""
        Path(f"{self.log}.fails").touch()

    @property
    def asked(self) -> list[str]:
        """What Go was asked, by the first words."""
        if not self.log.exists():
            return []
        lines = self.log.read_text(encoding="utf-8").splitlines()
        return [line.split("|")[3].split(" -")[0] for line in lines]


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache; neither Go nor Pulumi on PATH."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    return tmp_path / "cache" / "palier"


@pytest.fixture
def go(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Go:
    """Go on PATH."""
    assert not cache.exists()
    made = Go(tmp_path / "go")
    monkeypatch.setenv("PATH", str(tmp_path / "go"), prepend=":")
    return made


@pytest.fixture
def target(cache: Path) -> Path:
    """Where the pinned CLI belongs."""
    return cache / f"pulumi-{engine.MODULE.pinned()}-{find.platform_name()}"


def on_path(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A CLI that a user installed."""
    folder.mkdir()
    for name in ("pulumi", find.HOST):
        (folder / name).write_text("#!/bin/sh\necho v3.300.0\n", encoding="utf-8")
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=":")
    return folder / "pulumi"


def ran(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> object:
    """The exit code of `python -m tools.engine`, or its last words."""
    monkeypatch.setattr(sys, "argv", ["engine", *arguments])
    try:
        engine.main()
    except SystemExit as left:
        return left.code
    return 0


# --- the pin ------------------------------------------------------------------------------------


def test_the_version_is_the_one_of_go_mod() -> None:
    text = (engine.MODULE.folder / "go.mod").read_text(encoding="utf-8")
    assert re.fullmatch(r"v3\.\d+\.\d+", engine.MODULE.pinned())
    assert f"github.com/pulumi/pulumi/pkg/v3 {engine.MODULE.pinned()}\n" in text
    assert f"{engine.SDK} {engine.MODULE.pinned()} " in text, "the executor is of the same version"


# --- building -----------------------------------------------------------------------------------


def test_the_cli_is_built_with_its_version_and_its_language_host_beside_it(
    go: Go, target: Path
) -> None:
    made = engine.provide()
    assert (made.pulumi, made.built, made.spoken) == (
        target / "pulumi",
        True,
        engine.MODULE.pinned(),
    )
    assert {file.name for file in target.iterdir()} == {"pulumi", EXECUTOR, *engine.STAND_IN}
    assert (target / EXECUTOR).read_text(encoding="utf-8") == "the executor"
    for name in engine.STAND_IN:
        assert (target / name).read_bytes() == (engine.MODULE.folder / name).read_bytes()
        assert (target / name).stat().st_mode & 0o111, f"{name} is a program"
    assert list(target.parent.iterdir()) == [target], "nothing else is left"
    assert go.asked == ["build", f"mod download {engine.SDK}", "list"]


def test_go_builds_only_what_the_checksums_name(go: Go) -> None:
    engine.provide()
    build = go.log.read_text(encoding="utf-8").splitlines()[0]
    folder, flags, cgo, command = build.split("|")
    assert (folder, flags, cgo) == (str(engine.MODULE.folder), "-mod=readonly -buildvcs=false", "0")
    assert f"-X {engine.SDK}/go/common/version.Version={engine.MODULE.pinned()}" in command
    assert command.endswith(engine.PACKAGE)


def test_what_is_built_already_is_not_built_again(go: Go) -> None:
    first = engine.provide()
    count = len(go.asked)
    assert engine.provide() == first
    assert len(go.asked) == count


def test_one_on_path_is_taken_and_none_is_built(
    go: Go, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = on_path(tmp_path / "bin", monkeypatch)
    made = engine.provide()
    assert (made.pulumi, made.built, go.asked) == (own, False, [])


@pytest.mark.parametrize("spoilt", [*engine.STAND_IN, EXECUTOR])
def test_a_part_of_the_language_host_that_is_missing_is_laid_and_no_cli_is_built(
    go: Go, target: Path, spoilt: str
) -> None:
    engine.provide()
    before = (target / spoilt).read_bytes()
    (target / spoilt).unlink()
    engine.provide()
    assert (target / spoilt).read_bytes() == before
    assert go.asked.count("build") == 1


@pytest.mark.parametrize("old", engine.STAND_IN)
def test_a_stand_in_of_an_older_clone_is_laid_anew_and_no_cli_is_built(
    go: Go, target: Path, old: str
) -> None:
    engine.provide()
    (target / old).write_text("old", encoding="utf-8")
    engine.provide()
    assert (target / old).read_bytes() == (engine.MODULE.folder / old).read_bytes()
    assert go.asked.count("build") == 1


def test_a_half_built_folder_is_not_taken_for_a_build(go: Go, target: Path) -> None:
    target.mkdir(parents=True)
    (target / find.HOST).write_text("old", encoding="utf-8")
    (target / "left over").touch()
    assert find.built() is None
    engine.provide()
    assert go.asked.count("build") == 1
    assert not (target / "left over").exists()


def test_a_build_that_fails_leaves_nothing_that_could_be_taken_for_one(
    go: Go, target: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    go.fails()
    with pytest.raises(PalierError, match="go build failed, see above"):
        engine.provide()
    assert "no space" in capfd.readouterr().err, "what Go says is shown"
    assert list(target.parent.iterdir()) == []


def test_a_build_that_fails_leaves_the_one_before_it(go: Go, target: Path) -> None:
    engine.provide()
    before = (target / "pulumi").read_bytes()
    go.fails()
    with pytest.raises(PalierError):
        engine.build(engine.MODULE.pinned(), target)
    assert (target / "pulumi").read_bytes() == before


@pytest.mark.usefixtures("cache")
def test_without_go_it_is_said_what_to_install() -> None:
    with pytest.raises(
        PalierError, match=r"no Go to build .* install Go; or install Pulumi: https:"
    ):
        engine.provide()


# --- the command --------------------------------------------------------------------------------


def test_the_command_says_which_engine_there_is(
    go: Go, target: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ran(monkeypatch) == 0
    said = capsys.readouterr()
    assert said.out == ""
    first, second = said.err.splitlines()
    assert first.startswith(f"Building the Pulumi CLI {engine.MODULE.pinned()} from its Go module")
    assert second.startswith(f"Pulumi {engine.MODULE.pinned()}, built here, with palier's stand-in")
    assert second.endswith(str(target / "pulumi"))
    assert go.asked


@pytest.mark.usefixtures("cache")
def test_the_command_says_when_it_is_one_on_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    own = on_path(tmp_path / "bin", monkeypatch)
    assert ran(monkeypatch) == 0
    assert capsys.readouterr().err == f"Pulumi v3.300.0, on PATH: {own}\n"


@pytest.mark.usefixtures("cache")
def test_the_command_fails_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    left = str(ran(monkeypatch))
    assert left.startswith("make engine: no Go to build")
    assert "\n" not in left


def test_a_look_tells_whether_there_is_one_and_builds_none(
    go: Go, target: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ran(monkeypatch, "--look") == 1
    assert (go.asked, target.exists()) == ([], False)
    engine.provide()
    assert ran(monkeypatch, "--look") == 0
    (target / find.HOST).unlink()
    assert ran(monkeypatch, "--look") == 1, "a CLI that runs no Python is none"
    on_path(tmp_path / "bin", monkeypatch)
    assert ran(monkeypatch, "--look") == 0
