"""What the engine asks of a provider, said once for the three packages the cloud plays.

`server.py` speaks the engine's wire and calls a package; a package knows its own rules and keeps
what it makes in the cloud. A package that refuses raises `ServiceError`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from palier.facts import Value
from palier.provider.diff import Diff

Values = Mapping[str, Value]


@dataclass(frozen=True, kw_only=True)
class Call:
    """One resource in one call of the engine.

    `state` are the outputs that Pulumi remembers, `old_inputs` the inputs that led to them,
    `inputs` what the program gives now.
    """

    type: str
    name: str
    urn: str = ""
    id: str = ""
    inputs: Values = field(default_factory=dict)
    old_inputs: Values = field(default_factory=dict)
    state: Values = field(default_factory=dict)
    ignored: tuple[str, ...] = ()
    digits: str = "0000000"
    """Seven hexadecimal digits for an automatic name."""


@dataclass(frozen=True, kw_only=True)
class Checked:
    """Inputs as the provider takes them, and what it refuses of them."""

    inputs: Values
    failures: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Made:
    """What a create, an update or a read answers."""

    id: str
    outputs: Values
    inputs: Values


class Package(Protocol):
    """A provider of one package, configured once."""

    def configure(self, config: Values) -> None:
        """Take the provider's configuration."""

    def diff_config(self, old: Values, new: Values) -> Diff:
        """What a change of the provider's own configuration does to it."""

    def check(self, call: Call) -> Checked:
        """Fill in and refuse inputs."""

    def diff(self, call: Call) -> Diff:
        """Tell what an update would change, and how."""

    def preview(self, call: Call) -> Values:
        """What a preview may say of a create or an update."""

    def create(self, call: Call) -> Made:
        """Make a resource."""

    def read(self, call: Call) -> Made | None:
        """Look a resource up; nothing when it is not there."""

    def update(self, call: Call) -> Made:
        """Change a resource in place."""

    def delete(self, call: Call) -> None:
        """Delete a resource; what is gone already is deleted."""

    def secret(self, type_: str) -> frozenset[str]:
        """Outputs that come back as secrets."""
