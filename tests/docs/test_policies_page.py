"""The page of the policy pack: what it tells users to write is taken, as it stands there."""

from __future__ import annotations

import ast
import importlib
import json
import re
from datetime import date
from pathlib import Path

import builders
import yaml

from palier import __version__
from palier.budget.limits import load_beside
from palier.gate.catalogue import entries
from palier.gate.gate import waivable
from palier.gate.settings import read
from palier.gate.waivers import read as read_waivers

PAGE = (builders.ROOT / "docs" / "policies.md").read_text(encoding="utf-8")
KNOWN = entries(load_beside(builders.ROOT))
DAY = date(2026, 11, 22)


def block(language: str) -> str:
    """The one block of a language on the page."""
    (found,) = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    return str(found)


def test_its_settings_are_settings() -> None:
    said = read(json.loads(block("json")), KNOWN, load_beside(builders.ROOT))
    assert (len(said.limits), len(said.levels), len(said.unsure)) == (1, 2, 1)


def test_its_waiver_is_one(tmp_path: Path) -> None:
    file = tmp_path / "waivers.yaml"
    file.write_text(block("yaml"), encoding="utf-8")
    (waiver,) = read_waivers(file, waivable(KNOWN), DAY)
    assert (waiver.rule, waiver.resource) == ("network-flow-logs", "network-eu")


def test_the_waiver_that_the_file_itself_shows_is_one(tmp_path: Path) -> None:
    text = (builders.ROOT / "policies" / "waivers.yaml").read_text(encoding="utf-8")
    shown = [line.removeprefix("#") for line in text.splitlines() if line.startswith("#   ")]
    file = tmp_path / "waivers.yaml"
    file.write_text("schema: palier.waivers/1\nwaivers:\n" + "\n".join(shown), encoding="utf-8")
    assert len(read_waivers(file, waivable(KNOWN), DAY)) == 1


def test_what_its_program_imports_is_there() -> None:
    for node in ast.parse(block("python")).body:
        assert isinstance(node, ast.ImportFrom)
        module = importlib.import_module(str(node.module))
        assert all(hasattr(module, alias.name) for alias in node.names)


def test_it_names_every_policy_and_the_pack_has_paliers_version() -> None:
    for name in ("resources", "budget", "unit-cost", "data-safety", "guardrails", "cost-hygiene",
                 "waivers", "advice"):  # fmt: skip
        assert f"`{name}`" in PAGE
    file = builders.ROOT / "policies" / "PulumiPolicy.yaml"
    assert yaml.safe_load(file.read_text(encoding="utf-8"))["version"] == __version__
