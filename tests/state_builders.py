"""States to break: resources, interrupted operations and checkpoints as the CLI writes them."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, Final

from palier.state.address import Address
from palier.state.file_backend import FileBackend
from palier.state.layout import Stack
from palier.wire import SECRET, SIGNATURE

STACK: Final = Stack(project="shop", name="prod")
KEY: Final = ".pulumi/stacks/shop/prod.json"
BUCKET: Final = "gcp:storage/bucket:Bucket"
CLI: Final = "v3.256.0"

Row = dict[str, Any]


def urn(type_: str, name: str) -> str:
    return f"urn:pulumi:prod::shop::{type_}::{name}"


ROOT: Final = urn("pulumi:pulumi:Stack", "shop-prod")
PROVIDER_ID: Final = "6080fb93-0879-42bb-ad13-003c815213c8"
PROVIDER: Final = urn("pulumi:providers:gcp", "gcp")


def root() -> Row:
    return {"urn": ROOT, "custom": False, "type": "pulumi:pulumi:Stack"}


def provider() -> Row:
    return {
        "urn": PROVIDER, "custom": True, "id": PROVIDER_ID, "type": "pulumi:providers:gcp",
        "inputs": {"project": "acme", "region": "europe-west1"}, "parent": ROOT,
    }  # fmt: skip


def bucket(name: str, **fields: Any) -> Row:
    """A bucket that exists as `acme-NAME`, with whatever is given in the place of its fields."""
    row: Row = {
        "urn": urn(BUCKET, name), "custom": True, "id": f"acme-{name}", "type": BUCKET,
        "inputs": {"name": f"acme-{name}", "location": "EU", "__defaults": []},
        "outputs": {"name": f"acme-{name}", "location": "EU", "url": f"gs://acme-{name}"},
        "parent": ROOT, "provider": f"{PROVIDER}::{PROVIDER_ID}",
        "propertyDependencies": {"location": []},
    }  # fmt: skip
    return {key: value for key, value in (row | fields).items() if value is not None}


def unmade(name: str, **fields: Any) -> Row:
    """The same bucket as a pending creation has it: no id, no outputs."""
    return bucket(name, **({"id": None, "outputs": None} | fields))


def secret(text: str = "v1:abc:def") -> Row:
    return {SIGNATURE: SECRET, "ciphertext": text}


def state(*rows: Row, pending: list[tuple[str, Row]] | None = None, **latest: Any) -> Row:
    """A deployment with the stack's root and its provider before the rows."""
    deployment: Row = {
        "manifest": {
            "time": "2026-11-21T00:00:00Z", "version": CLI,
            "magic": hashlib.sha256(CLI.encode()).hexdigest(),
        },
        "secrets_providers": {"type": "passphrase", "state": {"salt": "v1:salt"}},
        "resources": [root(), provider(), *rows],
        "metadata": {},
    }  # fmt: skip
    if pending:
        deployment["pending_operations"] = [
            {"resource": row, "type": kind} for kind, row in pending
        ]
    return deployment | latest


def stored(deployment: Row, stack: str = STACK.full, version: int = 3) -> bytes:
    """The bytes of a checkpoint."""
    document = {"version": version, "checkpoint": {"stack": stack, "latest": deployment}}
    return json.dumps(document, separators=(",", ":")).encode()


def exported(deployment: Row) -> bytes:
    """The bytes of an export."""
    return json.dumps({"version": 3, "deployment": deployment}, indent=4).encode()


def folder(tmp_path: Path, deployment: Row | None = None) -> FileBackend:
    """A file backend, with a state of the stack when one is given."""
    backend = FileBackend(Address(scheme="file", bucket=str(tmp_path), prefix="", query={}))
    backend.put(".pulumi/meta.yaml", b"version: 1\n", None)
    if deployment is not None:
        backend.put(KEY, stored(deployment), None)
    return backend


def lock(backend: FileBackend, name: str = "abandoned", **fields: Any) -> str:
    """A lock of a process that has ended on another host, unless told otherwise."""
    content = {
        "pid": 4711, "username": "ada", "hostname": "build-7",
        "timestamp": "2026-11-22T05:21:17.97023265Z",
    }  # fmt: skip
    key = f"{STACK.locks}{name}.json"
    backend.put(key, json.dumps(content | fields).encode(), None)
    return key


def now(backend: FileBackend) -> Row:
    """The deployment that a backend holds."""
    blob = backend.get(KEY)
    assert blob is not None
    deployment: Row = json.loads(blob.data)["checkpoint"]["latest"]
    return deployment
