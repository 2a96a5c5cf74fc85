"""Registries: private, encrypted, cleaned up, one a site."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import builders
import known_cloud
import pytest

from components.registry import READER, WRITER, Registry, RegistryArgs
from palier.errors import PalierError
from palier.facts import Facts
from palier.sites import Site
from palier.sizes import RegistrySize

Deploy = Callable[..., Facts]
GRANT = "gcp:artifactregistry/repositoryIamMember:RepositoryIamMember"


def registry(*sites: Site, keep: int = 10, **more: Any) -> Registry:
    """Registries of the sites named, of Europe by default."""
    return Registry(
        "registry",
        RegistryArgs(
            size=RegistrySize(sites=sites or ("eu",), keep_versions=keep),
            **{"keys": {"eu": "key-eu", "us": "key-us"}, **more},
        ),
    )


def test_a_repository_is_protected_twice_and_encrypted_from_its_first_day(deploy: Deploy) -> None:
    repository = builders.only(deploy(registry), "Repository")
    assert repository.protect
    assert repository.read("deletionPolicy") == "PREVENT"
    assert repository.read("kmsKeyName") == "key-eu", "adding a key later replaces it"


def test_a_repository_stands_in_the_multi_region_of_its_site(deploy: Deploy) -> None:
    facts = deploy(lambda: registry("eu", "us"))
    places = {
        fact.name: (fact.read("location"), fact.read("kmsKeyName")) for fact in facts.resources
    }
    assert places == {"registry-eu": ("europe", "key-eu"), "registry-us": ("us", "key-us")}


def test_a_second_site_touches_nothing_of_the_first(deploy: Deploy) -> None:
    one = {fact.urn: fact.inputs for fact in deploy(registry).resources}
    two = {fact.urn: fact.inputs for fact in deploy(lambda: registry("eu", "us")).resources}
    assert two.items() > one.items()


def test_clean_up_runs_and_keeps_as_many_versions_as_the_size_says(deploy: Deploy) -> None:
    repository = builders.only(deploy(lambda: registry(keep=7)), "Repository")
    assert repository.read("cleanupPolicyDryRun") is False, "or images pile up unseen"
    policies = {policy["action"]: policy for policy in repository.read("cleanupPolicies")}
    assert policies["KEEP"]["mostRecentVersions"] == {"keepCount": 7}
    assert policies["DELETE"]["condition"]["olderThan"] == "2592000s"


def test_scanning_that_bills_each_image_is_off(deploy: Deploy) -> None:
    repository = builders.only(deploy(registry), "Repository")
    assert repository.read("vulnerabilityScanningConfig.enablementConfig") == "DISABLED"


def test_readers_read_and_writers_write_and_nobody_else(deploy: Deploy) -> None:
    facts = deploy(
        lambda: registry(
            readers={"nodes": "serviceAccount:n@a"}, writers={"ci": "serviceAccount:c@a"}
        )
    )
    grants = {fact.name: (fact.read("role"), fact.read("member")) for fact in facts.of_type(GRANT)}
    assert grants == {
        "registry-reader-eu-nodes": (READER, "serviceAccount:n@a"),
        "registry-writer-eu-ci": (WRITER, "serviceAccount:c@a"),
    }


def test_members_are_granted_at_every_site(deploy: Deploy) -> None:
    facts = deploy(lambda: registry("eu", "us", readers={"nodes": "serviceAccount:n@a"}))
    assert {fact.read("location") for fact in facts.of_type(GRANT)} == {"europe", "us"}


def test_images_are_pushed_to_the_sites_own_address() -> None:
    component = builders.only(known_cloud.deploy(registry), "registry:Registry")
    assert component.recorded("urls") == {"eu": "europe-docker.pkg.dev/acme-platform/registry"}


def test_a_site_without_a_key_is_refused(deploy: Deploy) -> None:
    with pytest.raises(PalierError, match=r"registry\.keys: no key for us, got eu"):
        deploy(lambda: registry("eu", "us", keys={"eu": "key-eu"}))
