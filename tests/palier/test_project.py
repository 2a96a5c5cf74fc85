"""The project on disk: found from any folder of it, and every broken file named with its place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from palier.errors import PalierError
from palier.project import SECRET, Project, find, read_yaml

HEADER = "name: acme\nruntime: python\n"


def project(folder: Path, text: str = HEADER, program: str = "__main__.py") -> Path:
    """A project in a folder: its `Pulumi.yaml` and an empty program."""
    entry = folder / program
    entry.parent.mkdir(parents=True, exist_ok=True)
    entry.write_text("", encoding="utf-8")
    (folder / "Pulumi.yaml").write_text(text, encoding="utf-8")
    return folder


def stack(folder: Path, text: str, name: str = "dev") -> Project:
    """A project with one stack file."""
    project(folder)
    (folder / f"Pulumi.{name}.yaml").write_text(text, encoding="utf-8")
    return find(folder)


# Pulumi.yaml


def test_a_project_is_its_name_its_program_and_its_stacks(tmp_path: Path) -> None:
    found = find(project(tmp_path))
    assert found == Project(
        name="acme", root=tmp_path, program=tmp_path / "__main__.py", stack_dir=tmp_path
    )


def test_a_project_is_found_from_a_folder_below_it(tmp_path: Path) -> None:
    project(tmp_path)
    below = tmp_path / "docs" / "adr"
    below.mkdir(parents=True)
    assert find(below).root == tmp_path


def test_a_project_is_found_from_a_relative_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project(tmp_path)
    (tmp_path / "docs").mkdir()
    monkeypatch.chdir(tmp_path / "docs")
    found = find(Path())
    assert found.root == tmp_path
    assert found.program.is_absolute(), "the program runs in a folder of its own"


def test_the_nearest_project_wins(tmp_path: Path) -> None:
    project(tmp_path)
    inner = project(tmp_path / "inner", "name: inner\nruntime: python\n")
    assert find(inner).name == "inner"


def test_no_project_anywhere_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PalierError, match=f"^no Pulumi.yaml in {tmp_path} or above"):
        find(tmp_path)


@pytest.mark.parametrize("runtime", ["nodejs", "yaml", "go", "{name: nodejs}", "[python]", "3"])
def test_a_program_in_another_language_is_refused(tmp_path: Path, runtime: str) -> None:
    project(tmp_path, f"name: acme\nruntime: {runtime}\n")
    with pytest.raises(PalierError, match=r"Pulumi.yaml: .* runtime python, got"):
        find(tmp_path)


@pytest.mark.parametrize(
    "text",
    ["runtime: python\n", "name: acme\n", "name:\nruntime: python\n", "name: 5\nruntime: python\n"],
)
def test_a_project_without_a_name_or_a_runtime_is_refused(tmp_path: Path, text: str) -> None:
    project(tmp_path, text)
    with pytest.raises(PalierError, match=r"Pulumi.yaml: expected a name and a runtime$"):
        find(tmp_path)


@pytest.mark.parametrize("text", ["", "- name\n", "acme\n", "5: five\n"])
def test_a_project_file_that_holds_no_fields_is_refused(tmp_path: Path, text: str) -> None:
    project(tmp_path, text)
    with pytest.raises(PalierError, match=r"Pulumi.yaml: expected keys and values$"):
        find(tmp_path)


def test_a_runtime_with_options_is_python_too(tmp_path: Path) -> None:
    text = "name: acme\nruntime:\n  name: python\n  options: {virtualenv: .venv}\n"
    assert find(project(tmp_path, text)).name == "acme"


@pytest.mark.parametrize(
    ("main", "program"),
    [("stacks/", "stacks/__main__.py"), ("stacks", "stacks/__main__.py"), (".", "__main__.py"),
     ("infra/run.py", "infra/run.py")],
)  # fmt: skip
def test_the_program_is_a_folder_or_a_file(tmp_path: Path, main: str, program: str) -> None:
    project(tmp_path, f"{HEADER}main: {main}\n", program)
    assert find(tmp_path).program == tmp_path / program


@pytest.mark.parametrize("main", ["missing/", "missing.py", "empty"])
def test_a_program_that_does_not_exist_is_refused_by_its_path(tmp_path: Path, main: str) -> None:
    (tmp_path / "empty").mkdir()
    project(tmp_path, f"{HEADER}main: {main}\n")
    with pytest.raises(PalierError, match=r"Pulumi.yaml: its program .*(missing|empty).* does not"):
        find(tmp_path)


# YAML


def test_broken_yaml_is_refused_with_its_line(tmp_path: Path) -> None:
    file = project(tmp_path, "name: acme\nruntime: python\nmain: [stacks\n") / "Pulumi.yaml"
    with pytest.raises(PalierError, match=f"^{file} line 4: not valid YAML$"):
        find(tmp_path)


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("a: 'b\n", " line 2"),
        ("a: b: c\n", " line 1"),
        ("a: 1\n\tb: 2\n", " line 2"),
        ("a: !!python/object:os.system {}\n", " line 1"),
        ("a: 2026-02-30\n", ""),
        ("a: 2026-13-01 25:00:00\n", ""),
    ],
)
def test_every_kind_of_broken_yaml_is_one_line(tmp_path: Path, text: str, where: str) -> None:
    file = tmp_path / "some.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(PalierError, match=f"^{file}{where}: not valid YAML$"):
        read_yaml(file)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "some.yaml"
    file.write_bytes(b"a: \xff\xfe")
    with pytest.raises(PalierError, match=f"^{file}: not valid YAML$"):
        read_yaml(file)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PalierError, match=r"some.yaml: No such file or directory$"):
        read_yaml(tmp_path / "some.yaml")


# Stacks


def test_stacks_are_listed_by_name(tmp_path: Path) -> None:
    project(tmp_path)
    assert find(tmp_path).stacks() == [], "the project's own file is no stack"
    for name in ("prod", "dev", "a.b"):
        (tmp_path / f"Pulumi.{name}.yaml").write_text("config: {}\n", encoding="utf-8")
    assert find(tmp_path).stacks() == ["a.b", "dev", "prod"]


def test_stack_files_can_be_in_a_folder_of_their_own(tmp_path: Path) -> None:
    project(tmp_path, f"{HEADER}stackConfigDir: stacks\n")
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks" / "Pulumi.dev.yaml").write_text("config: {a: 1}\n", encoding="utf-8")
    (tmp_path / "Pulumi.other.yaml").write_text("config: {}\n", encoding="utf-8")
    found = find(tmp_path)
    assert found.stacks() == ["dev"]
    assert found.stack_file("dev") == tmp_path / "stacks" / "Pulumi.dev.yaml"
    assert found.config("dev") == {"acme:a": "1"}


def test_a_stack_without_a_file_is_refused_with_those_that_have_one(tmp_path: Path) -> None:
    found = stack(tmp_path, "config: {}\n")
    with pytest.raises(
        PalierError, match=r"^stack 'prod' has no Pulumi.prod.yaml .*; there is dev"
    ):
        found.config("prod")


def test_a_stack_of_a_project_without_any_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PalierError, match=r"there is none$"):
        find(project(tmp_path)).stack_file("dev")


def test_config_is_texts_and_json_by_full_key(tmp_path: Path) -> None:
    found = stack(
        tmp_path,
        """
