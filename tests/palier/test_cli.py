"""The command line: what it prints, what it leaves with, and one line for every mistake.

Most tests run `main` in this process, in a project's folder; what depends on a process of its own
(imports, a closed pipe, another encoding) runs `python -m palier`.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import builders
import documents
import fact_builders as facts
import pytest
from command_line import Ran, Run, assert_refused

from palier import __version__, recorder
from palier.facts import Facts
from palier.project import Project

ROOT: Final = builders.ROOT
TOO_LARGE: Final = "postgres.shards.eu-1.tier=db-custom-8-30720"
"""A database that no monthly limit of mvp allows."""
PHASE_KEY: Final = "palier:phase"
"""Says nothing where it names the phase that the stack is named after."""
_recordings: dict[tuple[Any, ...], Facts] = {}


@pytest.fixture(autouse=True)
def _recorded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same stack of this repository with the same config is recorded once a test run."""
    record = recorder.record_project

    def known(project: Project, stack: str, config: Mapping[str, str]) -> Facts:
        if project.root != ROOT:
            return record(project, stack, config)
        own = {key: value for key, value in config.items() if (key, value) != (PHASE_KEY, stack)}
        key = (stack, *sorted(own.items()))
        if key not in _recordings:
            _recordings[key] = record(project, stack, config)
        return _recordings[key]

    monkeypatch.setattr(recorder, "record_project", known)


def project(folder: Path) -> Path:
    """This repository's program, stacks and limits, in a folder of their own."""
    folder.mkdir(exist_ok=True)
    shutil.copytree(ROOT / "stacks", folder / "stacks", ignore=shutil.ignore_patterns("__py*"))
    (folder / "policies").mkdir()
    for file in ("Pulumi.yaml", "policies/limits.yaml"):
        shutil.copy(ROOT / file, folder / file)
    return folder


FILMS: Final = """
import pulumi
import pulumi_gcp as gcp

provider = gcp.Provider("gcp", project="acme", region="europe-west1")
options = pulumi.ResourceOptions(provider=provider)
gcp.storage.Bucket("films", location="EU", opts=options)
gcp.sql.DatabaseInstance(
    "db", database_version="POSTGRES_16", region="europe-west1", opts=options,
    settings={"tier": "db-g1-small", "edition": "ENTERPRISE", "disk_size": 20},
)
"""


def foreign(folder: Path, program: str = FILMS, *, runtime: str = "python") -> Path:
    """A project that is not palier's, with a stack `dev`."""
    (folder / "Pulumi.yaml").write_text(f"name: films\nruntime: {runtime}\n", encoding="utf-8")
    (folder / "Pulumi.dev.yaml").write_text("config: {}\n", encoding="utf-8")
    (folder / "__main__.py").write_text(program, encoding="utf-8")
    return folder


# --- plan ---------------------------------------------------------------------------------------


def test_a_phase_is_planned_as_a_table_and_passes(palier: Run) -> None:
    ran = palier("plan", "mvp")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("mvp · 50 users · europe-west1 · 1 $ = 0.92 €")
    assert "183 resources would be created" in ran.out
    assert ran.out.rstrip().endswith("✔ pass")


def test_json_is_one_document_that_says_what_the_table_says(palier: Run) -> None:
    ran = palier("plan", "mvp", "--format", "json")
    assert (ran.code, ran.err) == (0, "")
    document = json.loads(ran.out)
    assert (document["schema"], document["phase"], document["status"]) == (
        "palier.plan/1", "mvp", "pass",
    )  # fmt: skip
    expected = facts.euros("mvp", 50).sum("expected")
    assert Decimal(document["estimate"]["expected"]) == round(expected, 2)


def test_markdown_is_written_for_a_pull_request(palier: Run) -> None:
    ran = palier("plan", "mvp", "-f", "markdown")
    assert ran.code == 0
    assert ran.out.startswith("# mvp, 50 users: ✅ pass\n")


