"""`palier check` for pull requests: its formats, its settings, and what stops it."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final
from xml.etree.ElementTree import fromstring

import builders
import documents
import fact_builders as facts
import pytest
import update_builders as updates
from command_line import Run, assert_refused

FORMATS: Final = ("table", "json", "markdown", "sarif", "junit")
MARKER: Final = "<!-- palier: palier/mvp -->\n"
LIMITS: Final = "policies/limits.yaml"


def preview(folder: Path, document: dict[str, Any], name: str = "preview.json") -> str:
    return documents.write(folder, document, name)


def project(folder: Path, waivers: str | None = None) -> Path:
    """A project of the same name with the same limits, and waivers of its own."""
    (folder / "policies").mkdir(parents=True)
    (folder / "Pulumi.yaml").write_text("name: palier\nruntime: python\n", encoding="utf-8")
    (folder / "__main__.py").write_text("", encoding="utf-8")
    limits = (builders.ROOT / LIMITS).read_text(encoding="utf-8")
    (folder / LIMITS).write_text(limits, encoding="utf-8")
    if waivers is not None:
        (folder / "policies" / "waivers.yaml").write_text(waivers, encoding="utf-8")
    return folder


def config(folder: Path, content: object) -> str:
    return documents.write(folder, content, "settings.json")


@pytest.fixture(autouse=True)
def _own_rules() -> Any:
    """What is tried here does not depend on the rules that there are."""
    with updates.own_rules():
        yield


@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_says_the_same_and_leaves_with_the_same_code(
    palier: Run, tmp_path: Path, kind: str
) -> None:
    failing = palier("check", preview(tmp_path, updates.failing()), "-f", kind)
    assert (failing.code, failing.err) == (1, "")
    assert "databases-backed-up" in failing.out
    clean = palier("check", preview(tmp_path, updates.clean()), "-f", kind)
    assert (clean.code, clean.err) == (0, "")


def test_markdown_is_a_comment_a_file_each_with_its_own_marker(palier: Run, tmp_path: Path) -> None:
    one = preview(tmp_path, updates.clean(), "one.json")
    two = preview(tmp_path, updates.failing(), "two.json")
    ran = palier("check", one, two, "-f", "markdown")
    assert ran.code == 1, "the worst counts"
    assert ran.out.startswith(MARKER)
    assert ran.out.count(MARKER) == 2
    assert "Set settings.backupConfiguration.enabled. |" in ran.out, "what to do is said"


def test_sarif_and_junit_are_written_to_a_file(palier: Run, tmp_path: Path) -> None:
    file, out = preview(tmp_path, updates.failing()), tmp_path / "report"
    ran = palier("check", file, "-f", "sarif", "-o", str(out))
    assert (ran.code, ran.out) == (1, "")
    (run,) = json.loads(out.read_text(encoding="utf-8"))["runs"]
    assert run["tool"]["driver"]["name"] == "palier"
    assert palier("check", file, "-f", "junit", "-o", str(out)).code == 1
    root = fromstring(out.read_text(encoding="utf-8"))  # noqa: S314 written here
    assert root.tag == "testsuites"


def test_a_preview_tells_its_update_and_an_export_none(palier: Run, tmp_path: Path) -> None:
    ran = palier("check", preview(tmp_path, updates.failing()), "-f", "json")
    (made,) = json.loads(ran.out)["checks"]
    assert made["update"]["safety"] == "at risk"
    places = [
        finding["place"]
        for verdict in made["plan"]["verdicts"]
        for finding in verdict["findings"]
        if "place" in finding
    ]
    assert {"file": "components/postgres.py", "line": 97} in places
    state = documents.write(tmp_path, documents.export(updates.platform()), "state.json")
    (other,) = json.loads(palier("check", state, "-f", "json").out)["checks"]
    assert other["update"] is None


# --- settings and waivers -----------------------------------------------------------------------


def test_settings_of_a_stack_are_obeyed_and_said(palier: Run, tmp_path: Path) -> None:
    file = preview(tmp_path, updates.clean())
    strict = config(tmp_path, {"budget": {"limits": {"monthly-mvp": 40}}})
    ran = palier("check", file, "--config", strict)
    assert ran.code == 1, "a stack may be stricter than the file"
    assert "of 40.00 € allowed" in ran.out
    lenient = config(tmp_path, {"guardrails": {"levels": {"subnets-reach-google": "advisory"}}})
    ran = palier("check", file, "--config", lenient, "-f", "markdown")
    assert ran.code == 0
    assert "Relaxed by settings: subnets-reach-google is advisory." in ran.out


def test_a_waiver_turns_a_failure_into_a_pass_that_says_so(palier: Run, tmp_path: Path) -> None:
    before = updates.platform()
    after = updates.changed(before, facts.SUBNET, "privateIpGoogleAccess", False)
    file = preview(tmp_path, updates.preview(before, after))
    assert palier("check", file).code == 1
    until = date.today() + timedelta(days=30)
    waivers = (
        "schema: palier.waivers/1\nwaivers:\n  - rule: subnets-reach-google\n"
        f"    resource: {updates.SUBNET}\n    stacks: [mvp]\n    owner: jane\n"
        f"    reason: a trial\n    expires: {until}\n"
    )
    folder = project(tmp_path / "own", waivers)
    ran = palier("check", file, "-f", "markdown", cwd=folder)
    assert ran.code == 0
    assert "by a waiver" in ran.out
    assert f"Waived by jane until {until}: a trial |" in ran.out


UNREADABLE: Final[dict[str, tuple[str, str, str]]] = {
    "waivers that are no YAML": ("policies/waivers.yaml", "a: [", "waivers.yaml"),
    "waivers of another schema": ("policies/waivers.yaml", "schema: no", "palier.waivers/1"),
    "a waiver of nothing": (
        "policies/waivers.yaml", "schema: palier.waivers/1\nwaivers: [{}]", "waiver 1: expires",
    ),
    "limits that are no YAML": (LIMITS, "limits: [", "limits.yaml"),
    "limits of another schema": (LIMITS, "schema: no", "palier.limits/1"),
}  # fmt: skip


@pytest.mark.parametrize(("name", "content", "says"), UNREADABLE.values(), ids=UNREADABLE.keys())
def test_what_cannot_be_judged_by_stops_a_check_in_one_line(
    palier: Run, tmp_path: Path, name: str, content: str, says: str
) -> None:
    folder = project(tmp_path / "own")
    (folder / name).write_text(content, encoding="utf-8")
    ran = palier("check", preview(tmp_path, updates.clean()), "-f", "markdown", cwd=folder)
    assert_refused(ran, says)


SETTINGS: Final[dict[str, tuple[object, str]]] = {
    "no object": ([], "settings: expected fields"),
    "an unknown family": ({"colour": {}}, "'colour', allowed are budget"),
    "an unknown rule": ({"guardrails": {"levels": {"x": "advisory"}}}, "'x'"),
    "a rule that keeps data": (
        {"data-safety": {"levels": {"databases-backed-up": "advisory"}}}, "cannot be relaxed",
    ),
    "a limit that is looser": ({"budget": {"limits": {"monthly-mvp": 4000}}}, "only be stricter"),
}  # fmt: skip


@pytest.mark.parametrize(("content", "says"), SETTINGS.values(), ids=SETTINGS.keys())
def test_settings_that_are_none_stop_a_check_in_one_line(
    palier: Run, tmp_path: Path, content: object, says: str
) -> None:
    file = preview(tmp_path, updates.clean())
    ran = palier("check", file, "--config", config(tmp_path, content))
    assert_refused(ran, "settings.json", says)


def test_settings_that_are_not_there_stop_a_check_in_one_line(palier: Run, tmp_path: Path) -> None:
    file = preview(tmp_path, updates.clean())
    assert_refused(palier("check", file, "--config", str(tmp_path / "no.json")), "no.json")
    (tmp_path / "no.json").write_text("{", encoding="utf-8")
    ran = palier("check", file, "--config", str(tmp_path / "no.json"))
    assert_refused(ran, "no.json", "not valid JSON")


def test_help_names_the_formats_and_the_settings(palier: Run) -> None:
    ran = palier("check", "--help")
    for word in ("--config", *FORMATS):
        assert word in ran.out, f"{word} must be found by who asks for help"


@pytest.mark.parametrize("command", [("plan", "mvp"), ("rehearse", "mvp"), ("rules",)])
@pytest.mark.parametrize("kind", ["sarif", "junit"])
def test_a_format_of_findings_is_refused_where_there_are_none(
    palier: Run, command: tuple[str, ...], kind: str
) -> None:
    assert_refused(palier(*command, "-f", kind), kind)
