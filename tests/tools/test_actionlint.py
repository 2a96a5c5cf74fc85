"""actionlint is built once, from its pinned module, and reads the workflows; Go is a script."""

from __future__ import annotations

from pathlib import Path

import pytest

from palier.engine import find
from palier.errors import PalierError
from tools import actionlint, engine
from tools.go_module import GoModule, whole

GO = """#!/bin/sh
echo "$PWD|$GOFLAGS|$CGO_ENABLED|$*" >> "{log}"
while [ "$1" != -o ]; do shift; done
printf '#!/bin/sh\\necho "$@"\\nexit 1\\n' > "$2"
chmod 755 "$2"
"""


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What a Go on PATH is asked; an empty cache."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "go").write_text(GO.format(log=tmp_path / "log"), encoding="utf-8")
    (tmp_path / "bin" / "go").chmod(0o755)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    return tmp_path / "log"


def test_it_is_built_once_with_nothing_but_what_the_checksums_name(log: Path) -> None:
    program = actionlint.provide()
    assert program == (
        find.cache_folder()
        / f"actionlint-{actionlint.MODULE.pinned()}-{find.platform_name()}"
        / "actionlint"
    )
    assert actionlint.provide() == program
    (line,) = log.read_text(encoding="utf-8").splitlines()
    folder, flags, cgo, command = line.split("|")
    assert (folder, flags, cgo) == (
        str(actionlint.MODULE.folder), "-mod=readonly -buildvcs=false", "0",
    )  # fmt: skip
    assert command.endswith(actionlint.PACKAGE)


@pytest.mark.usefixtures("log")
def test_it_is_asked_about_every_workflow_and_about_nothing_that_is_on_path(tmp_path: Path) -> None:
    folder = tmp_path / ".github" / "workflows"
    folder.mkdir(parents=True)
    for name in ("up.yml", "ci.yml"):
        (folder / name).touch()
    said = actionlint.lint(tmp_path)
    assert said.returncode == 1, "its exit code is what counts"
    files = f"{folder / 'ci.yml'} {folder / 'up.yml'}"
    assert said.stdout == f"-shellcheck= -pyflakes= -no-color {files}\n"


@pytest.mark.parametrize("module", [actionlint.MODULE, engine.MODULE], ids=lambda one: one.name)
def test_a_pin_is_one_version_and_its_program_is_of_that_module(module: GoModule) -> None:
    mod = (module.folder / "go.mod").read_text(encoding="utf-8")
    assert f"{module.module} {module.pinned()}\n" in mod
    sums = (module.folder / "go.sum").read_text(encoding="utf-8")
    assert f"{module.module} {module.pinned()} h1:" in sums
    program = f'import _ "{module.module}/cmd/'
    assert program in (module.folder / "tools.go").read_text(encoding="utf-8")


@pytest.mark.parametrize("text", ["module other\n", "require example.org/tools v1.0.0\n"])
def test_a_module_that_does_not_require_it_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "go.mod").write_text(text, encoding="utf-8")
    module = GoModule(folder=tmp_path, module="example.org/tool", name="the tool")
    with pytest.raises(PalierError, match=r"go\.mod: does not require example\.org/tool"):
        module.pinned()


def test_without_go_it_is_said_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(PalierError) as refused:
        actionlint.MODULE.go("version")
    assert str(refused.value) == "no Go to build actionlint with; install Go"


def test_a_folder_is_there_whole_or_as_it_was(tmp_path: Path) -> None:
    target = tmp_path / "tool"
    with whole(target) as made:
        (made / "old").touch()
    with pytest.raises(ZeroDivisionError), whole(target) as made:
        (made / "half").write_text(str(1 / 0), encoding="utf-8")
    assert [file.name for file in target.iterdir()] == ["old"]
    with whole(target) as made:
        (made / "new").touch()
    assert [file.name for file in target.iterdir()] == ["new"]
    assert list(tmp_path.iterdir()) == [target], "nothing else is left"
