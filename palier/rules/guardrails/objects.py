"""Guardrails within a cluster, of the objects that Pulumi makes there.

What Argo CD syncs is in no stack, and is not seen here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from palier.facts import UNKNOWN, Unknown, Value
from palier.rules.judges import each
from palier.rules.model import Rule
from palier.rules.requirements import (
    Answer,
    Requirement,
    either,
    equal,
    lacking,
)

NAMESPACE: Final = "kubernetes:core/v1:Namespace"
BINDINGS: Final = (
    "kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding",
    "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding",
)
EVERYONE: Final = (
    "system:anonymous", "system:unauthenticated", "system:authenticated", "system:masters",
)  # fmt: skip
ENFORCED: Final = "pod-security.kubernetes.io/enforce"


def _standard(value: Value) -> Answer:
    """Whether labels of a namespace name a Pod Security Standard that refuses something."""
    if isinstance(value, Unknown):
        return UNKNOWN
    level = value.get(ENFORCED) if isinstance(value, Mapping) else None
    return either(equal(level, name) for name in ("baseline", "restricted"))


RULES: Final[tuple[Rule, ...]] = (
    Rule(
        id="k8s-pod-security",
        title="Namespaces enforce a Pod Security Standard",
        family="guardrails",
        rationale="Without one any pod may take over its node.",
        remedy=f"Set the label {ENFORCED} of the namespace to baseline or restricted.",
        reference="CIS GKE 4.2.1",
        judge=each(
            NAMESPACE,
            Requirement(
                path="metadata.labels",
                test=_standard,
                wanted=f"one with {ENFORCED} = baseline or restricted",
            ),
        ),
    ),
    Rule(
        id="k8s-bindings",
        title="No role is bound to everyone, or to system:masters",
        family="guardrails",
        rationale="system:masters is above every rule, and everyone is every Google account.",
        remedy="Bind the role to a named group, user or service account.",
        reference="CIS GKE 4.1.6, 4.1.8, 4.1.9, 4.1.10",
        judge=each(
            BINDINGS,
            lacking(
                "subjects", f"without {', '.join(EVERYONE)}", *({"name": name} for name in EVERYONE)
            ),
        ),
    ),
)
