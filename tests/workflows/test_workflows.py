"""The workflows: of the published form, clean for two linters, and true to our own rules.

Each rule is also shown a workflow that breaks it, and has to find it.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import builders
import pytest
import workflow_rules as rules
from workflow_files import ACTION, FOLDER, File, shipped
from workflow_rules import RULES, Rule

CHECKOUT = "actions/checkout@de0fac2e4500dabe0009e67214ff5f5447ce83dd # v6.0.2"
JUDGED = "uses: ./judge # zizmor: ignore[self-repository] main's, not the pull request's"
CONDITION = (
    "      github.event.pull_request.head.repo.full_name == github.repository\n      && vars"
)
LOGIN = """        with:
          workload_identity_provider: ${{ vars.PALIER_WORKLOAD_IDENTITY_PROVIDER }}
          service_account: ${{ vars.PALIER_PLAN_ACCOUNT }}
"""
COMMENT = """    permissions:
      pull-requests: write # the comment
"""
BROKEN: Sequence[tuple[Rule, str, str, str]] = (
    (rules.actions_are_pinned, "ci.yml", CHECKOUT, "actions/checkout@v6"),
    (rules.actions_are_pinned, "ci.yml", CHECKOUT, CHECKOUT.removesuffix(" # v6.0.2")),
    (rules.actions_are_pinned, "up.yml", CHECKOUT, CHECKOUT.replace("de0f", "de0e")),
    (rules.actions_are_pinned, "up.yml", f"uses: {CHECKOUT}", "uses: ./judge"),
    (rules.actions_are_pinned, ACTION, "@a309ff8b426b58ec0e2a45f0f869d46889d02405", "@main"),
    (rules.events_are_the_known_ones, "preview.yml", "  pull_request:", "  pull_request_target:"),
    (rules.events_are_the_known_ones, "up.yml", "  workflow_dispatch:", "  issue_comment:"),
    (rules.events_are_the_known_ones, "up.yml", "  workflow_dispatch:", "  pull_request:"),
    (rules.permissions_are_of_jobs, "ci.yml", "permissions: {}", "permissions: write-all"),
    (rules.permissions_are_of_jobs, "ci.yml", "permissions: {}\n", ""),
    (rules.permissions_are_of_jobs, "ci.yml", "    permissions:\n      contents: read\n", ""),
    (rules.permissions_are_of_jobs, "up.yml", "contents: read", "contents: write"),
    (rules.permissions_are_of_jobs, "release.yml", "contents: read", "contents: write"),
    (rules.no_secret_is_used, "up.yml", "${{ vars.PALIER_DEPLOY_ACCOUNT }}", "${{ secrets.KEY }}"),
    (rules.no_secret_is_used, "preview.yml", "permissions: {}", "env: ${{ secrets['KEY'] }}"),
    (rules.scripts_hold_no_expression, "preview.yml", '--stack "$STACK"',
     "--stack ${{ github.event.pull_request.title }}"),
    (rules.scripts_hold_no_expression, ACTION, '"$CONFIG"', '"${{ inputs.config }}"'),
    (rules.jobs_end, "drift.yml", "    timeout-minutes: 30\n", ""),
    (rules.checkouts_keep_no_token, "up.yml", "persist-credentials: false", "fetch-depth: 1"),
    (rules.checkouts_keep_no_token, "preview.yml", "path: change # to",
     "ref: ${{ github.head_ref }} # to"),
    (rules.whoever_writes_runs_nothing, "preview.yml",
     "      - name: Write the comment",
     f"      - uses: {CHECKOUT}\n      - name: Write the comment"),
    (rules.whoever_writes_runs_nothing, "preview.yml", "import json, os, re", "source change/x;"),
    (rules.whoever_writes_runs_nothing, "preview.yml", "      contents: read\n",
     "      pull-requests: write\n"),
    (rules.each_right_is_one_jobs, "preview.yml", "permissions: {}\n    steps:",
     "permissions: {pull-requests: write}\n    steps:"),
    (rules.each_right_is_one_jobs, "preview.yml", COMMENT, COMMENT + "      issues: write\n"),
    (rules.each_right_is_one_jobs, "drift.yml", "contents: read", "issues: write"),
    (rules.each_right_is_one_jobs, "release.yml", "contents: write", "packages: write"),
    (rules.forks_get_no_rights, "preview.yml", CONDITION, CONDITION.replace("&&", "||")),
    (rules.forks_get_no_rights, "preview.yml", CONDITION, "      vars"),
    (rules.forks_get_no_rights, "preview.yml", f"      && {rules.OWN_BRANCH}\n", ""),
    (rules.forks_get_no_rights, "ci.yml", "contents: read", "id-token: write"),
    (rules.tokens_are_for_logins, "preview.yml", "permissions: {}\n    steps:",
     "permissions: {id-token: write}\n    steps:"),
    (rules.tokens_are_for_logins, "drift.yml",
     "      id-token: write # to log in to Google Cloud\n", ""),
    (rules.tokens_are_for_logins, "drift.yml", LOGIN,
     "        with:\n          credentials_json: key\n"),
    (rules.whoever_writes_runs_nothing, "release.yml", "python3 -m tools.release record",
     "make setup; python3 -m tools.release record"),
    (rules.credentials_come_last, "preview.yml", "      - name: Preview, as a file",
     "      - run: make -C change setup\n      - name: Preview, as a file"),
    (rules.deploying_is_for_production, "preview.yml", "PALIER_PLAN_ACCOUNT",
     "PALIER_DEPLOY_ACCOUNT"),
    (rules.deploying_is_for_production, "up.yml", "PALIER_PLAN_ACCOUNT", "PALIER_DEPLOY_ACCOUNT"),
    (rules.deploying_is_for_production, "up.yml", "    environment: production\n", ""),
    (rules.deploying_is_for_production, "release.yml", "    environment: production\n", ""),
    (rules.deploying_is_for_production, "drift.yml", "github.ref == 'refs/heads/main' && ", ""),
    (rules.updates_are_not_cut_off, "up.yml",
     "group: up-${{ matrix.stack }}\n      cancel-in-progress: false",
     "group: up-${{ matrix.stack }}\n      cancel-in-progress: true"),
    (rules.updates_are_not_cut_off, "up.yml", "group: up-${{ matrix.stack }}",
     "group: up-${{ github.sha }}"),
    (rules.updates_are_not_cut_off, "up.yml", "fail-fast: false # would",
     "fail-fast: true # would"),
    (rules.updates_are_not_cut_off, "up.yml", "permissions: {}", "concurrency: up"),
    (rules.updates_are_seen_first, "up.yml", "pulumi up --refresh", "pulumi up --skip-preview"),
    (rules.updates_are_seen_first, "up.yml", "up --refresh --yes", "up --refresh --yes -f"),
    (rules.updates_are_seen_first, "up.yml", "pulumi up --refresh", "pulumi up"),
    (rules.updates_are_seen_first, "up.yml", "--policy-pack policies", "--color never"),
    (rules.updates_are_seen_first, "up.yml", ".venv/bin/palier state backup", "#"),
    (rules.updates_are_seen_first, "up.yml", ".venv/bin/palier check", "true"),
    (rules.updates_are_seen_first, "up.yml", "    needs: preview\n", ""),
    (rules.nothing_trusted_is_cached, "up.yml", '          python-version: "3.12"',
     '          python-version: "3.12"\n          cache: pip'),
    (rules.nothing_trusted_is_cached, ACTION, "update-environment: false", "cache: pip"),
    (rules.the_gate_is_of_main, "preview.yml", JUDGED, "uses: ./change"),
    (rules.the_gate_is_of_main, "preview.yml", "working-directory: judge",
     "working-directory: own"),
    (rules.the_gate_is_of_main, "preview.yml", f"        id: judge\n        {JUDGED}",
     f"        id: judge\n        if: false\n        {JUDGED}"),
    (rules.the_gate_is_of_main, "preview.yml",
     'change=$(git rev-parse HEAD)\n          git worktree add --detach ../judge HEAD^1',
     'change=$(git rev-parse HEAD)\n          git worktree add --detach ../judge HEAD'),
    (rules.the_gate_is_of_main, "preview.yml", 'judge restore --source="$change" policies',
     'judge restore --source="$change" .'),
    (rules.the_gate_is_of_main, "preview.yml", "mv noted.md", "make -C change report; mv noted.md"),
    (rules.failures_count, "preview.yml", "        id: judge\n",
     "        id: judge\n        continue-on-error: true\n"),
    (rules.failures_count, "up.yml", "    needs: preview\n",
     "    needs: preview\n    continue-on-error: true\n"),
    (rules.failures_count, "preview.yml", "needs: [plan, preview, gate]", "needs: [plan, preview]"),
    (rules.failures_count, "preview.yml", "if: always()", "if: success()"),
    (rules.pull_requests_cannot_raise_limits, "preview.yml", "if ! git diff", "if git diff"),
    (rules.pull_requests_cannot_raise_limits, "preview.yml", "--staged --worktree policies",
     "--staged --worktree docs"),
    (rules.pull_requests_cannot_raise_limits, "preview.yml", "--policy-pack ../judge/policies",
     "--policy-pack policies"),
    (rules.one_version_of_pulumi, "up.yml", "pulumi-version: 3.256.0", "pulumi-version: latest"),
    (rules.one_version_of_pulumi, ACTION, "--json --show-sames", "--json"),
)  # fmt: skip


def linted(*command: str | Path) -> subprocess.CompletedProcess[str]:
    """What a linter of this environment says."""
    return subprocess.run(  # noqa: S603 our own arguments
        [*map(str, command)], capture_output=True, text=True, check=False, cwd=builders.ROOT
    )


def of_schema(schema: str, *files: Path) -> subprocess.CompletedProcess[str]:
    """What the published schema, as check-jsonschema carries it, says of files."""
    return linted(
        sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, *map(str, files)
    )


def of_zizmor(*files: Path) -> subprocess.CompletedProcess[str]:
    """What zizmor says of files, without asking GitHub."""
    return linted(
        Path(sys.executable).with_name("zizmor"), "--offline", "--quiet", "--no-progress",
        "--strict-collection", "--pedantic", "--color=never", *map(str, files),
    )  # fmt: skip


def broken(name: str, old: str, new: str) -> dict[str, File]:
    """What is shipped, with one text of one file replaced wherever it is."""
    files = shipped()
    assert old in files[name].text, f"{name} has no {old!r}"
    files[name] = File(name, files[name].text.replace(old, new))
    return files


def test_workflows_are_what_the_published_schema_says() -> None:
    said = of_schema("vendor.github-workflows", *FOLDER.iterdir())
    assert said.returncode == 0, said.stdout
    said = of_schema("vendor.github-actions", builders.ROOT / ACTION)
    assert said.returncode == 0, said.stdout


def test_zizmor_finds_nothing() -> None:
    said = of_zizmor(FOLDER, builders.ROOT / ACTION)
    assert said.returncode == 0, said.stdout + said.stderr


@pytest.mark.parametrize(
    ("old", "new", "finding"),
    [
        ("runs-on: ubuntu-24.04", "runs: ubuntu-24.04", "schema"),
        ("persist-credentials: false", "fetch-depth: 1", "artipacked"),
        ('--stack "$STACK"', "--stack ${{ github.head_ref }}", "template-injection"),
        ("  pull_request:", "  pull_request_target:", "dangerous-triggers"),
        ("permissions: {}\n\nconcurrency", "permissions: write-all\n\nconcurrency",
         "excessive-permissions"),
    ],
)  # fmt: skip
def test_a_linter_finds_what_is_broken(tmp_path: Path, old: str, new: str, finding: str) -> None:
    file = tmp_path / ".github" / "workflows" / "preview.yml"
    file.parent.mkdir(parents=True)
    file.write_text(broken("preview.yml", old, new)["preview.yml"].text, encoding="utf-8")
    if finding == "schema":
        assert of_schema("vendor.github-workflows", file).returncode == 1
        return
    said = of_zizmor(file)
    assert said.returncode > 0
    assert f"[{finding}]" in said.stdout


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_workflows_keep_the_rule(rule: Rule) -> None:
    assert list(rule(shipped())) == []


@pytest.mark.parametrize(
    ("rule", "name", "old", "new"), BROKEN,
    ids=[f"{rule.__name__}-{number}" for number, (rule, *_) in enumerate(BROKEN)],
)  # fmt: skip
def test_a_broken_workflow_is_found_by_its_rule(rule: Rule, name: str, old: str, new: str) -> None:
    complaints = list(rule(broken(name, old, new)))
    assert complaints
    assert all(complaint.startswith(name) for complaint in complaints), complaints


def test_every_rule_is_shown_something_broken() -> None:
    assert {rule for rule, *_ in BROKEN} == set(RULES)


def test_the_action_and_the_workflow_comment_alike() -> None:
    files = shipped()
    scripts = {
        step["run"]
        for file, job in (("preview.yml", "comment"), (ACTION, "action"))
        for step in files[file].jobs[job]["steps"]
        if step.get("name", "").startswith("Write the comment")
    }
    assert len(scripts) == 1
