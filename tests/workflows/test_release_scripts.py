"""The steps of a release: git is real, with a bare remote; `skopeo` and `gcloud` are played."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import builders
import pytest
from workflow_runner import Runner, step_of

from tools.release import FILE

ONE = f"sha256:{'1' * 64}"
TWO = f"sha256:{'2' * 64}"
EU = "europe-docker.pkg.dev/acme-platform/registry/reference-app"
US = "us-docker.pkg.dev/acme-platform/registry/reference-app"
APPLICATION = "gitops/reference-app/src/app.py"
ALONE = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}


def git(folder: Path, *arguments: str) -> str:
    """Run git as a maintainer."""
    environment = os.environ | ALONE | {
        "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.com",
        "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@example.com",
    }  # fmt: skip
    return subprocess.run(  # noqa: S603 our own arguments
        ["git", *arguments],  # noqa: S607 whichever is on PATH
        cwd=folder, env=environment, check=True, capture_output=True, text=True,
    ).stdout.strip()  # fmt: skip


class Repository:
    """A bare remote, a maintainer's clone, and the runs of the workflow."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.remote, self.clone = folder / "remote.git", folder / "clone"
        self.remote.mkdir()
        git(self.remote, "init", "--quiet", "--bare", "--initial-branch=main")
        git(folder, "clone", "--quiet", str(self.remote), "clone")
        for name in (FILE, "tools/release.py", "tools/__init__.py"):
            (self.clone / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(builders.ROOT / name, self.clone / name)
        self.commit(APPLICATION, "1\n")

    def commit(self, name: str, text: str) -> str:
        """Write a file on main; the commit."""
        (self.clone / name).parent.mkdir(parents=True, exist_ok=True)
        (self.clone / name).write_text(text, encoding="utf-8")
        git(self.clone, "add", "--all")
        git(self.clone, "commit", "--quiet", f"--message={name}")
        git(self.clone, "push", "--quiet", "origin", "HEAD:main")
        return self.main

    @property
    def main(self) -> str:
        return git(self.remote, "rev-parse", "main")

    @property
    def branches(self) -> list[str]:
        return git(self.remote, "for-each-ref", "--format=%(refname:short)").splitlines()

    def digest(self, ref: str) -> str:
        return git(self.remote, "show", f"{ref}:{FILE}").rsplit(" ", maxsplit=1)[-1]

    def merge(self, branch: str) -> None:
        """Merge a pull request, as GitHub does; raises when it conflicts."""
        git(self.clone, "fetch", "--quiet", "origin")
        git(self.clone, "switch", "--quiet", "--detach", "origin/main")
        git(self.clone, "merge", "--quiet", "--no-ff", "--message=merge", f"origin/{branch}")
        git(self.clone, "push", "--quiet", "origin", "HEAD:main")


class Recording:
    """The job `record` of one run: its own machine, at the commit of its event."""

    def __init__(self, repository: Repository, run: str, sha: str, digest: str) -> None:
        self.repository, self.branch = repository, f"release/{run}-1"
        folder = repository.folder / f"run-{run}"
        folder.mkdir()
        self.runner = Runner(folder)
        git(folder, "clone", "--quiet", f"file://{repository.remote}", "work", "--depth=1")
        git(folder / "work", "fetch", "--quiet", "--depth=1", "origin", sha)
        git(folder / "work", "checkout", "--quiet", "--detach", sha)
        self.given = ALONE | {
            "GITHUB_SHA": sha, "DIGEST": digest, "GITHUB_RUN_ATTEMPT": "1",
        }  # fmt: skip
        self.run_id = run

    def step(self, beginning: str) -> int:
        step = step_of("release.yml", "record", beginning)
        step = {**step, "run": step["run"].replace("$GITHUB_RUN_ID", self.run_id)}
        return self.runner.run(step, self.runner.folder / "work", **self.given)

    def take(self) -> bool:
        assert self.step("Take main") == 0, self.runner.said
        return (self.runner.folder / "output").exists()

    def all(self) -> None:
        assert self.take()
        for beginning in ("Write the digest", "Push a branch"):
            assert self.step(beginning) == 0, self.runner.said


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path)


def test_a_release_is_one_commit_of_one_line_on_a_branch_of_its_own(repository: Repository) -> None:
    before = repository.main
    run = Recording(repository, "7", before, ONE)
    run.all()
    assert repository.main == before, "people merge"
    assert repository.branches == ["main", run.branch]
    assert git(repository.remote, "rev-parse", f"{run.branch}^") == before
    changed = git(repository.remote, "diff", "--numstat", "main", run.branch)
    assert changed.split() == ["1", "1", FILE]
    assert repository.digest(run.branch) == ONE
    message = git(repository.remote, "log", "-1", "--format=%s%n%b", run.branch)
    assert message.splitlines() == [f"Release reference-app {ONE}", f"Built from {before}."]
    page = f"https://github.com/acme/platform/compare/main...{run.branch}?expand=1"
    assert page in run.runner.summary


def test_a_revert_of_it_is_the_rollback(repository: Repository) -> None:
    for number, digest in (("1", ONE), ("2", TWO)):
        run = Recording(repository, number, repository.main, digest)
        run.all()
        repository.merge(run.branch)
    git(repository.clone, "revert", "--no-edit", f"origin/{run.branch}")
    assert (repository.clone / FILE).read_text("utf-8").endswith(f"    digest: {ONE}\n")
    assert git(repository.clone, "diff", "--name-only", "HEAD^", "HEAD") == FILE


