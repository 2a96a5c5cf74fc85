"""The state that an update would leave: what Terraform plans from the state and the inputs.

A property that the program does not give keeps its value when the service may fill it, takes its
default when it has one, and is gone otherwise. A value that is only spelled differently is kept as
the state has it. Without a state it is the plan of a create: all that the service will tell is
unknown. The id is in a state beside the properties, and no update changes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from palier.facts import UNKNOWN, Value, read
from palier.provider.same import same, same_records
from palier.provider.tree import Node, element_of, root_of, schema_of

ATTRIBUTION: Final = {"goog-pulumi-provisioned": "true"}
"""The label that the provider adds to all that it creates."""
_ATTRIBUTION_LATER: Final = frozenset({"gcp:compute/globalForwardingRule:GlobalForwardingRule"})
"""Types that get their labels in a call of its own, without the one of the provider."""
_LABELS: Final = ("labels", "resourceLabels")
_SQL: Final = "gcp:sql/databaseInstance:DatabaseInstance"
_CLUSTER: Final = "gcp:container/cluster:Cluster"
_RECORDS: Final = "gcp:dns/recordSet:RecordSet"


def planned(
    type_: str,
    prior: Mapping[str, Value] | None,
    inputs: Mapping[str, Value],
    defaults: Mapping[str, str] | None = None,
) -> dict[str, Value]:
    """The state after an update, or after a create when there is no state.

    Args:
        type_: type of the resource.
        prior: the state, without notes of the bridge (`filled.shaped`).
        inputs: what the program gives, without such notes either.
        defaults: `project`, `region` and `zone` of the provider.

    Raises:
        UnknownTypeError: the data do not have this type.
    """
    plan = _Plan(type_, creating=prior is None)
    after = plan.block(root_of(type_), prior, inputs, "")
    if prior is None:
        _from_provider(type_, after, defaults or {})
    _labels(type_, prior, after)
    _annotations(prior, after)
    _adjust(type_, prior or {}, after, inputs)
    return after | {"id": (prior or {}).get("id", UNKNOWN)}


@dataclass(frozen=True)
class _Plan:
    """One look at all properties of one resource."""

    type: str
    creating: bool

    def block(
        self, node: Node, prior: Mapping[str, Value] | None, given: Mapping[str, Value], path: str
    ) -> dict[str, Value]:
        """Plan the properties of an object; a state that lacks a default is taken to have it."""
        after = {}
        for key, inner in node.fields.items():
            at = f"{path}.{key}".removeprefix(".")
            was, item = (prior or {}).get(key), given.get(key)
            default = inner.rule.get("default")
            if (
                prior is not None
                and was is None
                and default is not None
                and item in (None, default)
            ):
                continue
            value = self._property(inner, was, item, at)
            if value is not None:
                after[key] = value
        return after

    def _property(self, node: Node, prior: Value, given: Value, path: str) -> Value:
        if node.rule.get("writeOnly"):
            return None
        if node.output or given is None or (node.holds_blocks and given == []):
            given = None if node.computed else node.rule.get("default")
            if given is None or (given == "" and prior is None):
                return self._left_out(node, prior)
        return self._value(node, prior, given, path)

    def _left_out(self, node: Node, prior: Value) -> Value:
        """A property that neither the program nor the schema gives."""
        if node.computed:
            return UNKNOWN if self.creating else prior
        no_more = node.kind not in {"one", "block"} and prior in ("", 0, False, [], {})
        return prior if no_more else None

    def _value(self, node: Node, prior: Value, given: Value, path: str) -> Value:
        if given is UNKNOWN or (node.kind == "asset" and isinstance(given, Mapping)):
            return prior if same(self.type, path, node, prior, given) else given
        if node.kind == "one":
            return self._value(element_of(node), prior, given, path)
        if node.kind == "block":
            known = prior if isinstance(prior, Mapping) else None
            return self.block(node, known, given, path)
        if node.kind not in {"list", "set", "map"}:
            return self._scalar(node, prior, given, path)
        after = self._collection(node, prior, given, path)
        return prior if prior is None and not after and not self.creating else after

    def _collection(self, node: Node, prior: Value, given: Value, path: str) -> Value:
        if node.kind == "map":
            return self._map(node, prior if isinstance(prior, Mapping) else {}, given, path)
        past = prior if isinstance(prior, list) else []
        items = self._list if node.kind == "list" else self._set
        return items(element_of(node), past, given, f"{path}[]")

    def _scalar(self, node: Node, prior: Value, given: Value, path: str) -> Value:
        if prior is None and given == "" and not self.creating:
            return None
        return prior if same(self.type, path, node, prior, given) else given

    def _list(self, node: Node, prior: list[Value], given: Value, path: str) -> list[Value]:
        past = prior + [None] * (len(given) - len(prior))
        return [self._item(node, was, item, path) for was, item in zip(past, given, strict=False)]

    def _set(self, node: Node, prior: list[Value], given: Value, path: str) -> list[Value]:
        """Elements as they are given, each as the state has it where it has it.

        In whatever order they are given, the order is that of the state when nothing changes.
        """
        after: list[Value] = []
        left = [old for old in prior if old not in given]
        for item in given:
            element = item if item in prior else self._alike(node, left, prior, item, path)
            if element in left:
                left.remove(element)
            if element not in after:
                after.append(element)
        unchanged = all(old in after for old in prior) and all(item in prior for item in after)
        return prior if unchanged else after

    def _alike(
        self, node: Node, left: list[Value], prior: list[Value], given: Value, path: str
    ) -> Value:
        """The element of the state that a given one is, best one that no other is; or a new one."""
        olds = (old for old in left + prior if self._item(node, old, given, path) == old)
        was = next(olds, None)
        return self._item(node, None, given, path) if was is None else was

    def _item(self, node: Node, prior: Value, given: Value, path: str) -> Value:
        """An element; a null in a list stays one."""
        return given if given is None else self._value(node, prior, given, path)

    def _map(
        self, node: Node, prior: Mapping[str, Value], given: Value, path: str
    ) -> dict[str, Value]:
        inner = element_of(node)
        return {
            key: self._item(inner, prior.get(key), item, f"{path}.*")
            for key, item in given.items()
            if item is not None
        }


def _from_provider(type_: str, after: dict[str, Value], defaults: Mapping[str, str]) -> None:
    """Fill in what the provider knows before anything is created."""
    for key in schema_of(type_).get("needsFromProvider", ()):
        if after.get(key) is UNKNOWN and defaults.get(key):
            after[key] = defaults[key]
    if after.get("deletionPolicy") is UNKNOWN:
        after["deletionPolicy"] = "DELETE"


def _labels(type_: str, prior: Mapping[str, Value] | None, after: dict[str, Value]) -> None:
    """Labels as the provider joins them: the program's, its own, and those set elsewhere."""
    inputs = root_of(type_).fields
    key = next((key for key in _LABELS if key in inputs and "pulumiLabels" in inputs), None)
    if key is None or (prior is not None and "pulumiLabels" not in prior):
        return
    effective = (prior or {}).get("effectiveLabels", {})
    labels = after.get(key, {})
    if labels is UNKNOWN or UNKNOWN in labels.values():
        after |= {"pulumiLabels": UNKNOWN, "effectiveLabels": UNKNOWN}
        return
    attributed = (
        type_ not in _ATTRIBUTION_LATER if prior is None else ATTRIBUTION.keys() & effective
    )
    own = (ATTRIBUTION if attributed else {}) | labels
    gone = (prior or {}).get("pulumiLabels", {}).keys() - own.keys()
    kept = {label: text for label, text in effective.items() if label not in gone}
    if own or prior is not None:
        after |= {"pulumiLabels": own, "effectiveLabels": kept | own}


