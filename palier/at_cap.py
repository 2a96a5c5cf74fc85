"""The platform at the cap of its phase, where unit costs are judged: recorded from the program.

Files and policy packs carry a stack as it is. Only the program can say what it would be at the
cap, and only the program of the same project, which records the same sites.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from palier import recorder
from palier.errors import PalierError
from palier.facts import PLATFORM_TYPE, Facts
from palier.phases import Phase
from palier.project import Project

SAME_SITE: Final = ("home", "regions")
"""What a program must record as the stack does, to stand for it at the cap."""


@dataclass(frozen=True, kw_only=True)
class AtCap:
    """Records a stack's program at the cap of a phase."""

    project: Project | str
    """The project here, or why there is none."""
    owner: str
    """Name of the project that the stack is of."""
    stack: str
    config: Mapping[str, str] | None
    """The stack's config; `None` reads its file."""
    facts: Facts
    """The stack as it is."""

    def __call__(self, phase: Phase) -> Facts | str:
        """Facts at the cap, or why there are none."""
        if isinstance(self.project, str):
            return self.project
        if self.project.name != self.owner:
            return (
                f"the stack is of project {self.owner}, and Pulumi.yaml here of {self.project.name}"
            )
        try:
            config = self.project.config(self.stack) if self.config is None else self.config
            pinned = {"palier:phase": phase.name, "palier:users": str(phase.max_users)}
            found = recorder.record_project(self.project, self.stack, {**config, **pinned})
        except PalierError as error:
            return f"the program does not run for it: {error}"
        there, here = found.only(PLATFORM_TYPE), self.facts.only(PLATFORM_TYPE)
        for key in SAME_SITE:
            if there is None or here is None or there.recorded(key) != here.recorded(key):
                return f"the program here records other {key} than the stack"
        return found
