"""The platform at the cap of its phase, where unit costs are judged: recorded from the program.

Files and policy packs carry a stack as it is. Only the program can say what it would be at the
cap, and only the program of the same project, which records the same sites.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from palier import recorder
from palier.errors import PalierError
from palier.facts import PLATFORM_TYPE, Facts
from palier.phases import Phase
from palier.project import Project

SAME_SITE: Final = ("home", "regions")
"""What a program must record as the stack does, to stand for it at the cap."""


Record = Callable[[Project, str, Mapping[str, str]], Facts]
"""Records a stack of a project with a config."""


def at_cap(
    project: Project, stack: str, config: Mapping[str, str] | None, phase: Phase
) -> dict[str, str]:
    """The config of a stack at the cap of a phase.

    Raises:
        PalierError: no config is given, and the stack has no file.
    """
    own = project.config(stack) if config is None else config
    return {**own, "palier:phase": phase.name, "palier:users": str(phase.max_users)}


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
    record: Record | None = None
    """What records it; here and now where nothing is given."""

    def __call__(self, phase: Phase) -> Facts | str:
        """Facts at the cap, or why there are none."""
        if isinstance(self.project, str):
            return self.project
        if self.project.name != self.owner:
            return (
                f"the stack is of project {self.owner}, and Pulumi.yaml here of {self.project.name}"
            )
        try:
            config = at_cap(self.project, self.stack, self.config, phase)
            record = self.record or recorder.record_project
            found = record(self.project, self.stack, config)
        except PalierError as error:
            return f"the program does not run for it: {error}"
        return self._otherwise(found, phase) or found

    def _otherwise(self, found: Facts, phase: Phase) -> str:
        """Why a recording does not stand for the stack at the cap; nothing when it does."""
        there, here = found.only(PLATFORM_TYPE), self.facts.only(PLATFORM_TYPE)
        if there is None or here is None:
            return "the program here has no root component"
        for key in SAME_SITE:
            if there.recorded(key) != here.recorded(key):
                return f"the program here records other {key} than the stack"
        if (there.recorded("phase"), there.recorded("users")) != (phase.name, phase.max_users):
            return "the program here does not go by palier:phase and palier:users"
        return ""