def test_a_stack_of_another_name_is_planned_by_its_own_phase(palier: Run, tmp_path: Path) -> None:
    folder = project(tmp_path / "own")
    own = (folder / "stacks" / "Pulumi.traction.yaml").read_text(encoding="utf-8")
    prod = folder / "stacks" / "Pulumi.prod.yaml"
    prod.write_text(own + "  palier:phase: traction\n", encoding="utf-8")
    document = json.loads(palier("plan", "--stack", "prod", "-f", "json", cwd=folder).out)
    assert (document["stack"], document["phase"], document["users"]) == ("prod", "traction", 100)
    prod.write_text(own, encoding="utf-8")
    assert_refused(palier("plan", "-s", "prod", cwd=folder), "'prod'", "palier:phase")


def test_a_project_is_found_from_a_folder_inside_it(palier: Run) -> None:
    assert palier("plan", "mvp", cwd=ROOT / "stacks").code == 0


def test_other_users_are_priced_and_judged_at_the_cap_as_well(palier: Run) -> None:
    document = json.loads(palier("plan", "mvp", "--users", "20", "-f", "json").out)
    assert document["users"] == 20
    at_cap = facts.euros("mvp", 50).sum("expected") / 50
    assert document["per_user"]["at_cap"] == f"{at_cap:.3f}"
    assert Decimal(document["per_user"]["expected"]) > Decimal(document["per_user"]["at_cap"])


def test_another_region_has_its_own_prices(palier: Run) -> None:
    document = json.loads(palier("plan", "mvp", "--region", "europe-west9", "-f", "json").out)
    assert (document["region"], document["status"]) == ("europe-west9", "pass")
    here = facts.euros("mvp", 50).sum("expected")
    assert Decimal(document["estimate"]["expected"]) > here, "Paris is dearer than Belgium"


def test_another_rate_changes_the_euros_and_not_the_dollars(palier: Run) -> None:
    ran = palier("plan", "mvp", "--usd-rate", "1", "-f", "json")
    estimate = json.loads(ran.out)["estimate"]
    assert estimate["expected"] == estimate["expected_usd"]
    assert Decimal(estimate["expected_usd"]) == round(facts.euros("mvp", 50).sum_usd("expected"), 2)


def test_sizes_and_load_can_be_set_field_by_field(palier: Run) -> None:
    small = json.loads(
        palier("plan", "mvp", "--set", "postgres.shards.eu-1.tier=db-f1-micro", "-f", "json").out
    )
    assert any("db-f1-micro" in line["item"] for line in small["estimate"]["lines"])
    busy = json.loads(palier("plan", "mvp", "--set", "load.static_gib=100", "-f", "json").out)
    stored = [line for line in busy["estimate"]["lines"] if line["item"] == "objects stored"]
    assert {line["quantity"] for line in stored} == {"100"}


# --- exit codes ---------------------------------------------------------------------------------


def test_a_mandatory_limit_that_is_broken_is_exit_code_1_with_the_arithmetic(palier: Run) -> None:
    ran = palier("plan", "mvp", "--set", TOO_LARGE)
    assert (ran.code, ran.err) == (1, "")
    assert ran.out.rstrip().endswith("✘ fail")
    assert "of 100.00 € allowed" in ran.out
    assert "largest: postgres-eu-1" in " ".join(ran.out.split()), "say where the money goes"


def test_a_region_without_prices_is_exit_code_3_and_names_what_is_missing(palier: Run) -> None:
    ran = palier("plan", "mvp", "--region", "europe-north1")
    assert (ran.code, ran.err) == (3, "")
    assert ran.out.rstrip().endswith("? inconclusive")
    assert "Not priced" in ran.out
    told = " ".join(ran.out.split())
    for part in ("postgres-eu-1", "no price of", "europe-north1"):
        assert part in told, f"the reader must see that {part} is missing"


