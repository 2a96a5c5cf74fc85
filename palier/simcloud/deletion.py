"""What stands in the way of a deletion, and what goes with it.

First the provider looks at its own state (deletion policy, deletion protection), then the service
at what is there: contents, and others that stand on the resource.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from palier.facts import Value
from palier.provider.tree import replacement_of
from palier.simcloud.errors import by_provider, invalid
from palier.simcloud.kinds import (
    ETERNAL,
    SERVICE,
    SQL_INSTANCE,
    is_grant,
    module,
    product_title,
    title,
)
from palier.simcloud.records import Record
from palier.simcloud.references import canonical, users
from palier.simcloud.sql_rules import CONNECTION
from palier.simcloud.store import Records
from palier.simcloud.wording import in_use

_SWITCHES: Final = ("deletionProtection", "deletionProtectionEnabled")
_PROTECTED: Final[Mapping[str, str]] = {
    SQL_INSTANCE: "Error, failed to delete instance because deletion_protection is set to true."
    " Set it to false to proceed with instance deletion",
    "gcp:container/cluster:Cluster": "Cannot destroy cluster because deletion_protection is set to"
    " true. Set it to false to proceed with cluster deletion.",
}

BUCKET_OBJECT: Final = "gcp:storage/bucketObject:BucketObject"
_TABLE: Final = "gcp:bigquery/table:Table"
_CHILDREN: Final[Mapping[str, str]] = {
    "gcp:bigquery/table:Table": "datasetId",
    "gcp:compute/routerNat:RouterNat": "router",
    "gcp:container/nodePool:NodePool": "cluster",
    "gcp:dns/recordSet:RecordSet": "managedZone",
    "gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider": "workloadIdentityPoolId",
    "gcp:monitoring/slo:Slo": "service",
    "gcp:secretmanager/secretVersion:SecretVersion": "secret",
    "gcp:sql/database:Database": "instance",
    "gcp:sql/sslCert:SslCert": "instance",
    "gcp:sql/user:User": "instance",
    BUCKET_OBJECT: "bucket",
}
"""Types that live in another resource and go with it; the property that names it."""
_GRANTED: Final = frozenset({"member", "members", "role"})
"""What a grant names besides the resource that it is on."""


def _protects(key: str, type_: str, state: Mapping[str, Value]) -> bool:
    """Whether a switch of a type is on; one that is not given is as the provider has it."""
    rules, given = replacement_of(type_), state.get(key)
    if given is None:
        given = rules.get("deletionProtectionDefaults", {}).get(key)
    return key in rules.get("deletionProtection", ()) and bool(given)


def refuse_by_state(type_: str, state: Mapping[str, Value]) -> None:
    """Refuse what the provider's own state protects.

    Raises:
        ServiceError: the provider deletes no such resource.
    """
    policy = state.get("deletionPolicy")
    if policy == "PREVENT":
        raise by_provider(
            f'cannot destroy {product_title(type_)} without setting deletion_policy="DELETE" and'
            " running `terraform apply`"
        )
    for key in _SWITCHES:
        if policy != "ABANDON" and _protects(key, type_, state):
            name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", key).lower()
            raise by_provider(
                _PROTECTED.get(type_)
                or f"cannot destroy {title(type_).lower()} without setting {name}=false and running"
                " `terraform apply`"
            )


def stays(type_: str, state: Mapping[str, Value]) -> bool:
    """Whether a resource outlives its deletion: the provider forgets it and asks no service."""
    kept = type_ == SERVICE and state.get("disableOnDestroy") is False
    return kept or type_ in ETERNAL or state.get("deletionPolicy") == "ABANDON"


def refuse(records: Records, record: Record, state: Mapping[str, Value]) -> None:
    """Refuse a deletion that the service does not do.

    Raises:
        ServiceError: in the words of the service.
    """
    if record.read("settings.deletionProtectionEnabled") and record.type == SQL_INSTANCE:
        raise invalid(
            "The instance is protected. Please disable the deletion protection and try again. To"
            " disable deletion protection, update the instance settings with"
            " deletionProtectionEnabled set to false.",
            "invalidRequest",
        )
    if rule := _CONTENTS.get(record.type):
        rule(records, record, state)
    for other, place in _standing_on(records, record):
        if not _goes_along(other, place):
            raise in_use(record.type, record.id, other.id)


def going_along(records: Records, record: Record) -> list[Record]:
    """What is deleted with a resource: what lives in it, and who was granted it."""
    along = [other for other, named in users(records, record) if _goes_along(other, named.place)]
    unique = {(other.type, other.id): other for other in along}
    for other in along:
        unique |= {(one.type, one.id): one for one in going_along(records, other)}
    return list(unique.values())


def _goes_along(other: Record, place: str) -> bool:
    return _CHILDREN.get(other.type) == place or (is_grant(other.type) and place not in _GRANTED)


def _standing_on(records: Records, record: Record) -> Iterator[tuple[Record, str]]:
    for other, reference in users(records, record):
        if _needs(record.type, other.type):
            yield other, reference.place


def _needs(type_: str, other: str) -> bool:
    """Whether a service keeps one of a type for as long as one of the other names it."""
    service = module(type_)
    if service == "compute":
        peering = other == CONNECTION and title(type_) == "Network"
        return peering or module(other) in {"compute", "container"}
    if type_ == SQL_INSTANCE:
        return other == SQL_INSTANCE
    channel = title(type_) == "NotificationChannel" and title(other) == "AlertPolicy"
    return channel or service == "certificatemanager"


def _inside(records: Records, record: Record, type_: str) -> list[Record]:
    place = _CHILDREN[type_]
    return [
        other
        for other, reference in users(records, record)
        if other.type == type_ and reference.place == place
    ]


def _bucket(records: Records, record: Record, state: Mapping[str, Value]) -> None:
    if not state.get("forceDestroy") and _inside(records, record, BUCKET_OBJECT):
        raise by_provider(
            f"Error trying to delete bucket {record.id} containing objects without `force_destroy`"
            " set to true"
        )


def _zone(records: Records, record: Record, state: Mapping[str, Value]) -> None:
    apex = record.read("dnsName")
    own = [
        one
        for one in _inside(records, record, "gcp:dns/recordSet:RecordSet")
        if one.read("name") != apex or one.read("type") not in {"NS", "SOA"}
    ]
    if own and not state.get("forceDestroy"):
        raise invalid(
            f"The resource named '{record.read('name')}' cannot be deleted because it contains one"
            " or more 'resource records'.",
            "containerNotEmpty",
        )


def _dataset(records: Records, record: Record, state: Mapping[str, Value]) -> None:
    if not state.get("deleteContentsOnDestroy") and _inside(records, record, _TABLE):
        name = f"{record.read('project')}:{record.read('datasetId')}"
        raise invalid(f"Dataset {name} is still in use", "resourceInUse")


def _connection(records: Records, record: Record, state: Mapping[str, Value]) -> None:
    if state.get("deletionPolicy") == "REMOVE_PEERING":
        return  # asked to go, and taken off the network where the service refuses
    network = canonical(str(record.read("network")))
    for type_, path in (
        (SQL_INSTANCE, "settings.ipConfiguration.privateNetwork"),
        ("gcp:redis/instance:Instance", "authorizedNetwork"),
    ):
        for other in records.get(type_, {}).values():
            if canonical(str(other.read(path))) == network:
                raise by_provider(
                    "Unable to remove Service Networking Connection, err: Error waiting for Delete"
                    " Service Networking Connection: Error code 9, message: Failed to delete"
                    " connection; Producer services (e.g. CloudSQL, Cloud Memstore, etc.) are still"
                    " using this connection."
                )


_CONTENTS: Final[Mapping[str, Callable[[Records, Record, Mapping[str, Value]], None]]] = {
    "gcp:bigquery/dataset:Dataset": _dataset,
    "gcp:dns/managedZone:ManagedZone": _zone,
    "gcp:servicenetworking/connection:Connection": _connection,
    "gcp:storage/bucket:Bucket": _bucket,
}
