"""Who has to agree, and what is proposed anew: CODEOWNERS, Dependabot, pins, migrations."""

from __future__ import annotations

import re
import subprocess
import sys
from fnmatch import fnmatchcase
from pathlib import Path

import builders
import pytest
import yaml

GITHUB = builders.ROOT / ".github"
APPLICATION = builders.ROOT / "gitops" / "reference-app"
BUDGET, PLATFORM, RELEASE = "@acme/budget-owners", "@acme/platform", "@acme/release-owners"
LINES = [
    tuple(line.split())
    for line in (GITHUB / "CODEOWNERS").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]


def covers(pattern: str, path: str) -> bool:
    """Whether a pattern of this file's few forms is of a path: `*`, `/file`, `/folder/`, `/**/`."""
    asked = pattern.removeprefix("/").replace("/**/", "/*/")
    return fnmatchcase(path, f"{asked}*" if pattern.endswith("/") else asked)


def owner(path: str) -> str:
    """As GitHub reads it: the last line that is of a path."""
    return [owners for pattern, *owners in LINES if covers(pattern, path)][-1][0]


@pytest.mark.parametrize(
    ("path", "who"),
    [
        ("README.md", PLATFORM),
        ("policies/limits.yaml", BUDGET),
        ("gitops/base/guard/quotas.yaml", BUDGET),
        ("gitops/overlays/mvp/guard/generated.yaml", BUDGET),
        ("gitops/overlays/hypergrowth/us/guard/generated.yaml", BUDGET),
        ("gitops/overlays/mvp/app/generated.yaml", PLATFORM),
        ("palier/overlay/quotas.py", BUDGET),
        ("gitops/base/root/projects.yaml", PLATFORM),
        ("gitops/image/kustomization.yaml", RELEASE),
        ("gitops/reference-app/migrations/0001_schema.sql", RELEASE),
        (".github/workflows/release.yml", PLATFORM),
        ("tools/release.py", PLATFORM),
    ],
)
def test_a_change_has_the_owners_that_the_threat_model_counts_on(path: str, who: str) -> None:
    assert (builders.ROOT / path).is_file(), "the test names a file that is gone"
    assert owner(path) == who


def test_every_line_of_owners_is_of_a_file() -> None:
    patterns = [pattern.strip("/") for pattern, _ in LINES]
    assert [pattern for pattern in patterns if not [*builders.ROOT.glob(pattern)]] == []


def test_all_quotas_and_limits_of_namespaces_have_the_owners_of_limits() -> None:
    limiting = re.compile(r"^kind: (ResourceQuota|LimitRange)$", re.MULTILINE)
    found = [
        str(path.relative_to(builders.ROOT))
        for path in (builders.ROOT / "gitops").rglob("*.yaml")
        if limiting.search(path.read_text(encoding="utf-8"))
    ]
    assert found
    assert {path: owner(path) for path in found} == dict.fromkeys(found, BUDGET)


def test_dependabot_is_what_the_published_schema_says_and_proposes_all_that_is_pinned() -> None:
    file = GITHUB / "dependabot.yml"
    said = subprocess.run(  # noqa: S603 our own arguments
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.dependabot", file],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert said.returncode == 0, said.stdout
    updates = yaml.safe_load(file.read_text(encoding="utf-8"))["updates"]
    assert [one["package-ecosystem"] for one in updates] == ["github-actions", "docker", "pip"]
    assert all(one["cooldown"]["default-days"] >= 7 for one in updates)
    assert updates[1]["ignore"] == [{"dependency-name": "reference-app"}]
    for folder in [*updates[1]["directories"], updates[2]["directory"]]:
        assert list(builders.ROOT.glob(str(folder).strip("/"))), f"{folder}: no such folder"


def test_zizmor_finds_nothing_in_what_dependabot_does() -> None:
    said = subprocess.run(  # noqa: S603 our own arguments
        [Path(sys.executable).with_name("zizmor"), "--offline", "--quiet", "--no-progress",
         "--strict-collection", "--pedantic", "--color=never", GITHUB / "dependabot.yml"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert said.returncode == 0, said.stdout + said.stderr


def test_what_the_image_is_built_on_is_pinned_by_digest() -> None:
    """Stages by name are of the same file."""
    text = (APPLICATION / "Dockerfile").read_text(encoding="utf-8")
    from_ = re.findall(r"^FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?", text, re.MULTILINE | re.I)
    stages = {stage for _, stage in from_ if stage}
    outside = {image for image, _ in from_} | set(re.findall(r"^# *syntax=(\S+)", text))
    outside |= set(re.findall(r"--from=(\S+)", text))
    outside = {image for image in outside - stages if not image.isdigit()}
    assert outside
    for image in outside:
        assert re.search(r"@sha256:[0-9a-f]{64}$", image), image
    assert "--require-hashes" in text, "and what is installed by hash"


def squawk(file: Path) -> subprocess.CompletedProcess[str]:
    """What the linter of migrations says, with the application's settings."""
    return subprocess.run(  # noqa: S603 our own arguments
        [Path(sys.executable).with_name("squawk"), "--config", APPLICATION / ".squawk.toml", file],
        capture_output=True, text=True, check=False,
    )  # fmt: skip


TIMEOUTS = "SET LOCAL lock_timeout = '2s';\nSET LOCAL statement_timeout = '60s';\n"


@pytest.mark.parametrize(
    ("statement", "rule"),
    [
        ("DROP TABLE orders;", "ban-drop-table"),
        ("ALTER TABLE orders DROP COLUMN total;", "ban-drop-column"),
        ("TRUNCATE orders CASCADE;", "ban-truncate-cascade"),
        ("ALTER TABLE orders RENAME COLUMN total TO sum;", "renaming-column"),
    ],
)
def test_a_migration_that_drops_what_the_former_version_reads_is_found(
    tmp_path: Path, statement: str, rule: str
) -> None:
    file = tmp_path / "0099_drop.sql"
    file.write_text(f"{TIMEOUTS}{statement}\n", encoding="utf-8")
    said = squawk(file)
    assert said.returncode == 1
    assert rule in said.stdout
    file.write_text(f"{TIMEOUTS}ALTER TABLE orders ADD COLUMN note text;\n", encoding="utf-8")
    assert squawk(file).returncode == 0, "it is the statement that is found"