config:
  gcp:project: acme-platform
  users: 50
  acme:ratio: 0.25
  flag: true
  unset: false
  day: 2026-11-21
  list: [1, a, 2026-11-21]
  nested: {a: {b: [true]}}
  empty: ''
""",
    ).config("dev")
    assert found == {
        "gcp:project": "acme-platform",
        "acme:users": "50",
        "acme:ratio": "0.25",
        "acme:flag": "true",
        "acme:unset": "false",
        "acme:day": "2026-11-21",
        "acme:list": '[1, "a", "2026-11-21"]',
        "acme:nested": '{"a": {"b": [true]}}',
        "acme:empty": "",
    }


def test_a_secret_reads_as_a_placeholder(tmp_path: Path) -> None:
    found = stack(tmp_path, "config:\n  token: {secure: AAABAJ2zk==}\n").config("dev")
    assert found == {"acme:token": SECRET}, "present, and of no known content"


def test_a_secret_inside_an_object_reads_as_a_placeholder_too(tmp_path: Path) -> None:
    text = "config:\n  db: {user: app, password: {secure: AAAB}, all: [{secure: AAAC}, plain]}\n"
    found = json.loads(stack(tmp_path, text).config("dev")["acme:db"])
    assert found == {"user": "app", "password": SECRET, "all": [SECRET, "plain"]}


def test_an_object_with_more_than_a_secret_is_no_secret(tmp_path: Path) -> None:
    text = "config:\n  door: {secure: yes-it-is, colour: red}\n"
    found = json.loads(stack(tmp_path, text).config("dev")["acme:door"])
    assert found == {"secure": "yes-it-is", "colour": "red"}


@pytest.mark.parametrize("text", ["{}\n", "config:\n", "config: {}\n", "encryptionsalt: v1:x\n"])
def test_a_stack_without_config_has_none(tmp_path: Path, text: str) -> None:
    assert stack(tmp_path, text).config("dev") == {}


@pytest.mark.parametrize("text", ["", "config\n", "- config\n", "config: [a]\n", "config: a\n"])
def test_a_stack_file_that_holds_no_fields_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(PalierError, match=r"Pulumi.dev.yaml: expected keys and values$"):
        stack(tmp_path, text).config("dev")


def test_a_day_that_does_not_exist_is_refused_in_a_stack_file(tmp_path: Path) -> None:
    found = stack(tmp_path, "config:\n  declared_on: 2026-02-30\n")
    with pytest.raises(PalierError, match=r"Pulumi.dev.yaml: not valid YAML$"):
        found.config("dev")


def test_a_key_that_stands_twice_is_refused(tmp_path: Path) -> None:
    """The last one would win in silence: a limit could be raised where nobody looks."""
    file = tmp_path / "limits.yaml"
    file.write_text("value: 100\nother: 1\nvalue: 9000\n", encoding="utf-8")
    with pytest.raises(PalierError, match=r"limits.yaml line 3: value stands twice"):
        read_yaml(file)


def test_a_merged_key_may_be_overridden(tmp_path: Path) -> None:
    file = tmp_path / "stack.yaml"
    file.write_text("base: &base {a: 1, b: 2}\nown:\n  <<: *base\n  a: 3\n", encoding="utf-8")
    assert read_yaml(file)["own"] == {"a": 3, "b": 2}


def test_brackets_without_end_are_no_yaml(tmp_path: Path) -> None:
    file = tmp_path / "waivers.yaml"
    file.write_text("[" * 5_000, encoding="utf-8")
    with pytest.raises(PalierError, match="not valid YAML"):
        read_yaml(file)
