"""Ids and other texts that a service makes from properties, by the templates of the schema.

`idNote` of the data says where an id is more than its template: short names, long forms, escaped
parts, the condition of an IAM member.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote_plus

from palier.facts import UNKNOWN, Value
from palier.provider.filled import shaped
from palier.provider.picks import Pick
from palier.provider.planned import planned
from palier.provider.same import key_ring
from palier.provider.tree import root_of, schema_of

_HOLE: Final = re.compile(r"(?:(\w+)/)?\{\{(\w+)\}\}|((?:projects/|service-)?)<(\w+)>")
_CONNECTION: Final = "gcp:servicenetworking/connection:Connection"
_RINGS: Final = ("keyRing", "keyRingId")
_KEY: Final = "cryptoKeyId"
_KEY_SHORT: Final = re.compile(r"(.+)/([^/]+)")
_PLACES: Final = ("project", "region", "zone", "location")


class UntoldError(LookupError):
    """A part of a text that only the service knows."""


def id_of(type_: str, inputs: Mapping[str, Value], surroundings: Mapping[str, str]) -> str | None:
    """The id that a create would answer, or none when the service picks a part of it.

    Args:
        type_: type of the resource.
        inputs: what Check answers.
        surroundings: `project`, `region`, `zone` and `number` (of the project).

    Raises:
        UnknownTypeError: the data do not have this type.
    """
    try:
        state = planned(type_, None, shaped(type_, inputs), surroundings)
        return Texts(type_, state, surroundings).id()
    except UntoldError:
        return None


@dataclass(frozen=True)
class Texts:
    """The texts of one resource; without a pick, what the service picks is an error."""

    type: str
    values: Mapping[str, Value]
    surroundings: Mapping[str, str]
    pick: Pick | None = None

    def id(self) -> str:
        """The id of the resource.

        Raises:
            UntoldError: the service picks a part of it.
        """
        text = self.fill(schema_of(self.type)["id"])
        condition = self.values.get("condition")
        if isinstance(condition, Mapping):
            return "/".join([text, *self._condition(condition)])
        return text

    def _condition(self, condition: Mapping[str, Value]) -> list[str]:
        parts = [condition.get(key, "") for key in ("title", "description", "expression")]
        if UNKNOWN in parts:
            raise UntoldError("condition")
        return parts

    def fill(self, template: str) -> str:
        """A template with its places filled.

        Raises:
            UntoldError: the service picks a part of it.
        """

        def put(match: re.Match[str]) -> str:
            segment, key, before, picked = match.groups()
            if picked:
                return before + self._picked(picked, before)
            text = self.text(key)
            if segment is None:
                return self._alone(key, text)
            return f"{segment}/{_below(segment, text)}"

        return _HOLE.sub(put, template)

    def text(self, key: str) -> str:
        """A property as a text: given, made by its template, or known around the resource.

        Raises:
            UntoldError: only the service knows it.
        """
        value = self.values.get(key)
        if value is not None and value is not UNKNOWN:
            return str(value)
        if key == "id":
            return self.id()
        schema = schema_of(self.type)
        rule = schema.get("outputs", {}).get(key) or schema["inputs"].get(key, {})
        if template := rule.get("template") or rule.get("templateDocumented"):
            return self.fill(str(template))
        if key in _PLACES and (around := self._around(key)):
            return around
        if value is UNKNOWN or key not in schema["inputs"] or rule.get("computed"):
            return self._own(key)
        return ""

    def _own(self, key: str) -> str:
        """A text that the service chooses; `host` of a user is none but where it is given."""
        if key == "host":
            return ""
        return self._sure(key).hexadecimal(key, 16)

    def _around(self, key: str) -> str | None:
        found = (self.surroundings.get(key), self.surroundings.get("region"))
        return next(filter(None, found if key == "location" else found[:1]), None)

    def _alone(self, key: str, text: str) -> str:
        """A part that is not below a word of the template: as the id spells it."""
        if key == "project":
            return text.removeprefix("projects/")
        if key in _RINGS:
            return self._long_ring(text)
        if key == _KEY and (match := _KEY_SHORT.fullmatch(text)) and "cryptoKeys" not in text:
            return f"{self._long_ring(match[1])}/cryptoKeys/{match[2]}"
        return quote_plus(text) if self.type == _CONNECTION else text

    def _long_ring(self, text: str) -> str:
        ring = None if "cryptoKeys" in text else key_ring(text)
        if ring is None:
            return text
        project, location, name = ring
        project = project or self.text("project")
        return f"projects/{project}/locations/{location}/keyRings/{name}"

    def _picked(self, kind: str, before: str) -> str:
        """A part between angle brackets: of the project or of another resource, or picked."""
        if kind == "number" and before and "number" in self.surroundings:
            return self.surroundings["number"]
        if kind == "secretId":
            return self.text("secret").rpartition("/")[2]
        pick = self._sure(kind)
        known = {"n": "1", "uuid": pick.uuid("name"), "id": pick.hexadecimal("name", 16)}
        return known.get(kind) or str(pick.number("name"))

    def _sure(self, key: str) -> Pick:
        if self.pick is None:
            raise UntoldError(key)
        return self.pick


def _below(segment: str, text: str) -> str:
    """What comes after a word of a path, where a property may be given as the whole path."""
    match = re.search(rf"(?:^|/){segment}/([^/]+)", text)
    return match[1] if match else text


def names(type_: str) -> frozenset[str]:
    """Outputs that a template tells."""
    fields = root_of(type_).fields
    return frozenset(
        key
        for key, node in fields.items()
        if node.rule.get("template") or node.rule.get("templateDocumented")
    )
