"""Guardrails of identities: who is given what, and how they log in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from palier.facts import Fact, Facts, Value
from palier.ledger import BUCKET
from palier.rules.guardrails.conditions import named, several
from palier.rules.guardrails.grants import WHOLE_PROJECT, Grant, NotGiven, Refused
from palier.rules.judges import about, each
from palier.rules.model import Rule
from palier.rules.requirements import (
    Answer,
    both,
    either,
    equal,
    matching,
    negated,
    one_of,
    seen,
)
from palier.verdicts import Finding

ACCOUNT: Final = "gcp:serviceaccount/account:Account"
KEY: Final = "gcp:serviceaccount/key:Key"
HMAC_KEY: Final = "gcp:storage/hmacKey:HmacKey"
FEDERATION: Final = "gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider"
EVERYONE: Final = ("allUsers", "allAuthenticatedUsers", "principalSet://goog/public:all")
BASIC: Final = ("roles/owner", "roles/editor", "roles/viewer")
ACTING: Final = ("roles/iam.serviceAccountUser", "roles/iam.serviceAccountTokenCreator")
READING_SECRETS: Final = "roles/secretmanager.secretAccessor"
READING_OBJECTS: Final = "roles/storage.legacyObjectReader"
"""Reads an object whose name is known, and lists none."""
ROLE_LABEL: Final = "labels.palier-role"
STATIC_SITE: Final = "static-site"
"""What a bucket's label says that is public on purpose: a load balancer reads no other."""
SHARED_ISSUERS: Final = (
    r"https://(token\.actions\.githubusercontent\.com|gitlab\.com|app\.terraform\.io"
    r"|api\.pulumi\.com|oidc\.circleci\.com|agent\.buildkite\.com)(/.*)?"
)
CLAIM: Final = r"(?s).*\b(assertion|attribute|google)\..*"


def _is_one(value: Value, words: tuple[str, ...]) -> Answer:
    return either(equal(value, word) for word in words)


def _to_everyone(facts: Facts, fact: Fact, grant: Grant) -> Answer:
    """Whether everyone is given something, but for the objects of a static site."""
    return both([_is_one(grant.member, EVERYONE), negated(_published(facts, fact, grant))])


def _published(facts: Facts, fact: Fact, grant: Grant) -> Answer:
    """Whether a grant lets everyone read the objects of a bucket that is marked as a site.

    The bucket has to have a name in the program: what is opened to everyone is not guessed.
    """
    role = both([equal(grant.role, READING_OBJECTS), equal(grant.member, EVERYONE[0])])
    if role is False:
        return False
    bucket = seen(fact, "bucket")
    site = either(
        both([named(bucket, one), equal(seen(one, ROLE_LABEL), STATIC_SITE)])
        for one in facts.of_type(BUCKET)
    )
    return both([role, site])


def _any_of(*roles: str) -> Refused:
    def refused(_: Facts, __: Fact, grant: Grant) -> Answer:
        return _is_one(grant.role, roles)

    return refused


def _keys(facts: Facts) -> Iterator[Finding]:
    """Accounts, and every key that is made for one."""
    for account in facts.of_type(ACCOUNT):
        yield about(account, True, "")
    for key in facts.of_type(KEY):
        yield about(key, False, "a key that logs in until somebody deletes it")


RULES: Final[tuple[Rule, ...]] = (
    Rule(
        id="iam-public",
        title="Nothing is given to everyone",
        family="guardrails",
        rationale="allAuthenticatedUsers is everyone, too: every Google account in the world.",
        remedy="Name who needs it. The one exception is roles/storage.legacyObjectReader for "
        "allUsers, on a bucket with the label palier-role = static-site.",
        reference="CIS GCP 1.10, 5.1",
        judge=NotGiven(refused=_to_everyone),
    ),
    Rule(
        id="iam-basic-roles",
        title="Nobody is owner, editor or viewer",
        family="guardrails",
        rationale="These roles are of all services at once: one stolen login is the whole project.",
        remedy="Give the roles of the services that are used.",
        reference="CIS GCP 1.6",
        judge=NotGiven(refused=_any_of(*BASIC)),
    ),
    Rule(
        id="iam-act-as",
        title="Nobody acts as every account of a project",
        family="guardrails",
        rationale="Who may act as every account has the rights of all of them together.",
        remedy="Give roles/iam.serviceAccountUser and .serviceAccountTokenCreator on the one "
        "account that is meant (gcp:serviceaccount:IAMMember).",
        reference="CIS GCP 1.7",
        judge=NotGiven(refused=_any_of(*ACTING), types=WHOLE_PROJECT),
    ),
    Rule(
        id="iam-secret-access",
        title="Nobody reads every secret of a project",
        family="guardrails",
        rationale="A workload that is taken over should give away its own secrets only.",
        remedy=f"Give {READING_SECRETS} on the one secret (gcp:secretmanager:SecretIamMember).",
        reference="Google's Secret Manager guide",
        judge=NotGiven(refused=_any_of(READING_SECRETS), types=WHOLE_PROJECT),
    ),
    Rule(
        id="iam-account-keys",
        title="Service accounts have no keys",
        family="guardrails",
        rationale="A key never expires, lies in the state of the stack, and works from anywhere.",
        remedy="Remove the key: use Workload Identity in clusters, and federation elsewhere.",
        reference="CIS GCP 1.5, 1.8",
        judge=several(_keys, each(HMAC_KEY, one_of("state", "INACTIVE"))),
    ),
    Rule(
        id="iam-federation",
        title="Logins from an issuer that others use, too, are narrowed down",
        family="guardrails",
        rationale="GitHub signs tokens for every repository in the world: without a condition each "
        "of them logs in.",
        remedy="Set attributeCondition to a comparison with a claim, such as assertion.repository.",
        reference="Google's guide to Workload Identity Federation",
        judge=each(
            FEDERATION,
            matching("attributeCondition", CLAIM, "a condition on a claim"),
            where=[matching("oidc.issuerUri", SHARED_ISSUERS, "shared")],
        ),
    ),
)
