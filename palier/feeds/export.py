"""A state: what `pulumi stack export` or a checkpoint of the backend says exists.

Secrets are present and hidden: nothing is decrypted. What an interrupted update left pending, what
waits for its deletion and what is only read are told beside the facts, and are none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from palier.errors import PalierError
from palier.facts import Fact, Facts
from palier.feeds import fields
from palier.feeds.places import Place
from palier.feeds.resources import Operation, Resource, Urn, of_one_stack
from palier.feeds.resources import read as read_resource

VERSIONS: Final = (3, 4)
"""Versions of the format; resources are written alike in both."""


@dataclass(frozen=True, kw_only=True)
class State:
    """What a stack holds."""

    project: str
    stack: str
    facts: Facts
    pending: tuple[Operation, ...]
    """What was being done when the last update was interrupted."""
    deleting: tuple[Urn, ...]
    """Replaced already: it exists, and costs, until the next update."""
    external: tuple[Urn, ...]
    """What is only read."""
    sources: Mapping[str, Place]
    """Where in the program a resource is made, by urn, where the engine told it."""


def read(value: object, where: str = "state:") -> State:
    """Read an export, or a checkpoint.

    Args:
        value: the parsed file.
        where: its name and a colon, for messages.

    Raises:
        PalierError: a field is not what it must be.
    """
    deployment, here = _deployment(fields.fields(value, where.removesuffix(":")), where)
    resources = [
        read_resource(value, place) for value, place in fields.items(deployment, "resources", here)
    ]
    pending = [
        _pending(value, place)
        for value, place in fields.items(deployment, "pending_operations", here)
    ]
    names = [*(one.urn for one in resources), *(operation.urn for operation in pending)]
    project, stack = of_one_stack(names, where)
    own = [one for one in resources if one.urn.own]
    return State(
        project=project,
        stack=stack,
        facts=Facts.of(_facts(own, here).values()),
        pending=tuple(pending),
        deleting=tuple(one.urn for one in own if one.deleting),
        external=tuple(one.urn for one in own if one.external and not one.deleting),
        sources={one.urn.text: one.place for one in own if one.place},
    )


def _deployment(document: Mapping[str, Any], where: str) -> tuple[dict[str, Any], str]:
    """The part with the resources, and its place."""
    version = document.get("version")
    if version not in VERSIONS:
        raise PalierError(f"{where} version: expected 3 or 4, the formats that Pulumi 3 writes")
    if "deployment" in document:
        return fields.part(document, "deployment", where), fields.at(where, "deployment")
    checkpoint = fields.part(document, "checkpoint", where)
    place = fields.at(where, "checkpoint")
    return fields.part(checkpoint, "latest", place), f"{place}.latest"


def _pending(value: object, where: str) -> Operation:
    operation = fields.fields(value, where)
    state = read_resource(operation.get("resource"), f"{where}.resource")
    return Operation(
        kind=fields.text(operation, "type", where), urn=state.urn, protect=state.fact.protect
    )


def _facts(resources: list[Resource], where: str) -> dict[str, Fact]:
    facts: dict[str, Fact] = {}
    for one in resources:
        if one.deleting or one.external:
            continue
        if one.urn.text in facts:
            raise PalierError(f"{where}.resources: two resources have the urn {one.urn.text}")
        facts[one.urn.text] = one.fact
    return facts