def test_a_foreign_project_gets_prices_and_rules_and_no_budget(palier: Run, tmp_path: Path) -> None:
    ran = palier("plan", "--stack", "dev", "-f", "json", cwd=foreign(tmp_path))
    assert (ran.code, ran.err) == (1, ""), "its database is neither backed up nor protected"
    document = json.loads(ran.out)
    assert document["estimate"]["expected_usd"] == "28.95", "0.035 × 730 + 20 × 0.17"
    assert [gap["resource"] for gap in document["estimate"]["unknown"]] == ["films"]
    assert document["phase"] is None
    said = {one["rule"]: one["status"] for one in document["verdicts"]}
    assert (said["budget-exists"], said["sql-backups"]) == ("inconclusive", "fail")


def test_a_foreign_project_without_a_fault_is_inconclusive(palier: Run, tmp_path: Path) -> None:
    program = "import pulumi_gcp as gcp\ngcp.serviceaccount.Account('a', account_id='someone')\n"
    ran = palier("plan", "--stack", "dev", "-f", "json", cwd=foreign(tmp_path, program))
    assert (ran.code, ran.err) == (3, "")
    document = json.loads(ran.out)
    said = {one["rule"] for one in document["verdicts"] if one["status"] != "pass"}
    assert said == {"budget-exists"}


def test_a_project_without_limits_gets_prices_and_exit_code_3(palier: Run, tmp_path: Path) -> None:
    folder = project(tmp_path / "own")
    (folder / "policies" / "limits.yaml").unlink()
    ran = palier("plan", "mvp", cwd=folder)
    assert (ran.code, ran.err) == (3, "")
    assert "there is no policies/limits.yaml beside Pulumi.yaml" in ran.out


# --- a mistake is one line ----------------------------------------------------------------------

