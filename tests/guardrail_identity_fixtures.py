"""Fixtures of the guardrails of identities: grants of every shape, keys, federation."""

from __future__ import annotations

import json
from typing import Any, Final

from palier.facts import UNKNOWN
from palier.project import SECRET
from palier.testing.fixtures import Added, Change, Fixture, Resource, unknown

ON_PROJECT: Final = "gcp:projects/iAMMember:IAMMember"
ON_BUCKET: Final = "gcp:storage/bucketIAMMember:BucketIAMMember"
ON_KEY: Final = "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember"
ON_ACCOUNT: Final = "gcp:serviceaccount/iAMMember:IAMMember"
BUCKET: Final = "gcp:storage/bucket:Bucket"
ACCOUNT: Final = "gcp:serviceaccount/account:Account"
HMAC_KEY: Final = "gcp:storage/hmacKey:HmacKey"
FEDERATION: Final = "gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider"
NODES: Final = "serviceAccount:nodes@acme.iam.gserviceaccount.com"
NODE_ROLE: Final = "roles/container.defaultNodeServiceAccount"
OBJECT_READER: Final = "roles/storage.legacyObjectReader"
IS_NODES: Final = {"role": NODE_ROLE}
SITE_LABEL: Final = "labels.palier-role"
IS_SITE: Final = {SITE_LABEL: "static-site"}
EVERYONE: Final = ("allUsers", "allAuthenticatedUsers")


def policy(role: str, *members: str) -> dict[str, Any]:
    """Inputs of a whole policy."""
    return {"policyData": json.dumps({"bindings": [
        {"role": "roles/browser", "members": [NODES]}, {"role": role, "members": [*members]},
    ]})}  # fmt: skip


GRANTS: Final = (
    Resource(type=ON_PROJECT, name="nodes", inputs={"role": NODE_ROLE, "member": NODES}),
    Resource(type="gcp:projects/iAMBinding:IAMBinding", name="browsers", inputs={
        "role": "roles/browser", "members": [NODES, "group:team@example.com"]}),
    Resource(type="gcp:storage/bucketIAMPolicy:BucketIAMPolicy", name="whole",
             inputs=policy("roles/storage.objectViewer", "group:team@example.com")),
    Resource(type=ON_ACCOUNT, name="acts", inputs={
        "role": "roles/iam.serviceAccountUser", "member": NODES, "serviceAccountId": "nodes"}),
    Resource(type="gcp:secretmanager/secretIamMember:SecretIamMember", name="reads", inputs={
        "role": "roles/secretmanager.secretAccessor", "member": NODES, "secretId": "one"}),
)  # fmt: skip
SITE: Final = (
    Resource(type=BUCKET, name="site", inputs={
        "name": "acme-site", "labels": {"palier-role": "static-site"}}),
    Resource(type=ON_BUCKET, name="readers", inputs={
        "bucket": "acme-site", "member": "allUsers", "role": OBJECT_READER}),
)  # fmt: skip
FOREIGN: Final = Resource(type=BUCKET, name="backup", inputs={"name": "acme-backup"})


def given(type_: str, role: str, member: str) -> Added:
    """One role more for one member more."""
    inputs: dict[str, Any] = {"role": role, "member": member}
    if type_.endswith("Binding"):
        inputs = {"role": role, "members": [NODES, member]}
    if type_.endswith("Policy"):
        inputs = policy(role, NODES, member)
    return Added(
        resource=Resource(type=type_, name="more", inputs={**inputs, "bucket": "acme-backup"})
    )


def project_wide(role: str) -> list[Change | Added]:
    """A role that is given in every way that reaches a whole project."""
    return [
        Change(type=ON_PROJECT, at="role", to=role, where=IS_NODES),
        given("gcp:projects/iAMBinding:IAMBinding", role, NODES),
        given("gcp:projects/iAMPolicy:IAMPolicy", role, NODES),
        given("gcp:folder/iAMMember:IAMMember", role, NODES),
        given("gcp:organizations/iAMBinding:IAMBinding", role, NODES),
    ]


PUBLIC_TYPES: Final = (
    ON_KEY,
    "gcp:kms/keyRingIAMBinding:KeyRingIAMBinding",
    "gcp:projects/iAMMember:IAMMember",
    "gcp:pubsub/topicIAMPolicy:TopicIAMPolicy",
    "gcp:secretmanager/secretIamPolicy:SecretIamPolicy",
    "gcp:cloudrunv2/serviceIamBinding:ServiceIamBinding",
    "gcp:newservice/thingIamMember:ThingIamMember",
)
LIVES: Final = Resource(type=ACCOUNT, name="nodes", inputs={"accountId": "nodes"})
GITHUB: Final = Resource(
    type=FEDERATION,
    name="github",
    inputs={
        "oidc": {"issuerUri": "https://token.actions.githubusercontent.com"},
        "attributeCondition": "assertion.repository == 'acme/platform'",
    },
)
OWN_ISSUER: Final = Resource(
    type=FEDERATION, name="own", inputs={"oidc": {"issuerUri": "https://login.example.com"}}
)
IS_GITHUB: Final = {"oidc.issuerUri": "https://token.actions.githubusercontent.com"}

