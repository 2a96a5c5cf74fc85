"""What a cluster's metrics server answers, for pods that run nothing: a share of their requests.

Autoscalers read it through the API server, which takes it for a service of the cluster.
"""

from __future__ import annotations

import json
import ssl
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final, Self
from urllib.parse import parse_qs, urlsplit

from control_plane import ControlPlane
from kube_api import Json
from processes import HERE
from self_signed import certificate

GROUP: Final = "metrics.k8s.io"
ROOT: Final = f"/apis/{GROUP}/v1beta1"
IDLE: Final = 0.3
"""Share of its requested CPU that a pod uses, unless it is told another."""


class PodMetrics:
    """Starts beside a control plane; `busy` is the share of its request that every pod uses."""

    def __init__(self, cluster: ControlPlane, folder: Path) -> None:
        self.cluster = cluster
        self.busy = IDLE
        self._server = _Server((HERE, 0), _Answer)
        self._server.metrics = self
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate("localhost", folder))
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True).start()
        name = "metrics-server"
        port = self._server.server_port
        self.cluster.api.apply([
            {
                "apiVersion": "v1",
                "kind": "Service",
                "metadata": {"name": name, "namespace": "kube-system"},
                "spec": {"type": "ExternalName", "externalName": "localhost"},
            },
            {
                "apiVersion": "apiregistration.k8s.io/v1",
                "kind": "APIService",
                "metadata": {"name": f"v1beta1.{GROUP}"},
                "spec": {
                    "group": GROUP,
                    "version": "v1beta1",
                    "service": {"name": name, "namespace": "kube-system", "port": port},
                    "insecureSkipTLSVerify": True,
                    "groupPriorityMinimum": 100,
                    "versionPriority": 100,
                },
            },
        ])  # fmt: skip
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def of(self, namespace: str, selector: str) -> Json:
        """The metrics of some pods, as they would be just now."""
        pods = self.cluster.api.list("v1", "Pod", namespace, selector)
        return {
            "kind": "PodMetricsList",
            "apiVersion": f"{GROUP}/v1beta1",
            "metadata": {},
            "items": [self._one(pod) for pod in pods],
        }

    def _one(self, pod: Json) -> Json:
        now = datetime.now(tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return {
            "metadata": {key: pod["metadata"][key] for key in ("name", "namespace")},
            "timestamp": now,
            "window": "1s",
            "containers": [
                {"name": one["name"], "usage": {"cpu": self._cpu(one), "memory": "64Mi"}}
                for one in pod["spec"]["containers"]
            ],
        }

    def _cpu(self, container: Json) -> str:
        asked = container["resources"]["requests"]["cpu"]
        millicores = int(asked[:-1]) if asked.endswith("m") else int(asked) * 1000
        return f"{round(millicores * self.busy)}m"


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    metrics: PodMetrics


class _Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        """Which resources there are, or the metrics of pods."""
        parts = urlsplit(self.path)
        words = parts.path.removeprefix(ROOT).strip("/").split("/")
        if words[0] == "namespaces":
            selector = parse_qs(parts.query).get("labelSelector", [""])[0]
            self._send(self.server.metrics.of(words[1], selector))
            return
        self._send({
            "kind": "APIResourceList",
            "apiVersion": "v1",
            "groupVersion": f"{GROUP}/v1beta1",
            "resources": [{
                "name": "pods", "singularName": "", "namespaced": True, "kind": "PodMetrics",
                "verbs": ["get", "list"],
            }],
        })  # fmt: skip

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def _send(self, document: Json) -> None:
        body = json.dumps(document).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
