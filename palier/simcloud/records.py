"""Records: one resource of the cloud, and how it is written into the file.

The file holds what a resource was configured as (`inputs`) and, beside it, only what the service
adds or says differently (`computed`). So a user who changes a resource by hand changes one place.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from palier.facts import Value, read
from palier.simcloud.kinds import FINGERPRINTED

_SAME: Final = object()


@dataclass(frozen=True, kw_only=True, eq=False)
class Record:
    """One resource: its inputs and what the service tells of it. Secret values are sealed."""

    type: str
    id: str
    inputs: Mapping[str, Value]
    computed: Mapping[str, Value]
    fingerprint: str | None = None
    """The optimistic lock of its service, which any change changes; `None` without one."""

    @cached_property
    def outputs(self) -> Mapping[str, Value]:
        """All that the service tells."""
        outputs: dict[str, Value] = merge(self.inputs, self.computed)
        return outputs | ({"fingerprint": self.fingerprint} if self.fingerprint else {})

    def read(self, path: str) -> Value:
        """An input or, where there is none, an output: its value, or `None` when absent."""
        given = read(self.inputs, path)
        return read(self.computed, path) if given is None else given


def made(type_: str, id_: str, inputs: Mapping[str, Value], outputs: Mapping[str, Value]) -> Record:
    """A record of what a resource was given and what its service answers."""
    told = {key: value for key, value in outputs.items() if not _is_fingerprint(type_, key)}
    rest = difference(inputs, told)
    computed = {} if rest is _SAME else rest
    return Record(type=type_, id=id_, inputs=inputs, computed=computed)


def fingerprint_of(type_: str, text: str) -> str | None:
    """The fingerprint of a resource that is written as this text."""
    if type_ not in FINGERPRINTED:
        return None
    return base64.b64encode(hashlib.sha256(text.encode()).digest()[:8]).decode()


def _is_fingerprint(type_: str, key: str) -> bool:
    return key == "fingerprint" and type_ in FINGERPRINTED


def difference(inputs: Value, outputs: Value) -> Any:  # noqa: ANN401 any JSON value, or a mark
    """What has to be laid over the inputs to get the outputs."""
    if inputs == outputs:
        return _SAME
    if isinstance(inputs, Mapping) and isinstance(outputs, Mapping):
        rest = {key: difference(inputs.get(key, _SAME), item) for key, item in outputs.items()}
        return {key: item for key, item in rest.items() if item is not _SAME} or _SAME
    if _alike(inputs, outputs):
        rests = [difference(one, other) for one, other in zip(inputs, outputs, strict=True)]
        return _SAME if all(r is _SAME for r in rests) else [{} if r is _SAME else r for r in rests]
    return outputs


def _alike(inputs: Value, outputs: Value) -> bool:
    """Whether two lists hold as many objects, so that one can be laid over the other."""
    lists = isinstance(inputs, list) and isinstance(outputs, list) and len(inputs) == len(outputs)
    return lists and all(isinstance(item, Mapping) for item in [*inputs, *outputs])


def merge(inputs: Value, computed: Value) -> Any:  # noqa: ANN401 any JSON value
    """The inputs with what is computed laid over them."""
    if isinstance(inputs, Mapping) and isinstance(computed, Mapping):
        over = {key: merge(inputs.get(key), item) for key, item in computed.items()}
        return {**inputs, **over}
    if _alike(inputs, computed):
        return [merge(one, other) for one, other in zip(inputs, computed, strict=True)]
    return computed
