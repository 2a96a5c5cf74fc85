"""Ranges of addresses: which are as wide as the internet."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Final

from palier.facts import UNKNOWN, Unknown, Value
from palier.rules.requirements import Answer, Requirement, negated

NARROWEST: Final = 8
"""Nobody owns more of IPv4 than this: a shorter prefix is the internet, or a part of it."""
NARROWEST_V6: Final = 16
PRIVATE_V6: Final = IPv6Network("fc00::/7")


def anywhere(value: Value) -> Answer:
    """Whether a range is everyone's, whole (`0.0.0.0/0`, `::/0`) or in a few parts."""
    if isinstance(value, Unknown):
        return UNKNOWN
    try:
        network = ip_network(str(value).strip(), strict=False)
    except ValueError:
        return False  # Google refuses it, too
    if isinstance(network, IPv4Network):
        return network.prefixlen < NARROWEST
    return network.prefixlen < NARROWEST_V6 and not network.subnet_of(PRIVATE_V6)


def own(path: str) -> Requirement:
    """A range that is somebody's own."""

    def test(value: Value) -> Answer:
        return negated(anywhere(value))

    return Requirement(path=path, test=test, wanted="a range of one's own")
