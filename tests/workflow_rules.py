"""What must hold in the workflows, whatever else changes in them: one function a rule.

Each yields its complaints. docs/threat-model.md names the attacks that they stand against.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from workflow_files import (
    ACTION,
    Files,
    jobs_of,
    logs_in,
    scripts,
    steps_of,
    used,
    uses,
    writes,
)  # fmt: skip

from tools import engine

Rule = Callable[[Files], Iterator[str]]
EVENTS: Final = {
    "ci.yml": {"push", "pull_request"},
    "preview.yml": {"pull_request"},
    "release.yml": {"push", "workflow_dispatch"},
    "up.yml": {"push", "workflow_dispatch"},
    "drift.yml": {"schedule", "workflow_dispatch"},
}
"""All there are. None of them runs code of a pull request with the rights of main."""
OWN_BRANCH: Final = "github.event.pull_request.head.repo.full_name == github.repository"
MAIN: Final = "github.ref == 'refs/heads/main'"
LOGIN: Final = "google-github-actions/auth"
DEPLOY: Final = "vars.PALIER_DEPLOY_ACCOUNT"
LOCAL: Final = "./judge"
"""The action of this repository as main has it, which the gate lays out."""
WRITERS: Final = {"actions/download-artifact", "github/codeql-action/upload-sarif"}
"""All that a job may use that can write to GitHub."""
WRITTEN: Final = {
    "preview.yml": {"comment": {"pull-requests"}, "scan": {"security-events"}},
    "release.yml": {"record": {"contents"}},
}
"""What is written to GitHub, and by which job."""
RECORDS: Final = ("release.yml", "record")
"""The one job that writes and checks out; tests/release_rules.py says what it may run of main."""
PINNED: Final = re.compile(r"[\w-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
RUNS_CODE: Final = re.compile(r"\bmake\b|\bpip\b|\bpytest\b|\.venv|\bpulumi\b|change/|\bsource\b")


def actions_are_pinned(files: Files) -> Iterator[str]:
    """Each by a commit, with its version beside it; the same action by the same everywhere."""
    commits: dict[str, str] = {}
    for file in files.values():
        for pin in re.findall(r"^\s*(?:- )?uses: (.+)$", file.text, re.MULTILINE):
            if pin.split(" ", 1)[0] == LOCAL and file.name == "preview.yml":
                continue
            action = pin.split("@", 1)[0]
            if not PINNED.fullmatch(pin) or commits.setdefault(action, pin) != pin:
                yield f"{file.name}: {pin}"


def events_are_the_known_ones(files: Files) -> Iterator[str]:
    """No `pull_request_target`, no `workflow_run`, no comment that starts anything."""
    for file in files.values():
        if file.name == ACTION:
            continue
        found = file.content[True]  # as YAML reads `on`
        events = {found} if isinstance(found, str) else set(found)
        if events != EVENTS.get(file.name):
            yield f"{file.name}: {sorted(events)}"


def permissions_are_of_jobs(files: Files) -> Iterator[str]:
    """Nothing for all, and each job what it says."""
    for file in files.values():
        if file.name != ACTION and file.content.get("permissions") != {}:
            yield f"{file.name}: permissions"
    for name, job, content in jobs_of(files):
        if not isinstance(content.get("permissions"), dict):
            yield f"{name}: {job}: permissions"
        level = (content.get("permissions") or {}).get("contents", "read")
        if level != ("write" if (name, job) == RECORDS else "read"):
            yield f"{name}: {job}: contents"


def no_secret_is_used(files: Files) -> Iterator[str]:
    """Logging in needs none."""
    for file in files.values():
        if re.search(r"\bsecrets\s*[.:\[]", file.text):
            yield f"{file.name}: secrets"


def scripts_hold_no_expression(files: Files) -> Iterator[str]:
    """What others write reaches a script as a variable, never as text of it."""
    for where, step in steps_of(files):
        if "${{" in str(step.get("run", "")):
            yield f"{where}: {step.get('name', step['run'])}"


def jobs_end(files: Files) -> Iterator[str]:
    """A job that hangs is ended."""
    for name, job, content in jobs_of(files):
        if not isinstance(content.get("timeout-minutes"), int):
            yield f"{name}: {job}"


def checkouts_keep_no_token(files: Files) -> Iterator[str]:
    """What runs after a checkout does not find its token in .git."""
    for where, step in steps_of(files):
        if used(step) == "actions/checkout":
            if (step.get("with") or {}).get("persist-credentials") is not False:
                yield where
            if set(step.get("with") or {}) & {"ref", "repository", "token", "ssh-key"}:
                yield f"{where}: something else than the event's own commit"


def whoever_writes_runs_nothing(files: Files) -> Iterator[str]:
    """A job that can write to GitHub checks nothing out and builds nothing."""
    for name, job, content in jobs_of(files):
        if not writes(content):
            continue
        for step in content["steps"]:
            checks_out = used(step) == "actions/checkout" and (name, job) == RECORDS
            if "uses" in step and used(step) not in WRITERS and not checks_out:
                yield f"{name}: {job}: {step['uses']}"
        if RUNS_CODE.search(scripts(content)):
            yield f"{name}: {job}: runs code"


def each_right_is_one_jobs(files: Files) -> Iterator[str]:
    """Only the jobs of that name write, and each nothing else than its own."""
    for name, job, content in jobs_of(files):
        if writes(content) - WRITTEN.get(name, {}).get(job, set()):
            yield f"{name}: {job}: {sorted(writes(content))}"


def forks_get_no_rights(files: Files) -> Iterator[str]:
    """Whatever logs in or writes for a pull request is for branches of the repository."""
    for name, job, content in jobs_of(files):
        rights = logs_in(content) or writes(content) or uses(content, LOGIN)
        if "pull_request" in EVENTS.get(name, ()) and rights:
            condition = str(content.get("if", ""))
            if OWN_BRANCH not in re.split(r"\s*&&\s*", condition):
                yield f"{name}: {job}"


def tokens_are_for_logins(files: Files) -> Iterator[str]:
    """Only a job that logs in may ask for the token to do so, and the account is a variable."""
    for name, job, content in jobs_of(files):
        if logs_in(content) != uses(content, LOGIN):
            yield f"{name}: {job}"
        for step in content["steps"]:
            if used(step) == LOGIN:
                inputs = step["with"]
                if set(inputs) != {"workload_identity_provider", "service_account"}:
                    yield f"{name}: {job}: {sorted(inputs)}"


def credentials_come_last(files: Files) -> Iterator[str]:
    """What is installed is installed before the login: a build step finds no credentials."""
    for name, job, content in jobs_of(files):
        logged_in = False
        for step in content["steps"]:
            logged_in = logged_in or used(step) == LOGIN
            if logged_in and re.search(r"\bmake\b|\bpip\b", str(step.get("run", ""))):
                yield f"{name}: {job}: {step['run']}"


def deploying_is_for_production(files: Files) -> Iterator[str]:
    """The account that deploys is named once a workflow: in a job of main, approved by people."""
    for file in files.values():
        if file.text.count(DEPLOY) != (1 if file.name in {"release.yml", "up.yml"} else 0):
            yield f"{file.name}: {DEPLOY}"
    for name, job, content in jobs_of(files):
        if DEPLOY in str(content) and content.get("environment") != "production":
            yield f"{name}: {job}: environment"
        if name in {"up.yml", "drift.yml"} and not (
            MAIN in str(content.get("if", "")) or content.get("needs") == "preview"
        ):
            yield f"{name}: {job}: not only main"


def updates_are_not_cut_off(files: Files) -> Iterator[str]:
    """One update of a stack at a time, which nothing cancels."""
    up = files["up.yml"].jobs["up"]
    if "matrix.stack" not in str(up.get("concurrency", {}).get("group")):
        yield "up.yml: group"
    if up.get("concurrency", {}).get("cancel-in-progress") is not False:
        yield "up.yml: cancel-in-progress"
    if up["strategy"].get("fail-fast") is not False:
        yield "up.yml: fail-fast"
    if "concurrency" in files["up.yml"].content:
        yield "up.yml: concurrency of the whole"


def updates_are_seen_first(files: Files) -> Iterator[str]:
    """Previewed, judged, refreshed, with the pack; the state is kept before it."""
    for file in files.values():
        if re.search(r"skip-preview|skipPreview|pulumi up[^\n]* -f\b", file.text):
            yield f"{file.name}: skips the preview"
    up = files["up.yml"].jobs["up"]
    before, _, update = scripts(up).partition("pulumi up")
    for option in ("--refresh", "--policy-pack policies", '--stack "$STACK"'):
        if option not in update:
            yield f"up.yml: {option}"
    if "palier state verify" not in before or "palier state backup" not in before:
        yield "up.yml: no backup before"
    if up.get("needs") != "preview":
        yield "up.yml: not previewed"
    preview = scripts(files["up.yml"].jobs["preview"])
    if "palier check" not in preview or "--policy-pack policies" not in preview:
        yield "up.yml: not judged"


def nothing_trusted_is_cached(files: Files) -> Iterator[str]:
    """What another run left is no part of a preview, a judgement or an update."""
    for where, step in steps_of(files):
        cached = used(step).startswith("actions/cache") or "cache" in (step.get("with") or {})
        if cached and not where.startswith("ci.yml"):
            yield where


def the_gate_is_of_main(files: Files) -> Iterator[str]:
    """It runs what main has, and of the pull request it takes rules that are data."""
    gate = files["preview.yml"].jobs["gate"]
    judged = [step for step in gate["steps"] if used(step) == LOCAL]
    if [step["with"]["working-directory"] for step in judged] != ["judge", "own"]:
        yield "preview.yml: gate: not main's action"
    if judged and {"if", "continue-on-error"} & set(judged[0]):
        yield "preview.yml: gate: a judgement that does not count"
    if "git worktree add --detach ../judge HEAD^1" not in scripts(gate):
        yield "preview.yml: gate: not main's tree"
    if set(re.findall(r'restore --source="\$change" (.+)', scripts(gate))) != {"policies"}:
        yield "preview.yml: gate: takes more than rules"
    if re.search(r"\bmake\b|\bpip\b|\.venv|change/", scripts(gate)):
        yield "preview.yml: gate: runs code"
    if logs_in(gate) or writes(gate):
        yield "preview.yml: gate: rights"


def failures_count(files: Files) -> Iterator[str]:
    """Nothing but the second opinion may fail in silence, and one check waits for all."""
    for where, step in steps_of(files):
        if step.get("continue-on-error") and step.get("id") != "own":
            yield f"{where}: {step.get('name')}"
    for name, job, content in jobs_of(files):
        if content.get("continue-on-error"):
            yield f"{name}: {job}"
    verdict = files["preview.yml"].jobs["verdict"]
    if set(verdict.get("needs", ())) != {"plan", "preview", "gate"} or verdict["if"] != "always()":
        yield "preview.yml: verdict"


def pull_requests_cannot_raise_limits(files: Files) -> Iterator[str]:
    """Plan and pack take the rules of main, unless nothing else changes."""
    jobs = files["preview.yml"].jobs
    unless = "if ! git diff --quiet HEAD^1 HEAD -- . ':!policies'; then"
    if not re.search(
        re.escape(unless) + r"\s+git restore --source=HEAD\^1 --staged --worktree policies\s+fi",
        scripts(jobs["plan"]),
    ):
        yield "preview.yml: plan"
    packs = set(re.findall(r"--policy-pack (\S+)", scripts(jobs["preview"])))
    if packs != {"../judge/policies"}:
        yield "preview.yml: preview"


def one_version_of_pulumi(files: Files) -> Iterator[str]:
    """The one that the tests run; previews are whole."""
    pinned = engine.MODULE.pinned().removeprefix("v")
    for where, step in steps_of(files):
        if used(step) == "pulumi/actions" and step["with"] != {"pulumi-version": pinned}:
            yield where
        for command in re.findall(r"pulumi preview --json.*", str(step.get("run", ""))):
            if "--show-sames" not in command:
                yield f"{where}: {command}"


RULES: Final[tuple[Rule, ...]] = (
    actions_are_pinned, events_are_the_known_ones, permissions_are_of_jobs, no_secret_is_used,
    scripts_hold_no_expression, jobs_end, checkouts_keep_no_token, whoever_writes_runs_nothing,
    each_right_is_one_jobs, forks_get_no_rights, tokens_are_for_logins, credentials_come_last,
    deploying_is_for_production, updates_are_not_cut_off, updates_are_seen_first,
    nothing_trusted_is_cached, the_gate_is_of_main, failures_count,
    pull_requests_cannot_raise_limits, one_version_of_pulumi,
)  # fmt: skip
