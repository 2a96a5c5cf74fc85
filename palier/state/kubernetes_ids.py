"""Ids of Kubernetes objects: `namespace/name`, or `name` for what belongs to the whole cluster."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from palier.facts import read

PREFIX: Final = "kubernetes:"
RELEASE: Final = "kubernetes:helm.sh/v3:Release"
CLUSTER_SCOPED: Final = frozenset(
    {
        "Namespace", "Node", "PersistentVolume", "ClusterRole", "ClusterRoleBinding",
        "StorageClass", "CSIDriver", "CSINode", "VolumeAttachment", "PriorityClass",
        "RuntimeClass", "IngressClass", "CustomResourceDefinition", "APIService",
        "MutatingWebhookConfiguration", "ValidatingWebhookConfiguration",
        "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding",
        "CertificateSigningRequest", "FlowSchema", "PriorityLevelConfiguration",
    }
)  # fmt: skip
"""Kinds of Kubernetes itself that are in no namespace."""


def id_of(type_: str, inputs: Mapping[str, Any]) -> str | None:
    """The id an object has, if its inputs tell it."""
    place = inputs if type_ == RELEASE else inputs.get("metadata") or {}
    name, namespace = read(place, "name"), read(place, "namespace")
    if not isinstance(name, str) or not name:
        return None
    if isinstance(namespace, str) and namespace:
        return f"{namespace}/{name}"
    return name if type_.rpartition(":")[2] in CLUSTER_SCOPED else None
