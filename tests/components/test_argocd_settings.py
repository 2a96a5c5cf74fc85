"""What Argo CD itself makes of its settings: when a child is healthy, who may do what."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from argocd_config import config_maps

from components.argocd_config import config_values
from palier.sizes import ArgocdSize
from tools import control_plane

pytestmark = pytest.mark.gitops

GROUP = "argoproj.io"
SOURCE = {
    "repoURL": "https://github.com/acme/platform",
    "targetRevision": "main",
    "path": "gitops/overlays/mvp/web",
}
NOWHERE = {
    "apiVersion": "v1",
    "kind": "Config",
    "clusters": [{"name": "none", "cluster": {"server": "https://127.0.0.1:1"}}],
    "users": [{"name": "none", "user": {"token": "none"}}],
    "contexts": [{"name": "none", "context": {"cluster": "none", "user": "none"}}],
    "current-context": "none",
}
"""The command asks for a cluster even where it needs none."""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the settings of the largest mode, and without a cluster."""
    values = config_values(ArgocdSize(mode="ha", application_sets=True), "example.com", "#alerts")
    for name, data in config_maps(values).items():
        write(tmp_path / f"{name}.yaml", {"kind": "ConfigMap", "apiVersion": "v1",
              "metadata": {"name": name, "namespace": "argocd"}, "data": data})  # fmt: skip
    write(tmp_path / "kubeconfig", NOWHERE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(file: Path, content: Mapping[str, Any]) -> None:
    """A file of YAML, without anchors."""
    file.write_text(yaml.safe_dump(json.loads(json.dumps(content))), encoding="utf-8")


def settings(*command: str) -> str:
    """What `argocd admin settings` answers."""
    argocd = control_plane.binaries().argocd
    ran = subprocess.run(  # noqa: S603 our own arguments
        [argocd, "admin", "settings", *command],
        env={"KUBECONFIG": "kubeconfig", "HOME": ".", "ARGOCD_BINARY_NAME": "argocd"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return ran.stdout


def health(kind: str, resource: Mapping[str, Any]) -> str:
    """What Argo CD says of a resource."""
    named = {"apiVersion": f"{GROUP}/v1alpha1", "kind": kind, "metadata": {"name": "it"}}
    write(Path("resource.yaml"), named | dict(resource))
    told = settings(
        "resource-overrides", "health", "resource.yaml", "--argocd-cm-path", "argocd-cm.yaml"
    )
    lines = dict(line.split(": ", 1) for line in told.splitlines() if ": " in line)
    assert lines["MESSAGE"], "a person has to see why"
    return lines["STATUS"]


def test_argo_cd_takes_its_settings() -> None:
    told = settings("validate", "--argocd-cm-path", "argocd-cm.yaml")
    assert "OIDC is configured" in told
    assert "3 resource overrides" in told
    assert "❌" not in told


@pytest.mark.parametrize(
    ("who", "action", "resource", "what", "answer"),
    [
        ("role:platform", "delete", "applications", "apps/app", "Yes"),
        ("role:platform", "sync", "applications", "palier/root", "Yes"),
        ("role:platform", "delete", "applications", "palier/root", "No"),
        ("role:platform", "delete/argoproj.io/Application/argocd/app", "applications",
         "palier/root", "No"),
        ("role:platform", "create", "exec", "apps/app", "No"),
        ("role:developer", "action/apps/Deployment/restart", "applications", "apps/app", "Yes"),
        ("role:developer", "sync", "applications", "platform/autoneg", "No"),
        ("developers@example.com", "sync", "applications", "apps/app", "Yes"),
        ("someone@example.com", "get", "applications", "apps/app", "No"),
    ],
)  # fmt: skip
def test_argo_cd_lets_each_do_their_work_and_no_more(
    who: str, action: str, resource: str, what: str, answer: str
) -> None:
    policy = ("--policy-file", "argocd-rbac-cm.yaml")
    assert settings("rbac", "can", who, action, resource, what, *policy).strip() == answer


def application(**status: Any) -> dict[str, Any]:
    """A child that is synced, healthy and at rest, but for what is given."""
    settled = {
        "sync": {"status": "Synced", "comparedTo": {"source": SOURCE}},
        "health": {"status": "Healthy"},
        "operationState": {"phase": "Succeeded"},
    }
    return {"spec": {"source": SOURCE}, "status": {**settled, **status}}


def out_of_sync() -> dict[str, Any]:
    """Compared, and not the same."""
    return {"status": "OutOfSync", "comparedTo": {"source": SOURCE}}


def test_a_child_that_is_synced_healthy_and_at_rest_is_healthy() -> None:
    assert health("Application", application()) == "Healthy"


@pytest.mark.parametrize(
    "status",
    [
        {"sync": out_of_sync()},
        {"health": {"status": "Progressing"}},
        {"health": {"status": "Missing"}},
        {"health": {"status": "Suspended"}},
        {"health": {}},
        {"operationState": {"phase": "Running"}},
        {"operationState": {"phase": "Terminating"}},
        {"operationState": {"phase": "Running"}, "health": {"status": "Degraded"}},
    ],
)
def test_a_child_on_its_way_is_waited_for(status: dict[str, Any]) -> None:
    assert health("Application", application(**status)) == "Progressing"


def test_a_child_that_is_new_or_about_to_be_synced_is_waited_for() -> None:
    assert health("Application", {"spec": {"source": SOURCE}}) == "Progressing"
    assert health("Application", {**application(), "operation": {"sync": {}}}) == "Progressing"


@pytest.mark.parametrize(
    "change",
    [
        {"path": "gitops/overlays/growth/web"},
        {"targetRevision": "v2"},
        {"repoURL": "https://github.com/acme/other"},
        {"kustomize": {"images": ["web:2"]}},
    ],
)
@pytest.mark.parametrize("status", ["Healthy", "Degraded"])
def test_the_health_of_what_it_was_says_nothing_of_a_child_that_was_changed(
    change: dict[str, Any], status: str
) -> None:
    changed = application(health={"status": status})
    changed["spec"] = {"source": SOURCE | change}
    assert health("Application", changed) == "Progressing"


def test_what_is_no_longer_asked_for_is_a_change_too() -> None:
    patched = SOURCE | {"kustomize": {"patches": [{"patch": "text"}]}}
    changed = application(sync={"status": "Synced", "comparedTo": {"source": patched}})
    assert health("Application", changed) == "Progressing"


def test_what_is_empty_is_what_is_left_out() -> None:
    child = application()
    child["spec"] = {"source": {**SOURCE, "kustomize": {}, "ref": ""}}
    assert health("Application", child) == "Healthy"


def test_a_child_of_several_sources_is_compared_source_by_source() -> None:
    child = application(sync={"status": "Synced", "comparedTo": {"sources": [SOURCE, SOURCE]}})
    child["spec"] = {"sources": [SOURCE, SOURCE]}
    assert health("Application", child) == "Healthy"
    child["spec"] = {"sources": [SOURCE, SOURCE | {"path": "other"}]}
    assert health("Application", child) == "Progressing"


def test_a_degraded_child_is_degraded() -> None:
    assert health("Application", application(health={"status": "Degraded"})) == "Degraded"


@pytest.mark.parametrize("phase", ["Failed", "Error"])
def test_a_child_whose_sync_failed_is_not_waited_for(phase: str) -> None:
    failed = {"sync": out_of_sync(), "operationState": {"phase": phase}}
    assert health("Application", application(**failed)) == "Degraded"
    healed = {"operationState": {"phase": phase}}
    assert health("Application", application(**healed)) == "Healthy", "it was mended since"


def application_set(*made: dict[str, Any], **conditions: str) -> dict[str, Any]:
    """An ApplicationSet, its conditions, and what it made."""
    told = {"ErrorOccurred": "False", "ResourcesUpToDate": "True"} | conditions
    return {
        "spec": {"generators": [{"list": {"elements": [{"module": "web"}]}}]},
        "status": {
            "conditions": [{"type": key, "status": value} for key, value in told.items()],
            "resources": list(made),
        },
    }


READY = {"name": "web", "status": "Synced", "health": {"status": "Healthy"}}


def test_a_set_is_healthy_when_all_it_made_are() -> None:
    assert health("ApplicationSet", application_set(READY, READY)) == "Healthy"


@pytest.mark.parametrize(
    "change",
    [{"status": "OutOfSync"}, {"health": {"status": "Progressing"}}, {"health": {}}],
)
def test_a_set_waits_for_each_that_it_made(change: dict[str, Any]) -> None:
    assert health("ApplicationSet", application_set(READY, READY | change)) == "Progressing"


def test_a_set_that_has_made_nothing_yet_is_waited_for() -> None:
    assert health("ApplicationSet", {"spec": {}}) == "Progressing"
    assert health("ApplicationSet", application_set()) == "Progressing"
    late = application_set(READY, ResourcesUpToDate="False")
    assert health("ApplicationSet", late) == "Progressing"


def test_a_set_whose_list_is_empty_keeps_nobody_waiting() -> None:
    """Growth before its first service."""
    none = application_set() | {"spec": {"generators": [{"list": {"elements": []}}]}}
    assert health("ApplicationSet", none) == "Healthy"
    from_git = application_set() | {"spec": {"generators": [{"git": {"repoURL": "x"}}]}}
    assert health("ApplicationSet", from_git) == "Progressing", "whose list nobody knows"


def test_a_set_that_cannot_make_its_applications_is_degraded() -> None:
    assert health("ApplicationSet", application_set(READY, ErrorOccurred="True")) == "Degraded"