def test_main_that_moved_on_elsewhere_is_what_a_release_stands_on(repository: Repository) -> None:
    sha = repository.main
    moved = repository.commit("docs/page.md", "page\n")
    run = Recording(repository, "7", sha, ONE)
    run.all()
    assert git(repository.remote, "rev-parse", f"{run.branch}^") == moved


def test_two_that_race_lose_no_release(repository: Repository) -> None:
    first = Recording(repository, "1", repository.main, ONE)
    second = Recording(repository, "2", repository.main, TWO)
    for run in (first, second):
        assert run.take()
    for run in (second, first):
        assert run.step("Write the digest") == 0, run.runner.said
        assert run.step("Push a branch") == 0, run.runner.said
    assert repository.branches == ["main", first.branch, second.branch]
    repository.merge(first.branch)
    with pytest.raises(subprocess.CalledProcessError):
        repository.merge(second.branch)
    assert repository.digest("main") == ONE, "the other one has to be looked at"
    git(repository.clone, "merge", "--abort")
    again = Recording(repository, "3", repository.main, TWO)
    again.all()
    repository.merge(again.branch)
    assert repository.digest("main") == TWO


def test_an_older_version_gives_way_to_one_that_is_on_main_by_now(repository: Repository) -> None:
    old = repository.main
    repository.commit(APPLICATION, "2\n")
    run = Recording(repository, "7", old, ONE)
    assert not run.take(), "the steps after it are left out"
    assert "main has a newer version" in run.runner.summary


def test_a_main_that_cannot_be_fetched_is_no_newer_version(repository: Repository) -> None:
    run = Recording(repository, "7", repository.main, ONE)
    shutil.rmtree(repository.remote)
    assert run.step("Take main") != 0
    assert not (run.runner.folder / "summary").exists()


def test_a_digest_that_is_none_is_not_committed(repository: Repository) -> None:
    run = Recording(repository, "7", repository.main, f"{ONE}\nx")
    assert run.take()
    assert run.step("Write the digest") == 1
    assert run.runner.said.startswith("release: digest: expected sha256:")
    assert git(run.runner.folder / "work", "rev-parse", "HEAD") == repository.main


def test_an_edit_that_somebody_pushed_to_that_branch_is_not_overwritten(
    repository: Repository,
) -> None:
    run = Recording(repository, "7", repository.main, ONE)
    git(repository.clone, "commit", "--quiet", "--allow-empty", "--message=theirs")
    git(repository.clone, "push", "--quiet", "origin", f"HEAD:refs/heads/{run.branch}")
    theirs = git(repository.remote, "rev-parse", run.branch)
    assert run.take()
    assert run.step("Write the digest") == 0
    assert run.step("Push a branch") != 0
    assert git(repository.remote, "rev-parse", run.branch) == theirs


def test_the_steps_that_follow_ask_whether_it_is_the_newest() -> None:
    for beginning in ("Write the digest", "Push a branch"):
        step = step_of("release.yml", "record", beginning)
        assert step["if"] == "steps.main.outputs.newest == 'true'"


SKOPEO = """if sys.argv[1] == "copy":
    open(sys.argv[sys.argv.index("--digestfile") + 1], "w").write("{digest}")
    sys.exit({code})
sys.exit(sys.stdin.read() != "token\\n")"""


def pushed(runner: Runner, code: int = 0, gcloud: str = "print('token')") -> int:
    """Push to two sites."""
    (runner.temp / "images").write_text(f"{EU}\n{US}\n", encoding="utf-8")
    runner.plays(runner.bin / "gcloud", gcloud)
    runner.plays(runner.bin / "skopeo", SKOPEO.format(digest=ONE, code=code))
    step = step_of("release.yml", "push", "Push, and keep")
    return runner.run(step, runner.folder, GITHUB_SHA="c0ffee")


def test_what_was_built_is_pushed_to_every_site_and_its_digest_is_handed_on(runner: Runner) -> None:
    assert pushed(runner) == 0, runner.said
    assert runner.outputs == {"digest": ONE}
    logins = [asked[-1] for asked, _ in runner.asked if asked[0] == "login"]
    copies = [asked[-2:] for asked, _ in runner.asked if asked[0] == "copy"]
    built = f"oci-archive:{runner.temp / 'image.tar'}"
    assert logins == ["europe-docker.pkg.dev", "us-docker.pkg.dev"]
    assert copies == [[built, f"docker://{image}:c0ffee"] for image in (EU, US)]


def test_a_push_that_fails_is_no_release(runner: Runner) -> None:
    assert pushed(runner, code=4) == 4
    assert not (runner.folder / "output").exists()


def test_a_login_without_a_token_is_no_release(runner: Runner) -> None:
    assert pushed(runner, gcloud="sys.exit(1)") == 1
    assert not any(asked[0] == "copy" for asked, _ in runner.asked)


def test_where_to_is_asked_of_the_overlays_of_the_stacks(runner: Runner) -> None:
    step = step_of("release.yml", "push", "Ask the overlays")
    assert step["env"] == {"STACKS": "${{ vars.PALIER_STACKS || '[\"prod\"]' }}"}
    code = runner.run(step, builders.ROOT, STACKS=json.dumps(["hypergrowth"]))
    assert code == 0, runner.said
    assert (runner.temp / "images").read_text("utf-8") == f"{EU}\n{US}\n"
    assert runner.run(step, builders.ROOT, STACKS="prod; evil") == 1
