"""Customer-managed encryption keys: a key ring a location, a key a purpose, who may use each.

Owns the keys and the grants to Google's service agents, which encrypt on our behalf; no person
and no workload is granted anything here. Keys are for life: a ring cannot be deleted nor its name
taken again, and a key that is gone takes all it encrypted with it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, final, get_args

import pulumi
import pulumi_gcp as gcp

from components.base import Component
from components.naming import physical
from palier.errors import PalierError, one_of

Purpose = Literal["sql", "redis", "gke", "disks", "registry", "backup"]
PURPOSES: Final[tuple[Purpose, ...]] = get_args(Purpose)
"""What a key encrypts: databases, caches, Kubernetes secrets, node disks, images, backups."""

ROLE: Final = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
ROTATION: Final = "7776000s"
"""90 days, the longest CIS 1.11 allows. Old versions stay: what they encrypted stays readable."""
DESTRUCTION: Final = "2592000s"
"""30 days from a request to destroy a version to its end. Changing it replaces the key."""

CONTAINER_API: Final = "container.googleapis.com"
STORAGE_API: Final = "storage.googleapis.com"
AGENT_API: Final[dict[Purpose, str]] = {
    "sql": "sqladmin.googleapis.com",
    "redis": "redis.googleapis.com",
    "gke": CONTAINER_API,
    "registry": "artifactregistry.googleapis.com",
}
"""APIs whose agent uses the key, where Google tells the agent's address."""
AGENT_ADDRESS: Final[dict[Purpose, str]] = {
    "disks": "service-{number}@compute-system.iam.gserviceaccount.com",
    "backup": "service-{number}@gs-project-accounts.iam.gserviceaccount.com",
}
"""Addresses that Google does not tell, by the project's number."""


def project_number(agent: str) -> str:
    """The project's number, read from the address of its GKE agent (`service-NUMBER@…`)."""
    match = re.fullmatch(r"service-(\d+)@.+", agent)
    if match is None:
        raise PalierError(f"keys: expected a GKE agent such as service-1@…, got {agent!r}")
    return match[1]


@dataclass(frozen=True, kw_only=True)
class KeysArgs:
    """Which keys, where."""

    project: str
    """Project that owns the keys."""
    keys: Mapping[str, Sequence[Purpose]]
    """Purposes by location, e.g. `{"europe-west1": ("sql", "gke"), "europe": ("registry",)}`.
    A key stands where its data does: `europe` for a multi-region, else the region."""


@final
@dataclass(frozen=True)
class KeysResources:
    """What the component creates: rings by location, keys and grants by location and purpose."""

    rings: dict[str, gcp.kms.KeyRing]
    keys: dict[tuple[str, Purpose], gcp.kms.CryptoKey]
    grants: dict[tuple[str, Purpose], gcp.kms.CryptoKeyIAMMember]


