"""What services answer for properties that no template tells, whatever the type.

One table by name for what every service spells alike (times, fingerprints), and one for what it
picks when the program says nothing; all else is a plain text. What follows from other properties
of a type is in `services`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from palier.facts import UNKNOWN, Value, read
from palier.provider.picks import Pick
from palier.provider.tree import Node

_REDIS_PORT: Final = 6379


@dataclass(frozen=True)
class Told:
    """What is known of one resource while its outputs are made."""

    state: Mapping[str, Value]
    around: Mapping[str, str]
    pick: Pick

    def get(self, path: str, default: Value = None) -> Value:
        """A property of the resource as far as it is known."""
        value = read(self.state, path)
        return default if value in (None, UNKNOWN) else value

    def place(self, key: str) -> str:
        """The project, region, zone or location of the resource; a likely one when none is told."""
        found = (self.get(key), self.around.get(key), self.around.get("region"), _LIKELY.get(key))
        told = found if key == "location" else (*found[:2], found[3])
        return str(next(text for text in (*told, "global") if text))

    def zone(self, letter: str) -> str:
        """A zone of the region that the resource is in."""
        region = self.place("region")
        return f"{self.get('location', region)}-{letter}"

    @property
    def number(self) -> str:
        """The number of the project."""
        return self.around.get("number", "123456789012")

    def stays_empty(self, path: str) -> bool:
        """Whether a list is empty as long as nothing has happened."""
        return _leaf(path) in _EMPTY

    def scalar(self, node: Node, path: str) -> Value:
        """A text, a number or a truth value that no table names by its path."""
        if node.kind == "bool":
            return bool(DEFAULTS.get(_leaf(path), False))
        return self._output(node, path) if node.output else self._picked(node, path)

    def _picked(self, node: Node, path: str) -> Value:
        """An input that the program left to the service, which may leave it out too."""
        leaf = _leaf(path)
        if leaf in _LIKELY:
            return self.place(leaf)
        if leaf in DEFAULTS:
            return DEFAULTS[leaf]
        named = (word for word in node.rule.get("enum", ()) if word and "UNSPECIFIED" not in word)
        return next(named, None)

    def _output(self, node: Node, path: str) -> Value:
        leaf = _leaf(path)
        if node.kind != "string":
            return self._count(leaf, path)
        if leaf in _LIKELY:
            return self.place(leaf)
        if leaf in BY_NAME:
            return BY_NAME[leaf](self, path)
        if leaf.endswith(("Time", "Timestamp")):
            return self.pick.time
        if leaf.endswith("Id"):
            return str(self.pick.number(path))
        return f"{self.pick.name}-{leaf}"

    def _count(self, leaf: str, path: str) -> int | float:
        """A number: an id, a time in milliseconds, or a count, which begins with none."""
        if leaf.endswith("Id") or leaf == "generation":
            return self.pick.number(path)
        count: int | float = DEFAULTS.get(leaf, self.pick.epoch if leaf.endswith("Time") else 0)
        return count


def _leaf(path: str) -> str:
    return path.rpartition(".")[2].removesuffix("[]")


_LIKELY: Final = {
    "project": "project",
    "region": "europe-west1",
    "zone": "europe-west1-b",
    "location": "",
}
"""Where a resource is when nobody says it."""
_EMPTY: Final = frozenset(
    {
        "authorizationAttemptInfos",
        "details",
        "effectiveTaints",
        "exclusionUntilEndOfSupports",
        "maintenancePolicies",
        "maintenanceSchedules",
        "provisioningIssues",
        "stateInfos",
        "upgradeOptions",
        "users",
    }
)
DEFAULTS: Final[Mapping[str, Value]] = {
    "ackDeadlineSeconds": 10,
    "authorizationMode": "AUTH_DISABLED",
    "cacheMode": "CACHE_ALL_STATIC",
    "charset": "UTF8",
    "collation": "en_US.UTF8",
    "contentType": "text/plain; charset=utf-8",
    "currencyCode": "EUR",
    "datapathProvider": "ADVANCED_DATAPATH",
    "defaultMaxPodsPerNode": 110,
    "deletionPolicy": "DELETE",
    "diskSizeGb": 100,
    "effectiveAvailabilityType": "ZONAL",
    "engineVersion": "VALKEY_8_0",
    "globalPolicyEvaluationMode": "DISABLE",
    "imageType": "COS_CONTAINERD",
    "machineType": "e2-medium",
    "maxPodsPerNode": 110,
    "maxUtilization": 0.8,
    "minPortsPerVm": 64,
    "mtu": 1460,
    "optionalMode": "EXCLUDE_ALL_OPTIONAL",
    "port": _REDIS_PORT,
    "portName": "http",
    "ports": 443,
    "preciseSizeGb": 6.5,
    "publicAccessPrevention": "inherited",
    "purpose": "PRIVATE",
    "readEndpointPort": _REDIS_PORT,
    "redisVersion": "REDIS_7_2",
    "rpo": "DEFAULT",
    "serviceAccount": "default",
    "storageClass": "STANDARD",
    "strategy": "SURGE",
    "timeoutSec": 30,
    "transitEncryptionMode": "TRANSIT_ENCRYPTION_DISABLED",
    "withState": "ANY",
}
"""What services pick when the program says nothing."""


def _nothing(_: Told, __: str) -> str:
    return ""


def _link(told: Told, path: str) -> str:
    """A link to a resource that the service made beside this one."""
    project, region = told.place("project"), told.place("region")
    name = told.pick.hexadecimal(path, 16)
    return f"https://www.googleapis.com/compute/v1/projects/{project}/regions/{region}/x/{name}"


def _private(told: Told, path: str) -> str:
    return told.pick.private(path)


def _certificate(told: Told, path: str) -> str:
    return told.pick.pem("CERTIFICATE", path)


def _hash(told: Told, path: str) -> str:
    return told.pick.hexadecimal(path)


def _fingerprint(told: Told, path: str) -> str:
    return told.pick.fingerprint(path)


def _uuid(told: Told, path: str) -> str:
    return told.pick.uuid(path)


BY_NAME: Final[Mapping[str, Callable[[Told, str], Value]]] = {
    "address": _private,
    "authString": _uuid,
    "backupTier": lambda _, __: "STANDARD",
    "cert": _certificate,
    "certificates": _certificate,
    "clusterTier": _nothing,
    "consumerAddress": _private,
    "crc32c": _fingerprint,
    "deleteTime": _nothing,
    "destroyTime": _nothing,
    "emulatedVersion": _nothing,
    "endTime": lambda told, _: told.pick.later,
    "etag": _fingerprint,
    "expirationTime": lambda told, _: told.pick.later,
    "expireTime": lambda told, _: told.pick.later,
    "failureReason": _nothing,
    "fingerprint": _fingerprint,
    "gatewayIpv4": _nothing,
    "host": _private,
    "iamEmail": _nothing,
    "instanceGroupUrls": _link,
    "ipAddress": _private,
    "ipv4CidrBlock": _nothing,
    "ipv6CidrRange": _nothing,
    "ipv6GceEndpoint": _nothing,
    "labelFingerprint": _fingerprint,
    "managedInstanceGroupUrls": _link,
    "md5hash": _fingerprint,
    "md5hexhash": lambda told, path: told.pick.hexadecimal(path, 32),
    "network": lambda told, _: f"projects/{told.place('project')}/global/networks/default",
    "oauth2ClientSecretSha256": lambda told, path: told.pick.hexadecimal(path, 64),
    "peeringName": _nothing,
    "privateKey": lambda told, path: told.pick.pem("RSA PRIVATE KEY", path),
    "projectId": lambda told, _: told.place("project"),
    "readEndpoint": _private,
    "selfLink": _link,
    "selfLinkWithId": _link,
    "serverCaCert": _certificate,
    "serviceAttachment": _link,
    "sha1Fingerprint": _hash,
    "state": lambda _, __: "ACTIVE",
    "stateReason": _nothing,
    "timeCreated": lambda told, _: told.pick.time,
    "tpuIpv4CidrBlock": _nothing,
    "type": lambda _, __: "PRIMARY",
    "uid": _uuid,
    "updated": lambda told, _: told.pick.time,
}
"""Outputs that every service spells alike, by their name."""
