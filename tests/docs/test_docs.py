"""The pages: what is generated is fresh, what is written holds, what is named exists."""

from __future__ import annotations

import importlib
import json
import os
import re
from dataclasses import replace
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, cast

import builders
import jsonschema
import pytest
import settings
import yaml

from components.base import Component
from palier import plan
from palier.plan import Changes, Plan
from palier.report import document
from tools import docs
from tools.pages import Fields, components, configuration, hardening

ROOT = builders.ROOT
SKIPPED = {".git", ".venv", ".hypothesis", ".mypy_cache", ".pytest_cache", ".ruff_cache",
           "__pycache__", "palier.egg-info"}  # fmt: skip
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
DECISIONS = sorted((ROOT / "docs" / "adr").glob("[0-9]*.md"))
LINK = re.compile(r"\[[^]]*\]\(([^)#]+)(?:#[^)]*)?\)")
FILE = re.compile(r"`((?:[\w.-]+/)+[\w.-]*|[\w-]+\.(?:md|py|toml|yaml|lock))`")
NO_FILES = (
    "stacks/Pulumi.NAME.yaml", "stacks/Pulumi.prod.yaml", "gitops/", "roles/", "palier.plan/1",
    "palier.check/1", "palier.rehearse/1", ".rehearsal/", "organization/",
)  # fmt: skip
"""What pages name that is the reader's own, planned, or no file at all."""
SCHEMA = json.loads((ROOT / "docs" / "plan.schema.json").read_text(encoding="utf-8"))


@cache
def planned(phase: str, fields: Fields = ()) -> Plan:
    """A plan as the generator asks for it, out of those that other tests have made."""
    if not fields:
        return builders.planned(phase)
    return plan.make(builders.project(), phase, Changes(fields=dict(fields)))


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


@cache
def text_files() -> dict[str, str]:
    """Every file of the repository that is text, but for this one."""
    found = {}
    for folder, inside, names in os.walk(ROOT):
        inside[:] = sorted(set(inside) - SKIPPED)
        for path in (Path(folder) / name for name in names):
            if path != Path(__file__) and (text := _text(path)) is not None:
                found[relative(path)] = text
    return found


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except (UnicodeDecodeError, FileNotFoundError):
        return None


@pytest.mark.parametrize("page", docs.pages(), ids=relative)
def test_generated_parts_are_fresh(page: Path) -> None:
    assert docs.written(page, planned) == page.read_text(encoding="utf-8"), "run make docs"


def test_every_part_is_on_a_page() -> None:
    asked = [
        match[2] for page in docs.pages() for match in docs.MARKED.finditer(page.read_text("utf-8"))
    ]
    assert sorted(asked) == sorted(docs.PARTS)


def test_check_names_the_stale_page_and_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "README.md"
    page.write_text("<!-- generated: apis -->\nold\n<!-- end -->\n")
    monkeypatch.setattr(docs, "ROOT", tmp_path)
    assert docs.main(["--check"]) == 1
    assert capsys.readouterr().out == "README.md is stale: run make docs\n"
    assert "old" in page.read_text()
    assert docs.main([]) == 0
    assert docs.main(["--check"]) == 0
    assert "compute.googleapis.com" in page.read_text()


def test_make_commands_of_the_pages_exist() -> None:
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for page in PAGES:
        named = set(re.findall(r"(?:^|`)make ([\w-]+)", page.read_text("utf-8"), re.MULTILINE))
        assert named <= targets, relative(page)


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_links_and_files_of_a_page_exist(page: Path) -> None:
    text = page.read_text("utf-8")
    for target in LINK.findall(text):
        if not target.startswith(("https://", "http://")):
            assert (page.parent / target).exists(), f"{relative(page)}: {target}"
    for target in FILE.findall(docs.MARKED.sub("", text)):
        if not target.startswith(NO_FILES):
            near = (page.parent / target).exists() or (ROOT / target).exists()
            assert near or [*ROOT.glob(f"[a-z]*/{target}")], f"{relative(page)}: {target}"


def test_decisions_that_the_code_names_exist() -> None:
    numbers = {path.name[:4] for path in DECISIONS}
    named = {
        number
        for name, text in text_files().items()
        if name.endswith(".py")
        for number in re.findall(r"docs/adr/(\d{4})", text)
    }
    assert {"0006", "0007", "0008"} <= named <= numbers


@pytest.mark.parametrize("decision", DECISIONS, ids=relative)
def test_a_decision_is_short_and_in_the_index(decision: Path) -> None:
    text = decision.read_text("utf-8")
    index = (ROOT / "docs" / "adr" / "README.md").read_text("utf-8")
    title = re.fullmatch(rf"# {decision.name[:4]}\. (.+)", text.splitlines()[0])
    assert title
    assert f"({decision.name}) | {title[1]} |" in index
    assert re.findall(r"^## (.+)", text, re.MULTILINE) == ["Context", "Decision", "Consequences"]
    assert len(text.splitlines()) <= 40


