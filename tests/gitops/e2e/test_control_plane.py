"""The control plane and Argo CD that other tests stand on do what they do in a real cluster."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from argo import NAMESPACE, VERSION, ArgoCD
from control_plane import ControlPlane
from git_server import Repository
from kube_api import ApiError, Json
from simulated_nodes import SPOT
from waiting import eventually

from palier.errors import PalierError

pytestmark = [pytest.mark.gitops, pytest.mark.xdist_group("gitops")]

RESTRICTED = {
    "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
    "containers": [{
        "name": "main",
        "image": "registry.example/app:1",
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }],
}  # fmt: skip
"""A pod that a restricted namespace takes."""
IN_CLUSTER = [{"server": "https://kubernetes.default.svc"}, {"name": "in-cluster"}]


@pytest.fixture
def namespace(control_plane: ControlPlane, request: pytest.FixtureRequest) -> str:
    """A restricted namespace of a test's own."""
    name = request.node.originalname.removeprefix("test_").replace("_", "-")[:40].strip("-")
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    meta = {"name": name, "labels": labels}
    control_plane.api.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": meta})
    return str(name)


def workload(kind: str, name: str, namespace: str | None, **spec: object) -> Json:
    """A Deployment, StatefulSet or Job of restricted pods."""
    label = {"app": name}
    job = kind == "Job"
    selector = {} if job else {"selector": {"matchLabels": label}}
    pod = RESTRICTED | ({"restartPolicy": "Never"} if job else {})
    return {
        "apiVersion": "batch/v1" if job else "apps/v1",
        "kind": kind,
        "metadata": {"name": name, **({"namespace": namespace} if namespace else {})},
        "spec": {**selector, "template": {"metadata": {"labels": label}, "spec": pod}, **spec},
    }


def test_a_restricted_namespace_refuses_a_pod_that_could_take_the_node(
    control_plane: ControlPlane, namespace: str
) -> None:
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "root", "namespace": namespace},
        "spec": {"containers": [
            {"name": "main", "image": "root", "securityContext": {"privileged": True}}
        ]},
    }  # fmt: skip
    with pytest.raises(ApiError, match=r"violates PodSecurity.*privileged") as refused:
        control_plane.api.apply(pod)
    assert refused.value.code == 403


def test_a_field_that_does_not_exist_is_refused(
    control_plane: ControlPlane, namespace: str
) -> None:
    wrong = workload("Deployment", "web", namespace, replica=3)
    with pytest.raises(ApiError, match=r"\.spec\.replica: field not declared in schema"):
        control_plane.api.apply(wrong)


def test_a_pod_whose_service_account_is_missing_is_refused(
    control_plane: ControlPlane, namespace: str
) -> None:
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "one", "namespace": namespace},
        "spec": RESTRICTED | {"serviceAccountName": "nobody"},
    }
    with pytest.raises(ApiError, match='serviceaccount "nobody" not found'):
        control_plane.api.apply(pod)


def test_a_deployment_becomes_available_on_nodes_that_no_taint_closes(
    control_plane: ControlPlane, namespace: str
) -> None:
    api = control_plane.api
    api.apply(workload("Deployment", "web", namespace, replicas=6))
    assert eventually(lambda: _status(api.get("apps/v1", "Deployment", "web", namespace),
                                      "availableReplicas") == 6)  # fmt: skip
    used = {pod["spec"]["nodeName"] for pod in api.list("v1", "Pod", namespace)}
    nodes = {one["metadata"]["name"]: one["metadata"]["labels"] for one in api.list("v1", "Node")}
    assert len({nodes[name]["topology.kubernetes.io/zone"] for name in used}) == 3
    assert not any(SPOT in nodes[name] for name in used)


def test_a_stateful_set_becomes_ready_on_disks_that_were_made_for_it(
    control_plane: ControlPlane, namespace: str
) -> None:
    api = control_plane.api
    claim = {
        "metadata": {"name": "data"},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": "10Gi"}},
        },
    }
    api.apply(
        workload("StatefulSet", "database", namespace, replicas=2, serviceName="database",
                 volumeClaimTemplates=[claim])
    )  # fmt: skip
    assert eventually(lambda: _status(api.get("apps/v1", "StatefulSet", "database", namespace),
                                      "readyReplicas") == 2)  # fmt: skip
    claims = api.list("v1", "PersistentVolumeClaim", namespace)
    assert [one["status"]["phase"] for one in claims] == ["Bound", "Bound"]
    assert {one["spec"]["storageClassName"] for one in claims} == {"standard-rwo"}
    volumes = [one["spec"]["volumeName"] for one in claims]
    api.delete("apps/v1", "StatefulSet", "database", namespace)
    for one in claims:
        api.delete("v1", "PersistentVolumeClaim", one["metadata"]["name"], namespace)
    assert eventually(
        lambda: not any(api.find("v1", "PersistentVolume", name) for name in volumes)
    ), "a disk goes with its claim"


def test_a_job_completes(control_plane: ControlPlane, namespace: str) -> None:
    control_plane.api.apply(workload("Job", "once", namespace))
    assert eventually(lambda: _status(control_plane.api.get("batch/v1", "Job", "once", namespace),
                                      "succeeded") == 1)  # fmt: skip


def _status(found: Json, name: str) -> object:
    return found.get("status", {}).get(name)


