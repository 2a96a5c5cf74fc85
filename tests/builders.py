"""Builders for tests: deploy a component, record a phase, plan a stack; no cloud, no CLI.

Copy the pattern: `deploy` runs a program under recording mocks and returns what it registered.
Assert on that, after it returns, never inside `apply`: an assertion there can be skipped in
silence.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

from google.protobuf import json_format, struct_pb2
from pulumi.runtime.proto import resource_pb2

from palier import plan, recorder
from palier.facts import Fact, Facts
from palier.plan import Changes, Plan
from palier.project import Project, find

ROOT = Path(__file__).parent.parent
PHASE_USERS = (
    ("mvp", 50),
    ("traction", 100),
    ("scale", 10_000),
    ("scale", 50_000),
    ("growth", 125_000),
    ("growth", 500_000),
    ("growth", 750_000),
    ("growth", 1_000_000),
    ("hypergrowth", 2_000_000),
    ("hypergrowth", 5_000_000),
    ("hypergrowth", 11_000_000),
)
"""The reference design's checkpoints."""
PHASES = ("mvp", "traction", "scale", "growth", "hypergrowth")

PROJECT_NUMBER = "123456789012"
COMPUTED = {
    "email": f"service-{PROJECT_NUMBER}@container-engine-robot.iam.gserviceaccount.com",
    "member": "serviceAccount:someone@acme.iam.gserviceaccount.com",
    "privateIpAddress": "10.24.0.3",
    "host": "10.24.0.4",
    "address": "203.0.113.10",
    "authString": "auth",
    "result": "password",
    "serviceAccountEmailAddress": "sql@acme.iam.gserviceaccount.com",
    "selfLink": "https://www.googleapis.com/compute/v1/self",
    "controlPlaneEndpointsConfig": {
        "dnsEndpointConfig": {"endpoint": "gke-abc.europe-west1.gke.goog"}
    },
    "dnsResourceRecords": [{"name": "_acme.example.com.", "type": "CNAME", "data": "x.goog."}],
}
"""Outputs that only a cloud could compute, for tests that follow a value to where it ends."""


class KnownCloud(recorder.RecordingMonitor):
    """A monitor that answers like an update: ids and computed outputs are known."""

    preview: ClassVar[bool] = False

    def RegisterResource(  # noqa: N802 the engine's name
        self, request: resource_pb2.RegisterResourceRequest
    ) -> resource_pb2.RegisterResourceResponse:
        """Register, then add an id and computed outputs."""
        response = super().RegisterResource(request)
        if not request.custom:
            return response
        outputs = COMPUTED | json_format.MessageToDict(request.object)
        if "controlPlaneEndpointsConfig" in outputs:
            outputs["controlPlaneEndpointsConfig"] = COMPUTED["controlPlaneEndpointsConfig"]
        known = struct_pb2.Struct()
        json_format.ParseDict(outputs, known)
        return resource_pb2.RegisterResourceResponse(
            urn=response.urn, id=f"{request.name}-id", object=known
        )


def deploy(program: Callable[[], object], *, known: bool = False) -> Facts:
    """Run a program under mocks and return what it registered.

    Args:
        program: creates components; called once, in a stack named `test`.
        known: answer ids and computed outputs, as an update would; a preview otherwise.
    """
    monitor = KnownCloud() if known else recorder.RecordingMonitor()
    return recorder.record(program, project="test", stack="test", monitor=monitor)


def only(facts: Facts, type_suffix: str, name: str | None = None) -> Fact:
    """The one resource of a type (`Cluster`, `sql/user:User`), or of that type and name."""
    found = [
        fact
        for fact in facts
        if fact.type.endswith(type_suffix) and (name is None or fact.name == name)
    ]
    assert len(found) == 1, f"expected one {type_suffix}, got {[fact.name for fact in found]}"
    return found[0]


def names(facts: Facts, type_suffix: str) -> list[str]:
    """Logical names of all resources of a type."""
    return [fact.name for fact in facts if fact.type.endswith(type_suffix)]


def project() -> Project:
    """This repository as a Pulumi project."""
    return find(ROOT)


def stack_config(phase: str, users: int | None = None, **own: Any) -> dict[str, str]:
    """Config of a ready-made stack; keyword arguments are `palier:` keys."""
    config = project().config(phase)
    if users is not None:
        config["palier:users"] = str(users)
    for key, value in own.items():
        config[f"palier:{key}"] = value if isinstance(value, str) else json.dumps(value)
    return config


@cache
def recorded(phase: str, users: int | None = None) -> Facts:
    """What a ready-made stack would create, recorded once a test run."""
    return recorder.record_project(project(), phase, stack_config(phase, users))


@cache
def planned(phase: str, users: int | None = None) -> Plan:
    """The plan of a ready-made stack, made once a test run."""
    return plan.make(project(), phase, Changes(users=users))


def record_with(phase: str, config: Mapping[str, str]) -> Facts:
    """What a stack would create with a config of its own; not kept."""
    return recorder.record_project(project(), phase, config)
