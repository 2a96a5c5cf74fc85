"""What Check answers besides failures: inputs in their right shape, named, with defaults filled in.

The bridge of the provider turns inputs into those of Terraform and back again, so a coercion shows
in its answer. At every depth it fills in defaults and lists their names under `__defaults`, where
Diff and the next Check read which values the program did not give.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from palier.facts import UNKNOWN, Value
from palier.provider.coercions import CallFailsError, turn
from palier.provider.tree import Node, Place, element_of, root_of, schema_of
from palier.wire import DEFAULTS

TIMEOUTS: Final = "timeouts"
"""A property of every resource that the provider takes, though no schema has it."""
_DIGITS: Final = 7
"""Length of what the provider adds to a resource's name."""


def shaped(type_: str, values: Mapping[str, Value]) -> dict[str, Value]:
    """Values as the bridge shows them: of the right type, objects out of lists of one, no notes.

    Raises:
        UnknownTypeError: the data do not have this type.
        CallFailsError: the provider gives up on a value.
    """
    root = root_of(type_)
    known = {key: value for key, value in values.items() if key != TIMEOUTS}
    shown: dict[str, Value] = _bare(root, turn(root, known, Place()))
    for key, node in root.fields.items():
        if node.kind == "asset" and isinstance(values.get(key), Mapping):
            shown[key] = values[key]
    return shown


def _bare(node: Node, value: Value) -> Value:
    """A value of Terraform as Pulumi shows it."""
    if value is None or value is UNKNOWN:
        return value
    if node.kind == "one":
        return _bare(element_of(node), value[0]) if value else None
    if node.kind in {"list", "set"}:
        return [_bare(element_of(node), item) for item in value]
    if node.kind == "block" and isinstance(value, Mapping):
        bare = {key: _bare(node.fields.get(key, Node(kind="any")), value[key]) for key in value}
        return {key: item for key, item in bare.items() if item is not None}
    return value


def filled(
    type_: str,
    inputs: Mapping[str, Value],
    olds: Mapping[str, Value] | None,
    name: str,
    *,
    digits: Callable[[], str],
) -> dict[str, Value]:
    """Inputs as Check answers them.

    Args:
        type_: type of the resource.
        inputs: what the program gives.
        olds: what Check answered before, of a resource that is there and stays.
        name: of the resource in the program; an automatic name begins with it.
        digits: gives the 7 hexadecimal digits that end a new automatic name.

    Raises:
        UnknownTypeError: the data do not have this type.
        CallFailsError: the provider gives up on a value, or the automatic name is too long.
    """
    before = olds or {}
    given = shaped(type_, inputs)
    automatic = _named(type_, given, before, name, digits)
    answer = _block(root_of(type_), given | automatic, before, set(automatic), top=True)
    timeouts = {key: value for key, value in inputs.items() if key == TIMEOUTS}
    return answer | timeouts


def judged(type_: str, answer: Mapping[str, Value]) -> dict[str, Value]:
    """The part of an answer that Check judges: the automatic name is in it, defaults are not."""
    automatic = schema_of(type_).get("autoname", {}).get("property")
    return _given(answer, keep=automatic)


def _given(values: Mapping[str, Value], *, keep: str | None = None) -> dict[str, Value]:
    left_out = {DEFAULTS, *values.get(DEFAULTS, ())} - {keep}
    return {key: _strip(value) for key, value in values.items() if key not in left_out}


def _strip(value: Value) -> Value:
    if isinstance(value, Mapping):
        return _given(value)
    return [_strip(item) for item in value] if isinstance(value, list) else value


def _named(
    type_: str,
    given: Mapping[str, Value],
    olds: Mapping[str, Value],
    name: str,
    digits: Callable[[], str],
) -> dict[str, Value]:
    """The automatic name, where the program gives none: that of before, or a new one."""
    rule: Mapping[str, Any] = schema_of(type_).get("autoname", {})
    key = rule.get("property")
    if key is None or given.get(key) is not None:
        return {}
    if _reusable(olds, key):
        return {key: olds[key]}
    begin = f"{name.lower() if rule.get('lowercase') else name}-"
    if len(begin) + _DIGITS > rule["maxLength"]:
        reason = (
            f"name '{begin}' plus {_DIGITS} random chars is longer than "
            f"maximum length {rule['maxLength']}"
        )
        raise CallFailsError(Place(key, root_of(type_).fields[key].tf), reason)
    return {key: begin + digits()}


def _reusable(olds: Mapping[str, Value], key: str) -> bool:
    """Whether an old value was a default; where nothing is noted, all of them count as such."""
    return olds.get(key) is not None and key in olds.get(DEFAULTS, olds)


def _block(
    node: Node,
    values: Mapping[str, Value],
    olds: Mapping[str, Value],
    automatic: set[str],
    *,
    top: bool = False,
) -> dict[str, Value]:
    answer = {
        key: _inside(node.fields[key], value, olds.get(key)) if key in node.fields else value
        for key, value in values.items()
    }
    excluded = set(_excluded(node, answer)) if top else set()
    defaults = {
        key: olds[key] if _reusable(olds, key) else inner.rule["default"]
        for key, inner in node.fields.items()
        if inner.rule.get("default") and key not in answer and key not in excluded
    }
    return answer | defaults | {DEFAULTS: sorted(automatic | defaults.keys())}


def _inside(node: Node, value: Value, old: Value) -> Value:
    """Fill in the objects that a property holds."""
    inner = element_of(node)
    if inner.kind != "block" or value is UNKNOWN:
        return value
    if node.kind == "one":
        return _element(inner, value, old)
    if not isinstance(value, list):
        return value
    past = old if isinstance(old, list) else []
    past = past + [None] * (len(value) - len(past))
    return [_element(inner, item, was) for item, was in zip(value, past, strict=False)]


def _element(node: Node, value: Value, old: Value) -> Value:
    if not isinstance(value, Mapping):
        return value
    return _block(node, value, old if isinstance(old, Mapping) else {}, set())


def _excluded(node: Node, given: Mapping[str, Value]) -> Iterator[str]:
    """Properties without their default, because of what is given beside them.

    The bridge compares bare names, so rules below the root exclude nothing.
    """
    for key, inner in node.fields.items():
        for rule in ("conflictsWith", "exactlyOneOf"):
            others = [other for other in inner.rule.get(rule, ()) if other != key]
            if key in given:
                yield from others
            elif any(other in given for other in others):
                yield key
