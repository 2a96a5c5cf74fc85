"""A real Kubernetes control plane on loopback, with simulated nodes (kwok).

All that decides is real: the API server with RBAC, Pod Security and service accounts, the
controllers, the scheduler, etcd. What runs nothing is simulated: nodes, the containers of pods,
disks (`simulated_nodes`). There is no container engine, no network of pods, no cloud.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Final, Self

import yaml
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from kube_api import ApiError, KubeApi
from processes import HERE, Processes, free_ports, listening
from simulated_nodes import NODES, node, storage_classes, volume_stages
from waiting import eventually

from tools import control_plane

SERVICES: Final = "10.96.0.0/16"
"""Cluster addresses of services: given out, never reached."""


class ControlPlane:
    """Starts in a folder of its own; `api` is what it answers."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.binaries = control_plane.binaries()
        self.processes = Processes(folder / "logs")
        self.token = secrets.token_hex(16)
        self.store_port, self._peer_port, self.port = free_ports(3)
        self.ca_file = folder / "certificates" / "apiserver.crt"
        self.kubeconfig = folder / "kubeconfig"
        self.api = KubeApi(self.port, self.token, self.ca_file)
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(folder)}

    @property
    def server(self) -> str:
        """Its address."""
        return f"https://{HERE}:{self.port}"

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
        """Start all of it; nodes are ready when this returns.

        Raises:
            AssertionError: something did not start; with the end of its log.
        """
        self._write_keys()
        self._start_store()
        self._start_server()
        self._start_controllers()
        self._start_nodes()

    def stop(self) -> None:
        """End all of it."""
        self.processes.stop()

    def install(self, files: Iterable[Path]) -> None:
        """Apply custom resource definitions, and wait until they are served."""
        names = []
        for file in files:
            (made,) = self.api.apply(file.read_text(encoding="utf-8"))
            names.append(made["metadata"]["name"])
        for name in names:
            assert eventually(partial(self._served, name)), f"{name} is not served"

    def _served(self, name: str) -> bool:
        kind = "CustomResourceDefinition"
        found = self.api.get("apiextensions.k8s.io/v1", kind, name)
        spec = found["spec"]
        try:
            for version in spec["versions"]:
                if version["served"]:
                    path = f"/apis/{spec['group']}/{version['name']}/{spec['names']['plural']}"
                    self.api.request("GET", f"{path}?limit=1")
        except ApiError:
            return False
        return True

    def _write_keys(self) -> None:
        """The key of service accounts, the administrator's token, and a kubeconfig of it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._key = self.folder / "service-accounts.pem"
        self._key.touch(mode=0o600)
        self._key.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        self._tokens = self.folder / "tokens.csv"
        self._tokens.touch(mode=0o600)
        self._tokens.write_text(f"{self.token},admin,admin,system:masters\n", encoding="utf-8")
        cluster = {"server": self.server, "certificate-authority": str(self.ca_file)}
        text = yaml.safe_dump({
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "here", "cluster": cluster}],
            "users": [{"name": "admin", "user": {"token": self.token}}],
            "contexts": [{"name": "here", "context": {"cluster": "here", "user": "admin"}}],
            "current-context": "here",
        })  # fmt: skip
        self.kubeconfig.touch(mode=0o600)
        self.kubeconfig.write_text(text, encoding="utf-8")

    def _run(self, name: str, program: Path, *options: str) -> None:
        self.processes.start(name, program, *options, environment=self.environment)

    def _start_store(self) -> None:
        client, peer = (f"http://{HERE}:{port}" for port in (self.store_port, self._peer_port))
        self._run(
            "etcd", self.binaries.etcd, "--name=one", f"--data-dir={self.folder / 'etcd'}",
            f"--listen-client-urls={client}", f"--advertise-client-urls={client}",
            f"--listen-peer-urls={peer}", f"--initial-advertise-peer-urls={peer}",
            f"--initial-cluster=one={peer}", "--unsafe-no-fsync", "--log-level=warn",
        )  # fmt: skip
        self.processes.wait("etcd", lambda: listening(self.store_port))

    def _start_server(self) -> None:
        self._run(
            "kube-apiserver", self.binaries.kube_apiserver,
            f"--etcd-servers=http://{HERE}:{self.store_port}",
            f"--bind-address={HERE}", f"--advertise-address={HERE}", f"--secure-port={self.port}",
            f"--cert-dir={self.ca_file.parent}", f"--token-auth-file={self._tokens}",
            "--authorization-mode=RBAC", "--allow-privileged=true",
            f"--service-cluster-ip-range={SERVICES}",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={self._key}",
            f"--service-account-signing-key-file={self._key}",
            "--endpoint-reconciler-type=none", "--profiling=false",
        )  # fmt: skip
        self.processes.wait("kube-apiserver", lambda: self.ca_file.is_file() and self.api.ready())

    def _start_controllers(self) -> None:
        common = (f"--kubeconfig={self.kubeconfig}", "--leader-elect=false", "--secure-port=0")
        self._run(
            "kube-controller-manager", self.binaries.kube_controller_manager, *common,
            "--controllers=*,-persistentvolume-attach-detach-controller",
            f"--service-account-private-key-file={self._key}", f"--root-ca-file={self.ca_file}",
        )  # fmt: skip
        self._run("kube-scheduler", self.binaries.kube_scheduler, *common)

    def _start_nodes(self) -> None:
        stages = self.folder / "volume-stages.yaml"
        stages.write_text(yaml.safe_dump_all(volume_stages()), encoding="utf-8")
        files = [*control_plane.stage_files(), stages]
        self._run(
            "kwok", self.binaries.kwok, f"--kubeconfig={self.kubeconfig}",
            "--manage-all-nodes=true", f"--node-ip={HERE}", *(f"--config={file}" for file in files),
        )  # fmt: skip
        for name in NODES:
            self.api.create(node(name))
        self.api.apply(storage_classes())
        self.processes.wait("kwok", self._nodes_ready)
        self.processes.wait("kube-controller-manager", self._accounts_made)

    def _nodes_ready(self) -> bool:
        """Whether pods can be put on them: conditions, and taints of nodes that just came."""
        return all(
            any(
                one["type"] == "Ready" and one["status"] == "True"
                for one in found.get("status", {}).get("conditions", ())
            )
            and not any(
                taint["key"].startswith("node.kubernetes.io/")
                for taint in found["spec"].get("taints", ())
            )
            for found in self.api.list("v1", "Node")
        )

    def _accounts_made(self) -> bool:
        return self.api.find("v1", "ServiceAccount", "default", "default") is not None
