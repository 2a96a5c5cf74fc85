"""Replacements that the schema does not say: custom rules of a type, as `conditional` names them.

A rule sees the state before and the state planned, and tells whether the resource is made anew.
The provider reports such a replacement under `__meta`; the property itself shows as an update.
Rules by which a diff fails are in `refusals`, those by which nothing changes in `planned` and
`same`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Final

from palier.facts import UNKNOWN, Value, read
from palier.provider.columns import makes_new_table
from palier.provider.same import same_reference

_REDIS_VERSION: Final = re.compile(r"REDIS_([0-9]+)_([0-9]+)")


@dataclass(frozen=True)
class Before:
    """A resource before and after an update."""

    prior: Mapping[str, Value]
    after: Mapping[str, Value]

    def pair(self, path: str) -> tuple[Value, Value]:
        """A property before and after."""
        return read(self.prior, path), read(self.after, path)

    def changed(self, path: str) -> bool:
        """Whether a property is another afterwards."""
        old, new = self.pair(path)
        return bool(old != new)


Rule = Callable[[Before], bool]


def replaces(type_: str, prior: Mapping[str, Value], after: Mapping[str, Value]) -> bool:
    """Whether a rule of the type replaces the resource.

    Args:
        type_: type of the resource.
        prior: the state.
        after: the state planned.
    """
    change = Before(prior, after)
    return any(rule(change) for rule in RULES.get(type_, {}).values())


def _turned_off(path: str) -> Rule:
    """True before, and false, absent or not known yet afterwards."""

    def rule(change: Before) -> bool:
        old, new = change.pair(path)
        return old is True and new is not True

    return rule


def _schema(change: Before) -> bool:
    external = change.after.get("externalDataConfiguration") is not None
    return makes_new_table(*change.pair("schema"), external=external)


def _range(change: Before) -> bool:
    """The new range does not hold all of the old one."""
    networks = [_network(text) for text in change.pair("ipCidrRange")]
    old, new = networks
    if old is None or new is None:
        return False
    if isinstance(old, IPv4Network) and isinstance(new, IPv4Network):
        return not old.subnet_of(new)
    both = isinstance(old, IPv6Network) and isinstance(new, IPv6Network)
    return not (both and old.subnet_of(new))  # type: ignore[arg-type]


def _network(text: Value) -> IPv4Network | IPv6Network | None:
    try:
        return ip_network(text, strict=False) if isinstance(text, str) else None
    except ValueError:
        return None


def _beta_apis(change: Before) -> bool:
    """An API that was enabled is taken out."""
    old, new = change.pair("enableK8sBetaApis.enabledApis")
    return new is not UNKNOWN and not set(old or ()) <= set(new or ())


def _autopilot_domain(change: Before) -> bool:
    autopilot = change.after.get("enableAutopilot") is True
    return autopilot and change.changed("dnsConfig.additiveVpcScopeDnsDomain")


def _lower_version(change: Before) -> bool:
    """An older version of Redis; versions that do not count as numbers are not compared."""
    old, new = (_REDIS_VERSION.fullmatch(str(text)) for text in change.pair("redisVersion"))
    if old is None or new is None:
        return False
    return tuple(map(int, new.groups())) < tuple(map(int, old.groups()))


def _smaller_disk(change: Before) -> bool:
    """A fixed disk made smaller; one that grows by itself keeps its size in the plan."""
    old, new = change.pair("settings.diskSize")
    return isinstance(old, int) and isinstance(new, int) and new < old


def _private_network(change: Before) -> bool:
    """Taken out, or not known yet, which the provider does not tell apart."""
    old, new = change.pair("settings.ipConfiguration.privateNetwork")
    return bool(old) and (new is UNKNOWN or not new)


def _master(change: Before) -> bool:
    old, new = change.pair("masterInstanceName")
    return bool(new) and old != new and not _switchover(change)


def _cascadable(change: Before) -> bool:
    if not change.changed("replicaConfiguration.cascadableReplica"):
        return False
    old, new = change.pair("replicaConfiguration.cascadableReplica")
    return bool(old) != bool(new) and not _switchover(change)


def _switchover(change: Before) -> bool:
    """A primary becomes a replica of one of its own replicas."""
    types = change.pair("instanceType")
    master = change.after.get("masterInstanceName")
    replicas = change.prior.get("replicaNames") or ()
    if types != ("CLOUD_SQL_INSTANCE", "READ_REPLICA_INSTANCE") or not isinstance(master, str):
        return False
    return any(replica == master or same_reference(replica, master) for replica in replicas)


RULES: Final[Mapping[str, Mapping[str, Rule]]] = {
    "gcp:bigquery/table:Table": {"schema": _schema},
    "gcp:compute/subnetwork:Subnetwork": {"ipCidrRange": _range},
    "gcp:container/cluster:Cluster": {
        "dnsConfig.additiveVpcScopeDnsDomain": _autopilot_domain,
        "enableFqdnNetworkPolicy": _turned_off("enableFqdnNetworkPolicy"),
        "enableK8sBetaApis.enabledApis": _beta_apis,
        "enableL4IlbSubsetting": _turned_off("enableL4IlbSubsetting"),
    },
    "gcp:redis/instance:Instance": {"redisVersion": _lower_version},
    "gcp:sql/databaseInstance:DatabaseInstance": {
        "masterInstanceName": _master,
        "replicaConfiguration.cascadableReplica": _cascadable,
        "settings.autoUpgradeEnabled": _turned_off("settings.autoUpgradeEnabled"),
        "settings.diskSize": _smaller_disk,
        "settings.ipConfiguration.privateNetwork": _private_network,
    },
    "gcp:storage/bucket:Bucket": {
        "retentionPolicy.isLocked": _turned_off("retentionPolicy.isLocked")
    },
}
"""By type, and by the property that the rule looks at."""
