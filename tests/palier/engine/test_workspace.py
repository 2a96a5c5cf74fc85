"""A workspace: a project's files by links, all else its own, and the project as it was."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
import yaml

from palier.engine import find, workspace
from palier.engine.find import Engine
from palier.engine.workspace import INSIDE, Workspace
from palier.errors import PalierError
from palier.project import Project
from palier.project import find as find_project
from palier.simcloud import plugin
from palier.simcloud.opening import Settings, read

PROJECT = """
name: films
runtime: {name: python, options: {toolchain: uv, typechecker: mypy}}
main: program
stackConfigDir: program
backend: {url: "gs://films-state"}
config: {films:colour: red}
"""
STACK = """
secretsprovider: passphrase
encryptionsalt: v1:abc
encryptedkey: abc
environment: [base]
config:
  gcp:project: acme
  films:token: {secure: v1:xyz}
  films:users: {one: {secure: v1:uvw}, two: 2}
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project with names that a workspace might want for itself."""
    root = tmp_path / "films"
    for name in ("program", "environment", ".venv", ".git", "stacks"):
        (root / name).mkdir(parents=True)
    (root / "Pulumi.yaml").write_text(PROJECT, encoding="utf-8")
    (root / "program" / "__main__.py").write_text("print(1)\n", encoding="utf-8")
    (root / "program" / "Pulumi.dev.yaml").write_text(STACK, encoding="utf-8")
    (root / "program" / "Pulumi.empty.yaml").write_text("", encoding="utf-8")
    (root / "environment" / "film.txt").write_text("a film", encoding="utf-8")
    (root / ".env").write_text("SECRET=1", encoding="utf-8")
    return find_project(root)


def engine(folder: Path, *, host: str | None = "engine") -> Engine:
    """An engine; its language host beside it, elsewhere, or nowhere."""
    (folder / "engine").mkdir(exist_ok=True)
    if host:
        (folder / host).mkdir(exist_ok=True)
        program = folder / host / find.HOST
        program.write_text('#!/bin/sh\necho "host $@"\n', encoding="utf-8")
        program.chmod(0o755)
    return Engine(pulumi=folder / "engine" / "pulumi", version=(3, 256, 0), built=False)


@pytest.fixture
def space(project: Project, tmp_path: Path) -> Workspace:
    return workspace.create(project, tmp_path / "here", engine(tmp_path))


def snapshot(root: Path) -> dict[str, bytes | None]:
    return {
        str(path.relative_to(root)): path.read_bytes() if path.is_file() else None
        for path in sorted(root.rglob("*"))
    }


def yaml_of(file: Path) -> Any:
    return yaml.safe_load(file.read_text(encoding="utf-8"))


# --- the project --------------------------------------------------------------------------------


def test_the_projects_files_are_linked_but_for_what_is_hidden(
    space: Workspace, project: Project
) -> None:
    found = {entry.name: entry for entry in space.folder.iterdir()}
    assert found.keys() == {"program", "environment", "stacks", "Pulumi.yaml", INSIDE}
    for name in ("program", "environment", "stacks"):
        assert found[name].is_symlink()
        assert found[name].resolve() == project.root / name
    assert not found["Pulumi.yaml"].is_symlink()


def test_the_project_is_left_as_it_was_byte_for_byte(project: Project, tmp_path: Path) -> None:
    before = snapshot(project.root)
    made = workspace.create(project, tmp_path / "here", engine(tmp_path))
    assert snapshot(project.root) == before
    made.remove()
    assert snapshot(project.root) == before, "links go, and not what they point to"


def test_the_workspace_is_a_project_of_its_own(space: Workspace) -> None:
    content = yaml_of(space.folder / "Pulumi.yaml")
    assert content == {
        "name": "films", "main": "program", "config": {"films:colour": "red"},
        "stackConfigDir": f"{INSIDE}/stacks",
        "runtime": {"name": "python", "options": {"toolchain": "pip", "virtualenv": sys.prefix}},
    }  # fmt: skip
    found = find_project(space.folder)
    assert found.stacks() == ["dev", "empty"]
    assert found.config("dev")["gcp:project"] == "acme"


def test_without_a_virtual_environment_none_is_named(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "base_prefix", sys.prefix)
    made = workspace.create(project, tmp_path / "here", engine(tmp_path))
    options = yaml_of(made.folder / "Pulumi.yaml")["runtime"]["options"]
    assert options == {"toolchain": "pip"}


def test_stack_files_are_copied_without_keys_and_with_their_secrets_veiled(
    space: Workspace,
) -> None:
    stacks = space.inside / "stacks"
    assert yaml_of(stacks / "Pulumi.dev.yaml") == {
        "environment": ["base"],
        "config": {
            "gcp:project": "acme", "films:token": "[secret]",
            "films:users": {"one": "[secret]", "two": 2},
        },
    }  # fmt: skip
    assert yaml_of(stacks / "Pulumi.empty.yaml") == {}
    assert not (stacks / "Pulumi.dev.yaml").is_symlink(), "the engine writes to it"


# --- the engine ---------------------------------------------------------------------------------


def test_the_engine_is_pointed_into_the_workspace_and_at_no_other_cloud(space: Workspace) -> None:
    environment = space.environment
    assert environment["PULUMI_HOME"] == str(space.inside / "home")
    assert environment["PULUMI_BACKEND_URL"] == f"file://{space.inside / 'state'}"
    assert environment["PULUMI_CONFIG_PASSPHRASE"] == ""
    assert environment["PULUMI_IGNORE_AMBIENT_PLUGINS"] == "true"
    assert environment["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"] == "true"
    assert environment["PULUMI_DEBUG_PROVIDERS"] == ""
    assert (space.inside / "state").is_dir()


def test_the_engine_and_this_interpreter_come_first_on_path(
    space: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = f"{space.engine.pulumi.parent}:{Path(sys.executable).parent}"
    monkeypatch.setenv("PATH", "/somewhere")
    assert space.environment["PATH"] == f"{first}:/somewhere"
    monkeypatch.delenv("PATH")
    assert space.environment["PATH"] == f"{first}:{os.defpath}"


def test_a_shell_reads_the_same_environment_from_the_file(project: Project, tmp_path: Path) -> None:
    made = workspace.create(project, tmp_path / "it's a $HOME `x`", engine(tmp_path))
    told = subprocess.run(  # noqa: S603 the shell
        ["/bin/sh", "-c", f". {INSIDE}/environment; /usr/bin/env -0"],
        cwd=made.folder, env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    seen = dict(item.split("=", 1) for item in told.stdout.split("\0") if item)
    wanted = made.environment | {"PATH": f"{made.programs}:/usr/bin:/bin"}
    assert {key: seen.get(key) for key in wanted} == wanted


def test_plugins_are_laid_for_the_versions_that_the_program_uses(space: Workspace) -> None:
    found = {file.name for file in (space.inside / "home" / "plugins").iterdir()}
    assert found == {
        f"resource-{package}-v{metadata.version(f'pulumi-{package}')}"
        for package in ("gcp", "kubernetes", "random")
    } | {"language-python-v3.256.0"}
    script = next((space.inside / "home").rglob("pulumi-resource-gcp"))
    assert str(space.inside) in script.read_text(encoding="utf-8")


@pytest.mark.parametrize("host", ["engine", "elsewhere"])
def test_the_language_host_is_laid_where_the_engine_looks_for_it(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "elsewhere"), prepend=":")
    made = workspace.create(project, tmp_path / "here", engine(tmp_path, host=host))
    laid = made.inside / "home" / "plugins" / "language-python-v3.256.0" / find.HOST
    said = subprocess.run([laid, "a b"], capture_output=True, text=True, check=True)  # noqa: S603
    assert said.stdout == "host a b\n"


def test_without_a_language_host_none_is_laid(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    made = workspace.create(project, tmp_path / "here", engine(tmp_path, host=None))
    assert not list((made.inside / "home" / "plugins").glob("language-*"))


def test_the_cloud_is_as_the_settings_say(project: Project, tmp_path: Path) -> None:
    settings = Settings(pace=0.25, faults=("create 1 409",))
    made = workspace.create(project, tmp_path / "here", engine(tmp_path), settings)
    assert read(made.inside) == settings
    usual = workspace.create(project, tmp_path / "there", engine(tmp_path))
    assert json.loads((usual.inside / "settings.json").read_text(encoding="utf-8"))["pace"] == 0


# --- the folder ---------------------------------------------------------------------------------


def test_a_new_folder_is_its_owners_alone_and_goes_with_the_workspace(
    project: Project, tmp_path: Path
) -> None:
    made = workspace.create(project, tmp_path / "not" / "there", engine(tmp_path))
    assert stat.S_IMODE(made.folder.stat().st_mode) == 0o700
    made.remove()
    assert not made.folder.exists()
    made.remove()


def test_a_folder_that_was_there_is_emptied_and_stays(project: Project, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    workspace.create(project, folder, engine(tmp_path)).remove()
    assert list(folder.iterdir()) == []


def test_a_folder_with_something_in_it_is_refused_and_left_as_it_is(
    project: Project, tmp_path: Path
) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "film").write_text("a film", encoding="utf-8")
    with pytest.raises(PalierError, match="mine: is not empty"):
        workspace.create(project, folder, engine(tmp_path))
    assert snapshot(folder) == {"film": b"a film"}


def test_what_is_no_folder_is_refused(project: Project, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(PalierError, match="file: File exists"):
        workspace.create(project, tmp_path / "file", engine(tmp_path))


@pytest.mark.parametrize(("text", "says"), [("a: [", "not valid YAML"), ("- a", "expected keys")])
@pytest.mark.parametrize("there", [True, False])
def test_a_stack_file_that_is_none_is_named_and_nothing_is_left_behind(
    project: Project, tmp_path: Path, text: str, says: str, there: bool
) -> None:
    folder = tmp_path / "mine"
    if there:
        folder.mkdir()
    (project.stack_dir / "Pulumi.zzz.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(PalierError, match=rf"Pulumi\.zzz\.yaml.*: .*{says}"):
        workspace.create(project, folder, engine(tmp_path))
    assert folder.exists() is there
    assert not there or list(folder.iterdir()) == []


def test_a_disk_that_is_full_is_said_and_nothing_is_left_behind(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device", "/x/y")

    monkeypatch.setattr(plugin, "install", fail)
    with pytest.raises(PalierError, match=r"^/x/y: No space left on device$"):
        workspace.create(project, tmp_path / "here", engine(tmp_path))
    assert not (tmp_path / "here").exists()
