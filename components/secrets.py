"""Secrets in Secret Manager: what the workloads read at run time, never the manifests.

Owns the secrets, their current versions and who may read them. Values come in as Pulumi inputs,
are marked secret here whatever they were before, and are never recorded on the component.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, final

import pulumi
import pulumi_gcp as gcp

from components.base import Component
from components.naming import physical
from palier.errors import PalierError

ACCESSOR: Final = "roles/secretmanager.secretAccessor"


@dataclass(frozen=True, kw_only=True)
class SecretsArgs:
    """What the secrets need to know."""

    values: Mapping[str, pulumi.Input[str]]
    """Secret values by name, e.g. `{"database-eu-1": password.result}`."""
    locations: Sequence[str]
    """Regions that hold a copy of every secret. A constant of day one: adding or removing one
    replaces the secrets."""
    accessors: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    """IAM members that read every secret here, by a stable key."""


@final
@dataclass(frozen=True)
class SecretsResources:
    """What the component creates, by name."""

    secrets: dict[str, gcp.secretmanager.Secret]
    versions: dict[str, gcp.secretmanager.SecretVersion]


class Secrets(Component):
    """One secret a name, replicated to the same regions, readable by the same members.

    A changed value makes a new version and disables the old one, which can so be enabled again.

    Attributes:
        names: id of each secret in its project, by name.

    Example:
        Secrets("secrets", SecretsArgs(values={"database-eu-1": password.result},
                                       locations=("europe-west1", "europe-west4"),
                                       accessors={"web": web.member}))
    """

    TOKEN = "palier:secrets:Secrets"  # noqa: S105 a type token

    def __init__(
        self, name: str, args: SecretsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        if not args.locations or len(set(args.locations)) < len(args.locations):
            raise PalierError(
                f"secrets.locations: expected one region or more, each once,"
                f" got {list(args.locations)}"
            )
        ids = {key: physical(name, key) for key in args.values}
        super().__init__(
            name, {"secrets": sorted(args.values), "locations": sorted(args.locations)}, opts
        )
        secrets = {key: self._secret(key, ids[key], args.locations) for key in args.values}
        self.resources = SecretsResources(
            secrets=secrets,
            versions={
                key: self._current(key, secrets[key], value) for key, value in args.values.items()
            },
        )
        for key, secret in secrets.items():
            self._grant(key, secret, args.accessors)
        self.names: dict[str, pulumi.Output[str]] = {
            key: secret.secret_id for key, secret in secrets.items()
        }
        self.finish({"names": self.names})

    def _secret(
        self, key: str, secret_id: str, locations: Sequence[str]
    ) -> gcp.secretmanager.Secret:
        return gcp.secretmanager.Secret(
            f"{self.name}-{key}",
            secret_id=secret_id,
            replication=gcp.secretmanager.SecretReplicationArgs(
                user_managed=gcp.secretmanager.SecretReplicationUserManagedArgs(
                    # Sorted: the provider compares by position, another order would replace.
                    replicas=[
                        gcp.secretmanager.SecretReplicationUserManagedReplicaArgs(location=location)
                        for location in sorted(locations)
                    ]
                )
            ),
            deletion_protection=True,
            opts=self.stateful(),
        )

    def _current(
        self, key: str, secret: gcp.secretmanager.Secret, value: pulumi.Input[str]
    ) -> gcp.secretmanager.SecretVersion:
        """The current version. Not protected: a new value replaces it, the new one first."""
        return gcp.secretmanager.SecretVersion(
            f"{self.name}-{key}",
            secret=secret.id,
            secret_data=pulumi.Output.secret(value),
            deletion_policy="DISABLE",
            opts=self.child(),
        )

    def _grant(
        self,
        key: str,
        secret: gcp.secretmanager.Secret,
        accessors: Mapping[str, pulumi.Input[str]],
    ) -> None:
        for accessor, member in accessors.items():
            gcp.secretmanager.SecretIamMember(
                f"{self.name}-{key}-{accessor}",
                secret_id=secret.secret_id,
                role=ACCESSOR,
                member=member,
                opts=self.child(),
            )