FIXTURES: Final[tuple[Fixture, ...]] = (
    Fixture(
        rule="iam-public",
        passing=[*GRANTS, *SITE, FOREIGN],
        violating=[
            *(given(type_, "roles/browser", who) for type_ in PUBLIC_TYPES for who in EVERYONE),
            Change(type=ON_PROJECT, at="member", to="allUsers", where=IS_NODES),
            Change(type=ON_BUCKET, at="role", to="roles/storage.objectViewer",
                   where={"member": "allUsers"}),
            Change(type=ON_BUCKET, at="member", to="allAuthenticatedUsers",
                   where={"member": "allUsers"}),
            Change(type=BUCKET, at=SITE_LABEL, to=None, where=IS_SITE),
            Change(type=BUCKET, at=SITE_LABEL, to="backup", where=IS_SITE),
            given(ON_BUCKET, OBJECT_READER, "allUsers"),
            given("gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember", OBJECT_READER, "allUsers"),
        ],
        unknown=[
            unknown(ON_PROJECT, "member", **IS_NODES),
            Change(type=ON_PROJECT, at="member", to=SECRET, where=IS_NODES),
            unknown(ON_BUCKET, "role", member="allUsers"),
            unknown(ON_BUCKET, "bucket", member="allUsers"),
            unknown(BUCKET, SITE_LABEL, **IS_SITE),
            unknown("gcp:storage/bucketIAMPolicy:BucketIAMPolicy", "policyData"),
            Change(type="gcp:storage/bucketIAMPolicy:BucketIAMPolicy", at="policyData", to="{"),
            Change(type="gcp:projects/iAMBinding:IAMBinding", at="members", to=[NODES, UNKNOWN]),
        ],
    ),
    Fixture(
        rule="iam-basic-roles",
        passing=GRANTS,
        violating=[
            change for name in ("owner", "editor", "viewer")
            for change in project_wide(f"roles/{name}")
        ],
        unknown=[
            unknown(ON_PROJECT, "role", **IS_NODES),
            unknown("gcp:storage/bucketIAMPolicy:BucketIAMPolicy", "policyData"),
        ],
    ),
    Fixture(
        rule="iam-act-as",
        passing=GRANTS,
        violating=[
            change for name in ("serviceAccountUser", "serviceAccountTokenCreator")
            for change in project_wide(f"roles/iam.{name}")
        ],
        unknown=[unknown(ON_PROJECT, "role", **IS_NODES)],
    ),
    Fixture(
        rule="iam-secret-access",
        passing=GRANTS,
        violating=project_wide("roles/secretmanager.secretAccessor"),
        unknown=[unknown(ON_PROJECT, "role", **IS_NODES)],
    ),
    Fixture(
        rule="iam-account-keys",
        passing=[LIVES, Resource(type=HMAC_KEY, name="ended", inputs={"state": "INACTIVE"})],
        violating=[
            Added(resource=Resource(type="gcp:serviceaccount/key:Key", name="key")),
            Added(resource=Resource(type=HMAC_KEY, name="live", inputs={"state": "ACTIVE"})),
            Added(resource=Resource(type=HMAC_KEY, name="unsaid")),
        ],
        unknown=[unknown(HMAC_KEY, "state")],
    ),
    Fixture(
        rule="iam-federation",
        passing=[GITHUB, OWN_ISSUER],
        violating=[
            Change(type=FEDERATION, at="attributeCondition", to=None, where=IS_GITHUB),
            Change(type=FEDERATION, at="attributeCondition", to="", where=IS_GITHUB),
            Change(type=FEDERATION, at="attributeCondition", to="true", where=IS_GITHUB),
            Added(resource=Resource(type=FEDERATION, name="gitlab", inputs={
                "oidc": {"issuerUri": "https://gitlab.com/"}})),
        ],
        unknown=[
            unknown(FEDERATION, "attributeCondition", **IS_GITHUB),
            unknown(FEDERATION, "oidc.issuerUri",
                    **{"oidc.issuerUri": "https://login.example.com"}),
        ],
    ),
)  # fmt: skip
