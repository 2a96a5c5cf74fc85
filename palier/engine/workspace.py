"""A folder in which a project runs on the real engine against a cloud of its own.

The project itself is left alone: the folder links to its files, and has its own `Pulumi.yaml`. All
else lies in `.rehearsal/`, beside which nothing of the project is hidden: copies of the stacks'
files, which the engine writes to, state, plugins and cloud. Secrets of a stack cannot be read here,
so a stand-in takes the place of each.
"""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Final

import yaml

from palier.engine import find
from palier.engine.find import Engine
from palier.errors import PalierError
from palier.project import PROJECT_FILE, Project, read_yaml, veiled
from palier.simcloud import plugin
from palier.simcloud.opening import Settings, save

INSIDE: Final = ".rehearsal"
STACKS: Final = "stacks"
ENVIRONMENT: Final = "environment"
"""File that a shell reads to use the CLI there."""
PACKAGES: Final = ("gcp", "kubernetes", "random")
OF_ENCRYPTION: Final = ("encryptionsalt", "encryptedkey", "secretsprovider")
NO_OTHER_CLOUD: Final = {
    "PULUMI_DEBUG_PROVIDERS": "",
    "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
    "PULUMI_IGNORE_AMBIENT_PLUGINS": "true",
}
"""A real provider that is on PATH, runs already, or could be fetched would reach a real cloud."""


@dataclass(frozen=True, kw_only=True)
class Workspace:
    """A folder made by `create`."""

    folder: Path
    engine: Engine
    new: bool = True
    """Whether the folder was not there before."""

    def remove(self) -> None:
        """Delete all of it, but for a folder that was there before."""
        with suppress(OSError):
            for entry in self.folder.iterdir():
                if entry.is_dir() and not entry.is_symlink():
                    shutil.rmtree(entry, ignore_errors=True)
                else:
                    entry.unlink()
        if self.new:
            shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def inside(self) -> Path:
        """Stack files, state, plugins, cloud."""
        return self.folder / INSIDE

    @property
    def programs(self) -> str:
        """What PATH begins with: the CLI, and the interpreter that has what the program needs."""
        return os.pathsep.join(map(str, (self.engine.pulumi.parent, Path(sys.executable).parent)))

    @property
    def environment(self) -> dict[str, str]:
        """Variables that the CLI needs here, beside those of the user's shell."""
        path = os.environ.get("PATH", os.defpath)
        return {
            "PATH": f"{self.programs}{os.pathsep}{path}",
            "PULUMI_HOME": str(self.inside / "home"),
            "PULUMI_BACKEND_URL": f"file://{self.inside / 'state'}",
            "PULUMI_CONFIG_PASSPHRASE": "",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            **NO_OTHER_CLOUD,
            "PULUMI_AUTOMATION_API_SKIP_VERSION_CHECK": "true",
        }


def create(
    project: Project, folder: Path, engine: Engine, settings: Settings | None = None
) -> Workspace:
    """Make a workspace for a project in a folder that is empty or not there yet.

    Raises:
        PalierError: the folder has something in it, or cannot be written.
    """
    folder = folder.resolve()
    try:
        new = not folder.exists()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise PalierError(f"{folder}: is not empty; a rehearsal wants a folder of its own")
    except OSError as error:
        raise PalierError(f"{folder}: {error.strerror or error}") from None
    space = Workspace(folder=folder, engine=engine, new=new)
    try:
        _fill(project, space, settings or Settings())
    except OSError as error:
        space.remove()
        raise PalierError(f"{error.filename or folder}: {error.strerror or error}") from None
    except BaseException:
        space.remove()
        raise
    return space


def _fill(project: Project, space: Workspace, settings: Settings) -> None:
    for name in ("state", "home"):
        (space.inside / name).mkdir(parents=True)
    _link(project, space.folder)
    _write_project(project, space.folder)
    _write_stacks(project, space.inside / STACKS)
    save(settings, space.inside)
    plugin.install(space.inside / "home", space.inside, _versions())
    _install_host(space)
    (space.inside / ENVIRONMENT).write_text(_exports(space), encoding="utf-8")


def _install_host(space: Workspace) -> None:
    """Lay a language host from elsewhere on PATH where the engine looks, for PATH it ignores."""
    host = find.host_of(space.engine.pulumi)
    if host is not None:
        place = space.inside / "home" / "plugins" / f"language-python-{space.engine.spoken}"
        place.mkdir(parents=True)
        plugin.write_script(place / find.HOST, str(host))


def _versions() -> dict[str, str]:
    """The packages' versions in this environment, which is the program's."""
    return {package: metadata.version(f"pulumi-{package}") for package in PACKAGES}


def _link(project: Project, folder: Path) -> None:
    """Link what lies beside `Pulumi.yaml`; what is hidden there is no part of a program."""
    for entry in project.root.iterdir():
        if entry.name != PROJECT_FILE and not entry.name.startswith("."):
            (folder / entry.name).symlink_to(entry.resolve())


def _write_project(project: Project, folder: Path) -> None:
    """The project's file, with the interpreter that runs palier: it has what the program needs."""
    content: dict[str, Any] = read_yaml(project.root / PROJECT_FILE)
    options = {"toolchain": "pip"}
    if sys.prefix != sys.base_prefix:
        options["virtualenv"] = sys.prefix
    content["runtime"] = {"name": "python", "options": options}
    content["stackConfigDir"] = f"{INSIDE}/{STACKS}"
    content.pop("backend", None)
    _write_yaml(folder / PROJECT_FILE, content)


def _write_stacks(project: Project, folder: Path) -> None:
    folder.mkdir()
    for stack in project.stacks():
        file = project.stack_file(stack)
        content = read_yaml(file) or {}
        if not isinstance(content, Mapping):
            raise PalierError(f"{file}: expected keys and values")
        kept = {key: value for key, value in content.items() if key not in OF_ENCRYPTION}
        _write_yaml(folder / f"Pulumi.{stack}.yaml", veiled(kept))


def _write_yaml(file: Path, content: Mapping[str, Any]) -> None:
    text = yaml.safe_dump(dict(content), sort_keys=False, allow_unicode=True)
    file.write_text(text, encoding="utf-8")


def _exports(space: Workspace) -> str:
    own = {key: value for key, value in space.environment.items() if key != "PATH"}
    lines = [f"export {key}={shlex.quote(value)}" for key, value in own.items()]
    lines.append(f"export PATH={shlex.quote(space.programs)}:$PATH")
    usage = f"# In the folder above: `. {INSIDE}/{ENVIRONMENT}`, then pulumi as usual.\n"
    return usage + "\n".join(lines) + "\n"
