"""The Pulumi project on disk: `Pulumi.yaml`, where its program is, what a stack's file says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from palier.errors import PalierError, one_of

PROJECT_FILE: Final = "Pulumi.yaml"
SECRET: Final = "[secret]"  # noqa: S105 what stands for one
"""What an encrypted value reads as offline: present, and of no known content."""


@dataclass(frozen=True, kw_only=True)
class Project:
    """A Pulumi project whose program palier can run."""

    name: str
    root: Path
    program: Path
    stack_dir: Path

    def stacks(self) -> list[str]:
        """Stacks that have a file, by name."""
        files = self.stack_dir.glob("Pulumi.*.yaml")
        return sorted(file.name.split(".", 1)[1].removesuffix(".yaml") for file in files)

    def stack_file(self, stack: str) -> Path:
        """The file of a stack.

        Raises:
            PalierError: it has none.
        """
        file = self.stack_dir / f"Pulumi.{stack}.yaml"
        if not file.is_file():
            raise PalierError(
                f"stack {stack!r} has no {file.name} in {self.stack_dir}; there is"
                f" {one_of(self.stacks())}"
            )
        return file

    def config(self, stack: str) -> dict[str, str]:
        """Config of a stack by full key, as the engine hands it to a program: texts and JSON.

        Raises:
            PalierError: the file is unreadable, or is no stack file.
        """
        file = self.stack_file(stack)
        values = _mapping(file, read_yaml(file)).get("config") or {}
        config = {}
        for key, value in _mapping(file, values).items():
            full = key if ":" in key else f"{self.name}:{key}"
            config[full] = _config_text(value)
        return config


def _config_text(value: Any) -> str:  # noqa: ANN401 any YAML value
    value = veiled(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (Mapping, list)):
        return json.dumps(value, default=str)
    return str(value)


def veiled(value: Any) -> Any:  # noqa: ANN401 any YAML value
    """The same value with `SECRET` in the place of every encrypted one, at any depth."""
    if isinstance(value, Mapping):
        if set(value) == {"secure"}:
            return SECRET
        return {str(key): veiled(item) for key, item in value.items()}
    return [veiled(item) for item in value] if isinstance(value, list) else value


class _TwiceError(Exception):
    """A key stands twice, and the last one would win in silence."""

    def __init__(self, key: str, line: int) -> None:
        self.key, self.line = key, line


class _Loader(yaml.SafeLoader):
    """YAML's safe loader, which refuses a key that stands twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """The keys and values of a mapping; merged ones may be overridden."""
        keys = [key for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        seen: set[tuple[str, str]] = set()
        for key in keys:
            if (key.tag, key.value) in seen:
                raise _TwiceError(key.value, key.start_mark.line + 1)
            seen.add((key.tag, key.value))
        found: dict[Any, Any] = super().construct_mapping(node, deep)
        return found


def read_yaml(file: Path) -> Any:  # noqa: ANN401 any YAML value
    """Read a YAML file.

    Raises:
        PalierError: it cannot be read, or is no YAML.
    """
    try:
        return yaml.load(file.read_text(encoding="utf-8"), _Loader)  # noqa: S506 a SafeLoader
    except OSError as error:
        raise PalierError(f"{file}: {error.strerror or error}") from None
    except _TwiceError as error:
        raise PalierError(f"{file} line {error.line}: {error.key} stands twice") from None
    # A day that is none is a plain ValueError; brackets without end are too deep.
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" line {mark.line + 1}" if mark else ""
        raise PalierError(f"{file}{where}: not valid YAML") from None


def _mapping(file: Path, value: object) -> dict[str, Any]:
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        raise PalierError(f"{file}: expected keys and values")
    return value


def find(start: Path) -> Project:
    """The project of a folder: the nearest `Pulumi.yaml` in it or above.

    Raises:
        PalierError: there is none, or it is not one of a Python program.
    """
    here = start.resolve()
    for folder in (here, *here.parents):
        file = folder / PROJECT_FILE
        if file.is_file():
            return _read(file)
    raise PalierError(f"no {PROJECT_FILE} in {start} or above: run palier in a Pulumi project")


def _read(file: Path) -> Project:
    content = _mapping(file, read_yaml(file))
    name, runtime = content.get("name"), content.get("runtime")
    if not isinstance(name, str) or runtime is None:
        raise PalierError(f"{file}: expected a name and a runtime")
    language = runtime.get("name") if isinstance(runtime, dict) else runtime
    if language != "python":
        raise PalierError(f"{file}: palier runs programs of runtime python, got {language!r}")
    root = file.parent
    program = root / str(content.get("main", "."))
    entry = program / "__main__.py" if program.is_dir() else program
    if not entry.is_file():
        raise PalierError(f"{file}: its program {entry} does not exist")
    stack_dir = root / str(content.get("stackConfigDir", "."))
    return Project(name=name, root=root, program=entry, stack_dir=stack_dir)
