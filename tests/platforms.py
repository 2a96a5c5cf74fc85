"""A platform on the real engine: a workspace, a cloud, and the commands that a user types."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import builders

from palier.engine import workspace
from palier.engine.find import Engine
from palier.engine.run import Pulumi, Said
from palier.project import Project
from palier.simcloud.opening import STATE, Settings, open_cloud
from palier.simcloud.process import CloudProcess

PROJECT = "acme-platform"
Json = dict[str, Any]


class Platform:
    """One stack of a project, else of this repository, in a folder of its own; `close` it."""

    def __init__(
        self,
        folder: Path,
        engine: Engine,
        stack: str,
        settings: Settings | None = None,
        environment: Mapping[str, str] | None = None,
        project: Project | None = None,
    ) -> None:
        self.stack = stack
        self.space = workspace.create(project or builders.project(), folder, engine, settings)
        self.cloud = open_cloud(self.space.inside)
        self.process = CloudProcess(self.cloud, self.space.inside)
        self.cli = Pulumi(
            program=engine.pulumi,
            folder=folder,
            environment={**self.space.environment, **(environment or {})},
        )
        self.run("stack", "init")

    def close(self) -> None:
        """Let go of the cloud."""
        self.process.close()

    def tried(self, *command: str) -> Said:
        """Run a command that may fail."""
        return self.cli.run(*command, "--stack", self.stack)

    def run(self, *command: str) -> Said:
        """Run a command that has to work."""
        said = self.tried(*command)
        assert said.code == 0, f"{' '.join(said.command)}: {said.why}"
        return said

    def preview(self, *options: str) -> Json:
        """What an update would do."""
        document: Json = json.loads(self.run("preview", "--json", *options).out)
        return document

    def up(self, *options: str) -> Said:
        """Update."""
        return self.run("up", "--yes", *options)

    def up_with_preview(self, *options: str) -> Json:
        """Update, and tell what its preview said: the first document that the CLI prints."""
        said = self.run("up", "--yes", "--json", *options)
        document: Json = json.JSONDecoder().raw_decode(said.out)[0]
        return document

    def export(self) -> Json:
        """What the state holds."""
        document: Json = json.loads(self.run("stack", "export").out)
        return document

    def state(self) -> list[Json]:
        """The resources of the state, without the stack itself."""
        found = self.export()["deployment"].get("resources") or []
        return [one for one in found if one["type"] != "pulumi:pulumi:Stack"]

    def pending(self) -> list[Json]:
        """Operations that the state says were interrupted."""
        found: list[Json] = self.export()["deployment"].get("pending_operations") or []
        return found

    def in_state(self) -> Counter[tuple[str, str]]:
        """Type and id of all that the state says exists in a cloud."""
        return Counter(
            (one["type"], one["id"])
            for one in self.state()
            if one["custom"] and not one["type"].startswith(("pulumi:", "random:"))
        )

    def edit_cloud(self, change: Callable[[Json], None]) -> None:
        """Change the cloud's file by hand, as a user makes drift."""
        file = self.space.inside / STATE
        content = json.loads(file.read_text(encoding="utf-8"))
        change(content["resources"])
        file.write_text(json.dumps(content, indent=1), encoding="utf-8")

    def in_cloud(self) -> set[tuple[str, str]]:
        """Type and id of everything that the cloud holds, of any package."""
        file = self.space.inside / STATE
        content = (
            json.loads(file.read_text(encoding="utf-8")) if file.exists() else {"resources": {}}
        )
        return {
            (type_, id_)
            for types in content["resources"].values()
            for type_, ids in types.items()
            for id_ in ids
        }


def changed(document: Json) -> dict[str, str]:
    """Operations of a preview by urn, without what is only looked at or stays the same."""
    steps = document["steps"]
    return {step["urn"]: step["op"] for step in steps if step["op"] not in {"same", "refresh"}}


def named(urn: str) -> str:
    """Type and name of a urn, for people."""
    type_ = urn.split("::")[2].rsplit("$", 1)[-1]
    return f"{type_} {urn.rsplit('::', 1)[-1]}"
