"""A platform in a cluster as Pulumi hands it over: Argo CD configured, the root Application made.

Everything that Argo CD then syncs is this repository's own gitops/, byte for byte, pulled from the
address that the shipped stacks name.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final, Self

import builders
from argo import NAMESPACE, VERSION, ArgoCD
from argocd_config import config_maps
from control_plane import ControlPlane
from kube_api import ApiError, Json
from pod_metrics import PodMetrics

from components.argocd import FACTS, facts_patch
from palier.facts import Fact

REPOSITORY: Final = "https://github.com/acme/platform"
ROOT: Final = "root"
QUICK: Final = {"controller.sync.wave.delay.seconds": "1"}
"""Argo CD pauses between waves for controllers to see what it applied; these ones are near."""


def facts(overlay: str) -> dict[str, str]:
    """What a cloud would have told: addresses of the ranges it gives them from."""
    phase, _, site = overlay.partition("/")
    return {
        "phase": phase, "site": site or "eu", "domain": "example.com", "project": "acme-platform",
        "database-eu-1-host": "10.24.0.3", "cache-eu-host": "10.24.0.4",
    }  # fmt: skip


class SyncedPlatform:
    """A cluster with Argo CD in it; `climb` points its root at an overlay."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self.cluster = stack.enter_context(ControlPlane(self.folder / "cluster"))
            self.api = self.cluster.api
            self.metrics = stack.enter_context(PodMetrics(self.cluster, self.folder / "metrics"))
            maps = config_maps(_release("growth").read("values"))
            self.argo = stack.enter_context(
                ArgoCD(
                    self.folder / "argocd", self.cluster, config=maps["argocd-cm"],
                    parameters=maps["argocd-cmd-params-cm"] | QUICK,
                    rbac=maps["argocd-rbac-cm"], application_sets=True,
                )
            )  # fmt: skip
            self.repository = self.argo.repository(REPOSITORY)
            self.repository.commit(_tree())
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def climb(self, overlay: str, told: Mapping[str, str] | None = None) -> None:
        """What an update of Pulumi's does in the cluster: the project and the root, as recorded."""
        for kind, name in (("AppProject", "palier"), ("Application", ROOT)):
            fact = _inside(overlay, kind)
            spec = dict(fact.read("spec"))
            if kind == "Application":
                patch = facts_patch(told or facts(overlay))
                target = {"kind": "Secret", "name": FACTS}
                kustomize = {"patches": [{"target": target, "patch": patch}]}
                spec["source"] = spec["source"] | {"kustomize": kustomize}
            self.api.apply(
                {
                    "apiVersion": VERSION,
                    "kind": kind,
                    "metadata": {"name": name, "namespace": NAMESPACE},
                    "spec": spec,
                },
                "pulumi", force=True,
            )  # fmt: skip

    def wait(self, names: Iterable[str], timeout: float = 240) -> None:
        """Return once the root and these Applications are synced and healthy, and nothing else is.

        Raises:
            AssertionError: they are not; with what is wrong with each.
        """
        wanted = {ROOT, *names}
        last = time.monotonic() + timeout
        while troubles := self._troubles(wanted):
            assert time.monotonic() < last, "\n".join(troubles)
            time.sleep(0.3)

    def _troubles(self, wanted: set[str]) -> list[str]:
        there = set(self.argo.applications())
        lines = [f"{name}: not asked for" for name in sorted(there - wanted)]
        return lines + self.argo.troubles(sorted(wanted))

    def push(self, content: Mapping[str, str | None], message: str = "change") -> str:
        """Commit, and have every Application look."""
        commit = self.repository.commit(content, message)
        self.look()
        return commit

    def look(self) -> None:
        """Have every Application look at what is in Git and in the cluster."""
        for name in self.argo.applications():
            self.argo.refresh(name)

    def find(self, kind: str, name: str, namespace: str = "apps") -> Json | None:
        """An object of the cluster, if it is there."""
        return self.api.find(API[kind], kind, name, namespace)

    def get(self, kind: str, name: str, namespace: str = "apps") -> Json:
        """An object of the cluster."""
        return self.api.get(API[kind], kind, name, namespace)

    def patch(self, kind: str, name: str, change: Any, namespace: str = "apps") -> None:
        """A change by hand, past Git."""
        self.api.patch(API[kind], kind, name, change, namespace)

    def refused(self, document: Json) -> str:
        """Why the API server does not take an object."""
        try:
            self.api.apply(document, dry_run=True)
        except ApiError as error:
            return str(error)
        return ""


API: Final = {
    "Namespace": "v1", "Secret": "v1", "ConfigMap": "v1", "Service": "v1", "Pod": "v1",
    "ResourceQuota": "v1", "PersistentVolumeClaim": "v1", "Deployment": "apps/v1",
    "StatefulSet": "apps/v1", "ReplicaSet": "apps/v1", "Job": "batch/v1",
    "NetworkPolicy": "networking.k8s.io/v1", "HorizontalPodAutoscaler": "autoscaling/v2",
}  # fmt: skip


def _tree() -> dict[str, str | None]:
    """gitops/ as it is in this repository, by path."""
    folder = builders.ROOT / "gitops"
    return {
        file.relative_to(builders.ROOT).as_posix(): file.read_text(encoding="utf-8")
        for file in sorted(folder.rglob("*"))
        if file.is_file() and "reference-app" not in file.parts and file.suffix != ".pyc"
    }


def _release(phase: str) -> Fact:
    return _kubernetes(phase, "Release")[0]


def _inside(overlay: str, kind: str) -> Fact:
    """What Pulumi makes of a kind in the cluster of an overlay."""
    phase = overlay.partition("/")[0]
    (root,) = [
        fact for fact in _kubernetes(phase, "Application")
        if fact.read("spec.source.path") == f"gitops/overlays/{overlay}"
    ]  # fmt: skip
    (found,) = [fact for fact in _kubernetes(phase, kind) if fact.parent == root.parent]
    return found


def _kubernetes(phase: str, kind: str) -> list[Fact]:
    return [
        fact for fact in builders.recorded(phase)
        if fact.type.startswith("kubernetes:") and fact.type.endswith(f":{kind}")
    ]  # fmt: skip
