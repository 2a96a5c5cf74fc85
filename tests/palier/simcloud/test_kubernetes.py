"""The `kubernetes` package: objects need their cluster, their namespace and their kind."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cloud_builders as things
import pytest

from palier.facts import UNKNOWN
from palier.provider.tree import UnknownTypeError
from palier.simcloud.cloud import Cloud, ServiceError
from palier.simcloud.gcp import Gcp
from palier.simcloud.kubernetes import NAMESPACE, RELEASE, SECRET, Kubernetes, server_of
from palier.simcloud.packages import Call, Made, Values

APPLICATION = "kubernetes:argoproj.io/v1alpha1:Application"
CLUSTER = things.cluster().type
IP = "192.0.2.7"


class Clusters:
    """A project in which clusters come and go."""

    def __init__(self, folder: Path) -> None:
        self.cloud = things.open_cloud(folder)
        self.gcp = Gcp(self.cloud)
        self.gcp.configure({"project": things.PROJECT, "region": things.REGION})
        things.make(self.cloud, things.network())
        self.made: dict[str, Made] = {}

    def create(self, name: str) -> Kubernetes:
        """Make a cluster; a provider that is configured for it."""
        inputs = {**things.cluster(name=name).inputs, "deletionProtection": False}
        self.made[name] = self.gcp.create(Call(type=CLUSTER, name=name, inputs=inputs))
        return provider(self.cloud, kubeconfig(dns_endpoint(self.made[name])))

    def delete(self, name: str) -> None:
        """Delete a cluster."""
        made = self.made[name]
        self.gcp.delete(Call(type=CLUSTER, name=name, id=made.id, state=made.outputs))


def dns_endpoint(cluster: Made) -> str:
    endpoint = cluster.outputs["controlPlaneEndpointsConfig"]["dnsEndpointConfig"]["endpoint"]
    return f"https://{endpoint}"


def kubeconfig(server: str, **user: str) -> str:
    return json.dumps({"clusters": [{"cluster": {"server": server}}], "users": [user]})


def provider(cloud: Cloud, config: Any) -> Kubernetes:
    made = Kubernetes(cloud)
    made.configure({"kubeconfig": config})
    return made


@pytest.fixture
def clusters(tmp_path: Path) -> Clusters:
    return Clusters(tmp_path)


@pytest.fixture
def gke(clusters: Clusters) -> Kubernetes:
    """A provider of a cluster that is there."""
    return clusters.create("gke")


def namespace(name: str = "argocd", **labels: str) -> Call:
    return Call(
        type=NAMESPACE, name="namespace", inputs={"metadata": {"name": name, "labels": labels}}
    )


def secret(namespace_: str = "argocd", **inputs: Any) -> Call:
    metadata = {"name": "facts", "namespace": namespace_}
    return Call(
        type=SECRET, name="facts", inputs={"metadata": metadata, "stringData": {"a": "b"}, **inputs}
    )


def release(namespace_: str | None = "argocd", **inputs: Any) -> Call:
    where = {"namespace": namespace_} if namespace_ else {}
    chart = {"chart": "argo-cd", "name": "argocd", "version": "9.0.0"}
    return Call(type=RELEASE, name="release", inputs={**chart, **where, **inputs})


def application() -> Call:
    inputs = {
        "apiVersion": "argoproj.io/v1alpha1", "kind": "Application",
        "metadata": {"name": "root", "namespace": "argocd"}, "spec": {"project": "default"},
    }  # fmt: skip
    return Call(type=APPLICATION, name="root", inputs=inputs)


def again(call: Call, made: Made, inputs: Values | None = None) -> Call:
    """A later call about an object that Pulumi remembers."""
    return Call(
        type=call.type, name=call.name, id=made.id, old_inputs=made.inputs, state=made.outputs,
        inputs=made.inputs if inputs is None else inputs,
    )  # fmt: skip


def refusal(gke: Kubernetes, call: Call) -> str:
    with pytest.raises(ServiceError) as caught:
        gke.create(call)
    return str(caught.value)


# --- the cluster --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "config",
    [
        kubeconfig(f"https://{IP}"),
        f"clusters:\n- cluster:\n    server: https://{IP}\n",
        {"clusters": [{"cluster": {"server": f"https://{IP}"}}]},
    ],
)
def test_a_kubeconfig_is_read_as_json_as_yaml_and_as_an_object(config: Any) -> None:
    assert server_of(config) == f"https://{IP}"


@pytest.mark.parametrize("config", [None, "", "{", "clusters: []", "a: [b", {"clusters": []}])
def test_a_kubeconfig_without_a_cluster_names_none(config: Any) -> None:
    assert server_of(config) is None


def test_an_unknown_kubeconfig_names_an_unknown_cluster() -> None:
    assert server_of(UNKNOWN) is UNKNOWN


def test_a_cluster_answers_at_its_ip_and_at_its_dns_endpoint(
    clusters: Clusters, gke: Kubernetes
) -> None:
    gke.create(namespace("one"))
    by_ip = provider(
        clusters.cloud, kubeconfig(f"https://{clusters.made['gke'].outputs['endpoint']}")
    )
    by_ip.create(namespace("two"))
    assert gke.read(Call(type=NAMESPACE, name="two", id="two")) is not None


@pytest.mark.parametrize("config", [kubeconfig("https://198.51.100.99"), None, "{"])
def test_where_no_cluster_answers_nothing_can_be_made_and_nothing_is_found(
    clusters: Clusters, config: Any
) -> None:
    clusters.create("gke")
    nobody = provider(clusters.cloud, config)
    said = refusal(nobody, namespace())
    assert said.startswith("configured Kubernetes cluster is unreachable: unable to load schema")
    assert nobody.read(Call(type=NAMESPACE, name="namespace", id="argocd")) is None
    for ask in (nobody.update, nobody.delete):
        with pytest.raises(ServiceError, match="unreachable"):
            ask(Call(type=NAMESPACE, name="namespace", id="argocd"))


def test_the_objects_of_two_clusters_are_apart(clusters: Clusters) -> None:
    one, two = clusters.create("gke-1"), clusters.create("gke-2")
    made = one.create(namespace())
    assert two.read(again(namespace(), made)) is None
    two.create(namespace())
    two.delete(again(namespace(), made))
    assert one.read(again(namespace(), made)) is not None


def test_the_objects_of_a_cluster_go_with_it(clusters: Clusters) -> None:
    first = clusters.create("gke")
    made = first.create(namespace())
    other = clusters.create("other")
    other.create(namespace())
    clusters.delete("gke")
    assert first.read(again(namespace(), made)) is None
    second = clusters.create("gke")
    assert second.read(again(namespace(), made)) is None, "a new cluster is empty"
    second.create(namespace())
    assert other.read(again(namespace(), made)) is not None, "and no other one is emptied"


# --- before a call reaches it -------------------------------------------------------------------


def test_an_object_without_a_name_is_given_one_that_stays(gke: Kubernetes) -> None:
    call = Call(
        type=NAMESPACE, name="apps", inputs={"metadata": {"labels": {"a": "b"}}}, digits="1a2b3c4"
    )
    named = gke.check(call).inputs
    assert named["metadata"] == {
        "labels": {"a": "b"}, "name": "apps-1a2b3c4",
        "annotations": {"pulumi.com/autonamed": "true"},
    }  # fmt: skip
    later = Call(type=NAMESPACE, name="apps", inputs={}, old_inputs=named, digits="9999999")
    assert gke.check(later).inputs["metadata"]["name"] == "apps-1a2b3c4"


def test_a_release_without_a_name_is_given_one_that_stays(gke: Kubernetes) -> None:
    call = Call(type=RELEASE, name="argocd", inputs={"chart": "argo-cd"}, digits="1a2b3c4")
    named = gke.check(call).inputs
    assert named == {"chart": "argo-cd", "name": "argocd-1a2b3c4"}
    later = Call(type=RELEASE, name="argocd", inputs={}, old_inputs=named, digits="9999999")
    assert gke.check(later).inputs["name"] == "argocd-1a2b3c4"


@pytest.mark.parametrize("metadata", [{"name": "given"}, {"name": UNKNOWN}, UNKNOWN])
def test_a_name_that_is_given_or_not_known_yet_stays(gke: Kubernetes, metadata: Any) -> None:
    call = Call(type=NAMESPACE, name="apps", inputs={"metadata": metadata})
    assert gke.check(call).inputs == {"metadata": metadata}
    assert gke.check(release()).inputs == release().inputs


@pytest.mark.parametrize(
    "type_", ["kubernetes:core/v1:Pod", "kubernetes:rbac.authorization.k8s.io/v1:Role"]
)
def test_what_pulumi_does_not_own_in_a_cluster_is_not_known(gke: Kubernetes, type_: str) -> None:
    with pytest.raises(UnknownTypeError):
        gke.check(Call(type=type_, name="x"))


@pytest.mark.parametrize(
    ("change", "replaces", "first"),
    [
        ({"metadata": {"name": "other", "namespace": "argocd"}}, ("metadata",), False),
        ({"metadata": {"name": "facts", "namespace": "other"}}, ("metadata",), False),
        ({"metadata": {"name": "facts", "namespace": "argocd", "labels": {}}}, (), True),
        ({"stringData": {"a": "c"}}, (), True),
        ({"type": "Opaque"}, ("type",), True),
    ],
)
def test_a_name_a_namespace_and_a_type_are_for_life_and_the_rest_is_not(
    gke: Kubernetes, change: dict[str, Any], replaces: tuple[str, ...], first: bool
) -> None:
    gke.create(namespace())
    made = gke.create(secret())
    found = gke.diff(again(secret(), made, {**made.inputs, **change}))
    assert found.changed
    assert found.replaces == replaces
    assert found.delete_before_replace is first, "two of one name cannot be there at once"


def test_what_an_immutable_secret_holds_is_for_life_too(gke: Kubernetes) -> None:
    gke.create(namespace())
    made = gke.create(secret(immutable=True))
    found = gke.diff(again(secret(), made, {**made.inputs, "stringData": {"a": "c"}}))
    assert found.replaces == ("stringData",)


def test_an_object_that_was_named_for_the_program_is_replaced_by_one_beside_it(
    gke: Kubernetes,
) -> None:
    unnamed = Call(type=SECRET, name="facts", inputs={"metadata": {}, "type": "Opaque"})
    made = gke.create(Call(type=SECRET, name="facts", inputs=gke.check(unnamed).inputs))
    found = gke.diff(again(unnamed, made, {**made.inputs, "type": "other"}))
    assert found.replaces == ("type",)
    assert not found.delete_before_replace


@pytest.mark.parametrize(
    ("change", "replaces"),
    [({"name": "b"}, ("name",)), ({"namespace": "b"}, ("namespace",)), ({"version": "9.1.0"}, ())],
)
def test_a_release_moves_only_by_a_replacement(
    gke: Kubernetes, change: dict[str, str], replaces: tuple[str, ...]
) -> None:
    made = gke.create(release("default"))
    found = gke.diff(again(release(), made, {**made.inputs, **change}))
    assert found.changed
    assert found.replaces == replaces


def test_diff_lets_be_what_the_program_told_it_to_ignore(gke: Kubernetes) -> None:
    made = gke.create(namespace())
    changed = {"metadata": {"name": "argocd", "labels": {"team": "web"}}}
    call = Call(
        type=NAMESPACE, name="namespace", inputs=changed, old_inputs=made.inputs,
        state=made.outputs, ignored=("metadata.labels",),
    )  # fmt: skip
    assert not gke.diff(call).changed
    assert gke.diff(again(namespace(), made, changed)).changed


def test_a_preview_does_not_know_how_a_release_will_fare(gke: Kubernetes) -> None:
    assert gke.preview(release())["status"] is UNKNOWN
    assert gke.preview(namespace()) == namespace().inputs


@pytest.mark.parametrize(
    ("old", "new", "replaces"),
    [
        ({"kubeconfig": kubeconfig("a")}, {"kubeconfig": kubeconfig("b")}, ("kubeconfig",)),
        ({"kubeconfig": kubeconfig("a")}, {"kubeconfig": kubeconfig("a", token="t")}, ()),  # noqa: S106
        ({"kubeconfig": kubeconfig("a")}, {"kubeconfig": UNKNOWN}, ("kubeconfig",)),
        (
            {"kubeconfig": kubeconfig("a"), "clusterIdentifier": "g1"},
            {"kubeconfig": kubeconfig("b"), "clusterIdentifier": "g1"}, (),
        ),
        (
            {"kubeconfig": kubeconfig("a"), "clusterIdentifier": "g1"},
            {"kubeconfig": kubeconfig("a"), "clusterIdentifier": "g2"}, ("clusterIdentifier",),
        ),
    ],
)  # fmt: skip
def test_another_cluster_replaces_the_provider_and_its_identifier_decides_which_is_another(
    gke: Kubernetes, old: dict[str, Any], new: dict[str, Any], replaces: tuple[str, ...]
) -> None:
    found = gke.diff_config(old, new)
    assert found.changed
    assert found.replaces == replaces


def test_the_same_configuration_changes_nothing(gke: Kubernetes) -> None:
    config = {"kubeconfig": kubeconfig("a")}
    assert not gke.diff_config(config, dict(config)).changed


# --- what the cluster then has ------------------------------------------------------------------


def test_an_object_is_made_read_changed_and_deleted(gke: Kubernetes) -> None:
    made = gke.create(namespace(team="web"))
    assert (made.id, made.outputs["metadata"]["uid"]) == ("argocd", "uid-argocd")
    read = gke.read(again(namespace(), made))
    assert read is not None
    assert (read.inputs, read.outputs) == (made.inputs, made.outputs)
    changed = gke.update(again(namespace(), made, namespace(team="db").inputs))
    assert changed.outputs["metadata"]["labels"] == {"team": "db"}
    gke.delete(again(namespace(), changed))
    assert gke.read(again(namespace(), changed)) is None
    gke.delete(again(namespace(), changed))


def test_an_object_has_its_namespace_in_its_id(gke: Kubernetes) -> None:
    gke.create(namespace())
    assert gke.create(secret()).id == "argocd/facts"
    assert gke.create(release()).id == "argocd/argocd"
    assert gke.create(release(None)).id == "default/argocd"
    assert gke.create(secret("default")).id == "default/facts"


def test_an_object_that_is_there_already_is_refused(gke: Kubernetes) -> None:
    gke.create(namespace())
    assert "already exists" in refusal(gke, namespace())


def test_an_object_whose_namespace_is_missing_is_refused(gke: Kubernetes) -> None:
    assert refusal(gke, secret()) == 'namespaces "argocd" not found'
    assert refusal(gke, release()) == 'namespaces "argocd" not found'
    assert gke.create(release(createNamespace=True)).id == "argocd/argocd"


def test_a_kind_is_known_only_once_the_release_of_its_chart_is_there(gke: Kubernetes) -> None:
    gke.create(namespace())
    missing = 'no matches for kind "Application" in version "argoproj.io/v1alpha1"'
    assert refusal(gke, application()) == missing
    gke.create(release(chart="oci://example.com/charts/cert-manager", name="certs"))
    assert refusal(gke, application()) == missing, "another chart brings other kinds"
    gke.create(release(chart="oci://ghcr.io/argoproj/argo-helm/argo-cd"))
    assert gke.create(application()).id == "argocd/root"


def test_a_kind_that_no_chart_is_known_to_bring_is_taken(gke: Kubernetes) -> None:
    call = Call(
        type="kubernetes:cert-manager.io/v1:Issuer", name="x", inputs={"metadata": {"name": "x"}}
    )
    assert gke.create(call).id == "default/x"


def test_a_release_says_that_it_is_deployed(gke: Kubernetes) -> None:
    status = gke.create(release("default", chart="oci://example.com/argo-cd")).outputs["status"]
    assert (status["status"], status["chart"], status["namespace"], status["name"]) == (
        "deployed", "argo-cd", "default", "argocd",
    )  # fmt: skip


def test_what_a_secret_holds_is_secret_and_is_not_written_down(
    gke: Kubernetes, tmp_path: Path
) -> None:
    gke.create(namespace())
    made = gke.create(secret(stringData={"token": "very-secret"}))
    assert gke.secret(SECRET) == {"data", "stringData"}
    assert gke.secret(NAMESPACE) == frozenset()
    assert "very-secret" not in (tmp_path / "cloud.json").read_text(encoding="utf-8")
    read = gke.read(again(secret(), made))
    assert read is not None
    assert read.inputs["stringData"] == {"token": "very-secret"}, "Pulumi's state knows it"


def test_what_was_changed_by_hand_is_a_difference_after_it_was_read(
    gke: Kubernetes, tmp_path: Path
) -> None:
    made = gke.create(namespace(team="web"))
    file = tmp_path / "cloud.json"
    file.write_text(file.read_text(encoding="utf-8").replace('"web"', '"db"'), encoding="utf-8")
    read = gke.read(again(namespace(), made))
    assert read is not None
    unchanged = Call(
        type=NAMESPACE, name="namespace", id=made.id, inputs=made.inputs, old_inputs=made.inputs,
        state=read.outputs,
    )  # fmt: skip
    assert [change.path for change in gke.diff(unchanged).changes] == ["metadata.labels.team"]
