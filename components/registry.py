"""The image registry: one private Docker repository a site, encrypted, cleaned up.

Owns the repositories and who may read and write them. Vulnerability scanning is off: Google bills
0.26 $ for every image pushed, so images are scanned in CI instead, before they are pushed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, final

import pulumi
import pulumi_gcp as gcp

from components.base import Component
from components.naming import physical
from palier.errors import PalierError, one_of
from palier.sites import MULTI_REGION, Site
from palier.sizes import RegistrySize

READER: Final = "roles/artifactregistry.reader"
WRITER: Final = "roles/artifactregistry.writer"
OLD: Final = "2592000s"
"""30 days: older images go, but for the most recent ones. Tags may move, so that clean-up can
remove what they leave: manifests pin digests, which never do."""


@dataclass(frozen=True, kw_only=True)
class RegistryArgs:
    """What the registries need to know."""

    size: RegistrySize
    """Sites, and how many recent versions of an image clean-up keeps."""
    keys: Mapping[Site, pulumi.Input[str]]
    """Id of each site's encryption key. Adding or changing one later replaces the repository."""
    readers: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    """IAM members that pull, by a stable key, e.g. `{"nodes": "serviceAccount:…"}`."""
    writers: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    """IAM members that push, by a stable key."""


@final
@dataclass(frozen=True)
class RegistryResources:
    """What the component creates, by site."""

    repositories: dict[Site, gcp.artifactregistry.Repository]


class Registry(Component):
    """Docker repositories in the multi-region of each site, of one name.

    Attributes:
        urls: where images are pushed and pulled, by site (`europe-docker.pkg.dev/acme/registry`).

    Example:
        Registry("registry", RegistryArgs(size=RegistrySize(sites=("eu",)),
                                          keys={"eu": keys.key("europe", "registry")},
                                          readers={"nodes": nodes.member}))
    """

    TOKEN = "palier:registry:Registry"  # noqa: S105 a type token

    def __init__(
        self, name: str, args: RegistryArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        without = [site for site in args.size.sites if site not in args.keys]
        if without:
            raise PalierError(
                f"registry.keys: no key for {one_of(without)}, got {one_of(args.keys)};"
                " every site needs one from its first day"
            )
        super().__init__(name, {"size": args.size}, opts)
        repositories = {site: self._repository(site, args) for site in args.size.sites}
        for site, repository in repositories.items():
            self._grant(site, repository, "reader", READER, args.readers)
            self._grant(site, repository, "writer", WRITER, args.writers)
        self.resources = RegistryResources(repositories=repositories)
        self.urls: dict[Site, pulumi.Output[str]] = {
            site: repository.registry_uri for site, repository in repositories.items()
        }
        self.finish({"urls": self.urls})

    def _repository(self, site: Site, args: RegistryArgs) -> gcp.artifactregistry.Repository:
        """One repository. A clean-up that keeps wins over one that deletes."""
        return gcp.artifactregistry.Repository(
            f"{self.name}-{site}",
            repository_id=physical(self.name),
            location=MULTI_REGION[site],
            format="DOCKER",
            mode="STANDARD_REPOSITORY",
            kms_key_name=args.keys[site],
            cleanup_policy_dry_run=False,
            cleanup_policies=[
                gcp.artifactregistry.RepositoryCleanupPolicyArgs(
                    id="keep-recent",
                    action="KEEP",
                    most_recent_versions=(
                        gcp.artifactregistry.RepositoryCleanupPolicyMostRecentVersionsArgs(
                            keep_count=args.size.keep_versions
                        )
                    ),
                ),
                gcp.artifactregistry.RepositoryCleanupPolicyArgs(
                    id="delete-old",
                    action="DELETE",
                    condition=gcp.artifactregistry.RepositoryCleanupPolicyConditionArgs(
                        tag_state="ANY", older_than=OLD
                    ),
                ),
            ],
            vulnerability_scanning_config=(
                gcp.artifactregistry.RepositoryVulnerabilityScanningConfigArgs(
                    enablement_config="DISABLED"
                )
            ),
            deletion_policy="PREVENT",
            opts=self.stateful(),
        )

    def _grant(
        self,
        site: Site,
        repository: gcp.artifactregistry.Repository,
        kind: str,
        role: str,
        members: Mapping[str, pulumi.Input[str]],
    ) -> None:
        for key, member in members.items():
            gcp.artifactregistry.RepositoryIamMember(
                f"{self.name}-{kind}-{site}-{key}",
                repository=repository.repository_id,
                location=MULTI_REGION[site],
                role=role,
                member=member,
                opts=self.child(),
            )
