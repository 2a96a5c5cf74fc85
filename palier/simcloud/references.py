"""References: which resources of the cloud a resource names, by id, by link or by a short name.

Ids are recognised by their shape, told from the provider's schema, wherever they stand among the
inputs. Short names (`instance: postgres-eu-1`) are listed. A thing of another project is nothing
this cloud can know, so nothing is said of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final

from palier.facts import Value
from palier.provider import tree
from palier.simcloud.kinds import is_grant
from palier.simcloud.records import Record
from palier.simcloud.store import Records

BUCKET: Final = "gcp:storage/bucket:Bucket"
ACCOUNT: Final = "gcp:serviceaccount/account:Account"

SHORT_NAMES: Final[Mapping[str, Mapping[str, str]]] = {
    "gcp:artifactregistry/repositoryIamMember:RepositoryIamMember": {
        "repository": "projects/-/locations/{location}/repositories/{}"
    },
    "gcp:bigquery/table:Table": {"datasetId": "projects/-/datasets/{}"},
    "gcp:certificatemanager/certificateMapEntry:CertificateMapEntry": {
        "map": "projects/-/locations/global/certificateMaps/{}"
    },
    "gcp:compute/backendBucket:BackendBucket": {"bucketName": "{}"},
    "gcp:compute/routerNat:RouterNat": {"router": "projects/-/regions/{region}/routers/{}"},
    "gcp:compute/subnetworkIAMMember:SubnetworkIAMMember": {
        "subnetwork": "projects/-/regions/{region}/subnetworks/{}"
    },
    "gcp:container/nodePool:NodePool": {"cluster": "projects/-/locations/{location}/clusters/{}"},
    "gcp:dns/recordSet:RecordSet": {"managedZone": "projects/-/managedZones/{}"},
    "gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider": {
        "workloadIdentityPoolId": "projects/-/locations/global/workloadIdentityPools/{}"
    },
    "gcp:monitoring/slo:Slo": {"service": "projects/-/services/{}"},
    "gcp:pubsub/subscription:Subscription": {"topic": "projects/-/topics/{}"},
    "gcp:pubsub/topicIAMMember:TopicIAMMember": {"topic": "projects/-/topics/{}"},
    "gcp:secretmanager/secretIamMember:SecretIamMember": {"secretId": "projects/-/secrets/{}"},
    "gcp:servicenetworking/connection:Connection": {
        "reservedPeeringRanges": "projects/-/global/addresses/{}"
    },
    "gcp:sql/database:Database": {"instance": "projects/-/instances/{}"},
    "gcp:sql/databaseInstance:DatabaseInstance": {"masterInstanceName": "projects/-/instances/{}"},
    "gcp:sql/sslCert:SslCert": {"instance": "projects/-/instances/{}"},
    "gcp:sql/user:User": {"instance": "projects/-/instances/{}"},
    "gcp:storage/bucketIAMMember:BucketIAMMember": {"bucket": "{}"},
    "gcp:storage/bucketObject:BucketObject": {"bucket": "{}"},
}
"""Properties that name a resource shortly, with its canonical id; a bucket's id is its name."""

_UNTRACKED: Final = frozenset(
    {
        "gcp:binaryauthorization/policy:Policy",
        "gcp:compute/networkEndpointGroup:NetworkEndpointGroup",
        "gcp:projects/serviceIdentity:ServiceIdentity",
    }
)
"""Types whose ids look like something else's, or that a cluster's controllers make unseen."""

_HERE: Final = "-"
"""The project of a canonical id, and of what is named without one."""
_HOLE: Final = re.compile(r"\{\{\w+\}\}|<\w+>")
_LINK: Final = re.compile(r"(?:https?:)?//[^/ ]+/(?:[\w/]+/)?(?=projects/)")
_PATH: Final = re.compile(r"projects/([^/ ]+)(/[^ ]+)")
_EMAIL: Final = re.compile(r"(?:serviceAccount:)?([^@:/ ]+@([^@ ]+)\.iam\.gserviceaccount\.com)")


@dataclass(frozen=True, kw_only=True)
class Reference:
    """One resource that another names: where, its canonical id, which types it may be of."""

    place: str
    project: str
    key: str
    types: tuple[str, ...]

    @property
    def id(self) -> str:
        """The id as a message shows it."""
        return self.key.replace("/-/", f"/{self.project}/", 1)


def canonical(id_: str) -> str:
    """An id without its project, which has a name and a number: `projects/-/global/networks/n`."""
    match = _path(id_)
    return f"projects/-{match[2]}" if match else id_


