"""What is shipped in gitops/overlays is what the program asks for: no more, no less, no other."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import builders
import pytest

from palier.overlay import files, values

WRITTEN = "# Written by `palier overlay"
BY_STACK = re.compile(r"# Written by `palier overlay --stack (\S+)`")
phases = pytest.mark.parametrize("phase", builders.PHASES)


@cache
def stack_of(phase: str) -> str:
    """The stack that an overlay was last written for, which it says: it may be a team's own."""
    first = next((builders.ROOT / files.FOLDER / phase).rglob(files.GENERATED))
    told = BY_STACK.match(first.read_text(encoding="utf-8"))
    assert told, f"{first}: does not say which stack it is of"
    return told[1]


@cache
def asked(phase: str) -> dict[Path, str]:
    """The generated files of the stack that an overlay is of."""
    stack = stack_of(phase)
    return {
        path: text
        for one in values.overlays(builders.recorded(stack))
        for path, text in files.texts(one, stack).items()
    }


@phases
def test_what_is_generated_is_on_disk_as_the_program_asks_for_it(phase: str) -> None:
    stale = [one.path for one in files.differences(builders.ROOT, asked(phase))]
    assert stale == [], f"run `palier overlay --stack {stack_of(phase)}`"


def test_no_generated_file_is_left_that_nothing_asks_for_any_more() -> None:
    there = {
        path.relative_to(builders.ROOT)
        for path in (builders.ROOT / files.FOLDER).rglob("*")
        if path.is_file() and path.read_text(encoding="utf-8").startswith(WRITTEN)
    }
    assert there == {path for phase in builders.PHASES for path in asked(phase)}


def test_no_overlay_is_asked_for_by_two_stacks() -> None:
    every = [path for phase in builders.PHASES for path in asked(phase)]
    assert len(every) == len(set(every))


@phases
def test_a_file_says_which_command_writes_it_and_ends_with_a_line(phase: str) -> None:
    for path, text in asked(phase).items():
        assert text.startswith(f"{WRITTEN} --stack {stack_of(phase)}` "), path
        assert text.endswith("\n"), path
        assert not text.endswith("\n\n"), path
