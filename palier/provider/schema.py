"""What the Check of the real GCP provider refuses, told from `gcp-schema.json` alone.

The `meaning` of that file says how to read it, and this module does no more than obey it. As in
the provider there are two steps. First the bridge turns the values of the wire into those that
Terraform takes (`coercions`); what cannot be turned fails the whole call, and nothing else is
said. Then Terraform looks at one property after another, in the order that `meaning` names.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from palier.facts import UNKNOWN, Value
from palier.provider.formats import Broken, Rule, fill, judge, refused_key

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
_NOTES: Final = frozenset({"__defaults", "__meta"})
"""What the bridge notes for itself, found among the inputs of an exported state."""
_TIMEOUTS: Final = "timeouts"
"""A property of every resource, which the provider takes though no schema has it."""
_SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
_ASSETS: Final = ("c44067f5952c0a294b673a41bacd8c17", "0def7320c3a5731c473e5ecbe6d01bc7")
"""Assets and archives on the wire: objects that hold one of these under the signature."""
_INT: Final = re.compile(r"[+-]?[0-9]{1,19}")
_NUMBER: Final = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_TRUE: Final = frozenset({"1", "t", "T", "TRUE", "true", "True"})
_FALSE: Final = frozenset({"0", "f", "F", "FALSE", "false", "False", ""})


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


class _CallFailsError(Exception):
    """The provider answers the call with an error instead of failures."""

    def __init__(self, place: _Place, reason: str) -> None:
        super().__init__(reason)
        self.failure = Failure(place.path, reason)


class _Place(NamedTuple):
    """Where a value is: its Pulumi path and its Terraform name."""

    path: str = ""
    name: str = ""

    def field(self, key: str, tf: str) -> _Place:
        return _Place(f"{self.path}.{key}".removeprefix("."), f"{self.name}.{tf}".removeprefix("."))

    def item(self, kind: str, index: int) -> _Place:
        path = f"{self.path}[{index}]" if kind == "list" else self.path
        return _Place(path, f"{self.name}.{index}")


@dataclass(frozen=True, kw_only=True)
class _Node:
    """A property as Terraform has it.

    `kind` is a scalar type, `map`, `list`, `set`, `one` (a list of one that Pulumi shows as its
    element) or `block` (an element with properties).
    """

    kind: str
    tf: str = ""
    rule: Rule = field(default_factory=dict)
    output: bool = False
    fields: Mapping[str, _Node] = field(default_factory=dict)
    element: _Node | None = None


def types() -> frozenset[str]:
    """Every type that `check` knows."""
    return frozenset(_data()["types"])


def input_properties(type_: str) -> Mapping[str, Rule]:
    """Read the schema of the inputs of a type, as the data file has it.

    Raises:
        UnknownTypeError: the data do not have this type.
    """
    inputs: Mapping[str, Rule] = _schema(type_)["inputs"]
    return inputs


def check(type_: str, inputs: Mapping[str, object]) -> list[Failure]:
    """Tell what Check would refuse in the inputs of one resource, sorted; nothing when all is well.

    Raises:
        UnknownTypeError: the data do not have this type.
    """
    root = _root(type_)
    judged = {key: value for key, value in inputs.items() if key != _TIMEOUTS}
    try:
        given = _turned(root, judged, _Place())
    except _CallFailsError as error:
        return [error.failure]
    return sorted(_Walk(root, given).block(root, given, _Place()))


@cache
def _data() -> Mapping[str, Any]:
    text = resources.files("palier.provider").joinpath("gcp-schema.json").read_text("utf-8")
    data: Mapping[str, Any] = json.loads(text, object_hook=MappingProxyType)
    return data


def _schema(type_: str) -> Mapping[str, Any]:
    schema: Mapping[str, Any] | None = _data()["types"].get(type_)
    if schema is None:
        raise UnknownTypeError(type_)
    return schema


@cache
def _messages() -> Mapping[str, str]:
    """The messages of the data as templates: examples become places, remarks are cut off."""
    messages = {
        key: text.replace("{a},{b}", "{group}") for key, text in _data()["messages"].items()
    }
    messages["enum"] = messages["enum"].replace('["A" "B"]', "{values}")
    messages["range"] = messages["range"].partition(";")[0]
    messages["object"] = messages["object"].replace("string", "{kind}")
    messages["int"] = messages["int"].replace("true", "{value}")
    messages["numberText"] = messages["numberText"].rpartition("no failures: ")[2]
    return messages


def _say(key: str, **fields: object) -> str:
    return fill(_messages()[key], fields)


@cache
def _root(type_: str) -> _Node:
    schema = _schema(type_)
    fields = _fields(schema["inputs"], schema.get("outputs", {}), type_)
    return _Node(kind="block", fields=fields)


def _fields(inputs: Mapping[str, Rule], outputs: Mapping[str, Rule], path: str) -> dict[str, _Node]:
    nodes = {
        name: _node(name, rule, outputs.get(name, {}), f"{path}.{name}")
        for name, rule in inputs.items()
    }
    for name in outputs.keys() - inputs.keys():
        nodes[name] = _node(name, outputs[name], {}, f"{path}.{name}", output=True)
    return nodes


def _node(name: str, rule: Rule, outputs: Rule, path: str, *, output: bool = False) -> _Node:
    kind = "one" if rule["type"] == "object" or path in _SINGLES else rule["type"]
    tf = rule.get("tf") or re.sub("[A-Z]", lambda capital: f"_{capital[0].lower()}", name)
    return _Node(kind=kind, tf=tf, rule=rule, output=output, element=_element(rule, outputs, path))


def _element(rule: Rule, outputs: Rule, path: str) -> _Node:
    """What the lists, sets, maps and objects of Terraform hold; a scalar has no use for it."""
    if rule["type"] in {"object", "list", "set"} and "items" not in rule:
        fields = _fields(rule.get("properties", {}), outputs.get("properties", {}), path)
        if "see" in rule:
            seen = _root(rule["see"]).fields
            fields = {name: seen[name] for name in seen.keys() - _NOT_INLINE}
        return _Node(kind="block", fields=fields)
    items = rule.get("items", "string")
    items = {"type": items} if isinstance(items, str) else items
    return _Node(kind=items["type"], rule=items)


def _inner(node: _Node) -> _Node:
    """What a collection holds; a map that is itself an element holds strings, as all maps do."""
    return node.element or _Node(kind="string")


def _turned(node: _Node, value: Value, place: _Place) -> Value:
    """Turn a value of the wire into what Terraform takes.

    Raises:
        _CallFailsError: the provider gives up on this value.
    """
    if value is None or value is UNKNOWN:
        return value
    if isinstance(value, Mapping) and value.get(_SIGNATURE) in _ASSETS:
        if node.kind != "asset":
            raise _CallFailsError(place, f"unexpected asset {place.name}")
        return "asset"
    if node.kind in {"one", "list", "set"}:
        return _turned_items(node, value, place)
    if node.kind in {"block", "map"} and isinstance(value, Mapping):
        return _turned_object(node, value, place)
    turn = _SCALARS.get(node.kind)
    return turn(value, place) if turn else value


def _turned_object(node: _Node, value: Mapping[str, Value], place: _Place) -> Value:
    turned = {}
    for key, item in value.items():
        if item is not None and key not in _NOTES:
            inner = _inner(node) if node.kind == "map" else node.fields.get(key)
            at = place.field(key, inner.tf if inner and inner.tf else key)
            turned[key] = _turned(inner, item, at) if inner else item
    return turned


def _turned_items(node: _Node, value: Value, place: _Place) -> list[Value]:
    items = value if isinstance(value, list) else [value]
    inner = _inner(node)
    if node.kind == "one" and inner.kind == "block" and len(items) > 1:
        raise _CallFailsError(place, _say("maxItems", name=place.name, max=1, n=len(items)))
    return [_turned(inner, item, place.item(node.kind, i)) for i, item in enumerate(items)]


def _turned_string(value: Value, _: _Place) -> Value:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else format(Decimal(repr(value)), "f")
    return str(value) if isinstance(value, int) else value


def _turned_int(value: Value, place: _Place) -> Value:
    if isinstance(value, str) and not _INT.fullmatch(value):
        raise _CallFailsError(place, _say("numberText", name=place.name, value=value))
    return int(value) if isinstance(value, str | float) else value


def _turned_number(value: Value, place: _Place) -> Value:
    if isinstance(value, str) and not _NUMBER.fullmatch(value):
        reason = _say("numberText", name=place.name, value=value)
        raise _CallFailsError(place, reason.replace("ParseInt", "ParseFloat"))
    if isinstance(value, int):
        return float(f"{value:d}")  # a bool too, and what is too big becomes infinite
    return float(value) if isinstance(value, str) else value


def _turned_bool(value: Value, _: _Place) -> Value:
    if isinstance(value, str):
        return value in _TRUE if value in _TRUE | _FALSE else value
    return bool(int(value)) if isinstance(value, int | float) else value


_SCALARS: Final[Mapping[str, Callable[[Value, _Place], Value]]] = {
    "string": _turned_string,
    "asset": _turned_string,
    "int": _turned_int,
    "number": _turned_number,
    "bool": _turned_bool,
}


def _holds_unknown(value: Value) -> bool:
    if isinstance(value, Mapping):
        return any(map(_holds_unknown, value.values()))
    if isinstance(value, list):
        return any(map(_holds_unknown, value))
    return value is UNKNOWN


def _required(node: _Node, value: Value, name: str) -> str | None:
    return _say("required", name=name) if node.rule.get("required") and value is None else None


def _output(node: _Node, value: Value, name: str) -> str | None:
    return _say("output", name=name) if node.output and value is not None else None


def _count(node: _Node, count: int, name: str) -> str | None:
    most = 1 if node.kind == "one" else node.rule.get("maxItems", count)
    least = node.rule.get("minItems", 0)
    if count > most:
        return _say("maxItems", name=name, max=most, n=count)
    return _say("minItems", name=name, min=least, n=count) if count < least else None


def _scalar(node: _Node, value: Value, name: str) -> str | None:
    if isinstance(value, list):
        return _say("scalarList")
    if isinstance(value, Mapping):
        return _say("scalarMap")
    if node.kind in {"int", "bool"} and isinstance(value, bool) != (node.kind == "bool"):
        return _say(node.kind, value=value)
    broken = judge(value, node.rule)
    if broken is None:
        return None
    fields = {"name": name, "value": value, **broken.fields}
    return fill(_template(broken, node.rule), fields)


def _template(broken: Broken, rule: Rule) -> str:
    format_ = _data()["formats"].get(broken.key, {})
    says: str | list[str] = rule.get("says") or format_.get("says") or _messages()[broken.key]
    return says if isinstance(says, str) else says[broken.number]


def _go_kind(value: Value) -> str:
    if isinstance(value, list | str):
        return "slice" if isinstance(value, list) else "string"
    return "bool" if isinstance(value, bool) else "int"


@dataclass(frozen=True)
class _Walk:
    """The second step: one look at all inputs of one resource."""

    root: _Node
    inputs: Value

    def block(self, node: _Node, value: Value, place: _Place) -> Iterator[Failure]:
        """Judge the properties of an object, given or not, and the keys it does not have."""
        if not isinstance(value, Mapping):
            yield Failure(place.path, _say("object", kind=_go_kind(value)))
            return
        for key, inner in node.fields.items():
            yield from self._property(inner, value.get(key), place.field(key, inner.tf))
        for key in value.keys() - node.fields.keys():
            yield Failure(place.field(key, key).path, _say("unknownKey"))

    def _property(self, node: _Node, value: Value, place: _Place) -> Iterator[Failure]:
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

    def _exactly_one_of(self, node: _Node, _: Value, name: str) -> str | None:
        group = node.rule.get("exactlyOneOf", ())
        values = {path: self._find(path) for path in group}
        given = [path for path in group if values[path] is not None]
        known = [path for path in given if not _holds_unknown(values[path])]
        if group and not given:
            return _say("exactlyOneOfNone", name=name, group=self._names(group))
        if len(known) > 1:
            fields = {"group": self._names(group), "given": self._names(known)}
            return _say("exactlyOneOfTwo", name=name, **fields)
        return None

    def _at_least_one_of(self, node: _Node, _: Value, name: str) -> str | None:
        group = node.rule.get("atLeastOneOf", ())
        if not group or any(self._find(p) is not None or self._has_default(p) for p in group):
            return None
        return _say("atLeastOneOf", name=name, group=self._names(group))

    def _required_with(self, node: _Node, value: Value, name: str) -> str | None:
        others = node.rule.get("requiredWith", ())
        if value is None or all(self._find(path) is not None for path in others):
            return None
        names = sorted([name, *map(self._name, others)])
        return _say("requiredWith", name=name, group=",".join(names))

    def _conflicts_with(self, node: _Node, value: Value, name: str) -> str | None:
        if value is None or _holds_unknown(value):
            return None
        for path in node.rule.get("conflictsWith", ()):
            if self._find(path) not in (None, UNKNOWN):
                return _say("conflictsWith", name=name, other=self._name(path))
        return None

    def _value(self, node: _Node, value: Value, place: _Place) -> Iterator[Failure]:
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

    def _items(self, node: _Node, value: list[Value], place: _Place) -> Iterator[Failure]:
        if reason := _count(node, len(value), place.name):
            yield Failure(place.path, reason)
            return
        for index, item in enumerate(value):
            for failure in self._value(_inner(node), item, place.item(node.kind, index)):
                yield Failure(place.path, failure.reason) if node.kind == "set" else failure

    def _map(self, node: _Node, value: Value, place: _Place) -> Iterator[Failure]:
        if not isinstance(value, Mapping):
            yield Failure(place.path, _say("map"))
            return
        for key, item in value.items():
            if refused_key(key, node.rule):
                reason = fill(node.rule["says"], {"name": place.name, "key": key})
                yield Failure(place.path, reason)
            yield from self._value(_inner(node), item, place.field(key, key))

    def _find(self, path: str) -> Value:
        """The value at a path from the root, of the first element where there is a list."""
        here = self.inputs
        for key in path.split("."):
            if isinstance(here, list):
                here = here[0] if here else None
            here = here.get(key) if isinstance(here, Mapping) else None
        return here

    def _nodes(self, path: str) -> Iterator[_Node]:
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
