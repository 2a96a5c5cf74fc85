"""What a create answers: in a preview what is known before it, and afterwards all of it.

Ids and the texts of templates are those that the real services make (`identity`). What only a
service could tell is made up (`picks`), of the right type and never empty where a program reads it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from palier.facts import UNKNOWN, Value
from palier.provider.filled import shaped
from palier.provider.identity import Texts, id_of, names
from palier.provider.picks import Pick
from palier.provider.planned import planned
from palier.provider.services import told
from palier.provider.told import Told
from palier.provider.tree import Node, element_of, root_of

__all__ = ["Pick", "created", "id_of", "preview", "sensitive", "updated"]

_NUMBERS: Final[Mapping[str, Callable[[str], Value]]] = {"int": int, "number": float}


def preview(
    type_: str, inputs: Mapping[str, Value], defaults: Mapping[str, str]
) -> dict[str, Value]:
    """What a create answers in a preview: what only the service tells is unknown.

    Args:
        type_: type of the resource.
        inputs: what Check answers.
        defaults: `project`, `region` and `zone` of the provider.

    Raises:
        UnknownTypeError: the data do not have this type.
    """
    return planned(type_, None, shaped(type_, inputs), defaults)


def created(
    type_: str,
    name: str,
    inputs: Mapping[str, Value],
    surroundings: Mapping[str, str],
    pick: Pick | None = None,
) -> tuple[str, dict[str, Value]]:
    """What a create answers: the id, and every output.

    Args:
        type_: type of the resource.
        name: of the resource in the program.
        inputs: what Check answers.
        surroundings: `project`, `region` and `zone` of the provider, `number` of the project.
        pick: what the service picks; by default made from the type and the name.

    Raises:
        UnknownTypeError: the data do not have this type.
    """
    state = planned(type_, None, shaped(type_, inputs), surroundings)
    return _completed(type_, state, surroundings, pick or Pick(type_, name))


def updated(
    type_: str,
    name: str,
    state: Mapping[str, Value],
    surroundings: Mapping[str, str],
    pick: Pick | None = None,
) -> dict[str, Value]:
    """What an update answers.

    Args:
        type_: type of the resource.
        name: of the resource in the program.
        state: the state planned (`diff.after`); what is unknown in it is told now.
        surroundings: as for `created`.
        pick: as for `created`.

    Raises:
        UnknownTypeError: the data do not have this type.
    """
    return _completed(type_, dict(state), surroundings, pick or Pick(type_, name))[1]


@cache
def sensitive(type_: str) -> frozenset[str]:
    """Properties of a type that come back as a secret, or with one inside.

    Raises:
        UnknownTypeError: the data do not have this type.
    """
    return frozenset(key for key, node in root_of(type_).fields.items() if _holds_secret(node))


def _holds_secret(node: Node) -> bool:
    inner = node.element.fields.values() if node.element else ()
    return bool(node.rule.get("sensitive")) or any(map(_holds_secret, inner))


def _completed(
    type_: str, state: dict[str, Value], surroundings: Mapping[str, str], pick: Pick
) -> tuple[str, dict[str, Value]]:
    made = state.pop("id")
    facts = Told(state, surroundings, pick)
    texts = Texts(type_, state, surroundings, pick)
    filling = _Filling(facts)
    fields = root_of(type_).fields
    told_first = {key: told(facts, key) for key, value in state.items() if value is UNKNOWN}
    state |= {key: answer for key, answer in told_first.items() if answer is not None}
    for key in names(type_):
        if state.get(key) is UNKNOWN:
            state[key] = _NUMBERS.get(fields[key].kind, str)(texts.text(key))
    known = filling.fields(fields, state, "")
    id_ = Texts(type_, known, surroundings, pick).id() if made is UNKNOWN else made
    return id_, known | {"id": id_}


@dataclass(frozen=True)
class _Filling:
    """Puts something known in the place of every unknown of one resource."""

    facts: Told

    def known(self, node: Node, value: Value, path: str) -> Value:
        """A value without unknowns."""
        inner = element_of(node)
        if value is UNKNOWN:
            answer = told(self.facts, path)
            return self._made(node, path) if answer is None else answer
        if node.kind == "one":
            return self.known(inner, value, path)
        if node.kind in {"list", "set"}:
            return [self.known(inner, item, f"{path}[]") for item in value]
        if node.kind == "map":
            return {key: self.known(inner, item, path) for key, item in value.items()}
        if node.kind == "block" and isinstance(value, Mapping):
            return self.fields(node.fields, value, f"{path}.")
        return value

    def fields(
        self, nodes: Mapping[str, Node], values: Mapping[str, Value], path: str
    ) -> dict[str, Value]:
        """The properties of an object without unknowns, and without what the service leaves out."""
        known = {key: self.known(nodes[key], item, path + key) for key, item in values.items()}
        return {key: item for key, item in known.items() if item is not None}

    def _made(self, node: Node, path: str) -> Value:
        """Something of the right type that no table names."""
        inner = element_of(node)
        if node.kind == "one" and inner.kind == "block":
            made = self._object(inner, path)
            return made if node.output or _says_anything(made) else None
        if node.kind in {"list", "set"}:
            return self._elements(node, f"{path}[]")
        if node.kind == "map":
            return {}
        return self.facts.scalar(node, path)

    def _object(self, node: Node, path: str) -> dict[str, Value]:
        """An object that the service adds: its outputs, and what a table names."""
        made = {}
        for key, inner in node.fields.items():
            at = f"{path}.{key}"
            answer = told(self.facts, at)
            if answer is not None:
                made[key] = answer
            elif inner.output or inner.kind == "one":
                made[key] = self._made(inner, at)
        return {key: value for key, value in made.items() if value is not None}

    def _elements(self, node: Node, path: str) -> list[Value]:
        """One element of what only the service lists; none of what a program may list."""
        inner = element_of(node)
        if not node.output or self.facts.stays_empty(path):
            return []
        if inner.kind == "block":
            return [self._object(inner, path)]
        return [self.facts.scalar(Node(kind=inner.kind, output=True), path)]


def _says_anything(value: Value) -> bool:
    """Whether a value holds more than what stands for nothing."""
    if isinstance(value, Mapping):
        return any(map(_says_anything, value.values()))
    return any(map(_says_anything, value)) if isinstance(value, list) else bool(value)
