"""The floor of a plan: import the provider modules, register the resources, do nothing else.

Argument: a JSON file with `[type, name, inputs]` of every resource.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import pulumi
import pulumi_gcp as gcp
import pulumi_kubernetes as kubernetes
import pulumi_random as random
from pulumi.runtime.mocks import MockCallArgs, MockResourceArgs, Mocks, set_mocks
from pulumi.runtime.stack import run_pulumi_func

MODULES = (
    gcp.artifactregistry, gcp.billing, gcp.binaryauthorization, gcp.certificatemanager,
    gcp.compute, gcp.container, gcp.dns, gcp.gkebackup, gcp.iam, gcp.kms, gcp.logging,
    gcp.monitoring, gcp.projects, gcp.redis, gcp.secretmanager, gcp.serviceaccount,
    gcp.servicenetworking, gcp.sql, gcp.storage, kubernetes.helm.v3.Release,
    kubernetes.core.v1.Secret, kubernetes.apiextensions.CustomResource, random.RandomPassword,
)  # fmt: skip
USED = ("Network", "Cluster", "DatabaseInstance", "Instance", "AlertPolicy", "Bucket")


class Echo(Mocks):
    """Answers every registration with its own inputs."""

    def call(self, args: MockCallArgs) -> tuple[dict[str, Any], None]:
        """Refuse look-ups."""
        raise LookupError(args.token)

    def new_resource(self, args: MockResourceArgs) -> tuple[str, dict[str, Any]]:
        """Echo."""
        return "", args.inputs


def main() -> None:
    """Register what the file lists."""
    for module in MODULES:
        for name in USED:
            getattr(module, name, None)
    resources = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    set_mocks(Echo(), preview=True)

    def program() -> None:
        for type_, name, inputs in resources:
            pulumi.CustomResource(type_, name, inputs)

    loop.run_until_complete(run_pulumi_func(program))
    asyncio.set_event_loop(None)
    loop.close()


main()
