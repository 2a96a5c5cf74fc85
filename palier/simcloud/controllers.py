"""What a cluster's controllers do behind everybody's back: they attach pods to a backend service.

The backends and the fingerprint of the service change, and no state of Pulumi's knows. So the next
update that was not refreshed first is refused (412), as it is on the real service.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from palier.facts import Value
from palier.simcloud.errors import ServiceError
from palier.simcloud.places import is_zone, zones
from palier.simcloud.records import Record
from palier.simcloud.references import project_of
from palier.simcloud.store import Records
from palier.simcloud.wording import not_found

BACKEND_SERVICE: Final = "gcp:compute/backendService:BackendService"
CLUSTER: Final = "gcp:container/cluster:Cluster"
_RATE: Final = 100
"""Requests a second that one pod is sent at most, as the manifests of autoneg ask."""


def attached(service: Record, groups: Sequence[str]) -> Record:
    """The backend service with the groups among its backends; those that are there stay."""
    backends: list[Value] = list(service.read("backends") or [])
    there = {backend.get("group") for backend in backends}
    backends += [
        {
            "group": group,
            "balancingMode": "RATE",
            "capacityScaler": 1,
            "maxRatePerEndpoint": _RATE,
        }
        for group in groups
        if group not in there
    ]
    return Record(
        type=service.type,
        id=service.id,
        inputs={**service.inputs, "backends": backends},
        computed={key: item for key, item in service.computed.items() if key != "backends"},
    )


def groups_of(cluster: Record, service: Record) -> list[str]:
    """The endpoint groups that a cluster makes for a backend service: one a zone."""
    place = str(cluster.read("location") or "")
    project = project_of(cluster.id)
    names = [place] if is_zone(place) else cluster.read("nodeLocations") or zones(place)[:3]
    return [
        f"https://www.googleapis.com/compute/v1/projects/{project}/zones/{zone}"
        f"/networkEndpointGroups/{cluster.read('name')}-{service.read('name')}"
        for zone in names
    ]


def due(records: Records, changed: Record) -> list[tuple[Record, list[str]]]:
    """What the controllers attach once a cluster or a backend service has been made."""
    if changed.type not in {CLUSTER, BACKEND_SERVICE}:
        return []
    services = records.get(BACKEND_SERVICE, {}).values()
    clusters = records.get(CLUSTER, {}).values()
    pairs = [(s, [group for c in clusters for group in groups_of(c, s)]) for s in services]
    return [(service, groups) for service, groups in pairs if groups]


def service_of(records: Records, id_: str) -> Record:
    """The backend service with this id.

    Raises:
        ServiceError: there is none.
    """
    found = records.get(BACKEND_SERVICE, {}).get(id_)
    if found is None:
        missing: ServiceError = not_found(BACKEND_SERVICE, id_)
        raise missing
    return found
