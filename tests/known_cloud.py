"""A stack as an update leaves it: ids, names and addresses are known, spelled as GCP spells them.

In a preview one unknown inside an object silences all that could be said of that object, and two
unknowns look alike. Whoever checks inputs closely, or compares two phases, records with this cloud.
"""

from __future__ import annotations

import json
import runpy
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import builders
from pulumi.runtime.proto import resource_pb2

from palier import recorder, wire
from palier.facts import Facts
from palier.provider import answers
from palier.provider.filled import filled

PROJECT = "acme-platform"
"""Project of the ready-made stacks."""
SURROUNDINGS = {
    "project": PROJECT,
    "region": "europe-west1",
    "zone": "europe-west1-b",
    "number": builders.PROJECT_NUMBER,
}
"""What the provider knows by itself."""
DIGITS = "0c0ffee"
"""End of all automatic names."""
OPTIONS: dict[str, Any] = {
    "billing": {"account": "01AB23-4CD567-89EF01", "currency": "EUR"},
    "alerts": {"email": "ops@example.com", "slack_channel": "#alerts", "sms": "+33612345678"},
    "slack_token": "xoxb-token",
    "exclusions": [{"name": "peak", "start": "2026-11-20", "end": "2026-12-01"}],
}
"""All that a stack may leave out."""
PROVIDER_DATA = builders.ROOT / "palier" / "provider"


@cache
def provider_schema() -> Mapping[str, Any]:
    """Inputs, outputs and ids of every type, as the provider's schema has them."""
    return _types("gcp-schema.json")


@cache
def replacement() -> Mapping[str, Any]:
    """What the provider replaces and what protects, by type."""
    return _types("gcp-replacement.json")


def _types(file: str) -> Mapping[str, Any]:
    content = json.loads((PROVIDER_DATA / file).read_text(encoding="utf-8"))
    types: Mapping[str, Any] = content["types"]
    return types


class AnsweringCloud(builders.KnownCloud):
    """Answers like `KnownCloud`, and for resources of Google as the real provider would."""

    def RegisterResource(  # noqa: N802 the engine's name
        self, request: resource_pb2.RegisterResourceRequest
    ) -> resource_pb2.RegisterResourceResponse:
        """Register, then answer what a create of the type tells."""
        response = super().RegisterResource(request)
        if request.type not in provider_schema():
            return response
        inputs = wire.decode(request.object)
        named = filled(request.type, inputs, None, request.name, digits=lambda: DIGITS)
        id_, outputs = answers.created(request.type, request.name, named, SURROUNDINGS)
        return resource_pb2.RegisterResourceResponse(
            urn=response.urn, id=id_, object=wire.encode(outputs)
        )


@cache
def deploy(program: Callable[[], object]) -> Facts:
    """Run a program of components in a cloud that answers, once for each function."""
    return recorder.record(program, project="test", stack="test", monitor=AnsweringCloud())


@cache
def cloud(phase: str, users: int | None = None) -> AnsweringCloud:
    """The cloud after an update of a ready-made stack, which is run once a test run."""
    return after(phase, builders.stack_config(phase, users))


@cache
def with_options() -> Facts:
    """What the first phase registers when a stack sets all that it may leave out."""
    return after("mvp", builders.stack_config("mvp", **OPTIONS)).facts()


def after(stack: str, config: Mapping[str, str]) -> AnsweringCloud:
    """The cloud after an update of a stack with a config of its own; not kept."""
    project = builders.project()
    monitor = AnsweringCloud()
    recorder.record(
        lambda: runpy.run_path(str(project.program), run_name="__main__"),
        project=project.name,
        root=project.root,
        stack=stack,
        config=config,
        monitor=monitor,
    )
    return monitor


@cache
def updated(phase: str, users: int | None = None) -> Facts:
    """What a ready-made stack registers in an update."""
    return cloud(phase, users).facts()