MISTAKES: Final[dict[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "neither phase nor stack": (("plan",), ("PHASE", "--stack")),
    "phase and stack": (("plan", "mvp", "--stack", "mvp"), ("PHASE", "not both")),
    "unknown phase": (("plan", "unicorn"), ("mvp, traction, scale, growth or hypergrowth",)),
    "unknown stack": (("plan", "-s", "nowhere"), ("'nowhere'", "Pulumi.nowhere.yaml", "mvp")),
    "no users": (("plan", "mvp", "--users", "0"), ("1 to 50", "0")),
    "negative users": (("plan", "mvp", "--users", "-5"), ("1 to 50", "-5")),
    "users with two signs": (("plan", "mvp", "--users=--5"), ("--users", "'--5'")),
    "users in part": (("plan", "mvp", "--users", "1.5"), ("whole number", "1.5")),
    "users in words": (("plan", "mvp", "--users", "many"), ("whole number", "'many'")),
    "users in another script": (("plan", "mvp", "--users", "²"), ("whole number", "'²'")),
    "users of nobody": (("plan", "mvp", "--users", ""), ("whole number", "''")),
    "all users of a planet": (("plan", "mvp", "--users", str(10**12)), ("1 to 50", str(10**12))),
    "a number of many digits": (("plan", "mvp", "--users", "9" * 5000), ("whole number",)),
    "users of another phase": (("plan", "mvp", "--users", "100"), ("1 to 50", "traction")),
    "a field without value": (("plan", "mvp", "--set", "web.cpu_m"), ("FIELD=VALUE", "web.cpu_m")),
    "a value without field": (("plan", "mvp", "--set", "=5"), ("FIELD=VALUE", "'=5'")),
    "an unknown field": (("plan", "mvp", "--set", "web.colour=red"), ("web.colour", "cpu_m")),
    "an unknown part": (("plan", "mvp", "--set", "colour=red"), ("colour", "postgres")),
    "an unknown shard": (
        ("plan", "mvp", "--set", "postgres.shards.us-9.tier=db-f1-micro"), ("us-9", "eu-1"),
    ),
    "a value of another type": (("plan", "mvp", "--set", "web.cpu_m=lots"), ("web.cpu_m", "whole")),
    "a part as a whole": (("plan", "mvp", "--set", "web=1"), ("web", "cpu_m")),
    "a whole and its part": (
        ("plan", "mvp", "--set", "web=1", "--set", "web.cpu_m=1"), ("web", "as a whole"),
    ),
    "a tier nobody sells": (
        ("plan", "mvp", "--set", "postgres.shards.eu-1.tier=db-huge"), ("db-huge", "db-g1-small"),
    ),
    "an unknown load": (("plan", "mvp", "--set", "load.magic=1"), ("load.magic", "static_gib")),
    "a load in words": (("plan", "mvp", "--set", "load.static_gib=lots"), ("static_gib", "number")),
    "a load below nothing": (("plan", "mvp", "--set", "load.static_gib=-1"), ("static_gib", "-1")),
    "a load beyond reason": (("plan", "mvp", "--set", "load.static_gib=1e999999"), ("static_gib",)),
    "a rate of nothing": (("plan", "mvp", "--usd-rate", "0"), ("--usd-rate", "above 0")),
    "a negative rate": (("plan", "mvp", "--usd-rate", "-1"), ("--usd-rate", "above 0")),
    "a rate in words": (("plan", "mvp", "--usd-rate", "cheap"), ("--usd-rate", "'cheap'")),
    "a rate that is none": (("plan", "mvp", "--usd-rate", "nan"), ("--usd-rate", "'nan'")),
    "an endless rate": (("plan", "mvp", "--usd-rate", "inf"), ("--usd-rate", "'inf'")),
    "a rate beyond reason": (("plan", "mvp", "--usd-rate", "1e30"), ("rate", "1E+30")),
    "a region that is none": (("plan", "mvp", "--region", "atlantis"), ("gcp:region", "atlantis")),
    "a region of no site": (("plan", "mvp", "--region", "asia-east1"), ("gcp:region", "asia-e")),
    "an unknown option": (("plan", "mvp", "--colour"), ("--colour",)),
    "an option without value": (("plan", "mvp", "--users"), ("--users",)),
    "an unknown format": (("plan", "mvp", "--format", "yaml"), ("yaml", "markdown")),
    "an unknown command": (("plant",), ("plant",)),
    "two phases": (("plan", "mvp", "scale"), ("scale",)),
}  # fmt: skip


@pytest.mark.parametrize(("args", "says"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_one_line_and_leaves_no_file(
    palier: Run, tmp_path: Path, args: tuple[str, ...], says: tuple[str, ...]
) -> None:
    out = ("--out", str(tmp_path / "plan.json")) if args[0] == "plan" else ()
    assert_refused(palier(*args[:1], *out, *args[1:]), *says)
    assert list(tmp_path.iterdir()) == [], "a command that failed may leave nothing behind"


def test_a_folder_without_a_project_is_refused(palier: Run, tmp_path: Path) -> None:
    assert_refused(palier("plan", "mvp", cwd=tmp_path), "Pulumi.yaml", str(tmp_path))


def test_a_project_of_another_runtime_is_refused(palier: Run, tmp_path: Path) -> None:
    folder = foreign(tmp_path, runtime="yaml")
    assert_refused(palier("plan", "-s", "dev", cwd=folder), "Pulumi.yaml", "'yaml'", "python")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("name: [films", "not valid YAML"),
        ("films", "expected keys and values"),
        ("runtime: python", "expected a name and a runtime"),
        ("name: films\nruntime: python\nmain: elsewhere/", "does not exist"),
        ("name: films\nruntime: []", "runtime"),
    ],
)
def test_a_project_file_that_is_none_is_refused(
    palier: Run, tmp_path: Path, content: str, says: str
) -> None:
    (foreign(tmp_path) / "Pulumi.yaml").write_text(content, encoding="utf-8")
    assert_refused(palier("plan", "-s", "dev", cwd=tmp_path), "Pulumi.yaml", says)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("config: [", "not valid YAML"),
        ("- 1", "expected keys and values"),
        ("config: many", "expected keys and values"),
        ("config: {palier:users: 50, palier:colour: red}", "palier:colour"),
        ("config: {palier:users: fifty}", "palier:"),
        ("config: {palier:sizes: many}", "palier:"),
    ],
)
def test_a_stack_file_that_is_none_is_refused(
    palier: Run, tmp_path: Path, content: str, says: str
) -> None:
    folder = project(tmp_path / "own")
    (folder / "stacks" / "Pulumi.mvp.yaml").write_text(content, encoding="utf-8")
    assert_refused(palier("plan", "mvp", "--set", "web.cpu_m=200", cwd=folder), says)


