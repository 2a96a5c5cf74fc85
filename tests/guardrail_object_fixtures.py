"""Fixtures of the guardrails within a cluster."""

from __future__ import annotations

from typing import Final

from palier.testing.fixtures import Added, Change, Fixture, Resource, unknown

NAMESPACE: Final = "kubernetes:core/v1:Namespace"
ENFORCE: Final = "pod-security.kubernetes.io/enforce"
CLUSTER_BINDING: Final = "kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding"
BINDING: Final = "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding"


def namespace(name: str, labels: dict[str, str]) -> Resource:
    """A namespace with labels."""
    return Resource(type=NAMESPACE, name=name, inputs={"metadata": {"labels": labels}})


def bound(*names: str) -> list[dict[str, str]]:
    """Subjects of a binding."""
    return [{"kind": "Group", "name": name} for name in names]


FIXTURES: Final[tuple[Fixture, ...]] = (
    Fixture(
        rule="k8s-pod-security",
        passing=[namespace("apps", {ENFORCE: "restricted"}),
                 namespace("tools", {ENFORCE: "baseline"})],
        violating=[
            Change(type=NAMESPACE, at="metadata.labels", to={ENFORCE: "privileged"}),
            Change(type=NAMESPACE, at="metadata.labels", to={"team": "a"}),
            Change(type=NAMESPACE, at="metadata.labels", to=None),
            Added(resource=Resource(type=NAMESPACE, name="bare")),
        ],
        unknown=[
            unknown(NAMESPACE, "metadata.labels"),
            unknown(NAMESPACE, "metadata"),
        ],
    ),
    Fixture(
        rule="k8s-bindings",
        passing=[
            Resource(type=BINDING, name="team", inputs={"subjects": bound("team@example.com")}),
            Resource(type=CLUSTER_BINDING, name="empty"),
        ],
        violating=[
            Added(resource=Resource(type=type_, name="open", inputs={
                "subjects": bound("team@example.com", f"system:{who}")}))
            for type_ in (BINDING, CLUSTER_BINDING)
            for who in ("anonymous", "unauthenticated", "authenticated", "masters")
        ],
        unknown=[
            unknown(BINDING, "subjects"),
            unknown(BINDING, "subjects.0.name"),
        ],
    ),
)  # fmt: skip
