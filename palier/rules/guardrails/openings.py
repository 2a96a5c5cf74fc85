"""Firewalls: whom they let in, on which ports.

Rules of a network and of a firewall policy say the same in different words. A rule that refuses the
same traffic first is not looked for: a door that only another door shuts is open.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from palier.facts import UNKNOWN, Fact, Facts, Unknown, Value, read
from palier.rules.guardrails.ranges import anywhere
from palier.rules.judges import about
from palier.rules.requirements import (
    Answer,
    both,
    either,
    elements,
    equal,
    negated,
    seen,
)
from palier.verdicts import Finding

FIREWALL: Final = "gcp:compute/firewall:Firewall"
POLICY_RULES: Final = (
    "gcp:compute/firewallPolicyRule:FirewallPolicyRule",
    "gcp:compute/networkFirewallPolicyRule:NetworkFirewallPolicyRule",
    "gcp:compute/regionNetworkFirewallPolicyRule:RegionNetworkFirewallPolicyRule",
)
WHOLE_POLICIES: Final = (
    "gcp:compute/firewallPolicyWithRules:FirewallPolicyWithRules",
    "gcp:compute/networkFirewallPolicyWithRules:NetworkFirewallPolicyWithRules",
    "gcp:compute/regionNetworkFirewallPolicyWithRules:RegionNetworkFirewallPolicyWithRules",
)
TYPES: Final = (FIREWALL, *POLICY_RULES, *WHOLE_POLICIES)
TAGGED: Final = ("sourceTags", "sourceServiceAccounts")
SELECTORS: Final = (
    "srcAddressGroups", "srcFqdns", "srcNetworks", "srcRegionCodes", "srcSecureTags",
    "srcThreatIntelligences",
)  # fmt: skip
ALL: Final = frozenset({"all"})
TCP: Final = ALL | {"tcp", "6"}
UDP: Final = ALL | {"udp", "17"}
PORTS: Final = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Opening:
    """One kind of traffic that a rule lets in: from everyone, of a protocol, on ports."""

    anyone: Answer
    protocol: Value
    ports: Value

    def admits(self, protocols: frozenset[str], port: int) -> Answer:
        """Whether it lets everyone in on a port."""
        return both([self.anyone, _is_one_of(self.protocol, protocols),
                     either(_covers(item, port) for item in _ports(self.ports))])  # fmt: skip


def openings(fact: Fact) -> Iterator[Opening]:
    """What a firewall, or a rule or all rules of a policy, let in."""
    if fact.type == FIREWALL:
        yield from _of_firewall(fact)
    elif fact.type in POLICY_RULES:
        yield from _of_rule({key: seen(fact, key) for key in fact.inputs})
    else:
        for rule in elements(seen(fact, "rules")):
            yield from _of_rule(rule)


def _of_firewall(fact: Fact) -> Iterator[Opening]:
    anyone = _concerns_anyone(fact)
    for allowed in elements(seen(fact, "allows")):
        yield Opening(
            anyone=anyone, protocol=read(allowed, "protocol"), ports=read(allowed, "ports")
        )


def _concerns_anyone(fact: Fact) -> Answer:
    """Whether a firewall is on, and about what comes in from everyone."""
    named = both(_nothing(seen(fact, key)) for key in TAGGED)
    return both([
        _inwards(seen(fact, "direction")), negated(equal(seen(fact, "disabled"), True)),
        _anyone(seen(fact, "sourceRanges"), named),
    ])  # fmt: skip


def _of_rule(rule: Value) -> Iterator[Opening]:
    match = read(rule, "match")
    named = both(_nothing(read(match, key)) for key in SELECTORS)
    scope = either(equal(read(match, "srcNetworkScope"), item) for item in (None, "", "INTERNET"))
    context = either(
        equal(read(match, "srcNetworkContext"), item) for item in (None, "", "INTERNET")
    )
    anyone = both([
        equal(read(rule, "action"), "allow"), _inwards(read(rule, "direction")),
        negated(equal(read(rule, "disabled"), True)), scope, context,
        _anyone(read(match, "srcIpRanges"), named),
    ])  # fmt: skip
    for layer in elements(read(match, "layer4Configs")):
        yield Opening(anyone=anyone, protocol=read(layer, "ipProtocol"), ports=read(layer, "ports"))


def _inwards(direction: Value) -> Answer:
    """Whether a rule is for what comes in, as it is unless it says otherwise."""
    return negated(equal(direction, "EGRESS"))


def _anyone(ranges: Value, unnamed: Answer) -> Answer:
    """Whether sources are everyone; without a range, and without any other name, they are."""
    empty = _nothing(ranges)
    if empty is True:
        return unnamed
    return either(anywhere(item) for item in elements(ranges))


def _nothing(value: Value) -> Answer:
    return UNKNOWN if value is UNKNOWN else value in (None, "", [])


def _is_one_of(value: Value, words: Iterable[str]) -> Answer:
    return UNKNOWN if value is UNKNOWN else str(value).strip().lower() in words


def _ports(value: Value) -> list[Value]:
    """Ports of an opening; without any, all of them."""
    return elements(value) or ["0-65535"]


def _covers(ports: Value, port: int) -> Answer:
    """Whether a port (`22`), or a range of them (`20-25`), contains a port."""
    if isinstance(ports, Unknown):
        return UNKNOWN
    found = PORTS.fullmatch(str(ports).replace(" ", ""))
    return found is not None and int(found[1]) <= port <= int(found[2] or found[1])


@dataclass(frozen=True, kw_only=True)
class Closed:
    """A judge: no firewall lets everyone in on a port."""

    service: str
    port: int
    protocols: frozenset[str]

    def __call__(self, facts: Facts) -> Iterator[Finding]:
        """One finding a firewall, or a policy of one."""
        for type_ in TYPES:
            for fact in facts.of_type(type_):
                admits = either(one.admits(self.protocols, self.port) for one in openings(fact))
                door = f"port {self.port} ({self.service})"
                yield about(
                    fact, negated(admits),
                    f"lets everyone in on {door}" if admits is True
                    else f"whom it lets in on {door} is not known yet",
                )  # fmt: skip


def shuts_out(fact: Fact) -> Answer:
    """Whether a firewall refuses everything from everyone."""
    return both([
        _concerns_anyone(fact),
        either(_is_one_of(read(item, "protocol"), ALL) for item in elements(seen(fact, "denies"))),
    ])  # fmt: skip
