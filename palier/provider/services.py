"""What services answer that follows from other properties: addresses, endpoints, agents.

One table by type and path. It has only what a program reads; the rest is told by its name
(`told`) or by a template of the schema (`identity`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from ipaddress import ip_network
from typing import Final

from palier.facts import UNKNOWN, Value, read
from palier.provider.told import Told

Tell = Callable[[Told], Value]

_AGENTS: Final = {
    "artifactregistry": "gcp-sa-artifactregistry",
    "compute": "compute-system",
    "container": "container-engine-robot",
    "pubsub": "gcp-sa-pubsub",
    "redis": "cloud-redis",
    "servicenetworking": "service-networking",
    "sqladmin": "gcp-sa-cloud-sql",
    "storage": "gs-project-accounts",
}
"""Domains of service agents that are not `gcp-sa-` and the name of the service."""
_SHARD_GB: Final = 13
_VERSION: Final = "1.35.4-gke.1000000"


def told(facts: Told, path: str) -> Value:
    """A property that the table names, by its path; none for all others."""
    tell = BY_TYPE.get(facts.pick.type, {}).get(path)
    return tell(facts) if tell else None


def _own_id(key: str) -> Tell:
    """An id that the service makes up, as `identity` has it in the name."""
    return lambda told: told.pick.hexadecimal(key, 16)


def _dns_endpoint(told: Told) -> str:
    name = told.pick.hexadecimal("dns", 36)
    return f"gke-{name}-{told.number}.{told.place('location')}.gke.goog"


def _service_range(told: Told) -> str:
    return str(told.get("ipAllocationPolicy.servicesIpv4CidrBlock") or "34.118.224.0/20")


def _zones(told: Told) -> list[str]:
    return [told.zone(letter) for letter in "bcd"]


def _private_sql(told: Told) -> str:
    private = read(told.state, "settings.ipConfiguration.privateNetwork")
    return told.pick.private() if private else ""


def _public_sql(told: Told) -> str:
    public = read(told.state, "settings.ipConfiguration.ipv4Enabled")
    return told.pick.public() if public in (True, None) else ""


def _sql_addresses(told: Told) -> list[Value]:
    kinds = (("PRIMARY", _public_sql(told)), ("PRIVATE", _private_sql(told)))
    return [
        {"ipAddress": address, "timeToRetire": "", "type": kind}
        for kind, address in kinds
        if address
    ]


def _sql_type(told: Told) -> str:
    replica = told.state.get("masterInstanceName")
    return "READ_REPLICA_INSTANCE" if replica not in (None, UNKNOWN) else "CLOUD_SQL_INSTANCE"


def _sql_agent(told: Told) -> str:
    name = told.pick.hexadecimal("agent", 6)
    return f"p{told.number}-{name}@gcp-sa-cloud-sql.iam.gserviceaccount.com"


def _sql_name(told: Told) -> str:
    name = told.pick.hexadecimal("dns", 12)
    return f"{name}.{told.pick.hexadecimal('scope', 13)}.{told.place('region')}.sql.goog."


def _global_address(told: Told) -> str:
    internal = told.get("addressType") == "INTERNAL"
    return told.pick.private() if internal else told.pick.public()


def _gateway(told: Told) -> str:
    """The first address of the range."""
    try:
        return str(next(ip_network(told.get("ipCidrRange", ""), strict=False).hosts()))
    except ValueError:
        return told.pick.private()


def _agent(told: Told) -> str:
    service = str(told.get("service", "")).partition(".")[0]
    domain = _AGENTS.get(service, f"gcp-sa-{service}")
    return f"service-{told.number}@{domain}.iam.gserviceaccount.com"


def _name_servers(told: Told) -> list[str]:
    letter = told.pick.one_of("abcde", "servers")
    return [f"ns-cloud-{letter}{number}.googledomains.com." for number in range(1, 5)]


def _records(told: Told) -> list[Value]:
    data = f"{told.pick.uuid('record')}.1.authorize.certificatemanager.goog."
    name = f"_acme-challenge.{told.get('domain', '')}."
    return [{"data": data, "name": name, "type": "CNAME"}]


def _domains(told: Told) -> list[str]:
    return list(told.get("managed.domains") or [])


def _redis_range(told: Told) -> str:
    return str(ip_network(f"{told.pick.private()}/29", strict=False))


def _replicas(told: Told) -> int:
    return 1 if told.get("tier") == "STANDARD_HA" else 0


BY_TYPE: Final[Mapping[str, Mapping[str, Tell]]] = {
    "gcp:certificatemanager/certificate:Certificate": {"sanDnsnames": _domains},
    "gcp:certificatemanager/dnsAuthorization:DnsAuthorization": {"dnsResourceRecords": _records},
    "gcp:compute/address:Address": {"address": _global_address},
    "gcp:compute/globalAddress:GlobalAddress": {"address": _global_address},
    "gcp:compute/globalForwardingRule:GlobalForwardingRule": {
        "ipAddress": lambda told: told.pick.public(),
    },
    "gcp:compute/managedSslCertificate:ManagedSslCertificate": {
        "subjectAlternativeNames": _domains
    },
    "gcp:compute/subnetwork:Subnetwork": {"gatewayAddress": _gateway},
    "gcp:container/cluster:Cluster": {
        "clusterIpv4Cidr": lambda told: told.get(
            "ipAllocationPolicy.clusterIpv4CidrBlock", "10.0.0.0/14"
        ),
        "controlPlaneEndpointsConfig.dnsEndpointConfig.endpoint": _dns_endpoint,
        "endpoint": lambda told: told.pick.public(),
        "masterAuth.clientCertificate": lambda _: "",
        "masterAuth.clientKey": lambda _: "",
        "masterAuth.clusterCaCertificate": lambda told: told.pick.encoded_certificate("ca"),
        "masterVersion": lambda _: _VERSION,
        "nodeLocations": _zones,
        "nodeVersion": lambda _: _VERSION,
        "privateClusterConfig.privateEndpoint": lambda told: told.pick.private(),
        "privateClusterConfig.publicEndpoint": lambda told: told.pick.public(),
        "servicesIpv4Cidr": _service_range,
        "workloadIdentityConfig.workloadPool": lambda told: f"{told.place('project')}.svc.id.goog",
    },
    "gcp:container/nodePool:NodePool": {
        "initialNodeCount": lambda told: told.get("nodeCount", 1),
        "nodeConfig.diskType": lambda _: "pd-balanced",
        "nodeCount": lambda told: told.get("initialNodeCount", 1),
        "nodeLocations": _zones,
        "version": lambda _: _VERSION,
    },
    "gcp:dns/managedZone:ManagedZone": {"nameServers": _name_servers},
    "gcp:memorystore/instance:Instance": {"nodeType": lambda _: "HIGHMEM_MEDIUM"},
    "gcp:monitoring/customService:CustomService": {"serviceId": _own_id("serviceId")},
    "gcp:monitoring/slo:Slo": {"sloId": _own_id("sloId")},
    "gcp:monitoring/uptimeCheckConfig:UptimeCheckConfig": {
        "httpCheck.port": lambda told: 443 if told.get("httpCheck.useSsl") else 80,
    },
    "gcp:projects/serviceIdentity:ServiceIdentity": {"email": _agent},
    "gcp:redis/cluster:Cluster": {
        "nodeType": lambda _: "REDIS_HIGHMEM_MEDIUM",
        "sizeGb": lambda told: told.get("shardCount", 1) * _SHARD_GB,
    },
    "gcp:redis/instance:Instance": {
        "currentLocationId": lambda told: told.get("locationId", told.zone("b")),
        "effectiveReservedIpRange": _redis_range,
        "locationId": lambda told: told.zone("b"),
        "replicaCount": _replicas,
        "reservedIpRange": _redis_range,
    },
    "gcp:sql/databaseInstance:DatabaseInstance": {
        "dnsName": _sql_name,
        "firstIpAddress": lambda told: _public_sql(told) or _private_sql(told),
        "instanceType": _sql_type,
        "ipAddresses": _sql_addresses,
        "privateIpAddress": _private_sql,
        "publicIpAddress": _public_sql,
        "replicaNames": lambda _: [],
        "serviceAccountEmailAddress": _sql_agent,
        "settings.diskSize": lambda _: 10,
        "settings.diskType": lambda _: "PD_SSD",
        "settings.version": lambda _: 1,
        "settings.effectiveAvailabilityType": lambda told: told.get("settings.availabilityType"),
    },
    "gcp:storage/bucket:Bucket": {"projectNumber": lambda told: int(told.number)},
}
"""Outputs that follow from other properties, by type and path."""