class Keys(Component):
    """Software keys, rotated every 90 days, each usable by the one agent that needs it.

    Example:
        keys = Keys("keys", KeysArgs(project="acme", keys={"europe-west1": ("sql", "gke")}))
        keys.key("europe-west1", "sql")
    """

    TOKEN = "palier:keys:Keys"  # noqa: S105 a type token

    def __init__(
        self, name: str, args: KeysArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        _check(args.keys)
        super().__init__(name, {"keys": {at: list(of) for at, of in args.keys.items()}}, opts)
        self.args = args
        self._identities = self._agents()
        rings = {location: self._ring(location) for location in args.keys}
        places = [(location, purpose) for location in args.keys for purpose in args.keys[location]]
        keys = {place: self._key(*place, rings[place[0]]) for place in places}
        self.resources = KeysResources(
            rings=rings,
            keys=keys,
            grants={place: self._grant(*place, key) for place, key in keys.items()},
        )
        self.finish({"ids": {"/".join(place): self.key(*place) for place in places}})

    def key(self, location: str, purpose: Purpose) -> pulumi.Output[str]:
        """Id of a key, once its agent may use it: what is given this id waits for the grant.

        Raises:
            PalierError: there is no such key.
        """
        place = (location, purpose)
        if place not in self.resources.keys:
            known = one_of("/".join(known) for known in self.resources.keys)
            raise PalierError(f"keys: expected {known}, got {location}/{purpose}")
        # The URN, not the id, of the grant: it is known in a preview, so that a changed grant does
        # not make the key look changed, and all it encrypts replaced.
        return pulumi.Output.all(
            self.resources.keys[place].id, self.resources.grants[place].urn
        ).apply(lambda waited: str(waited[0]))

    def _agents(self) -> dict[str, gcp.projects.ServiceIdentity]:
        """Agents of the APIs in use: Google makes them late, and refuses grants to none."""
        used = {purpose for purposes in self.args.keys.values() for purpose in purposes}
        apis = {AGENT_API[purpose] for purpose in used if purpose in AGENT_API}
        if used & AGENT_ADDRESS.keys():
            apis.add(CONTAINER_API)
        if "backup" in used:
            apis.add(STORAGE_API)
        return {
            api: gcp.projects.ServiceIdentity(
                f"{self.name}-{api.partition('.')[0]}",
                project=self.args.project,
                service=api,
                opts=self.child(),
            )
            for api in sorted(apis)
        }

    def _ring(self, location: str) -> gcp.kms.KeyRing:
        return gcp.kms.KeyRing(
            f"{self.name}-{location}",
            name=physical(self.name),
            project=self.args.project,
            location=location,
            opts=self.stateful(),
        )

    def _key(self, location: str, purpose: Purpose, ring: gcp.kms.KeyRing) -> gcp.kms.CryptoKey:
        return gcp.kms.CryptoKey(
            f"{self.name}-{location}-{purpose}",
            name=physical(purpose),
            key_ring=ring.id,
            purpose="ENCRYPT_DECRYPT",
            rotation_period=ROTATION,
            destroy_scheduled_duration=DESTRUCTION,
            version_template=gcp.kms.CryptoKeyVersionTemplateArgs(
                algorithm="GOOGLE_SYMMETRIC_ENCRYPTION", protection_level="SOFTWARE"
            ),
            deletion_policy="PREVENT",
            opts=self.stateful(),
        )

    def _grant(
        self, location: str, purpose: Purpose, key: gcp.kms.CryptoKey
    ) -> gcp.kms.CryptoKeyIAMMember:
        # Google tells no address for the storage agent, so only this makes the grant wait for it.
        after = [self._identities[STORAGE_API]] if purpose == "backup" else []
        return gcp.kms.CryptoKeyIAMMember(
            f"{self.name}-{location}-{purpose}",
            crypto_key_id=key.id,
            role=ROLE,
            member=self._agent(purpose),
            opts=self.child(depends_on=after),
        )

    def _agent(self, purpose: Purpose) -> pulumi.Output[str]:
        """IAM member of the agent that uses the keys of a purpose."""
        if purpose in AGENT_API:
            member: pulumi.Output[str] = self._identities[AGENT_API[purpose]].member
            return member
        address = AGENT_ADDRESS[purpose]
        return pulumi.Output.format(f"serviceAccount:{address}", number=self.number())

    def number(self) -> pulumi.Output[str]:
        """The project's number, read off an agent's address: nothing is looked up for it."""
        number: pulumi.Output[str] = self._identities[CONTAINER_API].email.apply(project_number)
        return number


def _check(keys: Mapping[str, Sequence[str]]) -> None:
    if not keys:
        raise PalierError("keys: expected one location or more, got none")
    for location, purposes in keys.items():
        if not purposes or len(set(purposes)) < len(purposes) or set(purposes) - set(PURPOSES):
            raise PalierError(
                f"keys.{location}: expected one or more of {one_of(PURPOSES)}, each once,"
                f" got {one_of(purposes)}"
            )
