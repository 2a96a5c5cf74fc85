"""Sites: the continents a platform can stand on, their regions, and the addresses reserved there.

Every range is reserved once, on day one, for two cluster generations on two continents: a range
that has to move later replaces what stands on it (docs/adr/0006).
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Final, Literal

from palier.errors import PalierError, one_of

Site = Literal["eu", "us"]
SITES: Final[tuple[Site, ...]] = ("eu", "us")

PRIVATE_SERVICES: Final = IPv4Network("10.24.0.0/16")
"""Private services access (Cloud SQL, Memorystore), shared by all sites: never resized."""

REGIONS: Final[dict[Site, tuple[str, str]]] = {
    "eu": ("europe-west1", "europe-west4"),
    "us": ("us-east1", "us-central1"),
}
"""Regions taken at each site, in order: the first that is free serves users or recovers data."""

CONTINENT: Final[dict[str, Site]] = {"europe": "eu", "us": "us"}
"""Site of a region, by the first word of its name."""

MULTI_REGION: Final[dict[Site, str]] = {"eu": "europe", "us": "us"}
"""Multi-region of registries and their keys."""

BUCKET_LOCATION: Final[dict[Site, str]] = {"eu": "EU", "us": "US"}


@dataclass(frozen=True, kw_only=True)
class SiteRanges:
    """Addresses reserved for one site; `pods` and `services` by cluster range (`g1`, `g2`)."""

    nodes: IPv4Network
    pods: dict[str, IPv4Network]
    services: dict[str, IPv4Network]
    endpoints: IPv4Network
    proxies: IPv4Network

    def all(self) -> list[IPv4Network]:
        """Every range of the site."""
        return [
            self.nodes, *self.pods.values(), *self.services.values(), self.endpoints, self.proxies,
        ]  # fmt: skip


RANGES: Final[dict[Site, SiteRanges]] = {
    "eu": SiteRanges(
        nodes=IPv4Network("10.0.0.0/20"),
        pods={"g1": IPv4Network("10.32.0.0/15"), "g2": IPv4Network("10.34.0.0/15")},
        services={"g1": IPv4Network("10.16.0.0/20"), "g2": IPv4Network("10.16.16.0/20")},
        endpoints=IPv4Network("10.28.0.0/24"),
        proxies=IPv4Network("10.28.16.0/23"),
    ),
    "us": SiteRanges(
        nodes=IPv4Network("10.0.16.0/20"),
        pods={"g1": IPv4Network("10.36.0.0/15"), "g2": IPv4Network("10.38.0.0/15")},
        services={"g1": IPv4Network("10.16.32.0/20"), "g2": IPv4Network("10.16.48.0/20")},
        endpoints=IPv4Network("10.28.1.0/24"),
        proxies=IPv4Network("10.28.18.0/23"),
    ),
}


def home_site(region: str) -> Site:
    """The continent a home region is on.

    Raises:
        PalierError: no addresses are reserved for that continent.
    """
    continent = region.split("-", maxsplit=1)[0]
    if continent not in CONTINENT:
        raise PalierError(
            f"gcp:region: expected a region of {one_of(f'{name}-…' for name in CONTINENT)},"
            f" got {region!r}"
        )
    return CONTINENT[continent]


def other_site(home: Site) -> Site:
    """The second continent of a platform: where it grows last."""
    return next(site for site in SITES if site != home)


@dataclass(frozen=True, kw_only=True)
class Regions:
    """The regions of a platform, by site: where users are served, where data recovers to."""

    serving: dict[Site, str]
    recovery: dict[Site, str]


def regions(home_region: str) -> Regions:
    """The regions of a platform that starts in `home_region`."""
    home = home_site(home_region)
    other = other_site(home)
    serving = {home: home_region, other: REGIONS[other][0]}
    recovery = {
        site: next(region for region in REGIONS[site] if region != serving[site]) for site in SITES
    }
    return Regions(serving=serving, recovery=recovery)
