"""Guardrails of networks: what is made by itself, who gets in, what is logged; and of DNS."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from palier.facts import UNKNOWN, Fact, Facts, read
from palier.ledger import SUBNET, ZONE
from palier.rules.guardrails.conditions import refers
from palier.rules.guardrails.openings import FIREWALL, TCP, UDP, Closed, shuts_out
from palier.rules.judges import about, each
from palier.rules.model import Rule
from palier.rules.requirements import (
    Answer,
    both,
    either,
    elements,
    equal,
    lacking,
    none_of,
    one_of,
    present,
    seen,
)
from palier.verdicts import Finding

PROJECT: Final = "gcp:organizations/project:Project"
NETWORK: Final = "gcp:compute/network:Network"
DNS_POLICY: Final = "gcp:dns/policy:Policy"
UNLOGGED: Final = (
    "REGIONAL_MANAGED_PROXY", "GLOBAL_MANAGED_PROXY", "INTERNAL_HTTPS_LOAD_BALANCER",
    "PRIVATE_SERVICE_CONNECT", "PRIVATE_NAT", "PEER_MIGRATION",
)  # fmt: skip
"""Purposes of subnets that hold no machines, and have no flow logs."""


def _refuse_the_rest(facts: Facts) -> Iterator[Finding]:
    """A network that has firewalls has one that refuses everything from everyone."""
    for network in facts.of_type(NETWORK):
        own = [(refers(fact, seen(fact, "network"), network), fact)
               for fact in facts.of_type(FIREWALL)]  # fmt: skip
        if any(inside is not False for inside, _ in own):
            refused = either(both([inside, shuts_out(fact)]) for inside, fact in own)
            yield about(network, refused, "no firewall of it refuses everything from everyone")


def _dns_logs(facts: Facts) -> Iterator[Finding]:
    """Each network is in a DNS policy that logs."""
    for network in facts.of_type(NETWORK):
        logged = either(_logs(policy, network) for policy in facts.of_type(DNS_POLICY))
        yield about(network, logged, "no gcp:dns:Policy logs its queries")


def _logs(policy: Fact, network: Fact) -> Answer:
    networks = elements(seen(policy, "networks"))
    inside = either(
        refers(policy, UNKNOWN if one is UNKNOWN else read(one, "networkUrl"), network)
        for one in networks
    )
    return both([equal(seen(policy, "enableLogging"), True), inside])


RULES: Final[tuple[Rule, ...]] = (
    Rule(
        id="network-default",
        title="Projects begin without the default network",
        family="guardrails",
        rationale="The default network lets everyone in on SSH and RDP.",
        remedy="Set autoCreateNetwork of the project to false.",
        reference="CIS GCP 3.1",
        judge=each(PROJECT, one_of("autoCreateNetwork", False)),
    ),
    Rule(
        id="network-auto-subnets",
        title="Networks have the subnets that the program names",
        family="guardrails",
        rationale="A network in automatic mode takes the same ranges everywhere, which never peer.",
        remedy="Set autoCreateSubnetworks to false.",
        reference="CIS GCP 3.2",
        judge=each(NETWORK, one_of("autoCreateSubnetworks", False)),
    ),
    Rule(
        id="network-flow-logs",
        title="Subnets have flow logs",
        family="guardrails",
        rationale="Without them nobody can say, after a break-in, what was reached from where.",
        remedy="Set logConfig; flowSampling keeps it cheap.",
        reference="CIS GCP 3.10",
        judge=each(
            SUBNET,
            present("logConfig"),
            none_of("logConfig.flowSampling", 0),
            where=[none_of("purpose", *UNLOGGED)],
        ),
    ),
    Rule(
        id="network-ssh",
        title="SSH is closed to the internet",
        family="guardrails",
        rationale="An open port 22 is tried within minutes, by everyone, as long as it is open.",
        remedy="Name your own ranges in sourceRanges, or come in through Identity-Aware Proxy.",
        reference="CIS GCP 3.6",
        judge=Closed(service="SSH", port=22, protocols=TCP),
    ),
    Rule(
        id="network-rdp",
        title="RDP is closed to the internet",
        family="guardrails",
        rationale="An open port 3389 is tried within minutes, by everyone, as long as it is open.",
        remedy="Name your own ranges in sourceRanges, or come in through Identity-Aware Proxy.",
        reference="CIS GCP 3.7",
        judge=Closed(service="RDP", port=3389, protocols=TCP | UDP),
    ),
    Rule(
        id="network-deny-ingress",
        title="A firewall refuses what no other lets in",
        family="guardrails",
        rationale="Google refuses the rest, too; but nobody reads that in a program, and what is "
        "refused there cannot be logged.",
        remedy="Add a firewall of low priority that denies all protocols from 0.0.0.0/0.",
        reference="CIS GKE 5.6.6",
        level="advisory",
        judge=_refuse_the_rest,
    ),
    Rule(
        id="dns-logging",
        title="DNS queries of each network are logged",
        family="guardrails",
        rationale="Malware that talks, and carries data out, by DNS is seen nowhere else.",
        remedy="Add a gcp:dns:Policy with enableLogging that names the network.",
        reference="CIS GCP 2.13",
        judge=_dns_logs,
    ),
    Rule(
        id="dns-dnssec",
        title="Public zones are signed, and not with SHA-1",
        family="guardrails",
        rationale="An answer that is not signed can be forged, and users are sent elsewhere.",
        remedy="Set dnssecConfig.state to on, and no algorithm rsasha1 in defaultKeySpecs.",
        reference="CIS GCP 3.3 to 3.5",
        judge=each(
            ZONE,
            one_of("dnssecConfig.state", "on"),
            # Google's default is rsasha256.
            lacking("dnssecConfig.defaultKeySpecs", "without rsasha1", {"algorithm": "rsasha1"}),
            where=[none_of("visibility", "private")],
        ),
    ),
)
