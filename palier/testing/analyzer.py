"""A policy pack under test: fed as the engine feeds it, through the SDK's own server.

Each resource goes over the wire as a message, is wrapped by the SDK's proxies, and is handed to the
policies: resource by resource first, then all of them to the policies of stacks. So a test sees
what production sees: a policy that reads an unknown value unguarded comes back as advisory, and one
that raises raises.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from google.protobuf import json_format
from pulumi.runtime.proto import analyzer_pb2
from pulumi_policy import EnforcementLevel, Policy
from pulumi_policy.policy import _PolicyAnalyzerServicer

from palier import wire
from palier.facts import STACK_TYPE, Fact

PACK: Final = "under-test"
LEVELS: Final = {
    analyzer_pb2.ADVISORY: "advisory",
    analyzer_pb2.MANDATORY: "mandatory",
    analyzer_pb2.DISABLED: "disabled",
    analyzer_pb2.REMEDIATE: "remediate",
}
PACKAGES: Final = "pulumi:providers:"


@dataclass(frozen=True, kw_only=True)
class Diagnostic:
    """What a policy said, at the level that the engine would act on."""

    policy: str
    level: str
    message: str
    urn: str


class PackUnderTest:
    """The policies of a pack, behind the SDK's own server."""

    def __init__(
        self,
        policies: Sequence[Policy],
        config: Mapping[str, Mapping[str, Any]] | None = None,
        level: EnforcementLevel = EnforcementLevel.MANDATORY,
    ) -> None:
        """Serve a pack.

        Args:
            policies: as a pack is given them.
            config: by policy, as `--policy-pack-config` has it; only names of the pack's policies.
            level: of policies that have none.
        """
        self._server = cast(Any, _PolicyAnalyzerServicer)(PACK, "1.0.0", list(policies), level)
        self._server.Configure(_configured(policies, config or {}, level), None)

    def analyze(self, facts: Iterable[Fact]) -> list[Diagnostic]:
        """What the pack says of a stack, in the order in which it says it."""
        listed = list(facts)
        told: list[Diagnostic] = []
        for fact in listed:
            request = analyzer_pb2.AnalyzeRequest(
                type=fact.type, urn=fact.urn, name=fact.name, options=_options(fact),
                properties=wire.encode(fact.inputs), provider=_provider(fact),
            )  # fmt: skip
            told += _diagnostics(self._server.Analyze(request, None))
        stack = analyzer_pb2.AnalyzeStackRequest(resources=map(_resource, listed))
        return told + list(_diagnostics(self._server.AnalyzeStack(stack, None)))


def _resource(fact: Fact) -> analyzer_pb2.AnalyzerResource:
    """A resource as it is told at the end: a component has what it registered."""
    values = {**fact.inputs, **fact.outputs} if fact.custom else fact.outputs
    return analyzer_pb2.AnalyzerResource(
        type=fact.type, urn=fact.urn, name=fact.name, options=_options(fact),
        properties=wire.encode(values), provider=_provider(fact), parent=fact.parent or "",
        dependencies=fact.dependencies,
    )  # fmt: skip


def _options(fact: Fact) -> analyzer_pb2.AnalyzerResourceOptions:
    return analyzer_pb2.AnalyzerResourceOptions(
        protect=fact.protect, ignoreChanges=fact.ignore_changes, parent=fact.parent or ""
    )


def _provider(fact: Fact) -> analyzer_pb2.AnalyzerProviderResource | None:
    """Who makes a resource: what a program named, else the engine's own of its package."""
    if not fact.custom or fact.type.startswith(PACKAGES) or fact.type == STACK_TYPE:
        return None
    package = fact.type.partition(":")[0]
    stack, project = fact.urn.split("::")[:2]
    own = f"{stack}::{project}::{PACKAGES}{package}::default"
    urn = fact.provider or own
    return analyzer_pb2.AnalyzerProviderResource(
        type=f"{PACKAGES}{package}", urn=urn, name=urn.rpartition("::")[2]
    )


def _configured(
    policies: Sequence[Policy], config: Mapping[str, Mapping[str, Any]], level: EnforcementLevel
) -> analyzer_pb2.ConfigureAnalyzerRequest:
    """Every policy with its own level, as the engine fills them in, and its values."""
    request = analyzer_pb2.ConfigureAnalyzerRequest()
    for policy in policies:
        entry = request.policyConfig[policy.name]
        own = policy.enforcement_level or level
        entry.enforcementLevel = analyzer_pb2.EnforcementLevel.Value(own.value.upper())
        json_format.ParseDict(dict(config.get(policy.name, {})), entry.properties)
    return request


def _diagnostics(response: analyzer_pb2.AnalyzeResponse) -> Iterator[Diagnostic]:
    for one in response.diagnostics:
        yield Diagnostic(
            policy=one.policyName, level=LEVELS[one.enforcementLevel], message=one.message,
            urn=one.urn,
        )  # fmt: skip