def project_of(id_: str) -> str | None:
    """The project that an id names, if it does."""
    match = _path(id_)
    return match[1] if match else None


@lru_cache(maxsize=8192)
def _path(text: str) -> re.Match[str] | None:
    return _PATH.fullmatch(_LINK.sub("", text, count=1)) if "projects/" in text else None


@lru_cache(maxsize=8192)
def references(record: Record) -> tuple[Reference, ...]:
    """All that a resource names."""
    return (*_paths(record), *_short_names(record))


def _paths(record: Record) -> Iterator[Reference]:
    for place, text in _strings(record.inputs, ""):
        if match := _EMAIL.fullmatch(text):
            key = f"projects/-/serviceAccounts/{match[1]}"
            yield Reference(place=place, project=match[2], key=key, types=(ACCOUNT,))
        elif project := project_of(text):
            key = canonical(text)
            if types := _types_of(key):
                yield Reference(place=place, project=project, key=key, types=types)


def _short_names(record: Record) -> Iterator[Reference]:
    own = project_of(record.id) or record.inputs.get("project") or _HERE
    for place, template in SHORT_NAMES.get(record.type, {}).items():
        given = record.inputs.get(place)
        for name in given if isinstance(given, list) else [given]:
            if not isinstance(name, str) or "/" in name:
                continue
            key = template.replace("{}", name)
            for hole in re.findall(r"\{(\w+)\}", key):
                key = key.replace(f"{{{hole}}}", str(record.read(hole)))
            types = (BUCKET,) if template == "{}" else _types_of(key)
            yield Reference(place=place, project=own, key=key, types=types)


def _strings(value: Value, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _strings(item, f"{place}.{key}".removeprefix("."))
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item, place)


@cache
def _shapes() -> Mapping[tuple[int, str], list[tuple[str, re.Pattern[str]]]]:
    """Types and the shapes of their canonical ids, by number of parts and name of the last."""
    shapes: dict[tuple[int, str], list[tuple[str, re.Pattern[str]]]] = {}
    for type_, schema in tree.schema_data()["types"].items():
        template = _template(schema)
        if type_ in _UNTRACKED or is_grant(type_) or not template.startswith("projects/"):
            continue
        parts = template.split("/")
        tail = "/".join(parts[2:])
        literals = map(re.escape, _HOLE.split(tail))
        shape = re.compile("projects/-/" + "[^/]+".join(literals))
        shapes.setdefault((len(parts), parts[-2]), []).append((type_, shape))
    return shapes


def _template(schema: Mapping[str, Value]) -> str:
    """The template of a type's ids, with those of its name and its key ring filled in."""
    template: str = schema["id"]
    if template == "{{name}}":
        name = schema.get("outputs", {}).get("name", {})
        template = name.get("template") or name.get("templateDocumented") or template
    ring: str = tree.schema_of("gcp:kms/keyRing:KeyRing")["id"]
    return template.replace("{{keyRing}}", ring)


@lru_cache(maxsize=8192)
def _types_of(key: str) -> tuple[str, ...]:
    parts = key.split("/")
    candidates = _shapes().get((len(parts), parts[-2]), []) if len(parts) > 1 else []
    return tuple(type_ for type_, shape in candidates if shape.fullmatch(key))


def find(records: Records, reference: Reference) -> Record | None:
    """The resource that a reference names, if the cloud has it."""
    for type_ in reference.types:
        for id_, record in records.get(type_, {}).items():
            if canonical(id_) == reference.key:
                return record
    return None


def known_projects(records: Records, record: Record) -> frozenset[str]:
    """Projects that are in this cloud: the resource's own, and those of all that is there."""
    ids = (id_ for by_id in records.values() for id_ in by_id)
    found = (record.inputs.get("project"), *map(project_of, (record.id, *ids)))
    return frozenset(project for project in found if project)


def missing(records: Records, record: Record) -> Reference | None:
    """The first thing that a resource names and the cloud does not have."""
    projects = known_projects(records, record)
    for reference in references(record):
        ours = reference.project in projects | {_HERE} or reference.project.isdigit()
        if ours and find(records, reference) is None:
            return reference
    return None


def users(records: Records, record: Record) -> Iterator[tuple[Record, Reference]]:
    """Every resource that names this one, and where it does."""
    key = canonical(record.id)
    for by_id in records.values():
        for other in by_id.values():
            for reference in references(other):
                if reference.key == key and record.type in reference.types:
                    yield other, reference
