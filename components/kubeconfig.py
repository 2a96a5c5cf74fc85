"""How Pulumi reaches a cluster: its DNS endpoint and the user's own Google identity."""

from __future__ import annotations

import json


def kubeconfig(name: str, endpoint: str) -> str:
    """A kubeconfig without any credential: `gke-gcloud-auth-plugin` asks IAM who the caller is.

    The DNS endpoint carries a public certificate, so no authority is written here, and a rotation
    of the cluster's own does not change the provider.
    """
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": name, "cluster": {"server": f"https://{endpoint}"}}],
            "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
            "current-context": name,
            "users": [
                {
                    "name": name,
                    "user": {
                        "exec": {
                            "apiVersion": "client.authentication.k8s.io/v1beta1",
                            "command": "gke-gcloud-auth-plugin",
                            "installHint": (
                                "Install it with: gcloud components install gke-gcloud-auth-plugin"
                            ),
                            "interactiveMode": "IfAvailable",
                            "provideClusterInfo": True,
                        }
                    },
                }
            ],
        },
        sort_keys=True,
    )
