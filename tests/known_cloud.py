"""A stack as an update leaves it: ids, names and addresses are known, spelled as GCP spells them.

In a preview one unknown inside an object silences all that could be said of that object, and two
unknowns look alike. Whoever checks inputs closely, or compares two phases, records with this cloud.
"""

from __future__ import annotations

import json
import re
import runpy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import builders
from google.protobuf import json_format, struct_pb2
from pulumi.runtime.proto import resource_pb2

from palier import recorder
from palier.facts import Facts

PROJECT = "acme-platform"
"""Project of the ready-made stacks."""
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


@dataclass(frozen=True)
class _Answer:
    """What a create answers for one resource, told from the schema's templates."""

    type: str
    name: str
    inputs: Mapping[str, Any]

    def text(self, key: str) -> str:
        """A property: as given, by its template, as `builders` has it, or a text of its own."""
        if isinstance(given := self.inputs.get(key), str):
            return given
        known = provider_schema().get(self.type, {})
        output = known.get("outputs", {}).get(key, {})
        template = output.get("template") or output.get("templateDocumented")
        if key == "id":
            template = known.get("id")
        if template:
            return self._fill(template)
        fallback = {"project": PROJECT, "location": "global"} | builders.COMPUTED
        spoken = fallback.get(key)
        return spoken if isinstance(spoken, str) else f"{self.name}-{key}"

    def _fill(self, template: str) -> str:
        counted = template.replace("<number>", builders.PROJECT_NUMBER)
        counted = re.sub(r"<\w+>", self.name, counted)
        return re.sub(r"\{\{(\w+)\}\}", lambda hole: self.text(hole[1]), counted)

    def texts(self) -> dict[str, str]:
        """Every text output of the type, and every text input that the service fills."""
        known = provider_schema().get(self.type, {})
        told = {key: rule for key, rule in known.get("inputs", {}).items() if rule.get("computed")}
        told |= known.get("outputs", {})
        return {
            key: self.text(key)
            for key, rule in told.items()
            if rule["type"] == "string" and key not in self.inputs
        }


class AnsweringCloud(builders.KnownCloud):
    """Answers like `KnownCloud`, with the ids and outputs that the provider's schema describes."""

    def RegisterResource(  # noqa: N802 the engine's name
        self, request: resource_pb2.RegisterResourceRequest
    ) -> resource_pb2.RegisterResourceResponse:
        """Register, then answer what a create of the type tells."""
        response = super().RegisterResource(request)
        if request.type not in provider_schema():
            return response
        answer = _Answer(request.type, request.name, json_format.MessageToDict(request.object))
        outputs = json_format.MessageToDict(response.object) | answer.texts()
        known = struct_pb2.Struct()
        json_format.ParseDict(outputs, known)
        return resource_pb2.RegisterResourceResponse(
            urn=response.urn, id=answer.text("id"), object=known
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
