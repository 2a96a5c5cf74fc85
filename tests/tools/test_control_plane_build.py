"""The control plane is built once a version, with the files that are read; Go is a script."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from palier.engine import find
from palier.errors import PalierError
from tools import control_plane
from tools.control_plane import TOOLS, Tool

GO = """#!/bin/sh
echo "$PWD|$GOFLAGS|$CGO_ENABLED|$*" >> "{log}"
case "$1" in
build)
    case "$*" in *kube-scheduler) [ -e "{log}.fails" ] && exit 1 ;; esac
    while [ "$1" != -o ]; do shift; done
    touch "$2" ;;
mod) echo '{{"Dir": "{source}"}}' ;;
esac
"""


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What a Go on PATH is asked; its modules have all files that are wanted, the cache none."""
    source = tmp_path / "source"
    for tool in TOOLS:
        for name in tool.files:
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_text(name, encoding="utf-8")
    script = GO.format(log=tmp_path / "log", source=source)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "go").write_text(script, encoding="utf-8")
    (tmp_path / "bin" / "go").chmod(0o755)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    monkeypatch.setattr(sys, "argv", ["control_plane"])
    return tmp_path / "log"


def _asked(log: Path) -> list[str]:
    return log.read_text(encoding="utf-8").splitlines() if log.exists() else []


def test_all_of_it_is_provided_once_from_what_the_checksums_name(log: Path) -> None:
    control_plane.main()
    asked = _asked(log)
    control_plane.main()
    assert _asked(log) == asked, "nothing is built twice"
    assert {line.split("|")[1] for line in asked} == {"-mod=readonly -buildvcs=false"}
    built = [line for line in asked if "|build " in line]
    assert len(built) == sum(len(tool.programs) for tool in TOOLS)
    found = vars(control_plane.binaries())
    assert all(path.is_file() for path in found.values())
    assert found["kube_scheduler"] == control_plane.KUBERNETES.folder / "kube-scheduler"


@pytest.mark.usefixtures("log")
def test_the_files_that_are_read_are_told_apart() -> None:
    control_plane.main()
    definitions = {file.name for file in control_plane.crd_files()}
    assert {
        "application-crd.yaml", "monitoring.googleapis.com_podmonitorings.yaml",
        "secrets-store.csi.x-k8s.io_secretproviderclasses.yaml",
    } <= definitions  # fmt: skip
    stages = {file.name for file in control_plane.stage_files()}
    manifests = {file.name for file in control_plane.argo_cd_manifests()}
    assert {"pod-ready.yaml", "pod-complete.yaml"} <= stages
    assert "argocd-repo-server-deployment.yaml" in manifests
    assert not definitions & stages
    assert not definitions & manifests


def test_programs_tell_the_version_that_is_pinned(log: Path) -> None:
    control_plane.KUBERNETES.provide()
    version = control_plane.KUBERNETES.module.pinned()
    major, minor, _ = version.removeprefix("v").split(".")
    for line in _asked(log):
        assert f"version.gitVersion={version} " in line
        assert f"version.gitMajor={major} " in line
        assert f"version.gitMinor={minor} " in line


def test_a_module_is_there_whole_or_not_at_all(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path(f"{log}.fails").touch()
    with pytest.raises(SystemExit, match="go build failed"):
        control_plane.main()
    assert control_plane.ETCD.there()
    assert not control_plane.KUBERNETES.folder.exists(), "two of three is not whole"
    with pytest.raises(PalierError, match=r"^not built: kubernetes, .*; run `python -m tools\."):
        control_plane.binaries()
    monkeypatch.setattr(sys, "argv", ["control_plane", "--look"])
    with pytest.raises(SystemExit) as looked:
        control_plane.main()
    assert looked.value.code == 1
    assert not control_plane.KWOK.there(), "looking builds nothing"


@pytest.mark.parametrize("tool", TOOLS, ids=lambda one: one.key)
def test_a_tool_is_pinned_by_version_and_checksum(tool: Tool) -> None:
    module = tool.module
    sums = (module.folder / "go.sum").read_text(encoding="utf-8")
    assert f"{module.module} {module.pinned()} h1:" in sums
    assert tool.folder.name == f"{tool.key}-{module.pinned()}-{find.platform_name()}"
    imported = (module.folder / "tools.go").read_text(encoding="utf-8")
    for package in tool.programs.values():
        assert f'_ "{package}"' in imported


def test_no_module_records_where_it_was_downloaded_from() -> None:
    for file in control_plane.MODULES.rglob("*"):
        if file.is_file():
            text = file.read_text(encoding="utf-8")
            assert not re.search(r"https?://|GOPROXY", text), file
