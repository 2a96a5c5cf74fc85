"""What the pages tell a reader to type exists, and what can be typed or set is on its page."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import builders
import pytest
import typer

import palier.cli
from palier.cli.app import app
from palier.errors import ExitCode
from palier.simcloud import faults, opening
from palier.state import lookups

DOCS = builders.ROOT / "docs"
PAGES = sorted([*builders.ROOT.glob("*.md"), *DOCS.rglob("*.md")])
CODE = re.compile(r"```\w*\n(.*?)```|`([^`\n]+)`", re.DOTALL)
TYPED = re.compile(r"(?:^|[ /])palier ((?:state )?[a-z]+)\b([^\n|&]*)", re.MULTILINE)
OPTION = re.compile(r"(?<=\s)--[a-z-]+")
LINK = re.compile(r"\[[^]]*\]\(([^)#]*)#([^)]+)\)")
PLANNED = ("capacity", "diff", "promote")
"""Commands that pages name as planned."""


def commands() -> dict[str, set[str]]:
    """Every command, and the options it takes."""
    root: Any = typer.main.get_command(app)
    found = {}
    for name, command in root.commands.items():
        inner = getattr(command, "commands", None)
        for below, one in (inner or {"": command}).items():
            options = {option for param in one.params for option in param.opts}
            found[f"{name} {below}".strip()] = options | {"--help"}
    return found


def relative(path: Path) -> str:
    return str(path.relative_to(builders.ROOT))


def anchors(page: Path) -> set[str]:
    """What a link may point to: headings, as hosts of repositories spell them."""
    titles = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_commands_and_options_of_a_page_exist(page: Path) -> None:
    known = commands()
    code = "\n".join(block or span for block, span in CODE.findall(page.read_text("utf-8")))
    for name, rest in TYPED.findall(code):
        command = name if name in known else name.partition(" ")[0]
        if command in PLANNED or command == "state":
            continue
        assert command in known, f"palier {name}"
        unknown = set(OPTION.findall(rest)) - known[command]
        assert not unknown, f"palier {command} takes {sorted(known[command])}"


def test_every_command_is_named_in_the_pages() -> None:
    text = "\n".join(page.read_text("utf-8") for page in PAGES)
    assert [name for name in commands() if f"palier {name}" not in text] == []


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_anchors_of_a_page_exist(page: Path) -> None:
    for target, anchor in LINK.findall(page.read_text("utf-8")):
        there = page.parent / target if target else page
        if not target.startswith("http"):
            assert anchor in anchors(there), f"{target}#{anchor}"


def test_every_fault_and_every_setting_is_on_the_page_of_rehearsals() -> None:
    page = (DOCS / "rehearsal.md").read_text("utf-8")
    settings = opening.Settings.__dataclass_fields__
    named = {*faults.KINDS, *faults.OPERATIONS, *settings}
    assert [name for name in sorted(named) if f"`{name}`" not in page] == []


def test_examples_of_faults_are_faults() -> None:
    page = (DOCS / "rehearsal.md").read_text("utf-8")
    examples = re.findall(r"[`'](create \S+ [^`']+)[`']", page)
    assert [faults.parse(example).kind for example in examples] == ["quota", "quota"]


@pytest.mark.parametrize("page", ["check.md", "state.md", "rehearsal.md"])
def test_a_page_of_a_command_says_its_exit_codes(page: str) -> None:
    told = re.findall(r"^\| (\d+) \|", (DOCS / page).read_text("utf-8"), re.MULTILINE)
    allowed = {str(int(code)) for code in ExitCode} | {str(palier.cli.INTERRUPTED)}
    assert {"0", "1", "2"} <= set(told) <= allowed


def test_the_runbook_names_what_only_a_service_numbers() -> None:
    words = {
        "AlertPolicy": "alert policies", "Budget": "budgets", "Dashboard": "dashboards",
        "NotificationChannel": "channels", "SecretVersion": "versions of secrets",
        "UptimeCheckConfig": "uptime checks",
    }  # fmt: skip
    page = " ".join((DOCS / "runbook.md").read_text("utf-8").split())
    for type_ in lookups.LOOKUPS:
        assert words[type_.rpartition(":")[2]] in page, type_
