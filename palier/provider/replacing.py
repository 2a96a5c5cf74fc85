"""Which properties of a type replace it, by their path, as `gcp-replacement.json` tells."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from palier.facts import Value
from palier.provider.tree import Node, element_of, replacement_of

_CLUSTER: Final = "gcp:container/cluster:Cluster"
_NODE_POOL: Final = "gcp:container/nodePool:NodePool"
_INLINE: Final = "nodePools[]"
_NOT_INLINE: Final = frozenset({"cluster", "location", "project"})
"""What only a node pool of its own has, not one inside a cluster."""


@dataclass(frozen=True)
class Replacing:
    """The rules of one type; a path in them has `[]` for an element of a list or a set."""

    all: bool
    """The type has no update."""
    deep: frozenset[str]
    """A change here or anywhere below replaces."""
    whole_only: frozenset[str]
    """Only adding or removing replaces."""

    def at(self, path: str) -> bool:
        """Whether a change of the value at a path replaces."""
        return any(_within(path, rule) for rule in self.deep)

    def whole(self, node: Node, value: Value, path: str, *, gone: bool) -> bool:
        """Whether adding or removing a value replaces: for its own sake, or for a part of it."""
        if self.at(path) or path in self.whole_only or path.removesuffix("[]") in self.whole_only:
            return True
        if node.kind == "one":
            return self.whole(element_of(node), value, path, gone=gone)
        if node.kind == "block" and isinstance(value, Mapping):
            return any(
                self.whole(inner, value[key], f"{path}.{key}", gone=gone)
                for key, inner in node.fields.items()
                if key in value and _counts(inner, value[key], gone=gone)
            )
        if node.kind in {"list", "set"} and isinstance(value, list):
            parts = (self.whole(element_of(node), item, f"{path}[]", gone=gone) for item in value)
            return any(parts)
        return False


def _counts(node: Node, value: Value, *, gone: bool) -> bool:
    """Whether a part comes or goes with its object: what is empty does not, nor what is kept."""
    if gone:
        return not node.computed and value not in ("", 0, False)
    return bool(value != "")


def _within(path: str, rule: str) -> bool:
    return path == rule or path.startswith((f"{rule}.", f"{rule}["))


@cache
def replacing_of(type_: str) -> Replacing:
    """The rules of a type.

    Raises:
        UnknownTypeError: the data do not have this type.
    """
    rules = replacement_of(type_)
    deep, whole = (set(rules.get(key, ())) for key in ("replacesOn", "replacesOnAddOrRemove"))
    if type_ == _CLUSTER:
        pool = replacement_of(_NODE_POOL)
        deep |= set(_inline(pool["replacesOn"]))
        whole |= set(_inline(pool["replacesOnAddOrRemove"]))
    return Replacing(bool(rules.get("noUpdate")), frozenset(deep), frozenset(whole))


def _inline(paths: Iterable[str]) -> Iterable[str]:
    return (f"{_INLINE}.{path}" for path in paths if path not in _NOT_INLINE)
