"""A thin client of a Kubernetes API: documents in, documents out, and what the server refused."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterable, Mapping
from http.client import HTTPSConnection
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlencode

import yaml

Json = dict[str, Any]
Documents = list[Json]

MERGE: Final = "application/merge-patch+json"
JSON_PATCH: Final = "application/json-patch+json"
APPLY: Final = "application/apply-patch+yaml"
TIMEOUT_S: Final = 60.0


class ApiError(Exception):
    """The server refused; its own message."""

    def __init__(self, code: int, status: Json) -> None:
        self.code = code
        self.reason: str = status.get("reason", "")
        self.status = status
        super().__init__(f"{code} {self.reason}: {status.get('message', status)}")


class KubeApi:
    """One server, one token; resources are named by `apiVersion` and `kind`."""

    def __init__(self, port: int, token: str, ca_file: Path) -> None:
        self.port = port
        self._token = token
        self._ca_file = ca_file
        self._tls: ssl.SSLContext | None = None
        self._resources: dict[tuple[str, str], Json] = {}

    def request(
        self,
        method: str,
        path: str,
        body: object = None,
        content_type: str = "application/json",
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """One call; a document if the server sends one, else its text.

        Raises:
            ApiError: the server refused.
        """
        if self._tls is None:
            self._tls = ssl.create_default_context(cafile=str(self._ca_file))
        line = HTTPSConnection("127.0.0.1", self.port, timeout=TIMEOUT_S, context=self._tls)
        sent = {"Authorization": f"Bearer {self._token}", "Accept": "application/json"}
        if body is not None:
            sent["Content-Type"] = content_type
        try:
            text = None if body is None else json.dumps(body)
            line.request(method, path, text, sent | dict(headers or {}))
            answer = line.getresponse()
            content = answer.read()
        finally:
            line.close()
        said = _read(content)
        if answer.status >= 400:
            raise ApiError(answer.status, said if isinstance(said, dict) else {"message": said})
        return said

    def path(self, api_version: str, kind: str, namespace: str | None, name: str = "") -> str:
        """Where a resource is; a namespace is `default` if none is named and one is needed."""
        found = self._resource(api_version, kind)
        root = "/api/v1" if api_version == "v1" else f"/apis/{api_version}"
        within = f"/namespaces/{namespace or 'default'}" if found["namespaced"] else ""
        return f"{root}{within}/{found['name']}" + (f"/{quote(name)}" if name else "")

    def apply(
        self,
        documents: str | Json | Iterable[Json],
        field_manager: str = "tests",
        force: bool = False,
        dry_run: bool = False,
    ) -> Documents:
        """Server-side apply, strict about fields; YAML text, a document, or several.

        Raises:
            ApiError: the server refused one; those before it are applied.
        """
        query: dict[str, str] = {"fieldManager": field_manager, "fieldValidation": "Strict"}
        query |= {"force": "true"} if force else {}
        query |= {"dryRun": "All"} if dry_run else {}
        return [
            self.request("PATCH", f"{self._of(one)}?{urlencode(query)}", one, APPLY)
            for one in documents_of(documents)
        ]

    def create(self, document: Json) -> Json:
        """Create it, with its status if the server takes one.

        Raises:
            ApiError: the server refused, or it exists.
        """
        meta = document["metadata"]
        path = self.path(document["apiVersion"], document["kind"], meta.get("namespace"))
        made: Json = self.request("POST", path, document)
        return made

    def get(self, api_version: str, kind: str, name: str, namespace: str | None = None) -> Json:
        """One resource.

        Raises:
            ApiError: there is none.
        """
        found: Json = self.request("GET", self.path(api_version, kind, namespace, name))
        return found

    def find(
        self, api_version: str, kind: str, name: str, namespace: str | None = None
    ) -> Json | None:
        """One resource, if it is there."""
        try:
            return self.get(api_version, kind, name, namespace)
        except ApiError as error:
            if error.code == 404:
                return None
            raise

    def list(
        self, api_version: str, kind: str, namespace: str | None = None, labels: str = ""
    ) -> Documents:
        """All of a kind, in one namespace or in all; `labels` is a selector."""
        path = self.path(api_version, kind, namespace)
        if namespace is None:
            path = path.replace("/namespaces/default/", "/", 1)
        query = f"?{urlencode({'labelSelector': labels})}" if labels else ""
        items: Documents = self.request("GET", path + query)["items"]
        for one in items:  # the server leaves these out in lists
            one.update(apiVersion=api_version, kind=kind)
        return items

    def delete(self, api_version: str, kind: str, name: str, namespace: str | None = None) -> None:
        """Delete it, and in the background what it owns."""
        path = self.path(api_version, kind, namespace, name)
        self.request("DELETE", path, {"propagationPolicy": "Background"})

    def patch(
        self, api_version: str, kind: str, name: str, change: object,
        namespace: str | None = None, subresource: str = "",
    ) -> Json:  # fmt: skip
        """Merge a document into a resource; a list is a JSON patch."""
        how = JSON_PATCH if isinstance(change, list) else MERGE
        path = self.path(api_version, kind, namespace, name)
        path += f"/{subresource}" if subresource else ""
        changed: Json = self.request("PATCH", path, change, how)
        return changed

    def openapi(self) -> Json:
        """The schemas of all that the server knows, custom resources too (OpenAPI v2)."""
        found: Json = self.request("GET", "/openapi/v2")
        return found

    def ready(self) -> bool:
        """Whether the server says that it is ready."""
        try:
            return bool(self.request("GET", "/readyz") == "ok")
        except (OSError, ApiError):
            return False

    def _of(self, document: Json) -> str:
        meta = document["metadata"]
        return self.path(
            document["apiVersion"], document["kind"], meta.get("namespace"), meta["name"]
        )

    def _resource(self, api_version: str, kind: str) -> Json:
        if (api_version, kind) not in self._resources:
            root = "/api/v1" if api_version == "v1" else f"/apis/{api_version}"
            for one in self.request("GET", root)["resources"]:
                if "/" not in one["name"]:
                    self._resources[api_version, one["kind"]] = one
        try:
            return self._resources[api_version, kind]
        except KeyError:
            raise ApiError(404, {"message": f"no {kind} in {api_version}"}) from None


def documents_of(given: str | Json | Iterable[Json]) -> Documents:
    """Documents of YAML text, or as they are; members of a List one by one."""
    if isinstance(given, str):
        given = [one for one in yaml.safe_load_all(given) if one]
    found = [given] if isinstance(given, dict) else list(given)
    return [
        member
        for one in found
        for member in (one["items"] if one["kind"] == "List" else [one])
    ]  # fmt: skip


def _read(content: bytes) -> Any:
    text = content.decode("utf-8")
    try:
        return json.loads(text)
    except ValueError:
        return text