def _annotations(prior: Mapping[str, Value] | None, after: dict[str, Value]) -> None:
    if "effectiveAnnotations" not in after:
        return
    given, was = after.get("annotations", {}), (prior or {}).get("annotations", {})
    effective = (prior or {}).get("effectiveAnnotations", {})
    if given is UNKNOWN or UNKNOWN in given.values():
        after["effectiveAnnotations"] = UNKNOWN
    elif given or prior is not None:
        gone = was.keys() - given.keys()
        kept = {key: text for key, text in effective.items() if key not in gone}
        after["effectiveAnnotations"] = kept | given


def _adjust(
    type_: str, prior: Mapping[str, Value], after: dict[str, Value], inputs: Mapping[str, Value]
) -> None:
    """Plans of a type that its schema does not say."""
    if type_ == _SQL:
        _keep_larger_disk(prior, after)
    elif type_ == _CLUSTER and after.get("enableAutopilot") is True:
        if prior.get("enableAutopilot") is not True:
            autopilot = {"networkingMode": "VPC_NATIVE", "enableIntranodeVisibility": True}
            after |= {key: value for key, value in autopilot.items() if key not in inputs}
    elif type_ == _RECORDS:
        _keep_same_records(prior, after)


def _keep_same_records(prior: Mapping[str, Value], after: dict[str, Value]) -> None:
    """Record data in another order, or spelled in another way, are no change."""
    old, new, kind = prior.get("rrdatas"), after.get("rrdatas"), str(after.get("type"))
    if isinstance(old, list) and isinstance(new, list) and UNKNOWN not in new:
        after["rrdatas"] = old if same_records(kind, old, new) else new


def _keep_larger_disk(prior: Mapping[str, Value], after: dict[str, Value]) -> None:
    """A disk that grows by itself is larger than the program says: that is no change."""
    old, new = (read(values, "settings.diskSize") for values in (prior, after))
    grows = read(after, "settings.diskAutoresize") is not False
    if isinstance(old, int) and isinstance(new, int) and new < old and grows:
        after["settings"] = {**after["settings"], "diskSize": old}
