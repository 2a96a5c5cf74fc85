"""One resource of a file, as previews and states both write it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from palier.errors import PalierError
from palier.facts import PROVIDER_PREFIX, STACK_TYPE, Fact, Value
from palier.feeds import fields
from palier.feeds.places import Place, place_of
from palier.feeds.values import plain

DEFAULT_PROVIDER: Final = "default"
"""What the engine's own providers are called: they are of no program."""
ENGINE_INPUTS: Final = ("version", "__internal")
"""What the engine adds to the inputs of a provider."""
URN: Final = re.compile(
    r"urn:pulumi:(?P<stack>[-\w.]{1,100})::(?P<project>[-\w.]{1,100})"
    r"::(?P<types>.+?)::(?P<name>.+)",
    re.ASCII,
)
"""A stack, its project, the types of the resource and of those above it, a name."""


@dataclass(frozen=True, kw_only=True)
class Urn:
    """The name of a resource, in its parts."""

    text: str
    stack: str
    project: str
    type: str
    name: str

    @property
    def own(self) -> bool:
        """Whether it is a program's: neither the stack itself nor a provider of the engine."""
        engines = self.type.startswith(PROVIDER_PREFIX) and self.name.startswith(DEFAULT_PROVIDER)
        return self.type != STACK_TYPE and not engines


@dataclass(frozen=True, kw_only=True)
class Resource:
    """A resource as a file has it: its fact, and what a fact does not say."""

    urn: Urn
    fact: Fact
    external: bool
    """Read and not managed: of another stack."""
    deleting: bool
    """Replaced already, and to be deleted by the next update."""
    place: Place | None
    """Where in the program it is made."""


@dataclass(frozen=True, kw_only=True)
class Operation:
    """What is done, or was being done, to a resource."""

    kind: str
    urn: Urn
    protect: bool = False
    reasons: tuple[str, ...] = ()
    """Properties that make it a replacement."""


def urn(value: str, where: str) -> Urn:
    """Take a urn apart.

    Raises:
        PalierError: it is none.
    """
    match = URN.fullmatch(value) if value.isprintable() else None
    if match is None:
        raise PalierError(f"{where}: expected urn:pulumi:STACK::PROJECT::TYPE::NAME")
    return Urn(
        text=value, stack=match["stack"], project=match["project"],
        type=match["types"].rpartition("$")[2], name=match["name"],
    )  # fmt: skip


def urn_of(state: Mapping[str, Any], where: str) -> Urn:
    """The urn of a step, or of a resource.

    Raises:
        PalierError: it has none.
    """
    return urn(fields.text(state, "urn", where), fields.at(where, "urn"))


def read(value: object, where: str, *, preview: bool = False) -> Resource:
    """Read a resource.

    Args:
        value: what the file has.
        where: the place in the file, for messages.
        preview: written before the resource is made. What a component registers is not there yet,
            or still that of the update before; palier's components give it as inputs too.

    Raises:
        PalierError: a field is not what it must be.
    """
    state = fields.fields(value, where)
    name = urn_of(state, where)
    type_ = fields.text(state, "type", where)
    if type_ != name.type:
        raise PalierError(f"{where}.type: expected {name.type}, as its urn says, got {type_!r}")
    custom = fields.flag(state, "custom", where)
    inputs = _values(state, "inputs", where)
    if type_.startswith(PROVIDER_PREFIX):
        inputs = {key: item for key, item in inputs.items() if key not in ENGINE_INPUTS}
    outputs = {} if custom else _values(state, "outputs", where)
    if preview and not custom:
        outputs |= inputs
    return Resource(
        urn=name,
        fact=Fact(
            urn=name.text, type=type_, name=name.name,
            parent=fields.maybe_text(state, "parent", where), custom=custom, inputs=inputs,
            outputs=outputs, protect=fields.flag(state, "protect", where),
            ignore_changes=fields.texts(state, "ignoreChanges", where),
            dependencies=tuple(sorted(set(fields.texts(state, "dependencies", where)))),
            provider=_provider(state, where),
        ),
        external=fields.flag(state, "external", where),
        deleting=fields.flag(state, "delete", where),
        place=place_of(state, where),
    )  # fmt: skip


def _values(state: Mapping[str, Any], key: str, where: str) -> dict[str, Value]:
    values: dict[str, Value] = plain(fields.part(state, key, where), fields.at(where, key))
    return values


def _provider(state: Mapping[str, Any], where: str) -> str | None:
    """Urn of the provider a program named: its reference is the urn and an id."""
    reference = fields.maybe_text(state, "provider", where)
    text = reference.rpartition("::")[0] if reference else ""
    if not text:
        return None
    return text if urn(text, fields.at(where, "provider")).own else None


def of_one_stack(resources: Iterable[Urn], where: str) -> tuple[str, str]:
    """Project and stack that all resources of a file belong to.

    Raises:
        PalierError: there is no resource, or they belong to several.
    """
    owners = sorted({(name.project, name.stack) for name in resources})
    if not owners:
        raise PalierError(f"{where} holds no resource")
    if len(owners) > 1:
        named = " and ".join(f"{stack} of {project}" for project, stack in owners[:2])
        raise PalierError(f"{where} holds resources of several stacks: {named}")
    return owners[0]
