"""The `kubernetes` package: what Pulumi owns in a cluster, and the cluster that has to be there.

Namespaces, Secrets, Helm releases and custom resources. A provider reaches the cluster whose
endpoint its kubeconfig names, if the cloud has one; objects of a cluster go with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import yaml

from palier.facts import UNKNOWN, Value, read
from palier.provider.diff import Change, Diff
from palier.provider.tree import UnknownTypeError
from palier.simcloud.cloud import Cloud
from palier.simcloud.errors import ServiceError
from palier.simcloud.packages import Call, Checked, Made, Values
from palier.simcloud.store import GCP
from palier.simcloud.trees import below, differences

RELEASE: Final = "kubernetes:helm.sh/v3:Release"
NAMESPACE: Final = "kubernetes:core/v1:Namespace"
SECRET: Final = "kubernetes:core/v1:Secret"  # noqa: S105 a type
IDENTITY: Final = frozenset({"apiVersion", "kind", "metadata.name", "metadata.namespace"})
RELEASE_IDENTITY: Final = frozenset({"name", "namespace"})
SECRET_IDENTITY: Final = IDENTITY | {"type"}
HIDDEN: Final = frozenset({"data", "stringData"})
"""What a Secret holds."""
CRDS: Final = {"argo-cd": "argoproj.io"}
"""API groups that a chart brings."""
CLUSTER: Final = "gcp:container/cluster:Cluster"
DNS_ENDPOINT: Final = "controlPlaneEndpointsConfig.dnsEndpointConfig.endpoint"
DEFAULT_NAMESPACE: Final = "default"
AUTONAMED: Final = "pulumi.com/autonamed"
"""Annotation of an object whose name the provider chose: the next one can have another."""


class Kubernetes:
    """The package, for one cluster."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.server: Value = None

    def configure(self, config: Values) -> None:
        """Take the kubeconfig."""
        self.server = server_of(config.get("kubeconfig"))

    def diff_config(self, old: Values, new: Values) -> Diff:
        """Another cluster replaces the provider and all it made; `clusterIdentifier` decides."""
        found = list(differences(old, new))
        key = "clusterIdentifier" if new.get("clusterIdentifier") else "kubeconfig"
        other = old.get(key) != new.get(key) and (
            key == "clusterIdentifier"
            or server_of(old.get("kubeconfig")) != server_of(new.get("kubeconfig"))
        )
        changes = (
            Change(path=path, kind=kind, replace=other and below(path, frozenset({key})))
            for path, kind in found
        )
        return Diff(tuple(changes))

    def check(self, call: Call) -> Checked:
        """Name what has no name, as the provider does."""
        _known(call.type)
        if call.type == RELEASE:
            name = call.old_inputs.get("name") or f"{call.name}-{call.digits}"
            return Checked(inputs={"name": name, **call.inputs})
        metadata = call.inputs.get("metadata") or {}
        if metadata is UNKNOWN or metadata.get("name") is not None:
            return Checked(inputs=call.inputs)
        name = read(call.old_inputs, "metadata.name") or f"{call.name}-{call.digits}"
        notes = {**(metadata.get("annotations") or {}), AUTONAMED: "true"}
        named = {**metadata, "name": name, "annotations": notes}
        return Checked(inputs={**call.inputs, "metadata": named})

    def diff(self, call: Call) -> Diff:
        """A name, a namespace or the type of a Secret is for life; all else is changed in place."""
        identity = {RELEASE: RELEASE_IDENTITY, SECRET: SECRET_IDENTITY}.get(call.type, IDENTITY)
        if call.type == SECRET and call.old_inputs.get("immutable"):
            identity |= HIDDEN
        ignored = frozenset(call.ignored)
        old = _seen(call)
        changes = tuple(
            Change(path=path, kind=kind, replace=below(path, identity))
            for path, kind in differences(old, call.inputs)
            if not below(path, ignored)
        )
        same_name = _id(call.type, call.old_inputs) == _id(call.type, call.inputs)
        return Diff(changes, same_name and not _autonamed(call.inputs))

    def preview(self, call: Call) -> Values:
        """The inputs; what the API server adds is unknown."""
        return {**call.inputs, "status": UNKNOWN} if call.type == RELEASE else call.inputs

    def create(self, call: Call) -> Made:
        """Apply an object."""
        cluster = self._cluster()
        self._refuse_without_home(cluster, call)
        id_ = _id(call.type, call.inputs)
        outputs = {**call.inputs, **_answered(call, id_)}
        self.cloud.create(_scope(cluster), call.type, id_, inputs=call.inputs, outputs=outputs)
        return Made(id=id_, outputs=outputs, inputs=call.inputs)

    def read(self, call: Call) -> Made | None:
        """Look an object up; a cluster that is gone has none."""
        cluster = self._cluster_here()
        if cluster is None:
            return None
        record = self.cloud.read(_scope(cluster), call.type, call.id, call.old_inputs, call.state)
        if record is None:
            return None
        return Made(id=call.id, inputs=record.inputs, outputs=record.outputs)

    def update(self, call: Call) -> Made:
        """Apply a changed object."""
        cluster = self._cluster()
        outputs = {**call.inputs, **_answered(call, call.id)}
        self.cloud.update(
            _scope(cluster), call.type, call.id, inputs=call.inputs,
            outputs=outputs, fingerprint=None,
        )  # fmt: skip
        return Made(id=call.id, outputs=outputs, inputs=call.inputs)

    def delete(self, call: Call) -> None:
        """Delete an object."""
        self.cloud.delete(_scope(self._cluster()), call.type, call.id, call.state)

    def secret(self, type_: str) -> frozenset[str]:
        """What a Secret holds."""
        return HIDDEN if type_ == SECRET else frozenset()

    def _cluster_here(self) -> str | None:
        """The cluster whose endpoint the kubeconfig names, if there is one."""
        for cluster in self.cloud.records(GCP, CLUSTER):
            ends = (cluster.outputs.get("endpoint"), read(cluster.outputs, DNS_ENDPOINT))
            if str(self.server).removeprefix("https://") in ends:
                return cluster.id
        return None

    def _cluster(self) -> str:
        found = self._cluster_here()
        if found is None:
            raise ServiceError(
                503, "unreachable",
                "configured Kubernetes cluster is unreachable: unable to load schema information"
                f" from the API server: no cluster answers at {self.server}",
            )  # fmt: skip
        return found

    def _refuse_without_home(self, cluster: str, call: Call) -> None:
        """Refuse an object whose namespace or kind the cluster does not have."""
        namespace = _namespace(call.type, call.inputs)
        here = _scope(cluster)
        if (
            namespace not in {None, DEFAULT_NAMESPACE}
            and not (call.type == RELEASE and call.inputs.get("createNamespace"))
            and self.cloud.read(here, NAMESPACE, str(namespace)) is None
        ):
            raise ServiceError(404, "NotFound", f'namespaces "{namespace}" not found')
        group = _group(call.type)
        charts = [chart for chart, brings in CRDS.items() if brings == group]
        if charts and not any(chart in charts for chart in self._charts(here)):
            kind = call.type.rsplit(":", 1)[1]
            version = call.inputs.get("apiVersion")
            message = f'no matches for kind "{kind}" in version "{version}"'
            raise ServiceError(404, "NotFound", message)

    def _charts(self, here: str) -> Iterator[str]:
        for record in self.cloud.records(here, RELEASE):
            yield str(record.inputs.get("chart", "")).rsplit("/", 1)[-1]


