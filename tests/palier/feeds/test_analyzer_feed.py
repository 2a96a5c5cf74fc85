"""The analyzer's feed: the same facts as every other, out of the SDK's wrapping."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import builders
import pulumi
import pytest
from fact_differences import differences
from google.protobuf import json_format, struct_pb2
from pulumi_policy import PolicyResource, ResourceValidationArgs
from pulumi_policy.deserialize import deserialize_properties
from pulumi_policy.policy import (
    PolicyCustomTimeouts,
    PolicyProviderResource,
    PolicyResourceOptions,
)
from pulumi_policy.proxy import unknown_checking_proxy

from palier import wire
from palier.errors import PalierError
from palier.facts import UNKNOWN, Fact, Facts, Value
from palier.feeds.analyzer import Analyzed, Analyzer
from palier.project import SECRET
from palier.testing.analyzer import PackUnderTest

BUCKET = "gcp:storage/bucket:Bucket"
URN = f"urn:pulumi:prod::acme::{BUCKET}::web"


def wrapped(values: dict[str, Any]) -> Any:
    """Values as the SDK hands them to a policy."""
    message = struct_pb2.Struct()
    json_format.ParseDict(values, message)
    return unknown_checking_proxy(deserialize_properties(json_format.MessageToDict(message)))


def options(secret: list[str]) -> PolicyResourceOptions:
    return PolicyResourceOptions(False, [], None, [], PolicyCustomTimeouts(0, 0, 0), secret, None)


def told(values: dict[str, Any], secret: list[str] | None = None, urn: str = URN) -> Any:
    """Both messages about one bucket."""
    own = options(secret or [])
    provider = PolicyProviderResource("pulumi:providers:gcp", {}, "urn-of-provider", "default_10")
    arguments: Any = ResourceValidationArgs(
        BUCKET, wrapped(values), urn, "web", own, provider, None, {}
    )
    resource: Any = PolicyResource(BUCKET, wrapped({}), urn, "web", own, provider, None, [], {})
    return arguments, resource


def inputs(values: dict[str, Any], secret: list[str] | None = None) -> Any:
    """The inputs of the fact of a bucket."""
    analyzer = Analyzer()
    arguments, resource = told(values, secret)
    analyzer.hear(arguments)
    (fact,) = analyzer.read([resource]).facts
    return fact.inputs


def heard(facts: Facts) -> Analyzed:
    """Facts through the wire, the SDK and back."""
    from pulumi_policy import ResourceValidationPolicy, StackValidationPolicy  # noqa: PLC0415

    analyzer = Analyzer()
    found: list[Analyzed] = []
    PackUnderTest(
        [
            ResourceValidationPolicy("hear", "-", lambda args, _report: analyzer.hear(args)),
            StackValidationPolicy(
                "read", "-", lambda args, _report: found.append(analyzer.read(args.resources))
            ),
        ]
    ).analyze(facts)
    return found[0]


@pytest.mark.parametrize("phase", builders.PHASES)
def test_it_says_what_the_recorder_says(phase: str) -> None:
    recorded = builders.recorded(phase)
    said = heard(recorded)
    assert differences(recorded, said.facts) == []
    assert (said.project, said.stack, said.unheard) == ("palier", phase, ())


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ({"size": 10.0}, {"size": 10}),
        ({"size": 0.5}, {"size": 0.5}),
        ({"size": wire.UNKNOWN_TEXT}, {"size": UNKNOWN}),
        ({"list": [1.0, wire.UNKNOWN_TEXT]}, {"list": [1, UNKNOWN]}),
        ({"deep": {"er": [{"x": wire.UNKNOWN_TEXT}]}}, {"deep": {"er": [{"x": UNKNOWN}]}}),
        ({"mine": 1, "theirs": 2, "__defaults": ["theirs"]}, {"mine": 1}),
        ({"deep": {"theirs": 2, "__defaults": ["theirs"]}}, {"deep": {}}),
        ({"on": True, "off": False, "none": None}, {"on": True, "off": False, "none": None}),
    ],
)
def test_values_are_unwrapped(given: dict[str, Any], read: dict[str, Value]) -> None:
    assert inputs(given) == read


@pytest.mark.parametrize("mark", sorted(wire.UNKNOWNS))
def test_every_kind_of_unknown_is_one(mark: str) -> None:
    assert inputs({"value": mark}) == {"value": UNKNOWN}


def test_what_the_engine_keeps_secret_is_a_mark() -> None:
    given = {"password": {wire.SIGNATURE: wire.SECRET, "value": "hunter2"}, "name": "app"}
    assert inputs(given, ["password", "other"]) == {"password": SECRET, "name": "app"}


def test_a_file_is_a_mark() -> None:
    given = {"source": {wire.SIGNATURE: wire.FILES[0], "text": "hello"}}
    assert inputs(given)["source"][wire.SIGNATURE] == wire.FILES[0]


def test_a_resource_that_is_only_read_is_none_of_the_stack() -> None:
    analyzer = Analyzer()
    arguments, resource = told({})
    _, other = told({"location": "EU"}, urn=URN.replace("web", "other"))
    analyzer.hear(arguments)
    analyzer.hear(told({"location": "EU"}, urn=other.urn)[0])
    said = analyzer.read([resource, other])
    assert [fact.urn for fact in said.facts] == [other.urn]
    assert said.unheard == (), "it was told, and is not missing"


def test_a_resource_that_was_never_told_is_named() -> None:
    analyzer = Analyzer()
    arguments, resource = told({"location": "EU"})
    _, other = told({}, urn=URN.replace("web", "other"))
    analyzer.hear(arguments)
    other.name = "other"
    said = analyzer.read([resource, other])
    assert said.unheard == ("other",)
    assert [fact.name for fact in said.facts] == ["web"]


def test_what_is_told_twice_is_as_it_was_told_last() -> None:
    analyzer = Analyzer()
    for size in (1, 2):
        arguments, resource = told({"size": size})
        analyzer.hear(arguments)
    (fact,) = analyzer.read([resource]).facts
    assert fact.inputs == {"size": 2}


def test_a_urn_that_is_none_is_refused() -> None:
    _, resource = told({}, urn="urn:pulumi:prod")
    with pytest.raises(PalierError, match="policy analyzer: expected urn:pulumi"):
        Analyzer().read([resource])


def test_the_engines_own_providers_are_of_no_program() -> None:
    given = Fact(
        urn=URN, type=BUCKET, name="web", parent=None, custom=True, inputs={"location": "EU"},
        provider="urn:pulumi:prod::acme::pulumi:providers:gcp::gcp",
    )  # fmt: skip
    (fact,) = heard(Facts.of([given])).facts
    assert fact == given
    (fact,) = heard(Facts.of([replace(given, provider=None)])).facts
    assert fact.provider is None


def test_an_archive_is_a_mark() -> None:
    given = {"code": {wire.SIGNATURE: wire.FILES[1], "path": "./app"}}
    assert inputs(given)["code"][wire.SIGNATURE] == wire.FILES[1]
    assert isinstance(pulumi.FileArchive("./app"), pulumi.Archive)
