"""Two spellings of one value: where the provider sees no change though the texts differ.

A reference may be an id, a self link or a short name; some texts are compared without regard to
case, some durations and JSON documents by what they mean. Which property is compared how is in
one table; what the table does not name is compared as it is, references aside.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from ipaddress import ip_address
from typing import Any, Final

from palier.facts import UNKNOWN, Value
from palier.provider.columns import same_columns
from palier.provider.tree import Node
from palier.wire import SIGNATURE

_PLACE: Final = re.compile(r"(?:^|/)((?:projects|organizations|folders|billingAccounts)/.+)$")
_KEY_RING: Final = re.compile(r"(?:projects/)?([^/]+)/(?:locations/)?([^/]+)/(?:keyRings/)?([^/]+)")
_SHORT_KEY_RING: Final = re.compile(r"([^/]+)/([^/]+)")
_DURATION: Final = re.compile(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(h|m|s|ms)")
_UNITS: Final = {"h": "hours", "m": "minutes", "s": "seconds", "ms": "milliseconds"}
_CASED_MEMBERS: Final = ("principal", "allUsers", "allAuthenticatedUsers", "deleted:")

Test = Callable[[Any, Any], bool]


def same_reference(old: str, new: str) -> bool:
    """Whether two texts name one resource: as a path below its project, or one as a bare name."""
    paths = [match[1] if (match := _PLACE.search(text)) else None for text in (old, new)]
    if None not in paths:
        return paths[0] == paths[1]
    path, bare = (paths[0], new) if paths[0] else (paths[1], old)
    return path is not None and path.rpartition("/")[2] == bare


def same_case(old: str, new: str) -> bool:
    """Whether two texts differ in case at most."""
    return old.lower() == new.lower()


def _same_member(old: str, new: str) -> bool:
    return not (old + new).startswith(_CASED_MEMBERS) and same_case(old, new)


def _same_ports(old: str, new: str) -> bool:
    return _range(old) == _range(new)


def _range(ports: str) -> str:
    return ports if "-" in ports else f"{ports}-{ports}"


def _same_domain(old: str, new: str) -> bool:
    return old.rstrip(".") == new.rstrip(".")


def _same_duration(old: str, new: str) -> bool:
    spans = _span(old), _span(new)
    return None not in spans and spans[0] == spans[1]


def _span(text: str) -> timedelta | None:
    parts = _DURATION.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        return None
    return sum((timedelta(**{_UNITS[unit]: float(n)}) for n, unit in parts), timedelta())


def _ends_with_size(old: str, new: str) -> bool:
    """A size in the program against the range that the service picked for it."""
    return new.startswith("/") and old.endswith(new)


def _same_spaced(old: str, new: str) -> bool:
    return old.strip() == new.strip()


def _same_dashboard(old: str, new: str) -> bool:
    """Whether all that the program says of a dashboard is so; the service adds keys of its own."""
    try:
        return _within(json.loads(old), json.loads(new))
    except ValueError:
        return False


def _within(old: Value, new: Value) -> bool:
    if isinstance(old, dict) and isinstance(new, dict):
        return all(key in old and _within(old[key], item) for key, item in new.items())
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(map(_within, old, new))
    return bool(old == new)


def key_ring(text: str) -> tuple[str | None, ...] | None:
    """Project (none in the short form), location and name of a key ring, or none of them."""
    if match := _KEY_RING.fullmatch(text):
        return match.groups()
    short = _SHORT_KEY_RING.fullmatch(text)
    return (None, *short.groups()) if short else None


def _same_key_ring(old: str, new: str) -> bool:
    rings = key_ring(old), key_ring(new)
    if rings[0] is None or rings[1] is None:
        return False
    projects = {rings[0][0], rings[1][0]} - {None}
    return len(projects) < 2 and rings[0][1:] == rings[1][1:]  # noqa: PLR2004 one of each


_BY_TYPE: Final[Mapping[str, Mapping[str, Test]]] = {
    "gcp:bigquery/dataset:Dataset": {"location": same_case},
    "gcp:bigquery/table:Table": {"schema": same_columns},
    "gcp:cloudscheduler/job:Job": {
        "attemptDeadline": _same_duration,
        "retryConfig.maxBackoffDuration": _same_duration,
        "retryConfig.maxRetryDuration": _same_duration,
        "retryConfig.minBackoffDuration": _same_duration,
    },
    "gcp:compute/firewall:Firewall": {
        "allows[].protocol": same_case,
        "denies[].protocol": same_case,
    },
    "gcp:compute/globalForwardingRule:GlobalForwardingRule": {
        "ipProtocol": same_case,
        "portRange": _same_ports,
    },
    "gcp:compute/managedSslCertificate:ManagedSslCertificate": {"managed.domains[]": _same_domain},
    "gcp:container/cluster:Cluster": {
        "ipAllocationPolicy.clusterIpv4CidrBlock": _ends_with_size,
        "ipAllocationPolicy.servicesIpv4CidrBlock": _ends_with_size,
    },
    "gcp:container/nodePool:NodePool": {"networkConfig.podIpv4CidrBlock": _ends_with_size},
    "gcp:kms/cryptoKey:CryptoKey": {"keyRing": _same_key_ring},
    "gcp:logging/projectSink:ProjectSink": {"filter": _same_spaced},
    "gcp:monitoring/dashboard:Dashboard": {"dashboardJson": _same_dashboard},
    "gcp:pubsub/subscription:Subscription": {
        "expirationPolicy.ttl": _same_duration,
        "retryPolicy.maximumBackoff": _same_duration,
        "retryPolicy.minimumBackoff": _same_duration,
    },
    "gcp:storage/bucket:Bucket": {
        "customPlacementConfig.dataLocations[]": same_case,
        "location": same_case,
    },
}
"""How a property is compared, by type and path (`[]` is an element of a list or a set)."""
_MEMBERS: Final = frozenset({"member", "members[]"})
"""Members of IAM resources: their case counts only where Google's does."""


def same(type_: str, path: str, node: Node, old: Value, new: Value) -> bool:
    """Whether two values of one property are the same to the provider.

    Args:
        type_: type of the resource.
        path: of the property, `[]` for any element of a list or a set.
        node: the property in the schema.
        old: what is in the state.
        new: what the program gives.
    """
    if old == new:
        return True
    if UNKNOWN in (old, new):
        return False
    if node.kind == "asset":
        return _hash(old) is not None and _hash(old) == _hash(new)
    if not (isinstance(old, str) and isinstance(new, str)):
        return False
    test = _BY_TYPE.get(type_, {}).get(path)
    if test is None and path in _MEMBERS:
        test = _same_member
    return bool(test and test(old, new)) or same_reference(old, new)


def _hash(asset: Value) -> str | None:
    """What an asset on the wire says of its bytes."""
    marked = isinstance(asset, Mapping) and SIGNATURE in asset
    return asset.get("hash") if marked else None


def same_records(kind: str, old: Iterable[str], new: Iterable[str]) -> bool:
    """Whether two lists of DNS record data say the same: in any order, as their kind is read."""
    return sorted(_record(kind, text) for text in old) == sorted(_record(kind, t) for t in new)


def _record(kind: str, text: str) -> str:
    if kind == "AAAA":
        return _address(text)
    if kind == "TXT":
        return text.strip('"').lower()
    return text.lower() if kind in {"DS", "MX"} else text


def _address(text: str) -> str:
    try:
        return str(ip_address(text))
    except ValueError:
        return text