def empty(cloud: Cloud, cluster: str) -> None:
    """Forget the objects of a cluster of this id that is gone: a new one has none."""
    here = _scope(cluster)
    with cloud.store.locked():
        gone = [record for ids in cloud.store.records(here).values() for record in ids.values()]
        cloud.store.remove(here, *gone)


def server_of(kubeconfig: Value) -> Value:
    """The API server of a kubeconfig, given as text (YAML or JSON) or as an object."""
    if kubeconfig is UNKNOWN:
        return UNKNOWN
    try:
        content = yaml.safe_load(kubeconfig) if isinstance(kubeconfig, str) else kubeconfig
    except yaml.YAMLError:
        return None
    return read(content or {}, "clusters.0.cluster.server")


def _group(type_: str) -> str:
    """The API group of a type: `kubernetes:argoproj.io/v1alpha1:Application`."""
    return type_.split(":")[1].partition("/")[0]


def _known(type_: str) -> None:
    group = _group(type_)
    custom = "." in group and not group.endswith(".k8s.io")
    if type_ not in {NAMESPACE, SECRET, RELEASE} and not custom:
        raise UnknownTypeError(type_)


def _namespace(type_: str, inputs: Values) -> str | None:
    if type_ == NAMESPACE:
        return None
    given = inputs.get("namespace") if type_ == RELEASE else read(inputs, "metadata.namespace")
    return str(given or DEFAULT_NAMESPACE)


def _id(type_: str, inputs: Values) -> str:
    name = inputs.get("name") if type_ == RELEASE else read(inputs, "metadata.name")
    namespace = _namespace(type_, inputs)
    return f"{namespace}/{name}" if namespace else str(name)


def _scope(cluster: str) -> str:
    """Where the cloud keeps the objects of a cluster."""
    return f"kubernetes {cluster}"


def _autonamed(inputs: Values) -> bool:
    notes = read(inputs, "metadata.annotations")
    return isinstance(notes, Mapping) and AUTONAMED in notes


def _answered(call: Call, id_: str) -> Values:
    """What the API server, or Helm, adds."""
    if call.type == RELEASE:
        chart = str(call.inputs.get("chart", "")).rsplit("/", 1)[-1]
        status = {
            "chart": chart, "name": call.inputs.get("name"), "status": "deployed", "revision": 1,
            "namespace": _namespace(call.type, call.inputs), "version": call.inputs.get("version"),
        }  # fmt: skip
        return {"status": status, "resourceNames": {}}
    metadata = {**(call.inputs.get("metadata") or {}), "uid": f"uid-{id_}"}
    namespace = _namespace(call.type, call.inputs)
    return {"metadata": metadata | ({"namespace": namespace} if namespace else {})}


def _seen(call: Call) -> Values:
    """The old inputs, with what a refresh found in their place."""
    return {key: _over(value, call.state.get(key)) for key, value in call.old_inputs.items()}


def _over(given: Value, found: Value) -> Value:
    if isinstance(given, Mapping) and isinstance(found, Mapping):
        return {key: _over(value, found.get(key)) for key, value in given.items()}
    return given if found is None else found