PROGRAMS: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "raises": ("x = 1\nraise RuntimeError('no such\\nthing')", ("__main__.py:2", "no such")),
    "raises without a word": ("raise ValueError", ("__main__.py:1", "ValueError")),
    "does not parse": ("def broken(:", ("SyntaxError",)),
    "imports what is not there": ("import no_such_module", ("no_such_module",)),
    "leaves by itself": ("import sys\nsys.exit(1)", ("__main__.py:2",)),
    "leaves as if all were well": ("import sys\nsys.exit(0)", ("__main__.py:2",)),
    "looks something up": (
        "import pulumi_gcp as gcp\ngcp.organizations.get_project(project_id='acme')",
        ("look-ups",),
    ),
    "makes a resource twice": (
        "import pulumi_gcp as gcp\nfor _ in (1, 2): gcp.storage.Bucket('b', location='EU')",
        ("two resources",),
    ),
    "fails later": (
        "import pulumi\ndef fail(_):\n    raise KeyError('later')\n"
        "pulumi.Output.from_input(1).apply(fail)",
        ("__main__.py:3", "KeyError"),
    ),
}


@pytest.mark.parametrize(("program", "says"), PROGRAMS.values(), ids=PROGRAMS.keys())
def test_a_program_that_fails_is_told_by_its_line(
    palier: Run, tmp_path: Path, program: str, says: tuple[str, ...]
) -> None:
    before = Path.cwd(), list(sys.path)
    assert_refused(palier("plan", "-s", "dev", cwd=foreign(tmp_path, program)), *says)
    assert sys.path == before[1], "a program that fails may not leave its path behind"


def test_what_a_program_prints_does_not_spoil_the_document(palier: Run, tmp_path: Path) -> None:
    folder = foreign(tmp_path, "print('hello')\n" + FILMS)
    ran = palier("plan", "-s", "dev", "-f", "json", cwd=folder)
    assert json.loads(ran.out)["stack"] == "dev", "standard output is the document's"
    assert ran.err == "hello\n", "and what the program says is not lost"


def test_limits_without_a_source_stop_the_plan(palier: Run, tmp_path: Path) -> None:
    folder = project(tmp_path / "own")
    file = folder / "policies" / "limits.yaml"
    rows = file.read_text(encoding="utf-8").splitlines()
    first = next(place for place, row in enumerate(rows) if "source:" in row)
    file.write_text("\n".join(rows[:first] + rows[first + 1 :]), encoding="utf-8")
    out = tmp_path / "plan.json"
    ran = palier("plan", "mvp", "--out", str(out), cwd=folder)
    assert_refused(ran, "limits.yaml: limit 1 (monthly-mvp): needs a source")
    assert not out.exists()


# --- --out --------------------------------------------------------------------------------------


@pytest.mark.parametrize("format_", ["table", "json", "markdown"])
def test_a_file_has_what_standard_output_would_have(
    palier: Run, tmp_path: Path, format_: str
) -> None:
    out = tmp_path / "plan.txt"
    shown = palier("plan", "mvp", "--format", format_)
    ran = palier("plan", "mvp", "--format", format_, "--out", str(out))
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    assert out.read_text(encoding="utf-8") == shown.out
    assert list(tmp_path.iterdir()) == [out], "no temporary file is left"


def test_a_plan_that_fails_is_written_all_the_same(palier: Run, tmp_path: Path) -> None:
    out = tmp_path / "plan.json"
    ran = palier("plan", "mvp", "--set", TOO_LARGE, "-f", "json", "-o", str(out))
    assert ran.code == 1
    assert json.loads(out.read_text(encoding="utf-8"))["status"] == "fail"


def test_an_old_file_is_replaced_whole_and_keeps_its_mode(palier: Run, tmp_path: Path) -> None:
    out = tmp_path / "plan.md"
    out.write_text("before " * 100_000, encoding="utf-8")
    out.chmod(0o640)
    assert palier("plan", "mvp", "-f", "markdown", "-o", str(out)).code == 0
    text = out.read_text(encoding="utf-8")
    assert text.startswith("# mvp")
    assert "before before" not in text
    assert stat.S_IMODE(out.stat().st_mode) == 0o640, "who could read it can still read it"


