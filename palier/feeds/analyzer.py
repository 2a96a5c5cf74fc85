"""Facts from a policy analyzer: what the engine tells a pack while it previews, updates or audits.

The engine tells of each resource twice: its inputs when it is registered, and what the provider
answered when all is done. Facts need the first, with what the provider filled in taken away; only
components are read from the second, for that is where they register their sizes. Which defaults
were filled in at the top of the inputs is not told: those stay, and are what will be.

The SDK wraps every value so that reading an unknown one raises, and a policy that lets it pass is
turned into a remark. Here, and nowhere else, each value is read with that in mind. Secrets arrive
in clear: what the engine keeps secret of a resource is a mark in its fact.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pulumi
from pulumi_policy import PolicyResource, ResourceValidationArgs
from pulumi_policy.proxy import UnknownValueError

from palier import wire
from palier.facts import PROVIDER_PREFIX, STACK_TYPE, UNKNOWN, Fact, Facts, Value
from palier.feeds.resources import DEFAULT_PROVIDER, ENGINE_INPUTS, Urn, of_one_stack, urn
from palier.project import SECRET

WHERE: Final = "policy analyzer"


@dataclass(frozen=True, kw_only=True)
class Analyzed:
    """A stack as an analyzer was told of it."""

    project: str
    stack: str
    facts: Facts
    unheard: tuple[str, ...]
    """Resources that exist, and whose inputs the engine did not tell."""


class Analyzer:
    """Hears of resources one by one, and makes facts of all of them."""

    def __init__(self) -> None:
        self._inputs: dict[str, dict[str, Value]] = {}
        self.heard = 0
        """Resources told so far: another number is another state of the stack."""

    def hear(self, args: ResourceValidationArgs) -> None:
        """Keep the inputs of a resource."""
        self._inputs[args.urn] = _inputs(args)
        self.heard += 1

    def inputs(self, urn: str) -> Mapping[str, Value]:
        """What was told of a resource."""
        return self._inputs[urn]

    def read(self, resources: Iterable[PolicyResource]) -> Analyzed:
        """The stack that these resources are.

        Raises:
            PalierError: a urn is none, or they are of several stacks.
        """
        listed = list(resources)
        names = {one.urn: urn(one.urn, WHERE) for one in listed}
        project, stack = of_one_stack(names.values(), WHERE)
        own = [one for one in listed if names[one.urn].own]
        known = [one for one in own if one.urn in self._inputs and not self._only_read(one)]
        return Analyzed(
            project=project, stack=stack,
            facts=Facts.of(self._fact(one, names[one.urn]) for one in known),
            unheard=tuple(sorted(one.name for one in own if one.urn not in self._inputs)),
        )  # fmt: skip

    def _only_read(self, one: PolicyResource) -> bool:
        """Whether it is of another stack: in an audit such a resource is told without an input."""
        return one.provider is not None and not self._inputs[one.urn]

    def _fact(self, one: PolicyResource, name: Urn) -> Fact:
        is_provider = one.resource_type.startswith(PROVIDER_PREFIX)
        custom = is_provider or one.provider is not None
        return Fact(
            urn=one.urn, type=name.type, name=name.name, parent=_parent(one), custom=custom,
            inputs=self._inputs[one.urn], outputs={} if custom else _plain(one.props),
            protect=bool(one.opts.protect), ignore_changes=tuple(one.opts.ignore_changes),
            dependencies=tuple(sorted({other.urn for other in one.dependencies})),
            provider=None if is_provider else _provider(one),
        )  # fmt: skip


def _parent(one: PolicyResource) -> str | None:
    if one.parent is not None:
        return str(one.parent.urn)
    return one.opts.parent or None


def _provider(one: PolicyResource) -> str | None:
    """The provider that a program named; the engine's own are of no program."""
    if one.provider is None or one.provider.name.startswith(DEFAULT_PROVIDER):
        return None
    return str(one.provider.urn)


def _inputs(args: ResourceValidationArgs) -> dict[str, Value]:
    inputs: dict[str, Value] = _plain(args.props)
    if args.resource_type == STACK_TYPE:
        return inputs
    if args.resource_type.startswith(PROVIDER_PREFIX):
        inputs = {key: value for key, value in inputs.items() if key not in ENGINE_INPUTS}
    secret = {*args.opts.additional_secret_outputs} & {*inputs}
    return inputs | dict.fromkeys(secret, SECRET)


def _plain(value: Any) -> Any:  # noqa: ANN401 any JSON value, wrapped by the SDK
    """A wrapped value as facts hold it."""
    if isinstance(value, Mapping):
        filled = _known(value, wire.DEFAULTS)
        left_out = {wire.DEFAULTS, *(filled if isinstance(filled, Sequence) else ())}
        return {key: _plain(_known(value, key)) for key in value if key not in left_out}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(item) for item in _items(value)]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return _asset(value) if isinstance(value, pulumi.Asset | pulumi.Archive) else value


def _known(value: Mapping[str, Any], key: str) -> Any:  # noqa: ANN401
    """What stands under a key: a value, `UNKNOWN`, or nothing."""
    try:
        return value[key]
    except UnknownValueError:
        return UNKNOWN
    except KeyError:
        return None


def _items(values: Sequence[Any]) -> Iterator[Any]:
    for place in range(len(values)):
        try:
            yield values[place]
        except UnknownValueError:
            yield UNKNOWN


def _asset(value: pulumi.Asset | pulumi.Archive) -> dict[str, Value]:
    """A file or an archive as its mark."""
    mark = wire.FILES[0] if isinstance(value, pulumi.Asset) else wire.FILES[1]
    return {wire.SIGNATURE: mark, **{key: item for key, item in vars(value).items() if item}}
