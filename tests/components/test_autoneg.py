"""Autoneg: it attaches endpoints, from one service account of Kubernetes, and does nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import builders
import known_cloud
import pytest

from components.autoneg import PERMISSIONS, Autoneg, AutonegArgs
from palier.errors import PalierError
from palier.facts import Facts

Deploy = Callable[..., Facts]


def autoneg(**more: Any) -> Autoneg:
    """The account of project acme."""
    return Autoneg("autoneg", AutonegArgs(project="acme", **more))


def test_the_role_reads_and_updates_backends_and_creates_or_deletes_nothing(deploy: Deploy) -> None:
    role = builders.only(deploy(autoneg), "IAMCustomRole")
    assert role.read("permissions") == list(PERMISSIONS)
    verbs = {permission.rsplit(".", 1)[1] for permission in PERMISSIONS}
    assert verbs == {"get", "update", "use", "useReadOnly"}


def test_the_roles_id_is_one_that_google_accepts(deploy: Deploy) -> None:
    role = builders.only(deploy(lambda: Autoneg("a-b", AutonegArgs(project="acme"))), "CustomRole")
    assert role.read("roleId") == "a_b", "hyphens are refused"


def test_the_account_has_that_role_alone() -> None:
    facts = known_cloud.deploy(autoneg)
    [grant] = facts.of_type("gcp:projects/iAMMember:IAMMember")
    assert grant.read("role") == "projects/acme/roles/autoneg"
    assert grant.read("member") == "serviceAccount:autoneg@acme.iam.gserviceaccount.com"


def bound(facts: Facts) -> Any:
    """The Kubernetes service account that may be the Google one."""
    grant = builders.only(facts, "gcp:serviceaccount/iAMMember:IAMMember")
    assert grant.read("role") == "roles/iam.workloadIdentityUser"
    return grant.read("member")


def test_one_kubernetes_account_of_one_namespace_may_be_it(deploy: Deploy) -> None:
    assert bound(deploy(autoneg)) == "serviceAccount:acme.svc.id.goog[platform/autoneg]"
    elsewhere = deploy(lambda: autoneg(namespace="edge", account="neg", pool="p.svc.id.goog"))
    assert bound(elsewhere) == "serviceAccount:p.svc.id.goog[edge/neg]"


def test_callers_read_its_address() -> None:
    component = builders.only(known_cloud.deploy(autoneg), "autoneg:Autoneg")
    assert component.recorded("email") == "autoneg@acme.iam.gserviceaccount.com"


@pytest.mark.parametrize("name", ["", "*", "a/b", "]"])
def test_a_namespace_that_would_widen_the_binding_is_refused(deploy: Deploy, name: str) -> None:
    with pytest.raises(PalierError, match="lower-case letters"):
        deploy(lambda: autoneg(namespace=name))
