"""Builders for tests of the simulated cloud: a cloud in a folder, and things to put into it.

A `Thing` is a type and inputs; its id is told from the provider's schema. `make(cloud, *things)`
creates them in order. Every builder gives a thing that the services take, and takes what to change.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import builders
import known_cloud
import pytest

from palier.facts import Facts
from palier.simcloud.cloud import Cloud, ServiceError
from palier.simcloud.faults import Faults
from palier.simcloud.latencies import Latencies
from palier.simcloud.quotas import Quotas
from palier.simcloud.records import Record
from palier.simcloud.refusals import APIS, ENABLED
from palier.simcloud.store import Store

PROJECT = known_cloud.PROJECT
REGION = "europe-west1"
NETWORK = f"projects/{PROJECT}/global/networks/net"
EVERY_API = ENABLED | {host for host, _ in APIS.values()}


@dataclass(frozen=True, kw_only=True)
class Thing:
    """A resource to be made; `name` tells two of a type apart whose ids a service picks."""

    type: str
    inputs: Mapping[str, Any]
    name: str = ""
    outputs: Mapping[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The id that the service answers."""
        schema = known_cloud.provider_schema()[self.type]
        return self._fill(schema["id"])

    def with_inputs(self, **changes: Any) -> Thing:
        """The same with other inputs."""
        return Thing(
            type=self.type,
            inputs={**self.inputs, **changes},
            name=self.name,
            outputs=self.outputs,
        )

    def _value(self, key: str) -> str:
        if isinstance(given := self.inputs.get(key), str):
            return given.rsplit("/", 1)[-1] if key == "cluster" else given
        rule = known_cloud.provider_schema()[self.type].get("outputs", {}).get(key, {})
        template = rule.get("template") or rule.get("templateDocumented")
        fallback = {"project": PROJECT, "location": "global", "host": ""}
        return self._fill(template) if template else fallback.get(key, self.name)

    def _fill(self, template: str) -> str:
        digits = str(int(hashlib.sha256(self.name.encode()).hexdigest()[:8], 16))
        text = template.replace("projects/<number>", f"projects/{builders.PROJECT_NUMBER}")
        text = re.sub(r"<\w+>", digits, text)
        return re.sub(r"\{\{(\w+)\}\}", lambda hole: self._value(hole[1]), text)


def open_cloud(folder: Path, **options: Any) -> Cloud:
    """A cloud whose services are enabled, that takes no time and has no limits."""
    given: dict[str, Any] = {
        "latencies": Latencies(),
        "faults": Faults(),
        "quotas": Quotas.unlimited(),
        "enabled": EVERY_API,
    }
    return Cloud(Store(folder / "cloud.json"), **given | options)


def make(cloud: Cloud, *things: Thing) -> list[Record]:
    """Create things in order."""
    return [
        cloud.create("gcp", one.type, one.id, one.inputs, {**one.inputs, **one.outputs})
        for one in things
    ]


def change(cloud: Cloud, thing: Thing, fingerprint: str | None = None) -> Record:
    """Update a thing to the inputs it has now."""
    outputs = {**thing.inputs, **thing.outputs}
    return cloud.update("gcp", thing.type, thing.id, thing.inputs, outputs, fingerprint)


def drop(cloud: Cloud, thing: Thing) -> None:
    """Delete a thing whose state holds its inputs."""
    cloud.delete("gcp", thing.type, thing.id, thing.inputs)


def there(cloud: Cloud, thing: Thing) -> bool:
    """Whether the cloud has a thing."""
    return cloud.read("gcp", thing.type, thing.id) is not None


def refusal_of_making(cloud: Cloud, thing: Thing) -> str:
    """What the provider would print when a thing is refused; it must be."""
    before = cloud.read("gcp", thing.type, thing.id)
    with pytest.raises(ServiceError) as caught:
        make(cloud, thing)
    assert cloud.read("gcp", thing.type, thing.id) is before, "refused and made all the same"
    return str(caught.value)


def refusal_of_dropping(cloud: Cloud, thing: Thing) -> str:
    """What the provider would print when a deletion is refused; it must be."""
    with pytest.raises(ServiceError) as caught:
        drop(cloud, thing)
    assert there(cloud, thing), "refused and deleted all the same"
    return str(caught.value)


def things_of(facts: Facts) -> dict[str, Thing]:
    """What a phase registers with Google, by urn."""
    return {
        fact.urn: Thing(type=fact.type, inputs=fact.inputs, name=fact.name)
        for fact in facts.resources
        if fact.type.startswith("gcp:")
    }


def service(api: str) -> Thing:
    """An enabled API."""
    host = f"{api}.googleapis.com"
    return Thing(
        type="gcp:projects/service:Service", inputs={"service": host, "disableOnDestroy": False}
    )


def network(**changes: Any) -> Thing:
    """A VPC."""
    return Thing(
        type="gcp:compute/network:Network",
        inputs={"name": "net", "autoCreateSubnetworks": False, **changes},
    )


