"""Every object is what the Kubernetes API takes: unknown fields and wrong types are refused.

Schemas are the API server's own OpenAPI and the custom resource definitions, made strict: what is
not declared is not allowed. The control plane itself says the same in `e2e`, and says more.
"""

from __future__ import annotations

import copy
import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import rendered
import yaml
from rendered import Object, Overlay, every_overlay

from tools import control_plane

pytestmark = pytest.mark.manifests
FREE = "x-kubernetes-preserve-unknown-fields"
EITHER = "x-kubernetes-int-or-string"


@cache
def schemas() -> dict[tuple[str, str], Object]:
    """Schemas by apiVersion and kind."""
    found: dict[tuple[str, str], Object] = {}
    spec = json.loads(control_plane.openapi_file().read_text(encoding="utf-8"))
    definitions = {name: strict(one) for name, one in spec["definitions"].items()}
    for name, one in spec["definitions"].items():
        for kind in one.get("x-kubernetes-group-version-kind", []):
            version = "/".join(part for part in (kind["group"], kind["version"]) if part)
            found[version, kind["kind"]] = {
                "$ref": f"#/definitions/{name}", "definitions": definitions,
            }  # fmt: skip
    for file in control_plane.crd_files():
        found |= of_definition(file)
    return found


def of_definition(file: Path) -> dict[tuple[str, str], Object]:
    """Schemas of a file of custom resource definitions."""
    found = {}
    for one in yaml.safe_load_all(file.read_text(encoding="utf-8")):
        if not one or one["kind"] != "CustomResourceDefinition":
            continue
        for version in one["spec"]["versions"]:
            schema = strict(version["schema"]["openAPIV3Schema"])
            # Every object has metadata, which a definition does not spell out.
            schema["properties"]["metadata"] = {"type": "object"}
            kind = one["spec"]["names"]["kind"]
            found[f"{one['spec']['group']}/{version['name']}", kind] = schema
    return found


def strict(schema: Any) -> Any:
    """The same schema, refusing what it does not declare."""
    if isinstance(schema, list):
        return [strict(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: strict(value) for key, value in copy.copy(schema).items()}
    if schema.get(EITHER) or schema.get("format") == "int-or-string":
        return {"type": ["integer", "string"]}
    if str(schema.get("description", "")).startswith("Quantity is a fixed-point"):
        return {"type": ["number", "string"]}
    if "properties" in schema and "additionalProperties" not in schema and not schema.get(FREE):
        made["additionalProperties"] = False
    made.pop("format", None)  # dates and bytes: jsonschema would ask for packages
    return made


def faults(one: Object) -> list[str]:
    """Where an object is not what its schema allows."""
    schema = schemas().get((one["apiVersion"], one["kind"]))
    if schema is None:
        return [f"no API has {one['apiVersion']} {one['kind']}"]
    found = jsonschema.Draft202012Validator(schema).iter_errors(one)
    return [f"{fault.json_path}: {fault.message}" for fault in found]


@every_overlay
def test_every_object_is_what_the_api_takes(overlay: Overlay) -> None:
    wrong = [
        f"{name}: {'/'.join(rendered.identity(one))}: {fault}"
        for name, one in overlay.all()
        for fault in faults(one)
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("kind", "path", "value"),
    [
        ("Deployment", ("spec", "template", "spec", "containers", 0, "imagePullSecret"), "x"),
        ("Deployment", ("spec", "replicas"), "two"),
        ("HorizontalPodAutoscaler", ("spec", "maxReplica"), 3),
        ("NetworkPolicy", ("spec", "egress"), {}),
        ("SecretProviderClass", ("spec", "provder"), "gke"),
        ("PodMonitoring", ("spec", "endpoints", 0, "port"), None),
        ("Application", ("spec", "syncPolicy", "automated", "prune"), "yes"),
    ],
)
def test_a_slip_in_an_object_is_found(kind: str, path: tuple[Any, ...], value: Any) -> None:
    broken = copy.deepcopy(rendered.overlays()[0].of(kind)[0])
    assert faults(broken) == []
    *above, last = path
    here: Any = broken
    for key in above:
        here = here[key]
    here[last] = value
    assert faults(broken), f"{kind} with {path} = {value!r}"
