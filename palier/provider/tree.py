"""The schema of `gcp-schema.json` as a tree: properties as Terraform has them, and the messages.

Owns reading the data files, which their `meaning` explains: this one, and what replaces from
`gcp-replacement.json`. Judging is `schema`, turning values of the wire is `coercions`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from palier.provider.formats import Rule, fill

_SINGLES: Final = frozenset(
    {
        "gcp:compute/backendService:BackendService.healthChecks",
        "gcp:compute/resourcePolicy:ResourcePolicy"
        ".snapshotSchedulePolicy.snapshotProperties.storageLocations",
    }
)
"""Strings which Terraform holds as a list of one, as it does all objects."""
_NOT_INLINE: Final = frozenset({"cluster", "location", "project"})
"""What only a node pool of its own has, not one inside a cluster."""


@dataclass(frozen=True, order=True)
class Failure:
    """One thing that Check refuses.

    `path` is the Pulumi path (`settings.ipConfiguration.sslMode`, `rules[0].action`; below a set
    the path of the set); `reason` is the text of the provider, where names are Terraform paths.
    """

    path: str
    reason: str


class UnknownTypeError(LookupError):
    """The data do not have this type."""

    def __init__(self, type_: str) -> None:
        super().__init__(f"gcp-schema.json has no type {type_}")


class Place(NamedTuple):
    """Where a value is: its Pulumi path and its Terraform name."""

    path: str = ""
    name: str = ""

    def field(self, key: str, tf: str) -> Place:
        """Of a field, by its Pulumi and its Terraform name."""
        return Place(f"{self.path}.{key}".removeprefix("."), f"{self.name}.{tf}".removeprefix("."))

    def item(self, kind: str, index: int) -> Place:
        """Of an element; a set has no index that Pulumi could name."""
        path = f"{self.path}[{index}]" if kind == "list" else self.path
        return Place(path, f"{self.name}.{index}")


@dataclass(frozen=True, kw_only=True)
class Node:
    """A property as Terraform has it.

    `kind` is a scalar type, `map`, `list`, `set`, `one` (a list of one that Pulumi shows as its
    element) or `block` (an element with properties).
    """

    kind: str
    tf: str = ""
    rule: Rule = field(default_factory=dict)
    output: bool = False
    fields: Mapping[str, Node] = field(default_factory=dict)
    element: Node | None = None

    @property
    def computed(self) -> bool:
        """Whether the service answers a value when the program gives none."""
        return self.output or bool(self.rule.get("computed"))

    @property
    def holds_blocks(self) -> bool:
        """Whether this holds objects, of which none given is the same as nothing given."""
        return self.kind in {"one", "list", "set"} and element_of(self).kind == "block"


def _data(file: str) -> Mapping[str, Any]:
    text = resources.files("palier.provider").joinpath(file).read_text("utf-8")
    data: Mapping[str, Any] = json.loads(text, object_hook=MappingProxyType)
    return data


@cache
def schema_data() -> Mapping[str, Any]:
    """The schema of all types."""
    return _data("gcp-schema.json")


@cache
def _replacement_data() -> Mapping[str, Any]:
    return _data("gcp-replacement.json")


def replacement_of(type_: str) -> Mapping[str, Any]:
    """What the data say of changes to a type: what replaces, and how.

    Raises:
        UnknownTypeError: the data do not have this type.
    """
    rules: Mapping[str, Any] | None = _replacement_data()["types"].get(type_)
    if rules is None:
        raise UnknownTypeError(type_)
    return rules


def schema_of(type_: str) -> Mapping[str, Any]:
    """What the data file says of a type.

    Raises:
        UnknownTypeError: the data do not have this type.
    """
    schema: Mapping[str, Any] | None = schema_data()["types"].get(type_)
    if schema is None:
        raise UnknownTypeError(type_)
    return schema


@cache
def messages() -> Mapping[str, str]:
    """The messages of the data as templates: examples become places, remarks are cut off."""
    messages = {
        key: text.replace("{a},{b}", "{group}") for key, text in schema_data()["messages"].items()
    }
    messages["enum"] = messages["enum"].replace('["A" "B"]', "{values}")
    messages["range"] = messages["range"].partition(";")[0]
    messages["object"] = messages["object"].replace("string", "{kind}")
    messages["int"] = messages["int"].replace("true", "{value}")
    messages["numberText"] = messages["numberText"].rpartition("no failures: ")[2]
    return messages


def say(key: str, **fields: object) -> str:
    """A message of the provider, with its places filled."""
    return fill(messages()[key], fields)


@cache
def root_of(type_: str) -> Node:
    """The tree of a type."""
    schema = schema_of(type_)
    fields = _fields(schema["inputs"], schema.get("outputs", {}), type_)
    return Node(kind="block", fields=fields)


def _fields(
    inputs: Mapping[str, Rule], outputs: Mapping[str, Rule], path: str, *, output: bool = False
) -> dict[str, Node]:
    nodes = {
        name: _node(name, rule, outputs.get(name, {}), f"{path}.{name}", output=output)
        for name, rule in inputs.items()
    }
    for name in outputs.keys() - inputs.keys():
        nodes[name] = _node(name, outputs[name], {}, f"{path}.{name}", output=True)
    return nodes


def _node(name: str, rule: Rule, outputs: Rule, path: str, *, output: bool = False) -> Node:
    kind = "one" if rule["type"] == "object" or path in _SINGLES else rule["type"]
    tf = rule.get("tf") or re.sub("[A-Z]", lambda capital: f"_{capital[0].lower()}", name)
    element = _element(rule, outputs, path, output=output)
    return Node(kind=kind, tf=tf, rule=rule, output=output, element=element)


def _element(rule: Rule, outputs: Rule, path: str, *, output: bool) -> Node:
    """What the lists, sets, maps and objects of Terraform hold; a scalar has no use for it."""
    if rule["type"] in {"object", "list", "set"} and "items" not in rule:
        own, rest = rule.get("properties", {}), outputs.get("properties", {})
        fields = _fields(own, rest, path, output=output)
        if "see" in rule:
            seen = root_of(rule["see"]).fields
            fields = {name: seen[name] for name in seen.keys() - _NOT_INLINE}
        return Node(kind="block", fields=fields)
    items = rule.get("items", "string")
    items = {"type": items} if isinstance(items, str) else items
    return Node(kind=items["type"], rule=items)


def element_of(node: Node) -> Node:
    """What a collection holds; a map that is itself an element holds strings, as all maps do."""
    return node.element or Node(kind="string")