def _manifest(text: str) -> str:
    config = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "greeting"},
        "data": {"text": text},
    }
    return yaml.safe_dump_all([config, workload("Deployment", "web", None)])


def _application(name: str, repository: Repository, namespace: str, target: Json) -> Json:
    return {
        "apiVersion": VERSION,
        "kind": "Application",
        "metadata": {
            "name": name,
            "namespace": NAMESPACE,
            "finalizers": ["resources-finalizer.argocd.argoproj.io"],
        },
        "spec": {
            "project": "default",
            "source": {"repoURL": repository.url, "path": ".", "targetRevision": "main"},
            "destination": {**target, "namespace": namespace},
            "syncPolicy": {
                "automated": {"prune": True, "selfHeal": True},
                "syncOptions": ["ServerSideApply=true"],
            },
        },
    }


@pytest.mark.parametrize("target", IN_CLUSTER, ids=["server", "name"])
def test_an_application_follows_commits_and_a_revert_rolls_back(
    argo: ArgoCD, namespace: str, target: Json
) -> None:
    name = f"follows-{next(iter(target))}"
    repository = argo.repository(f"https://github.com/acme/{name}")
    first = repository.commit({"app.yaml": _manifest("one")})
    argo.api.apply(_application(name, repository, namespace, target))
    argo.wait_synced(name, revision=first)
    assert _greeting(argo, namespace) == "one"
    assert {one["kind"] for one in argo.resources(name)} == {"ConfigMap", "Deployment"}

    second = repository.commit({"app.yaml": _manifest("two")})
    argo.refresh(name)
    argo.wait_synced(name, revision=second)
    assert _greeting(argo, namespace) == "two"

    third = repository.revert()
    argo.refresh(name)
    argo.wait_synced(name, revision=third)
    assert _greeting(argo, namespace) == "one"
    assert [one["revision"] for one in argo.history(name)] == [first, second, third]
    assert any("Synced" in line for line in argo.events(name))

    argo.remove(name)
    assert argo.api.find("v1", "ConfigMap", "greeting", namespace) is None, "it goes too"


def _greeting(argo: ArgoCD, namespace: str) -> str:
    return str(argo.api.get("v1", "ConfigMap", "greeting", namespace)["data"]["text"])


def test_what_does_not_sync_is_told_with_its_reason(argo: ArgoCD, namespace: str) -> None:
    repository = argo.repository("https://github.com/acme/refused.git")
    broken = workload("Deployment", "web", None, replicas=-1)
    repository.commit({"app.yaml": yaml.safe_dump(broken)})
    argo.api.apply(_application("refused", repository, namespace, IN_CLUSTER[0]))
    reason = "spec.replicas: Invalid value: -1"
    assert eventually(lambda: reason in "\n".join(argo.troubles(["refused"])))
    with pytest.raises(AssertionError, match=r"(?s)refused: OutOfSync.*" + reason):
        argo.wait_synced("refused", timeout=0)
    argo.remove("refused")


def test_what_is_not_healthy_is_told_by_name(argo: ArgoCD, namespace: str) -> None:
    repository = argo.repository("https://github.com/acme/waiting")
    waiting = workload("Deployment", "web", None)
    waiting["spec"]["template"]["spec"] |= {"nodeSelector": {"zone": "nowhere"}}
    repository.commit({"app.yaml": yaml.safe_dump(waiting)})
    argo.api.apply(_application("waiting", repository, namespace, IN_CLUSTER[0]))
    reason = f"Deployment {namespace}/web: Synced, Progressing Waiting for rollout to finish"
    assert eventually(lambda: reason in "\n".join(argo.troubles(["waiting"])))
    argo.remove("waiting")


def test_an_application_set_makes_applications(argo: ArgoCD, namespace: str) -> None:
    repository = argo.repository("https://git.example.com/platform/set")
    repository.commit({"app.yaml": _manifest("one")})
    template = _application("{{.name}}", repository, namespace, IN_CLUSTER[0])
    spec = template["spec"]
    argo.api.apply({
        "apiVersion": VERSION,
        "kind": "ApplicationSet",
        "metadata": {"name": "set", "namespace": NAMESPACE},
        "spec": {
            "goTemplate": True,
            "generators": [{"list": {"elements": [{"name": "made-by-a-set"}]}}],
            "template": {"metadata": {"name": "{{.name}}"}, "spec": spec},
        },
    })  # fmt: skip
    argo.wait_synced("made-by-a-set")
    argo.api.delete(VERSION, "ApplicationSet", "set", NAMESPACE)


def test_a_host_that_nothing_is_published_on_is_not_reached(argo: ArgoCD, namespace: str) -> None:
    repository = argo.repository("https://github.com/acme/elsewhere")
    application = _application("elsewhere", repository, namespace, IN_CLUSTER[0])
    application["spec"]["source"]["repoURL"] = "https://gitlab.com/acme/elsewhere"
    argo.api.apply(application)
    reason = "nothing is published on gitlab.com"
    assert eventually(lambda: reason in "\n".join(argo.troubles(["elsewhere"])))
    argo.remove("elsewhere")


def test_without_redis_it_is_said_what_to_install(
    control_plane: ControlPlane, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(PalierError, match=r"install Debian's package redis-server$"):
        ArgoCD(tmp_path, control_plane).__enter__()
