"""A real Argo CD beside a control plane: its repo server and controllers, as plain processes.

Its own cluster, `https://kubernetes.default.svc` or `in-cluster`, is the control plane of the
tests, so manifests that were shipped are synced as they are. Settings reach the processes as they
do in a cluster: `argocd-cm` through the API, and all that its Deployments take into their
environment from a ConfigMap is taken here by the same names. Repositories are pulled from the
addresses that manifests name, and are a folder's all the same (`git_server`). The API server with
its UI, Dex and notifications are left out.
"""

from __future__ import annotations

import os
import secrets
import shutil
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final, Self

import yaml
from argo_status import troubles_of
from control_plane import ControlPlane
from git_server import GitServer, Repository
from kube_api import ApiError, Documents, Json
from processes import HERE, Processes, free_ports, listening

from palier.errors import PalierError
from tools import control_plane

NAMESPACE: Final = "argocd"
VERSION: Final = "argoproj.io/v1alpha1"
REFRESH: Final = "argocd.argoproj.io/refresh"
PART: Final = {"app.kubernetes.io/part-of": "argocd"}
OPEN_PROJECT: Final = {
    "sourceRepos": ["*"],
    "destinations": [{"server": "*", "namespace": "*"}],
    "clusterResourceWhitelist": [{"group": "*", "kind": "*"}],
}
"""What Argo CD's project `default` allows from the start: everything."""
SEEN: Final = {"controller.resource.health.persist": "true"}
"""The health of each resource is in the application, where tests see it; else it is in Redis."""