def subnetwork(**changes: Any) -> Thing:
    """A subnetwork of it."""
    inputs = {"name": "sub", "region": REGION, "network": NETWORK, "ipCidrRange": "10.0.0.0/20"}
    return Thing(type="gcp:compute/subnetwork:Subnetwork", inputs=inputs | changes)


def allocation(**changes: Any) -> Thing:
    """The range that private services access hands out."""
    inputs = {
        "name": "private",
        "purpose": "VPC_PEERING",
        "addressType": "INTERNAL",
        "address": "10.24.0.0",
        "prefixLength": 16,
        "network": NETWORK,
    }
    return Thing(type="gcp:compute/globalAddress:GlobalAddress", inputs=inputs | changes)


def connection(**changes: Any) -> Thing:
    """Private services access."""
    inputs = {
        "network": NETWORK,
        "service": "servicenetworking.googleapis.com",
        "reservedPeeringRanges": ["private"],
    }
    return Thing(type="gcp:servicenetworking/connection:Connection", inputs=inputs | changes)


def instance(settings: Mapping[str, Any] | None = None, **changes: Any) -> Thing:
    """A Cloud SQL primary; `settings` are laid over its own."""
    given = {
        "tier": "db-custom-2-7680",
        "edition": "ENTERPRISE",
        "diskSize": 20,
        "backupConfiguration": {"enabled": True, "pointInTimeRecoveryEnabled": True},
        **(settings or {}),
    }
    inputs = {
        "name": "db",
        "region": REGION,
        "databaseVersion": "POSTGRES_17",
        "deletionProtection": False,
        "settings": {key: value for key, value in given.items() if value is not None},
    }
    return Thing(type="gcp:sql/databaseInstance:DatabaseInstance", inputs=inputs | changes)


def replica(settings: Mapping[str, Any] | None = None, **changes: Any) -> Thing:
    """A copy of it."""
    return instance(
        {"backupConfiguration": None, **(settings or {})},
        **{"name": "db-copy", "masterInstanceName": "db", **changes},
    )


def redis(**changes: Any) -> Thing:
    """A cache that is reached through private services access."""
    inputs = {
        "name": "cache",
        "region": REGION,
        "tier": "STANDARD_HA",
        "memorySizeGb": 5,
        "redisVersion": "REDIS_7_2",
        "connectMode": "PRIVATE_SERVICE_ACCESS",
        "authorizedNetwork": NETWORK,
    }
    return Thing(type="gcp:redis/instance:Instance", inputs=inputs | changes)


def bucket(**changes: Any) -> Thing:
    """A bucket."""
    inputs = {"name": "acme-things", "location": "EU", "forceDestroy": False}
    return Thing(type="gcp:storage/bucket:Bucket", inputs=inputs | changes)


def zone(**changes: Any) -> Thing:
    """A managed zone."""
    inputs = {"name": "dns", "dnsName": "example.com.", "forceDestroy": False}
    return Thing(type="gcp:dns/managedZone:ManagedZone", inputs=inputs | changes)


def record_set(name: str = "www.example.com.", type_: str = "A") -> Thing:
    """A record of it."""
    inputs = {
        "name": name,
        "type": type_,
        "managedZone": "dns",
        "ttl": 300,
        "rrdatas": ["192.0.2.1"],
    }
    return Thing(type="gcp:dns/recordSet:RecordSet", inputs=inputs)


def account(**changes: Any) -> Thing:
    """A service account."""
    return Thing(
        type="gcp:serviceaccount/account:Account", inputs={"accountId": "worker", **changes}
    )


def health_check() -> Thing:
    """A health check."""
    inputs = {"name": "health", "tcpHealthCheck": {"port": 80}}
    return Thing(type="gcp:compute/healthCheck:HealthCheck", inputs=inputs)


def backend_service(**changes: Any) -> Thing:
    """A backend service that uses it."""
    inputs = {
        "name": "api",
        "protocol": "HTTP",
        "healthChecks": f"projects/{PROJECT}/global/healthChecks/health",
    }
    return Thing(type="gcp:compute/backendService:BackendService", inputs=inputs | changes)


def cluster(**changes: Any) -> Thing:
    """A Standard cluster on the network."""
    inputs = {
        "name": "gke",
        "location": REGION,
        "network": NETWORK,
        "deletionProtection": False,
        "removeDefaultNodePool": True,
        "initialNodeCount": 1,
        "workloadIdentityConfig": {"workloadPool": f"{PROJECT}.svc.id.goog"},
    }
    return Thing(type="gcp:container/cluster:Cluster", inputs=inputs | changes)


def node_pool(**changes: Any) -> Thing:
    """Nodes of it."""
    inputs = {
        "name": "pool",
        "location": REGION,
        "cluster": f"projects/{PROJECT}/locations/{REGION}/clusters/gke",
        "nodeCount": 1,
        "nodeConfig": {"machineType": "n2d-standard-4"},
    }
    return Thing(type="gcp:container/nodePool:NodePool", inputs=inputs | changes)
