"""What must hold in the workflow of a release, beside what holds in all workflows.

Each yields its complaints, as those of workflow_rules.py. docs/threat-model.md names the attacks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Final

from workflow_files import Files, logs_in, scripts, uses, writes
from workflow_rules import LOGIN, MAIN, Rule

NAME: Final = "release.yml"
RECORDED: Final = "gitops/image/kustomization.yaml"
NEEDS: Final = {"lint": None, "build": "lint", "push": "build", "record": "push"}
BUILDS: Final = re.compile(
    r"\bdocker\b(?!:)|\bbuildah\b|\bpodman\b|\bmake\b|\bpip\b|\.venv|reference-app/"
)
PULLED: Final = re.compile(r"[\w./-]+:[\w.-]+@sha256:[0-9a-f]{64}")


def a_release_starts_no_release(files: Files) -> Iterator[str]:
    """What is merged of it is no change of the application."""
    paths = files[NAME].content[True]["push"].get("paths", ["**"])
    if any(fnmatchcase(RECORDED, path.replace("**", "*")) for path in paths):
        yield f"{NAME}: paths"


def releases_come_one_by_one(files: Files) -> Iterator[str]:
    """One at a time, which nothing cancels once it runs."""
    if files[NAME].content.get("concurrency") != {"group": "release", "cancel-in-progress": False}:
        yield f"{NAME}: concurrency"


def releases_are_of_main(files: Files) -> Iterator[str]:
    """The first job asks for main, and each other waits for the one before it."""
    jobs = files[NAME].jobs
    if {name: job.get("needs") for name, job in jobs.items()} != NEEDS:
        yield f"{NAME}: needs"
    conditions = re.split(r"\s*&&\s*", str(jobs["lint"].get("if", "")))
    if MAIN not in conditions or any("if" in jobs[name] for name in NEEDS if name != "lint"):
        yield f"{NAME}: if"


def what_builds_has_no_rights(files: Files) -> Iterator[str]:
    """The application's own build runs where there is nothing to take."""
    for name in ("lint", "build"):
        job = files[NAME].jobs[name]
        if logs_in(job) or writes(job) or "environment" in job or "github.token" in str(job):
            yield f"{NAME}: {name}: rights"


def what_has_rights_builds_nothing(files: Files) -> Iterator[str]:
    """What can push, to the registry or to Git, takes what was built for data."""
    for name in ("push", "record"):
        job = files[NAME].jobs[name]
        if BUILDS.search(scripts(job)):
            yield f"{NAME}: {name}: builds"
        if set(re.findall(r"\bpython3? (.+?)(?: \"|$)", scripts(job), re.MULTILINE)) != {
            f"-m tools.release {'images' if name == 'push' else 'record'}"
        }:
            yield f"{NAME}: {name}: runs something else"
    if uses(files[NAME].jobs["record"], LOGIN):
        yield f"{NAME}: record: logs in"


def tokens_reach_no_python(files: Files) -> Iterator[str]:
    """The step that runs code of the repository is not handed the token that pushes."""
    for step in files[NAME].jobs["record"]["steps"]:
        if "python" in str(step.get("run", "")) and "github.token" in str(step):
            yield f"{NAME}: record: {step['name']}"


def people_merge_releases(files: Files) -> Iterator[str]:
    """A branch of its own is pushed, never forced, and never main."""
    pushes = re.findall(
        r"\bpush\b[^\n]*\\\n[^\n]*|git push[^\n]*", scripts(files[NAME].jobs["record"])
    )
    if len(pushes) != 1 or '"HEAD:refs/heads/$branch"' not in pushes[0] or "--force" in pushes[0]:
        yield f"{NAME}: record: {pushes}"
    if 'branch="release/$GITHUB_RUN_ID-$GITHUB_RUN_ATTEMPT"' not in scripts(
        files[NAME].jobs["record"]
    ):
        yield f"{NAME}: record: branch"
    if f"-- {RECORDED}" not in scripts(files[NAME].jobs["record"]):
        yield f"{NAME}: record: commits more than the digest"


def what_is_pushed_is_what_was_built(files: Files) -> Iterator[str]:
    """Builder and scanner by digest; every part is pushed, and none is rewritten."""
    (build,) = [step for step in files[NAME].jobs["build"]["steps"] if "run" in step]
    for image in build.get("env", {}).values():
        if not PULLED.fullmatch(str(image)):
            yield f"{NAME}: build: {image}"
    for flag in ('image=$BUILDER"', "--provenance=mode=max", 'type=sbom,generator=$SCANNER"'):
        if flag not in build["run"]:
            yield f"{NAME}: build: {flag}"
    if "skopeo copy --all --preserve-digests" not in scripts(files[NAME].jobs["push"]):
        yield f"{NAME}: push: not as it was built"


def migrations_are_linted_first(files: Files) -> Iterator[str]:
    """With the application's own settings, all of them."""
    folder = "gitops/reference-app"
    wanted = f".venv/bin/squawk --config {folder}/.squawk.toml {folder}/migrations/*.sql"
    if wanted not in scripts(files[NAME].jobs["lint"]).splitlines():
        yield f"{NAME}: lint"


RULES: Final[tuple[Rule, ...]] = (
    a_release_starts_no_release, releases_come_one_by_one, releases_are_of_main,
    what_builds_has_no_rights, what_has_rights_builds_nothing, tokens_reach_no_python,
    people_merge_releases, what_is_pushed_is_what_was_built, migrations_are_linted_first,
)  # fmt: skip
