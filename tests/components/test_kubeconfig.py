"""The kubeconfig: where the cluster is, never who one is."""

from __future__ import annotations

import json

from components.kubeconfig import kubeconfig

CONFIG = json.loads(kubeconfig("gke-eu-g1", "gke-abc.europe-west1.gke.goog"))


def test_the_server_is_the_clusters_dns_endpoint() -> None:
    [cluster] = CONFIG["clusters"]
    assert cluster["cluster"] == {"server": "https://gke-abc.europe-west1.gke.goog"}, (
        "an authority written here would change with each rotation"
    )


def test_no_credential_is_written_down() -> None:
    [user] = CONFIG["users"]
    assert set(user["user"]) == {"exec"}, "a token or a key in a state outlives its owner"
    assert user["user"]["exec"]["command"] == "gke-gcloud-auth-plugin"
    assert "args" not in user["user"]["exec"]
    assert "env" not in user["user"]["exec"]


def test_a_context_ties_the_cluster_to_the_user() -> None:
    [context] = CONFIG["contexts"]
    assert CONFIG["current-context"] == context["name"]
    assert context["context"] == {"cluster": CONFIG["clusters"][0]["name"],
                                  "user": CONFIG["users"][0]["name"]}  # fmt: skip


def test_the_text_is_the_same_in_every_run() -> None:
    assert kubeconfig("a", "b") == kubeconfig("a", "b")
    assert kubeconfig("a", "b") == json.dumps(json.loads(kubeconfig("a", "b")), sort_keys=True), (
        "another order of keys would show as a change of the provider"
    )