class ArgoCD:
    """Starts in a folder of its own; one at a time beside a control plane.

    `config` is merged into `argocd-cm`, `parameters` into `argocd-cmd-params-cm`, `rbac` into
    `argocd-rbac-cm`.
    """

    def __init__(
        self,
        folder: Path,
        cluster: ControlPlane,
        config: Mapping[str, str] | None = None,
        parameters: Mapping[str, str] | None = None,
        rbac: Mapping[str, str] | None = None,
        application_sets: bool = False,
    ) -> None:
        self.folder = folder
        self.cluster = cluster
        self.api = cluster.api
        self.settings = {
            "argocd-cm": dict(config or {}),
            "argocd-cmd-params-cm": SEEN | dict(parameters or {}),
            "argocd-rbac-cm": dict(rbac or {}),
        }
        self.application_sets = application_sets
        self.processes = Processes(folder / "logs")
        self.git = GitServer(folder / "repositories", folder / "tls")

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start all of it.

        Raises:
            PalierError: there is no Redis.
            AssertionError: something did not start; with the end of its log.
        """
        redis = shutil.which("redis-server")
        if redis is None:
            raise PalierError("no redis-server on PATH: install Debian's package redis-server")
        self._prepare_folders()
        self._prepare_cluster()
        self.git.start()
        (self.redis_port,) = free_ports(1)
        self._redis(redis)
        self._repo_server()
        self._controller()
        if self.application_sets:
            self._application_sets()

    def stop(self) -> None:
        """End all of it; what it deployed stays in the cluster."""
        self.processes.stop()
        self.git.stop()

    def repository(self, url: str) -> Repository:
        """The repository that it pulls from an address, as in `https://github.com/acme/platform`."""
        return self.git.repository(url)

    def application(self, name: str) -> Json:
        """One of its applications."""
        return self.api.get(VERSION, "Application", name, NAMESPACE)

    def applications(self) -> dict[str, Json]:
        """All of them, by name."""
        found = self.api.list(VERSION, "Application", NAMESPACE)
        return {one["metadata"]["name"]: one for one in found}

    def resources(self, name: str) -> Documents:
        """What an application manages: kind, name, sync status and health of each."""
        found: Documents = self.application(name).get("status", {}).get("resources", [])
        return found

    def history(self, name: str) -> Documents:
        """What an application was synced to, the oldest first."""
        found: Documents = self.application(name).get("status", {}).get("history", [])
        return found

    def operation(self, name: str) -> Json:
        """The sync that runs, or the last one: phase, message, result of each resource."""
        found: Json = self.application(name).get("status", {}).get("operationState", {})
        return found

    def events(self, name: str) -> list[str]:
        """What Argo CD's controller noted about an application, in its own words."""
        found = self.api.list("v1", "Event", NAMESPACE)
        own = [one for one in found if one["involvedObject"].get("name") == name]
        own.sort(key=lambda one: int(one["metadata"]["resourceVersion"]))
        return [f"{one['reason']}: {one['message']}" for one in own]

    def refresh(self, name: str, hard: bool = True, timeout: float = 60) -> None:
        """Have it look at an application again, and return when it has.

        Raises:
            AssertionError: it does not look.
        """
        mark = {"metadata": {"annotations": {REFRESH: "hard" if hard else "normal"}}}
        self.api.patch(VERSION, "Application", name, mark, NAMESPACE)
        last = time.monotonic() + timeout
        while REFRESH in self.application(name)["metadata"].get("annotations", {}):
            assert time.monotonic() < last, f"{name} is not refreshed:\n{self._log()}"
            time.sleep(0.1)

    def remove(self, name: str, timeout: float = 60) -> None:
        """Delete an application; what it deployed goes too, if its finalizer says so.

        Raises:
            AssertionError: it stays.
        """
        self.api.delete(VERSION, "Application", name, NAMESPACE)
        last = time.monotonic() + timeout
        while found := self.applications().get(name):
            assert time.monotonic() < last, f"{name} is not deleted:\n{self._log()}"
            if "operation" in found:  # one that is retried would have to end first
                with suppress(ApiError):
                    self.api.patch(VERSION, "Application", name, {"operation": None}, NAMESPACE)
            time.sleep(0.1)

    def wait_synced(
        self, names: str | Iterable[str], timeout: float = 120, revision: str | None = None
    ) -> None:
        """Return once all are synced and healthy; to this commit, if one is given.

        Raises:
            AssertionError: they are not; with conditions, the operation and what is unhealthy.
        """
        names = [names] if isinstance(names, str) else list(names)
        last = time.monotonic() + timeout
        while troubles := self.troubles(names, revision):
            assert not self.processes.ended(), f"ended: {self.processes.ended()}\n{self._log()}"
            assert time.monotonic() < last, "not synced:\n" + "\n".join(troubles)
            time.sleep(0.2)

    def troubles(self, names: Iterable[str], revision: str | None = None) -> list[str]:
        """Why applications are not synced and healthy; nothing if they are."""
        found = self.applications()
        return [
            line for name in names for line in troubles_of(name, found.get(name), revision)
        ]  # fmt: skip

    def _log(self) -> str:
        return self.processes.said("argocd-application-controller")

    def _prepare_folders(self) -> None:
        for name in ("bin", "home", "scratch", "tls", "ssh", "gpg", "plugins"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        (self.folder / "bin" / "kustomize").unlink(missing_ok=True)
        (self.folder / "bin" / "kustomize").symlink_to(self.cluster.binaries.kustomize)

    def _prepare_cluster(self) -> None:
        if self.api.find("v1", "Namespace", NAMESPACE) is None:
            meta = {"name": NAMESPACE}
            self.api.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": meta})
        self.cluster.install(control_plane.crd_files())
        for name, data in self.settings.items():
            self.api.apply(_part("ConfigMap", name, data=data))
        key = {"server.secretkey": secrets.token_hex(16)}
        self.api.apply(_part("Secret", "argocd-secret", stringData=key))
        project = {"name": "default", "namespace": NAMESPACE}
        self.api.apply(
            {
                "apiVersion": VERSION,
                "kind": "AppProject",
                "metadata": project,
                "spec": OPEN_PROJECT,
            },
            "argocd", force=True,
        )  # fmt: skip

    def _redis(self, program: str) -> None:
        self.processes.start(
            "redis", program, "--bind", HERE, "--port", str(self.redis_port), "--save", "",
            "--appendonly", "no", "--dir", str(self.folder), environment={},
        )  # fmt: skip
        self.processes.wait("redis", lambda: listening(self.redis_port))

    def _repo_server(self) -> None:
        self.repo_port, metrics = free_ports(2)
        self._start(
            "argocd-repo-server", f"--redis={HERE}:{self.redis_port}", "--disable-tls",
            f"--address={HERE}", f"--port={self.repo_port}",
            f"--metrics-address={HERE}", f"--metrics-port={metrics}",
        )  # fmt: skip
        self.processes.wait("argocd-repo-server", lambda: listening(self.repo_port))

    def _controller(self) -> None:
        (metrics,) = free_ports(1)
        name = "argocd-application-controller"
        self._start(
            name, f"--redis={HERE}:{self.redis_port}", f"--repo-server={HERE}:{self.repo_port}",
            "--repo-server-plaintext", f"--metrics-port={metrics}", f"--namespace={NAMESPACE}",
        )  # fmt: skip
        self.processes.wait(name, lambda: listening(metrics))

    def _application_sets(self) -> None:
        metrics, probes, webhook = free_ports(3)
        name = "argocd-applicationset-controller"
        self._start(
            name, f"--argocd-repo-server={HERE}:{self.repo_port}", "--repo-server-plaintext",
            f"--metrics-addr={HERE}:{metrics}", f"--probe-addr={HERE}:{probes}",
            f"--webhook-addr={HERE}:{webhook}", f"--namespace={NAMESPACE}",
        )  # fmt: skip
        self.processes.wait(name, lambda: listening(probes))

    def _start(self, name: str, *options: str) -> None:
        self.processes.start(
            name, self.cluster.binaries.argocd, *options, environment=self._environment(name)
        )

    def _environment(self, name: str) -> dict[str, str]:
        """What a process has: what its own manifest takes from the settings, and its folders."""
        folder = self.folder
        return self._taken(name) | {
            "ARGOCD_BINARY_NAME": name,
            "ARGOCD_FAKE_IN_CLUSTER": "true",  # its own cluster is the one of KUBECONFIG
            "KUBECONFIG": str(self.cluster.kubeconfig),
            "PATH": f"{folder / 'bin'}:{os.environ['PATH']}",
            "HOME": str(folder / "home"),
            "TMPDIR": str(folder / "scratch"),
            "ARGOCD_TLS_DATA_PATH": str(folder / "tls"),
            "ARGOCD_SSH_DATA_PATH": str(folder / "ssh"),
            "ARGOCD_PLUGINSOCKFILEPATH": str(folder / "plugins"),
            "ARGOCD_GNUPGHOME": str(folder / "gpg"),
            "ARGOCD_GPG_ENABLED": "false",
            "HTTPS_PROXY": self.git.proxy,  # nothing on loopback goes through it
        }

    def _taken(self, name: str) -> dict[str, str]:
        taken: dict[str, str] = {}
        for file in control_plane.argo_cd_manifests():
            manifest = yaml.safe_load(file.read_text(encoding="utf-8"))
            if manifest["metadata"]["name"] != name:
                continue
            for one in manifest["spec"]["template"]["spec"]["containers"][0]["env"]:
                reference = one.get("valueFrom", {}).get("configMapKeyRef", {})
                data = self.settings.get(reference.get("name", ""), {})
                if reference.get("key") in data:
                    taken[one["name"]] = data[reference["key"]]
        return taken


def _part(kind: str, name: str, **content: Mapping[str, str]) -> Json:
    """A ConfigMap or Secret that Argo CD takes for its own."""
    meta = {"name": name, "namespace": NAMESPACE, "labels": PART}
    return {"apiVersion": "v1", "kind": kind, "metadata": meta, **content}