def test_every_component_is_on_its_page() -> None:
    for file in (ROOT / "components").glob("*.py"):
        importlib.import_module(f"components.{file.stem}")
    named = {node.name for _, _, node in components.found()}
    page = (ROOT / "docs" / "components.md").read_text("utf-8")
    shipped = [item for item in Component.__subclasses__() if "components." in item.__module__]
    assert named == {item.__name__ for item in shipped}
    for item in Component.__subclasses__():
        assert f"### {item.__name__}\n" in page
        assert f"type `{item.TOKEN}`" in page


def test_the_program_on_the_page_of_components_runs() -> None:
    page = (ROOT / "docs" / "components.md").read_text("utf-8")
    program = re.search(r"```python\n(.+?)```", page, re.DOTALL)
    assert program
    facts = builders.deploy(lambda: exec(program[1], {}))  # noqa: S102 the page's own code
    assert builders.names(facts, "DatabaseInstance") == ["postgres-eu-1"]


def test_every_config_key_is_on_its_page_and_its_example_is_allowed() -> None:
    keys = {key.name: key for key in configuration.KEYS}
    own = {name.removeprefix("palier:") for name in keys if name.startswith("palier:")}
    assert own == set(settings.KEYS)
    texts = {
        name: json.dumps(yaml.safe_load(key.example), default=str)
        if key.example.startswith(("{", "["))
        else key.example
        for name, key in keys.items()
    }
    read = settings.parse(texts, "mvp", cast("Any", "token"))
    assert (read.users, read.usd_rate, read.alerts.sms) == (
        50,
        Decimal("0.95"),
        "+33612345678",
    )
    assert read.size.web.limits["eu"].maximum == 4


def test_the_complete_file_of_the_page_is_allowed() -> None:
    page = (ROOT / "docs" / "configuration.md").read_text("utf-8")
    file = re.search(r"A complete file:\n\n```yaml\n(.+?)```", page, re.DOTALL)
    assert file
    config = yaml.safe_load(file[1])["config"]
    texts = {key: json.dumps(value) if isinstance(value, dict) else str(value)
             for key, value in config.items()}  # fmt: skip
    assert settings.parse(texts, "prod").phase.name == "mvp"


@pytest.mark.parametrize("phase", builders.PHASES)
def test_a_plan_is_what_its_schema_says(phase: str) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(document.to_dict(builders.planned(phase)), SCHEMA)


def test_a_plan_without_a_root_is_what_its_schema_says() -> None:
    foreign = replace(builders.planned("mvp"), phase=None, users=None, at_cap=None, verdicts=())
    jsonschema.validate(document.to_dict(foreign), SCHEMA)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("more",), "field"),
        (("schema",), "palier.plan/2"),
        (("phase",), "startup"),
        (("users",), "50"),
        (("status",), "unsure"),
        (("estimate", "expected"), 78.92),
        (("estimate", "more"), "field"),
        (("estimate", "lines", 0, "bound"), "typical"),
        (("estimate", "lines", 0, "monthly"), "1e3"),
        (("verdicts", 0, "level"), "optional"),
        (("resources", 0, "urn"), "urn:pulumi:…"),
        (("currency", "declared_on"), "yesterday"),
        (("per_user", "at_cap"), 1.5),
    ],
)
def test_a_broken_plan_is_not_what_the_schema_says(path: tuple[Any, ...], value: object) -> None:
    broken = json.loads(json.dumps(document.to_dict(builders.planned("mvp"))))
    here = broken
    for key in path[:-1]:
        here = here[key]
    here[path[-1]] = value
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(broken, SCHEMA)


@pytest.mark.parametrize(
    "row", [row for part in ("gke", "gcp", "google") for row in hardening.rows(part)],
    ids=lambda row: f"{row.id}: {row.asks}",
)  # fmt: skip
def test_what_the_page_of_hardening_claims_is_recorded(row: hardening.Row) -> None:
    assert row.status in hardening.STATUSES
    assert row.proofs or row.note or row.tests, "no proof and no reason"
    recorded = [builders.planned(phase).facts for phase in builders.PHASES]
    for proof in row.proofs:
        assert [name for facts in recorded for name in proof.broken_by(facts)] == [], proof
        seen = any(proof.of(facts) for facts in recorded)
        assert seen or proof.rule == "none", f"nothing to see: {proof}"


def test_a_dearer_region_breaks_the_cap_as_the_page_says() -> None:
    dear = plan.make(builders.project(), "scale", Changes(region="europe-west3"))
    failed = [verdict.rule for verdict in dear.verdicts if verdict.status == "fail"]
    assert "monthly-scale" in failed


def test_a_second_cluster_on_the_account_breaks_the_first_cap_as_the_page_says() -> None:
    made = builders.planned("mvp")
    credit = sum(line.monthly for line in made.estimate.lines
                 if line.bound == "expected" and line.monthly < 0)  # fmt: skip
    assert made.estimate.sum("expected") - credit > 100


def test_the_lock_file_records_no_download_address() -> None:
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    assert "--hash=sha256:" in lock
    assert "://" not in lock, "where packages come from is each machine's own affair"