def test_a_new_file_can_be_read_like_any_other(palier: Run, tmp_path: Path) -> None:
    plain, out = tmp_path / "plain", tmp_path / "plan.md"
    plain.write_text("", encoding="utf-8")
    palier("plan", "mvp", "-f", "markdown", "-o", str(out))
    assert out.stat().st_mode == plain.stat().st_mode, "a report is no secret of one user"


def test_a_link_is_written_through_and_stays_a_link(palier: Run, tmp_path: Path) -> None:
    target, link = tmp_path / "target.md", tmp_path / "link.md"
    target.write_text("old", encoding="utf-8")
    link.symlink_to(target)
    assert palier("plan", "mvp", "-f", "markdown", "-o", str(link)).code == 0
    assert link.is_symlink()
    assert target.read_text(encoding="utf-8").startswith("# mvp")


def test_what_is_no_file_is_written_to_and_not_replaced(palier: Run, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDWR | os.O_NONBLOCK)
    try:
        ran = palier("plan", "mvp", "-f", "markdown", "-o", str(pipe))
        assert (ran.code, ran.err) == (0, "")
        assert os.read(reader, 100).startswith(b"# mvp"), "its reader must get the plan"
    finally:
        os.close(reader)
    assert stat.S_ISFIFO(pipe.stat().st_mode), "a pipe, or /dev/null, may not become a file"


