"""What the Check of the real GCP provider refuses, told from `gcp-schema.json` alone.

The `meaning` of that file says how to read it, and this module does no more than obey it. As in
the provider there are two steps. First the bridge turns the values of the wire into those that
Terraform takes (`coercions`); what cannot be turned fails the whole call, and nothing else is
said. Then Terraform looks at one property after another, in the order that `meaning` names.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from palier.facts import UNKNOWN, Value
from palier.provider.coercions import CallFailsError, turn
from palier.provider.formats import Broken, Rule, fill, judge, refused_key
from palier.provider.tree import (
    Failure,
    Node,
    Place,
    UnknownTypeError,
    element_of,
    messages,
    root_of,
    say,
    schema_data,
    schema_of,
)

__all__ = ["Failure", "UnknownTypeError", "check", "input_properties", "types"]

_TIMEOUTS: Final = "timeouts"
"""A property of every resource, which the provider takes though no schema has it."""


@cache
def types() -> frozenset[str]:
    """Every type that `check` knows."""
    return frozenset(schema_data()["types"])


def input_properties(type_: str) -> Mapping[str, Rule]:
    """Read the schema of the inputs of a type, as the data file has it.

    Raises:
        UnknownTypeError: the data do not have this type.
    """
    inputs: Mapping[str, Rule] = schema_of(type_)["inputs"]
    return inputs


def check(type_: str, inputs: Mapping[str, object]) -> list[Failure]:
    """Tell what Check would refuse in the inputs of one resource, sorted; nothing when all is well.

    Raises:
        UnknownTypeError: the data do not have this type.
    """
    root = root_of(type_)
    judged = {key: value for key, value in inputs.items() if key != _TIMEOUTS}
    try:
        given = turn(root, judged, Place())
    except CallFailsError as error:
        return [error.failure]
    return sorted(_Walk(root, given).block(root, given, Place()))


def _holds_unknown(value: Value) -> bool:
    if isinstance(value, Mapping):
        return any(map(_holds_unknown, value.values()))
    if isinstance(value, list):
        return any(map(_holds_unknown, value))
    return value is UNKNOWN


def _required(node: Node, value: Value, name: str) -> str | None:
    return say("required", name=name) if node.rule.get("required") and value is None else None


def _output(node: Node, value: Value, name: str) -> str | None:
    return say("output", name=name) if node.output and value is not None else None


def _count(node: Node, count: int, name: str) -> str | None:
    most = 1 if node.kind == "one" else node.rule.get("maxItems", count)
    least = node.rule.get("minItems", 0)
    if count > most:
        return say("maxItems", name=name, max=most, n=count)
    return say("minItems", name=name, min=least, n=count) if count < least else None


def _scalar(node: Node, value: Value, name: str) -> str | None:
    if isinstance(value, list):
        return say("scalarList")
    if isinstance(value, Mapping):
        return say("scalarMap")
    if node.kind in {"int", "bool"} and isinstance(value, bool) != (node.kind == "bool"):
        return say(node.kind, value=value)
    broken = judge(value, node.rule)
    if broken is None:
        return None
    fields = {"name": name, "value": value, **broken.fields}
    return fill(_template(broken, node.rule), fields)


def _template(broken: Broken, rule: Rule) -> str:
    format_ = schema_data()["formats"].get(broken.key, {})
    says: str | list[str] = rule.get("says") or format_.get("says") or messages()[broken.key]
    return says if isinstance(says, str) else says[broken.number]


def _go_kind(value: Value) -> str:
    if isinstance(value, list | str):
        return "slice" if isinstance(value, list) else "string"
    return "bool" if isinstance(value, bool) else "int"


@dataclass(frozen=True)
class _Walk:
    """The second step: one look at all inputs of one resource."""

    root: Node
    inputs: Value

    def block(self, node: Node, value: Value, place: Place) -> Iterator[Failure]:
        """Judge the properties of an object, given or not, and the keys it does not have."""
        if not isinstance(value, Mapping):
            yield Failure(place.path, say("object", kind=_go_kind(value)))
            return
        for key, inner in node.fields.items():
            yield from self._property(inner, value.get(key), place.field(key, inner.tf))
        for key in value.keys() - node.fields.keys():
            yield Failure(place.field(key, key).path, say("unknownKey"))

    def _property(self, node: Node, value: Value, place: Place) -> Iterator[Failure]:
        """Judge a property, given or not: the first rule that it breaks is the only one told."""
        for broken in (
            self._exactly_one_of,
            self._at_least_one_of,
            _required,
            _output,
            self._required_with,
            self._conflicts_with,
        ):
            if reason := broken(node, value, place.name):
                yield Failure(place.path, reason)
                return
        if not _holds_unknown(value):
            yield from self._value(node, value, place)

    def _exactly_one_of(self, node: Node, _: Value, name: str) -> str | None:
        group = node.rule.get("exactlyOneOf", ())
        values = {path: self._find(path) for path in group}
        given = [path for path in group if values[path] is not None]
        known = [path for path in given if not _holds_unknown(values[path])]
        if group and not given:
            return say("exactlyOneOfNone", name=name, group=self._names(group))
        if len(known) > 1:
            fields = {"group": self._names(group), "given": self._names(known)}
            return say("exactlyOneOfTwo", name=name, **fields)
        return None

    def _at_least_one_of(self, node: Node, _: Value, name: str) -> str | None:
        group = node.rule.get("atLeastOneOf", ())
        if not group or any(self._find(p) is not None or self._has_default(p) for p in group):
            return None
        return say("atLeastOneOf", name=name, group=self._names(group))

    def _required_with(self, node: Node, value: Value, name: str) -> str | None:
        others = node.rule.get("requiredWith", ())
        if value is None or all(self._find(path) is not None for path in others):
            return None
        names = sorted([name, *map(self._name, others)])
        return say("requiredWith", name=name, group=",".join(names))

    def _conflicts_with(self, node: Node, value: Value, name: str) -> str | None:
        if value is None or _holds_unknown(value):
            return None
        for path in node.rule.get("conflictsWith", ()):
            if self._find(path) not in (None, UNKNOWN):
                return say("conflictsWith", name=name, other=self._name(path))
        return None

    def _value(self, node: Node, value: Value, place: Place) -> Iterator[Failure]:
        if value is None:
            return
        if node.kind == "block":
            yield from self.block(node, value, place)
        elif node.kind in {"one", "list", "set"}:
            yield from self._items(node, value, place)
        elif node.kind == "map":
            yield from self._map(node, value, place)
        elif reason := _scalar(node, value, place.name):
            yield Failure(place.path, reason)

    def _items(self, node: Node, value: list[Value], place: Place) -> Iterator[Failure]:
        if reason := _count(node, len(value), place.name):
            yield Failure(place.path, reason)
            return
        for index, item in enumerate(value):
            for failure in self._value(element_of(node), item, place.item(node.kind, index)):
                yield Failure(place.path, failure.reason) if node.kind == "set" else failure

    def _map(self, node: Node, value: Value, place: Place) -> Iterator[Failure]:
        if not isinstance(value, Mapping):
            yield Failure(place.path, say("map"))
            return
        for key, item in value.items():
            if refused_key(key, node.rule):
                reason = fill(node.rule["says"], {"name": place.name, "key": key})
                yield Failure(place.path, reason)
            yield from self._value(element_of(node), item, place.field(key, key))

    def _find(self, path: str) -> Value:
        """The value at a path from the root, of the first element where there is a list."""
        here = self.inputs
        for key in path.split("."):
            if isinstance(here, list):
                here = here[0] if here else None
            here = here.get(key) if isinstance(here, Mapping) else None
        return here

    def _nodes(self, path: str) -> Iterator[Node]:
        node = self.root
        for key in path.split("."):
            node = (node.element or node).fields[key]
            yield node

    def _has_default(self, path: str) -> bool:
        """Whether Check itself gives the property: false, 0 and an empty text it leaves out."""
        return bool([*self._nodes(path)][-1].rule.get("default"))

    def _name(self, path: str) -> str:
        return ".0.".join(node.tf for node in self._nodes(path))

    def _names(self, paths: Iterable[str]) -> str:
        return ",".join(sorted(map(self._name, paths)))
