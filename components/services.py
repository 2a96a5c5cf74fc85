"""The APIs of Google Cloud that the platform calls, turned on and never turned off.

Owns the switches alone. Two must be on before the first update, since it is through them that the
others are turned on: serviceusage and cloudresourcemanager.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, final

import pulumi
import pulumi_gcp as gcp

from components.base import Component
from palier.errors import PalierError, one_of

DOMAIN: Final = ".googleapis.com"
NAME: Final = re.compile(rf"[a-z][a-z0-9-]*{re.escape(DOMAIN)}")
APIS: Final = (
    "artifactregistry.googleapis.com",
    "billingbudgets.googleapis.com",
    "binaryauthorization.googleapis.com",
    "certificatemanager.googleapis.com",
    "cloudkms.googleapis.com",
    "cloudresourcemanager.googleapis.com",
    "cloudtrace.googleapis.com",
    "compute.googleapis.com",
    "container.googleapis.com",
    "containersecurity.googleapis.com",
    "dns.googleapis.com",
    "gkebackup.googleapis.com",
    "iam.googleapis.com",
    "iamcredentials.googleapis.com",
    "logging.googleapis.com",
    "monitoring.googleapis.com",
    "redis.googleapis.com",
    "secretmanager.googleapis.com",
    "servicenetworking.googleapis.com",
    "serviceusage.googleapis.com",
    "sqladmin.googleapis.com",
    "storage.googleapis.com",
    "sts.googleapis.com",
)
"""Every API that a phase uses: all from day one, since an API that is on costs nothing.
containerscanning is left out on purpose: it bills every image pushed."""


@dataclass(frozen=True, kw_only=True)
class ServicesArgs:
    """Which APIs of which project."""

    project: str
    """Project to turn them on in."""
    apis: Sequence[str] = APIS
    """Names of the APIs, e.g. `compute.googleapis.com`."""


@final
@dataclass(frozen=True)
class ServicesResources:
    """What the component creates, by API."""

    services: dict[str, gcp.projects.Service]


class Services(Component):
    """Enabled APIs; everything else depends on `enabled`.

    Destroying the stack, or taking an API off the list, leaves it on: turning one off stops
    whatever runs on it, and turning off IAM or Service Usage locks everyone out.

    Attributes:
        enabled: the enabled APIs, for `depends_on`.

    Example:
        services = Services("services", ServicesArgs(project="acme"))
        Dns("dns", DnsArgs(domain="example.com"),
            pulumi.ResourceOptions(depends_on=services.enabled))
    """

    TOKEN = "palier:services:Services"  # noqa: S105 a type token

    def __init__(
        self, name: str, args: ServicesArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        for api, times in Counter(args.apis).items():
            if times > 1 or not NAME.fullmatch(api):
                raise PalierError(
                    f"services.apis: expected names such as compute{DOMAIN}, each once,"
                    f" got {api!r} {times}x"
                )
        super().__init__(name, {"apis": list(args.apis)}, opts)
        services = {
            api: gcp.projects.Service(
                f"{name}-{api.removesuffix(DOMAIN)}",
                project=args.project,
                service=api,
                disable_on_destroy=False,
                disable_dependent_services=False,
                opts=self.child(),
            )
            for api in args.apis
        }
        self.resources = ServicesResources(services=services)
        self.enabled: list[gcp.projects.Service] = list(services.values())
        self.finish({"enabled": [service.service for service in self.enabled]})

    def named(self, *names: str) -> list[gcp.projects.Service]:
        """Enabled APIs by their first word (`compute`, `dns`): what needs them waits for them.

        Raises:
            PalierError: an API that is not turned on here.
        """
        services = self.resources.services
        for name in names:
            if f"{name}{DOMAIN}" not in services:
                known = one_of(api.removesuffix(DOMAIN) for api in services)
                raise PalierError(f"services: {name} is not turned on, there is {known}")
        return [services[f"{name}{DOMAIN}"] for name in names]
