"""`palier rules`: the catalogue of a project, or palier's own where there is none."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Final

import builders
import gate_builders as gates
import pytest
from command_line import Run, assert_refused

from palier.gate.catalogue import entries

KNOWN: Final = [entry.id for entry in entries(gates.shipped())]
OWN: Final = [entry.id for entry in entries("no limits")]
KEPT: Final = "ledger-kept"


def test_a_project_is_held_to_its_limits_and_to_palier_s_rules(palier: Run) -> None:
    ran = palier("rules")
    assert (ran.code, ran.err) == (0, "")
    assert f"{len(KNOWN)} rules" in ran.out
    assert all(f" {rule} " in ran.out for rule in KNOWN)
    assert "monthly-mvp" in ran.out, "limits are among them"


def test_json_is_one_document_with_every_rule(palier: Run) -> None:
    document = json.loads(palier("rules", "--format", "json").out)
    assert (document["schema"], document["without_limits"]) == ("palier.rules/1", None)
    assert [rule["id"] for rule in document["rules"]] == KNOWN


def test_outside_a_project_there_are_palier_s_own(palier: Run, tmp_path: Path) -> None:
    document = json.loads(palier("rules", "-f", "json", cwd=tmp_path).out)
    assert [rule["id"] for rule in document["rules"]] == OWN
    assert document["without_limits"].startswith("no Pulumi.yaml in")
    ran = palier("rules", cwd=tmp_path)
    assert (ran.code, ran.err) == (0, "")
    assert "No limits of a project are among them" in ran.out


def project(folder: Path) -> Path:
    (folder / "policies").mkdir()
    (folder / "Pulumi.yaml").write_text("name: films\nruntime: python\n", encoding="utf-8")
    (folder / "__main__.py").write_text("", encoding="utf-8")
    return folder


def test_a_project_without_limits_has_palier_s_own(palier: Run, tmp_path: Path) -> None:
    document = json.loads(palier("rules", "-f", "json", cwd=project(tmp_path)).out)
    assert [rule["id"] for rule in document["rules"]] == OWN
    assert document["without_limits"].startswith("there is no policies/limits.yaml")


def test_limits_that_cannot_be_read_are_one_line(palier: Run, tmp_path: Path) -> None:
    (project(tmp_path) / "policies/limits.yaml").write_text("schema: no\n", encoding="utf-8")
    assert_refused(palier("rules", cwd=tmp_path), "limits.yaml", "palier.limits/1")


def test_waivers_that_cannot_be_read_do_not_hide_the_rules_they_are_to_name(
    palier: Run, tmp_path: Path
) -> None:
    (project(tmp_path) / "policies/waivers.yaml").write_text("schema: no\n", encoding="utf-8")
    assert palier("rules", cwd=tmp_path).code == 0


@pytest.mark.parametrize("kind", ["table", "json", "markdown"])
def test_one_rule_is_told_with_all_there_is(palier: Run, kind: str) -> None:
    ran = palier("rules", KEPT, "--format", kind)
    assert (ran.code, ran.err) == (0, "")
    for part in (KEPT, "A replacement makes an empty one", "move the data first"):
        assert part in ran.out
    assert "waivers-valid" not in ran.out, "and of no other"


def test_a_page_lists_every_rule(palier: Run, tmp_path: Path) -> None:
    out = tmp_path / "rules.md"
    ran = palier("rules", "-f", "markdown", "-o", str(out))
    assert (ran.code, ran.out) == (0, "")
    page = out.read_text(encoding="utf-8")
    assert page.startswith(f"# {len(KNOWN)} rules\n\n| rule | family | level | title |\n")
    assert all(f"| {rule} |" in page for rule in KNOWN)


def test_an_unknown_rule_is_one_line_with_what_is_near(palier: Run) -> None:
    assert_refused(palier("rules", "ledger-kep"), "'ledger-kep'", "near is ledger-kept")
    assert_refused(palier("rules", "zzzzzz"), "'zzzzzz'", "`palier rules` lists them")
    assert_refused(palier("rules", "a\n\x1b[2Jb"), "no rule has the id")


def test_help_tells_of_the_command(palier: Run) -> None:
    assert "  rules " in palier("--help").out
    for word in ("ID", "--format", "--out"):
        assert word in palier("rules", "--help").out


def test_rules_need_no_provider() -> None:
    ran = subprocess.run(
        [sys.executable, "-c",
         "import sys; sys.argv = ['palier', 'rules']\n"
         "from palier.cli import main\n"
         "try: main()\n"
         "finally: print(sorted(m for m in sys.modules if m.startswith('pulumi_')))"],
        cwd=builders.ROOT, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert ran.stdout.rstrip().endswith("[]"), "a list of rules runs no program"