def test_a_file_that_may_not_be_written_is_left_as_it_was(
    palier: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "plan.md"
    out.write_text("old", encoding="utf-8")
    out.chmod(0o444)
    # Root may write anything: asked as an ordinary user would be, by the file's own mode.
    monkeypatch.setattr(
        os, "access", lambda path, mode: mode != os.W_OK or bool(Path(path).stat().st_mode & 0o200)
    )
    assert_refused(palier("plan", "mvp", "-o", str(out)), str(out), "Permission denied")
    assert out.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [out], "no temporary file is left"


def test_a_full_disk_leaves_the_old_file_and_no_other(
    palier: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "plan.md"
    out.write_text("old", encoding="utf-8")
    real = tempfile.NamedTemporaryFile

    def full(*args: Any, **kwargs: Any) -> Any:
        file: Any = real(*args, **kwargs)

        def write(_: str) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

        file.write = write
        return file

    monkeypatch.setattr(tempfile, "NamedTemporaryFile", full)
    assert_refused(palier("plan", "mvp", "-o", str(out)), str(out), "No space left on device")
    assert out.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [out], "no temporary file is left"


def test_a_folder_that_is_not_there_is_refused(palier: Run, tmp_path: Path) -> None:
    out = tmp_path / "nowhere" / "plan.md"
    assert_refused(palier("plan", "mvp", "-o", str(out)), str(out), "No such file or directory")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_no_file(palier: Run, tmp_path: Path) -> None:
    assert_refused(palier("plan", "mvp", "-o", str(tmp_path)), str(tmp_path), "directory")
    assert list(tmp_path.iterdir()) == []


# --- check --------------------------------------------------------------------------------------


def previewed(folder: Path, name: str = "mvp.json", phase: str = "mvp", users: int = 50) -> str:
    """A preview of a ready-made stack, in a file."""
    recorded = facts.recorded(phase, users)
    config = builders.stack_config(phase, users)
    return documents.write(folder, documents.preview(recorded, config), name)


def exported(folder: Path, name: str = "state.json") -> str:
    """A state of mvp, in a file."""
    return documents.write(folder, documents.export(facts.recorded("mvp", 50)), name)


def test_a_preview_is_checked_as_a_table_and_passes(palier: Run, tmp_path: Path) -> None:
    file = previewed(tmp_path)
    ran = palier("check", file)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.replace("\n", "").startswith(file), "which file is it?"
    assert "183 resources would exist after the update" in ran.out
    assert ran.out.rstrip().endswith("✔ pass")


def test_a_check_says_what_the_plan_says(palier: Run, tmp_path: Path) -> None:
    ran = palier("check", exported(tmp_path), "-f", "json")
    (made,) = json.loads(ran.out)["checks"]
    assert made["plan"] == json.loads(palier("plan", "mvp", "-f", "json").out)


def test_below_the_cap_the_program_is_run_at_the_cap(palier: Run, tmp_path: Path) -> None:
    file = previewed(tmp_path, phase="mvp", users=20)
    inside = json.loads(palier("check", file, "-f", "json").out)
    at_cap = facts.euros("mvp", 50).sum("expected") / 50
    assert inside["checks"][0]["plan"]["per_user"]["at_cap"] == f"{at_cap:.3f}"
    assert inside["status"] == "pass"
    outside = palier("check", file, "-f", "json", cwd=tmp_path)
    assert (outside.code, outside.err) == (3, "")
    assert json.loads(outside.out)["checks"][0]["plan"]["per_user"]["at_cap"] is None


def test_several_files_are_told_one_by_one_and_the_worst_counts(
    palier: Run, tmp_path: Path
) -> None:
    good, state = previewed(tmp_path), exported(tmp_path)
    pending = [{"type": "creating", "resource": documents.state(
        facts.recorded("mvp", 50).of_type(facts.SQL)[0], preview=False)}]  # fmt: skip
    doubtful = documents.write(
        tmp_path,
        documents.export(facts.recorded("mvp", 50), pending_operations=pending), "doubtful.json",
    )  # fmt: skip
    assert palier("check", good, state).code == 0
    ran = palier("check", good, doubtful, state, "-f", "json")
    assert ran.code == 3, "what is not known is no pass"
    assert [check["source"]["file"] for check in json.loads(ran.out)["checks"]] == [
        good, doubtful, state,
    ]  # fmt: skip
    dear = palier("check", doubtful, good, "--usd-rate", "9")
    assert dear.code == 1, "a failure is worse"
    assert dear.out.count("✘ fail") == 2


def test_a_file_that_cannot_be_read_stops_all_before_anything_is_said(
    palier: Run, tmp_path: Path
) -> None:
    good, out = previewed(tmp_path), tmp_path / "report.md"
    for bad in ("nowhere.json", str(tmp_path)):
        ran = palier("check", good, bad, "-f", "markdown", "-o", str(out))
        assert_refused(ran, bad)
    assert not out.exists()


def test_standard_input_is_checked_and_a_report_is_written_to_a_file(
    palier: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "report.md"
    with Path(exported(tmp_path)).open(encoding="utf-8") as typed:
        monkeypatch.setattr(sys, "stdin", typed)
        ran = palier("check", "-", "-f", "markdown", "-o", str(out))
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    page = out.read_text(encoding="utf-8")
    assert page.startswith("<!-- palier: palier/mvp -->\n\n## ✅ palier/mvp: pass\n")


CHECK_MISTAKES: Final[dict[str, tuple[tuple[str, ...], str]]] = {
    "no file": ((), "files"),
    "a file twice": (("a.json", "a.json"), "every FILE once"),
    "standard input twice": (("-", "-"), "every FILE once"),
    "a file that is not there": (("nowhere.json",), "nowhere.json: No such file"),
    "a rate in words": (("nowhere.json", "--usd-rate", "cheap"), "--usd-rate"),
    "an unknown format": (("nowhere.json", "-f", "yaml"), "yaml"),
    "a file name with a line break": (("no\nwhere.json",), "no where.json: No such file"),
}


@pytest.mark.parametrize(("args", "says"), CHECK_MISTAKES.values(), ids=CHECK_MISTAKES.keys())
def test_a_mistake_of_a_check_is_one_line(palier: Run, args: tuple[str, ...], says: str) -> None:
    assert_refused(palier("check", *args), says)


def test_a_preview_without_its_unchanged_resources_is_refused_with_the_remedy(
    palier: Run, tmp_path: Path
) -> None:
    document = documents.preview(facts.recorded("mvp", 50))
    document["changeSummary"]["same"] = 12
    ran = palier("check", documents.write(tmp_path, document))
    assert_refused(ran, "leaves out 12 unchanged resources", "--show-sames")


def test_limits_that_cannot_be_read_stop_a_check(palier: Run, tmp_path: Path) -> None:
    folder = project(tmp_path / "own")
    (folder / "policies" / "limits.yaml").write_text("schema: none\n", encoding="utf-8")
    assert_refused(palier("check", exported(tmp_path), cwd=folder), "limits.yaml")


# --- the command itself -------------------------------------------------------------------------


def test_the_version_is_printed(palier: Run) -> None:
    ran = palier("--version")
    assert (ran.code, ran.out, ran.err) == (0, f"palier {__version__}\n", "")


def test_help_lists_the_commands(palier: Run) -> None:
    shown = palier("--help").out
    for command in ("check", "plan"):
        assert f"  {command} " in shown, f"{command} must be found by who asks for help"


def test_help_lists_the_options_of_check(palier: Run) -> None:
    ran = palier("check", "--help")
    assert (ran.code, ran.err) == (0, "")
    for option in ("FILE", "--show-sames", "--usd-rate", "--format", "--out"):
        assert option in ran.out, f"{option} must be found by who asks for help"


def test_help_lists_the_options_of_plan(palier: Run) -> None:
    ran = palier("plan", "--help")
    assert (ran.code, ran.err) == (0, "")
    for option in ("--stack", "--users", "--region", "--usd-rate", "--set", "--format", "--out"):
        assert option in ran.out, f"{option} must be found by who asks for help"


def python(*args: str, cwd: Path = ROOT, **env: str) -> subprocess.CompletedProcess[str]:
    """Run Python as a user's shell would."""
    return subprocess.run(  # noqa: S603
        [sys.executable, *args], cwd=cwd, env=os.environ | env, capture_output=True, text=True,
        check=False, timeout=60, encoding=env.get("PYTHONIOENCODING", "utf-8"),
    )  # fmt: skip


def test_help_needs_neither_the_engine_nor_a_provider() -> None:
    ran = python(
        "-c",
        "import sys; sys.argv = ['palier', 'plan', '--help']\n"
        "from palier.cli import main\n"
        "try: main()\n"
        "finally: print(sorted(m for m in sys.modules if m.startswith('pulumi')))",
    )
    assert ran.stdout.rstrip().endswith("[]"), "importing a provider takes a second: not for help"


def test_a_process_of_its_own_writes_the_document_and_nothing_else() -> None:
    ran = python("-m", "palier", "plan", "mvp", "-f", "json")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert json.loads(ran.stdout)["status"] == "pass"


def test_a_process_of_its_own_tells_a_mistake_in_one_line(tmp_path: Path) -> None:
    folder = foreign(tmp_path, "raise RuntimeError('no such thing')")
    ran = python("-m", "palier", "plan", "-s", "dev", cwd=folder)
    assert_refused(
        Ran(code=ran.returncode, out=ran.stdout, err=ran.stderr), "__main__.py:1", "no such thing"
    )


def test_a_terminal_that_knows_no_euro_sign_gets_the_plan_all_the_same(tmp_path: Path) -> None:
    ran = python("-m", "palier", "plan", "-s", "dev", cwd=foreign(tmp_path),
                 PYTHONIOENCODING="ascii")  # fmt: skip
    assert (ran.returncode, ran.stderr) == (1, ""), "a letter that cannot be shown stops nothing"
    assert "budget-exists" in ran.stdout


def test_a_reader_that_leaves_early_is_no_error(tmp_path: Path) -> None:
    foreign(tmp_path, FILMS + "for n in range(400): gcp.storage.Bucket(f'b{n}', location='EU')\n")
    command = [sys.executable, "-m", "palier", "plan", "-s", "dev", "-f", "json"]
    with subprocess.Popen(  # noqa: S603
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert b"Traceback" not in process.stderr.read(), "`palier plan … | head` is no mistake"
