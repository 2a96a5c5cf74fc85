"""GitHub: no keys, one repository, one account that reads and one that deploys from main."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import builders
import known_cloud
import pytest

from components.github import (
    DEPLOY_ROLES,
    PLAN_ROLES,
    READS,
    REFUSED_ROLES,
    Github,
    GithubArgs,
)
from palier.errors import PalierError
from palier.facts import Facts

Deploy = Callable[..., Facts]
POOL = (
    f"iam.googleapis.com/projects/{builders.PROJECT_NUMBER}/locations/global/"
    "workloadIdentityPools/github"
)


def github(**changes: Any) -> Github:
    """Accounts of the workflows of Acme/platform."""
    return Github(
        "github", replace(GithubArgs(repository="Acme/platform", project="acme"), **changes)
    )


def test_no_key_exists_anywhere(deploy: Deploy) -> None:
    types = {fact.type for fact in deploy(github)}
    assert not any("key" in type_.lower() for type_ in types), (
        "a key outlives who made it (CIS 1.5)"
    )


def test_only_tokens_of_the_repository_are_accepted(deploy: Deploy) -> None:
    provider = builders.only(deploy(github), "PoolProvider")
    assert provider.read("oidc.issuerUri") == "https://token.actions.githubusercontent.com"
    assert provider.read("attributeCondition").startswith(
        "assertion.repository == 'Acme/platform' && "
    ), "without it every repository on GitHub is accepted"


def test_a_deploying_token_is_accepted_from_main_alone(deploy: Deploy) -> None:
    condition = builders.only(deploy(github), "PoolProvider").read("attributeCondition")
    subject = "repo:Acme/platform:environment:production"
    assert condition.endswith(
        f"(assertion.sub != '{subject}' || assertion.ref == 'refs/heads/main')"
    )


def workflows(kind: str) -> Any:
    """Who may be the account that plans, or the one that deploys."""
    facts = known_cloud.deploy(github)
    return builders.only(facts, "iAMMember:IAMMember", f"github-{kind}-workflows").read("member")


def test_any_branch_may_plan_and_only_the_protected_environment_deploys() -> None:
    assert workflows("plan") == f"principalSet://{POOL}/attribute.repository/Acme/platform"
    assert workflows("deploy") == (
        f"principal://{POOL}/subject/repo:Acme/platform:environment:production"
    )


def roles(facts: Facts, kind: str) -> list[str]:
    """Project roles of an account, sorted."""
    grants = facts.of_type("gcp:projects/iAMMember:IAMMember")
    return sorted(
        grant.read("role") for grant in grants if grant.name.startswith(f"github-{kind}-")
    )


def test_each_account_has_its_own_roles_and_no_others(deploy: Deploy) -> None:
    facts = deploy(github)
    assert roles(facts, "plan") == sorted(PLAN_ROLES)
    assert roles(facts, "deploy") == sorted(DEPLOY_ROLES)


def test_a_grant_goes_to_the_account_it_is_named_after() -> None:
    for grant in known_cloud.deploy(github).of_type("gcp:projects/iAMMember:IAMMember"):
        account = re.match(r"github-(plan|deploy)", grant.name)
        assert account
        email = f"{account[0]}@acme.iam.gserviceaccount.com"
        assert grant.read("member") == f"serviceAccount:{email}"


def test_planning_reads_configuration_and_never_data() -> None:
    assert all(READS.search(role) for role in PLAN_ROLES)
    data = {"roles/storage.objectViewer", "roles/secretmanager.secretAccessor", "roles/viewer",
            "roles/cloudsql.client", "roles/logging.privateLogViewer"}  # fmt: skip
    assert data.isdisjoint(PLAN_ROLES), "anybody who opens a pull request is this account"


def test_deploying_never_takes_a_basic_role() -> None:
    assert set(DEPLOY_ROLES).isdisjoint(REFUSED_ROLES)


def test_acting_as_another_account_is_granted_on_that_account(deploy: Deploy) -> None:
    facts = deploy(lambda: github(acts_as={"nodes": "projects/acme/serviceAccounts/n@acme"}))
    grant = builders.only(facts, "iAMMember:IAMMember", "github-acts-as-nodes")
    assert grant.type == "gcp:serviceaccount/iAMMember:IAMMember", "never on the project (CIS 1.7)"
    assert grant.read("serviceAccountId") == "projects/acme/serviceAccounts/n@acme"


def test_a_role_that_joins_touches_no_other(deploy: Deploy) -> None:
    fewer, more = DEPLOY_ROLES[1:], DEPLOY_ROLES
    one, two = (
        {
            fact.urn: fact.inputs
            for fact in deploy(lambda given=given: github(deploy_roles=given)).resources
        }
        for given in (fewer, more)
    )
    assert two.items() > one.items()


@pytest.mark.parametrize(
    "repository", ["platform", "acme/", "/platform", "acme/a/b", "acme/' || true || '", "acme/x y"]
)
def test_what_is_no_repository_is_refused(deploy: Deploy, repository: str) -> None:
    with pytest.raises(PalierError, match=r"github\.repository: expected owner/name"):
        deploy(lambda: github(repository=repository))


@pytest.mark.parametrize("role", REFUSED_ROLES)
@pytest.mark.parametrize("kind", ["plan_roles", "deploy_roles"])
def test_basic_and_impersonating_roles_are_refused(deploy: Deploy, kind: str, role: str) -> None:
    with pytest.raises(PalierError, match=rf"github\.{kind}: got {role}"):
        deploy(lambda: github(**{kind: [role]}))


def test_a_role_that_writes_is_refused_to_the_account_that_plans(deploy: Deploy) -> None:
    with pytest.raises(PalierError, match=r"expected roles that read.*got roles/storage\.admin"):
        deploy(lambda: github(plan_roles=["roles/storage.admin", "roles/browser"]))
