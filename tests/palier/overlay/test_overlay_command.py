"""`palier overlay`: what it writes, what it finds, what it refuses."""

from __future__ import annotations

import shutil
from pathlib import Path

import builders
import pytest
import yaml
from command_line import Run, assert_refused

OVERLAYS = Path("gitops", "overlays")
APP = OVERLAYS / "mvp" / "app" / "generated.yaml"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """This repository's program, its stacks and overlays, in a folder of their own."""
    shutil.copy(builders.ROOT / "Pulumi.yaml", tmp_path / "Pulumi.yaml")
    for folder in (Path("stacks"), OVERLAYS):
        shutil.copytree(
            builders.ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__py*")
        )
    return tmp_path


def configured(project: Path, stack: str, key: str, value: object) -> None:
    """Change a value of a stack's file."""
    file = project / "stacks" / f"Pulumi.{stack}.yaml"
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    content["config"][key] = value
    file.write_text(yaml.safe_dump(content), encoding="utf-8")


def generated(project: Path) -> dict[Path, tuple[int, bytes]]:
    """Every file of the overlays: when it was written, and what is in it."""
    return {
        path: (path.stat().st_mtime_ns, path.read_bytes())
        for path in (project / OVERLAYS).rglob("*")
        if path.is_file()
    }


def written(project: Path) -> list[str]:
    """Texts of the files of the first phase that the command writes."""
    texts = [content.decode() for path, (_, content) in generated(project).items()
             if path.is_relative_to(project / OVERLAYS / "mvp")]  # fmt: skip
    return [text for text in texts if text.startswith("# Written by `palier overlay")]


def test_a_current_overlay_is_left_as_it_is(palier: Run, project: Path) -> None:
    before = generated(project)
    ran = palier("overlay", "mvp", cwd=project)
    assert (ran.code, ran.err) == (0, "")
    count = len(written(project))
    assert ran.out == f"{count} of {count} files are as the program asks\n"
    assert palier("overlay", "--stack", "mvp", "--check", cwd=project).code == 0
    assert generated(project) == before


def test_a_change_by_hand_is_found_and_undone(palier: Run, project: Path) -> None:
    file = project / APP
    shipped = file.read_bytes()
    file.write_bytes(shipped.replace(b"200m", b"900m"))
    changed = generated(project)
    ran = palier("overlay", "mvp", "--check", cwd=project)
    assert (ran.code, ran.err) == (1, "")
    count = len(written(project))
    assert ran.out.splitlines() == [
        f"differs  {APP}", f"{count - 1} of {count} files are as the program asks",
    ]  # fmt: skip
    assert generated(project) == changed, "a check writes nothing"
    ran = palier("overlay", "mvp", cwd=project)
    assert (ran.code, ran.out.splitlines()[0]) == (0, f"written  {APP}")
    assert file.read_bytes() == shipped


def test_a_file_that_is_missing_is_said_to_be(palier: Run, project: Path) -> None:
    (project / APP).unlink()
    ran = palier("overlay", "mvp", "--check", cwd=project)
    assert ran.code == 1
    assert f"missing  {APP}" in ran.out


def test_more_users_in_the_stack_are_another_overlay(palier: Run, project: Path) -> None:
    root = project / OVERLAYS / "growth" / "generated.yaml"
    web = project / OVERLAYS / "growth" / "app" / "generated.yaml"
    assert "module: file" in root.read_text()
    assert "replicas: 22" in web.read_text()
    configured(project, "growth", "palier:users", 125_000)
    ran = palier("overlay", "growth", "--check", cwd=project)
    assert ran.code == 1
    for name in ("generated.yaml", "app/generated.yaml", "pooler/settings.env"):
        assert f"differs  {OVERLAYS}/growth/{name}" in ran.out
    assert palier("overlay", "growth", cwd=project).code == 0
    assert "elements: []" in root.read_text(), "so many users need no services yet"
    assert "module:" not in root.read_text()
    assert "replicas: 22" not in web.read_text()
    settings = project / OVERLAYS / "growth" / "app" / "settings.env"
    assert "MODULES=\n" in settings.read_text(), "the web tier serves all of them"
    assert palier("overlay", "growth", "--check", cwd=project).code == 0


def test_a_stack_of_the_team_writes_the_overlay_of_its_phase(palier: Run, project: Path) -> None:
    stacks = project / "stacks"
    shutil.copy(stacks / "Pulumi.mvp.yaml", stacks / "Pulumi.prod.yaml")
    configured(project, "prod", "palier:phase", "mvp")
    configured(project, "prod", "gcp:project", "acme-prod")
    ran = palier("overlay", "--stack", "prod", cwd=project)
    assert (ran.code, ran.err) == (0, "")
    texts = written(project)
    assert all(text.startswith("# Written by `palier overlay --stack prod`") for text in texts)
    assert any("projects/acme-prod/secrets/" in text for text in texts)
    assert not any("acme-platform" in text for text in texts)


@pytest.mark.parametrize("words", [(), ("mvp", "--stack", "mvp"), ("--check",)])
def test_a_phase_or_a_stack_is_needed_and_not_both(palier: Run, words: tuple[str, ...]) -> None:
    assert_refused(palier("overlay", *words), "PHASE or --stack NAME", "not both")


def test_what_does_not_exist_is_one_line(palier: Run, project: Path) -> None:
    assert_refused(palier("overlay", "beta", cwd=project), "beta", "mvp", "hypergrowth")
    assert_refused(palier("overlay", "-s", "prod", cwd=project), "'prod'", "Pulumi.prod.yaml")
    shutil.rmtree(project / OVERLAYS / "mvp")
    assert_refused(
        palier("overlay", "mvp", cwd=project), f"{OVERLAYS}/mvp: no such folder", "gitops/README.md"
    )
    assert not (project / OVERLAYS / "mvp").exists()


def test_a_foreign_project_has_no_overlay(palier: Run, tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: films\nruntime: python\n", encoding="utf-8")
    (tmp_path / "Pulumi.dev.yaml").write_text("config: {}\n", encoding="utf-8")
    (tmp_path / "__main__.py").write_text("", encoding="utf-8")
    assert_refused(
        palier("overlay", "-s", "dev", cwd=tmp_path), "overlay", "palier:platform:Platform"
    )


def test_help_tells_of_the_command(palier: Run) -> None:
    assert "  overlay " in palier("--help").out
    for word in ("[phase]", "--stack", "--check"):
        assert word in palier("overlay", "--help").out
