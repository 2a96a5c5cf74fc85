"""What Diff of the real provider answers: which properties change, and what replaces.

As in the provider there are two steps: Terraform plans the state that the update would leave
(`planned`), and the bridge compares it with the state there is. What replaces is told from
`gcp-replacement.json` and from the custom rules in `conditional`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Final, Literal

from palier.facts import UNKNOWN, Value
from palier.provider import conditional
from palier.provider.filled import shaped
from palier.provider.paths import below, reset, steps, top
from palier.provider.planned import planned
from palier.provider.refusals import refusals
from palier.provider.replacing import Replacing, replacing_of
from palier.provider.tree import Node, element_of, replacement_of, root_of, schema_of
from palier.wire import DEFAULTS

__all__ = ["META", "Change", "Diff", "after", "before", "diff", "refusals"]

META: Final = "__meta"
"""Where the provider reports a replacement that no single property explains."""

Kind = Literal["add", "delete", "update"]


@dataclass(frozen=True, order=True)
class Change:
    """One property that changes; `path` is that of Pulumi, with indices."""

    path: str
    kind: Kind
    replace: bool = False


@dataclass(frozen=True)
class Diff:
    """What Diff answers."""

    changes: tuple[Change, ...] = ()
    delete_before_replace: bool = False

    @property
    def changed(self) -> bool:
        """Whether anything changes."""
        return bool(self.changes)

    @property
    def keys(self) -> tuple[str, ...]:
        """Properties of the resource that change, as the provider reports them."""
        return tuple(sorted({top(change.path) for change in self.changes}))

    @property
    def replaces(self) -> tuple[str, ...]:
        """Properties of the resource that replace it, as the provider reports them."""
        return tuple(sorted({top(change.path) for change in self.changes if change.replace}))


def diff(
    type_: str,
    old_inputs: Mapping[str, Value],
    old_outputs: Mapping[str, Value],
    new_inputs: Mapping[str, Value],
    *,
    ignore_changes: Sequence[str] = (),
) -> Diff:
    """Compare a resource with what the program gives now.

    Args:
        type_: type of the resource.
        old_inputs: what Check answered last time.
        old_outputs: the state; it counts where it differs from the old inputs.
        new_inputs: what Check answers now.
        ignore_changes: paths that stay as they are.

    Raises:
        UnknownTypeError: the data do not have this type.
    """
    prior = before(type_, old_inputs, old_outputs)
    then = after(type_, prior, new_inputs, ignore_changes=ignore_changes)
    compared = _Comparison(replacing_of(type_))
    changes = list(compared.block(root_of(type_), prior, then, "", ""))
    forced = compared.set_forces or conditional.replaces(type_, prior, then)
    if forced and changes and not any(change.replace for change in changes):
        changes.append(Change(META, "update", replace=True))
    replaces = any(change.replace for change in changes)
    return Diff(tuple(sorted(changes)), replaces and _deleted_first(type_, new_inputs))


def before(
    type_: str, old_inputs: Mapping[str, Value], old_outputs: Mapping[str, Value]
) -> dict[str, Value]:
    """The state as Terraform has it: the outputs, and the inputs where no output tells more."""
    known = {key: value for key, value in old_outputs.items() if value is not None}
    return shaped(type_, old_inputs) | shaped(type_, known)


def after(
    type_: str,
    prior: Mapping[str, Value],
    new_inputs: Mapping[str, Value],
    *,
    ignore_changes: Sequence[str] = (),
) -> dict[str, Value]:
    """The state that the update would leave; what the service will tell is as it was."""
    given = shaped(type_, new_inputs)
    for path in ignore_changes:
        given = reset(given, prior, steps(path))
    return planned(type_, prior, given)


def _deleted_first(type_: str, new_inputs: Mapping[str, Value]) -> bool:
    """Whether the old one goes first: the type wants it, or the name was chosen by the program."""
    if replacement_of(type_).get("deleteBeforeReplace"):
        return True
    name = schema_of(type_).get("autoname", {}).get("property")
    filled_in = new_inputs.get(DEFAULTS)
    return filled_in is not None and name in new_inputs.keys() - set(filled_in)


@dataclass
class _Comparison:
    """The second step: the state there is against the state planned."""

    rules: Replacing
    set_forces: bool = field(default=False)
    """An element of a set changes of which a part replaces: the provider cannot tell which."""

    def block(
        self, node: Node, old: Mapping[str, Value], new: Mapping[str, Value], path: str, rule: str
    ) -> Iterator[Change]:
        """Changes of the properties of an object, but for those that no state keeps."""
        for key, inner in node.fields.items():
            if inner.rule.get("writeOnly"):
                continue
            at = f"{rule}.{key}".removeprefix(".")
            yield from self._value(inner, old.get(key), new.get(key), below(path, key), at)

    def _value(self, node: Node, old: Value, new: Value, path: str, rule: str) -> Iterator[Change]:
        if old == new:
            return
        if old is None or new is None:
            yield self._added_or_deleted(node, old, new, path, rule)
        elif new is UNKNOWN or old is UNKNOWN:
            yield Change(path, "update", self.rules.all or self.rules.at(rule))
        elif node.kind == "one":
            yield from self._value(element_of(node), old, new, path, rule)
        elif node.kind == "block":
            yield from self.block(node, old, new, path, rule)
        elif node.kind == "map":
            for key in sorted(old.keys() | new.keys()):
                at = below(path, key)
                yield from self._value(
                    element_of(node), old.get(key), new.get(key), at, f"{rule}.*"
                )
        elif node.kind == "set":
            yield from self._set(node, old, new, path, f"{rule}[]")
        elif node.kind == "list":
            yield from self._list(node, old, new, path, f"{rule}[]")
        else:
            yield Change(path, "update", self.rules.all or self.rules.at(rule))

    def _added_or_deleted(self, node: Node, old: Value, new: Value, path: str, rule: str) -> Change:
        gone = new is None
        whole = self.rules.whole(node, old if gone else new, rule, gone=gone)
        return Change(path, "delete" if gone else "add", self.rules.all or whole)

    def _list(
        self, node: Node, old: list[Value], new: list[Value], path: str, rule: str
    ) -> Iterator[Change]:
        if not node.holds_blocks:
            yield from self._scalars(node, old, new, path, rule)
            return
        longest = max(len(old), len(new))
        pairs = zip(_padded(old, longest), _padded(new, longest), strict=True)
        for index, (was, item) in enumerate(pairs):
            yield from self._value(element_of(node), was, item, below(path, index), rule)

    def _scalars(
        self, node: Node, old: list[Value], new: list[Value], path: str, rule: str
    ) -> Iterator[Change]:
        """Elements that come and go, each at its index; both at one index are an update."""
        edits = SequenceMatcher(None, _texts(old), _texts(new), autojunk=False).get_opcodes()
        edits = [edit for edit in edits if edit[0] != "equal"]
        gone = {index for _, low, high, _, _ in edits for index in range(low, high)}
        come = {index for _, _, _, low, high in edits for index in range(low, high)}
        for index in sorted(gone | come):
            was = old[index] if index in gone else None
            item = new[index] if index in come else None
            yield from self._value(element_of(node), was, item, below(path, index), rule)

    def _set(
        self, node: Node, old: list[Value], new: list[Value], path: str, rule: str
    ) -> Iterator[Change]:
        gone = {index: item for index, item in enumerate(old) if item not in new}
        come = {index: item for index, item in enumerate(new) if item not in old}
        inner = element_of(node)
        for index in sorted(gone.keys() | come.keys()):
            was, item = gone.get(index), come.get(index)
            self.set_forces |= index in come and self.rules.whole(inner, item, rule, gone=False)
            yield from self._value(inner, was, item, below(path, index), rule)


def _padded(items: list[Value], length: int) -> list[Value]:
    return items + [None] * (length - len(items))


def _texts(items: Iterable[Value]) -> list[str]:
    return [repr(item) for item in items]
