"""The workflows and the action, as tests read them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import builders
import yaml

ACTION: Final = "action.yml"
FOLDER: Final = builders.ROOT / ".github" / "workflows"

Step = Mapping[str, Any]
Job = Mapping[str, Any]


@dataclass(frozen=True)
class File:
    """A workflow, or the action."""

    name: str
    text: str

    @property
    def content(self) -> dict[Any, Any]:
        """What YAML reads in it."""
        content: dict[Any, Any] = yaml.safe_load(self.text)
        return content

    @property
    def jobs(self) -> Mapping[str, Job]:
        """Jobs by id; the action counts as one."""
        if self.name == ACTION:
            return {"action": self.content["runs"]}
        jobs: Mapping[str, Job] = self.content["jobs"]
        return jobs


Files = Mapping[str, File]


def shipped() -> dict[str, File]:
    """The workflows and the action of this repository."""
    paths: list[Path] = [*sorted(FOLDER.iterdir()), builders.ROOT / ACTION]
    return {path.name: File(path.name, path.read_text(encoding="utf-8")) for path in paths}


def jobs_of(files: Files) -> Iterator[tuple[str, str, Job]]:
    """File, id and content of every job, without the action."""
    for file in files.values():
        if file.name != ACTION:
            for name, job in file.jobs.items():
                yield file.name, name, job


def steps_of(files: Files) -> Iterator[tuple[str, Step]]:
    """File and job, and a step; those of the action too."""
    for file in files.values():
        for name, job in file.jobs.items():
            for step in job["steps"]:
                yield f"{file.name}: {name}", step


def used(step: Step) -> str:
    """The action of a step, without its version; nothing for a script."""
    return str(step.get("uses", "")).split("@", maxsplit=1)[0]


def uses(job: Job, action: str) -> bool:
    """Whether a step of a job is that action."""
    return any(used(step) == action for step in job["steps"])


def scripts(job: Job) -> str:
    """All that a job runs."""
    return "\n".join(str(step.get("run", "")) for step in job["steps"])


def writes(job: Job) -> set[str]:
    """What a job may write, but for the token that it logs in with."""
    permissions = job.get("permissions") or {}
    if isinstance(permissions, str):
        return {permissions}
    return {name for name, level in permissions.items() if level == "write"} - {"id-token"}


def logs_in(job: Job) -> bool:
    """Whether a job may ask for the token that it logs in with."""
    return bool((job.get("permissions") or {}).get("id-token"))
