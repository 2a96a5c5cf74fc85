"""Fixtures of the guardrails of networks and of DNS."""

from __future__ import annotations

from typing import Any, Final

from palier.facts import UNKNOWN
from palier.testing.fixtures import Added, Change, Fixture, Removed, Resource, unknown

PROJECT: Final = "gcp:organizations/project:Project"
NETWORK: Final = "gcp:compute/network:Network"
SUBNETWORK: Final = "gcp:compute/subnetwork:Subnetwork"
FIREWALL: Final = "gcp:compute/firewall:Firewall"
POLICY_RULE: Final = "gcp:compute/networkFirewallPolicyRule:NetworkFirewallPolicyRule"
WHOLE_POLICY: Final = "gcp:compute/networkFirewallPolicyWithRules:NetworkFirewallPolicyWithRules"
DNS_POLICY: Final = "gcp:dns/policy:Policy"
ZONE: Final = "gcp:dns/managedZone:ManagedZone"
LETS_IN: Final = {"denies": None}
HEALTH_CHECKS: Final = ["35.191.0.0/16", "130.211.0.0/22"]
TCP: Final = [{"protocol": "tcp"}]

VPC: Final = Resource(
    type=NETWORK, name="vpc", inputs={"name": "main", "autoCreateSubnetworks": False}
)
SUBNET: Final = Resource(
    type=SUBNETWORK, name="eu", inputs={"ipCidrRange": "10.0.0.0/20", "logConfig": {
        "flowSampling": 0.05}},
)  # fmt: skip
PROXY_SUBNET: Final = Resource(
    type=SUBNETWORK, name="proxies", inputs={"purpose": "REGIONAL_MANAGED_PROXY"}
)
CHECKS: Final = Resource(
    type=FIREWALL,
    name="health-checks",
    inputs={"network": "main", "sourceRanges": HEALTH_CHECKS, "allows": TCP},
)
REST: Final = Resource(
    type=FIREWALL,
    name="the-rest",
    inputs={
        "network": "projects/acme/global/networks/main",
        "sourceRanges": ["0.0.0.0/0"],
        "denies": [{"protocol": "all"}],
        "priority": 65534,
    },
)
BASTION: Final = Resource(
    type=FIREWALL,
    name="bastion",
    inputs={
        "network": "main",
        "sourceRanges": ["203.0.113.0/24", "2001:db8::/32", "fd00::/8"],
        "allows": [{"protocol": "tcp", "ports": ["22", "3389"]}],
    },
)
WEB: Final = Resource(
    type=FIREWALL,
    name="web",
    inputs={
        "network": "main",
        "sourceRanges": ["0.0.0.0/0"],
        "allows": [{"protocol": "tcp", "ports": ["80", "443", "8000-9000"]}, {"protocol": "icmp"}],
    },
)
OUT: Final = Resource(
    type=FIREWALL, name="out", inputs={"network": "main", "direction": "EGRESS",
                                       "allows": [{"protocol": "all"}]},
)  # fmt: skip
OFF: Final = Resource(
    type=FIREWALL, name="off", inputs={"network": "main", "disabled": True, "allows": TCP,
                                       "sourceRanges": ["0.0.0.0/0"]},
)  # fmt: skip
TAGGED: Final = Resource(
    type=FIREWALL, name="tagged", inputs={"network": "main", "sourceTags": ["bastion"],
                                          "allows": TCP},
)  # fmt: skip
POLICED: Final = Resource(
    type=POLICY_RULE,
    name="policed",
    inputs={
        "action": "allow",
        "direction": "INGRESS",
        "match": {
            "srcIpRanges": ["203.0.113.0/24"],
            "layer4Configs": [{"ipProtocol": "tcp", "ports": ["22", "3389"]}],
        },
    },
)
FIREWALLS: Final = (CHECKS, REST, BASTION, WEB, OUT, OFF, TAGGED, POLICED)


def opened(port: int, *, udp: bool = False) -> list[Change | Added]:
    """Every way to let the internet in on a port."""
    around = f"{port - 2}-{port + 3}"
    ports: list[list[Any]] = [[str(port)], [port], ["80", around], []]
    protocols = ["tcp", "TCP", "6", "all", *(["udp", "17"] if udp else ())]
    ranges = ["0.0.0.0/0", "::/0", "128.0.0.0/1", "2000::/3"]
    allowed = [{"protocol": "tcp", "ports": [str(port)]}]
    return [
        Change(type=FIREWALL, at="sourceRanges", to=["0.0.0.0/0"], where=LETS_IN | {
            "sourceRanges": HEALTH_CHECKS}),
        Change(type=FIREWALL, at="sourceRanges", to=[*HEALTH_CHECKS, "::/0"], where=LETS_IN | {
            "sourceRanges": HEALTH_CHECKS}),
        *(_allowing([{"protocol": "tcp", "ports": some}]) for some in ports),
        *(_allowing([{"protocol": "icmp"}, {"protocol": name}]) for name in protocols),
        *(_allowing(allowed, [*HEALTH_CHECKS, wide]) for wide in ranges),
        _firewall(allows=allowed),
        _firewall(allows=allowed, sourceRanges=["0.0.0.0/0"], sourceTags=["bastion"]),
        _policed({"srcIpRanges": ["0.0.0.0/0"]}, port),
        _policed({}, port),
        Added(resource=Resource(type=WHOLE_POLICY, name="open", inputs={"rules": [
            {"action": "deny", "match": {"layer4Configs": [{"ipProtocol": "all"}]}},
            {"action": "allow", "match": {"srcIpRanges": ["0.0.0.0/0"],
                                          "layer4Configs": [{"ipProtocol": "all"}]}},
        ]})),
    ]  # fmt: skip


def _allowing(allows: list[dict[str, Any]], ranges: list[str] | None = None) -> Added:
    return _firewall(allows=allows, sourceRanges=ranges or ["0.0.0.0/0"])


def _firewall(**inputs: Any) -> Added:
    return Added(
        resource=Resource(type=FIREWALL, name="open", inputs={"network": "main", **inputs})
    )


def _policed(sources: dict[str, Any], port: int) -> Added:
    match = {**sources, "layer4Configs": [{"ipProtocol": "tcp", "ports": [str(port)]}]}
    return Added(resource=Resource(type=POLICY_RULE, name="open", inputs={
        "action": "allow", "direction": "INGRESS", "match": match}))  # fmt: skip


MAYBE_OPEN: Final = (
    unknown(FIREWALL, "sourceRanges", sourceRanges=HEALTH_CHECKS),
    Change(type=FIREWALL, at="sourceRanges", to=[*HEALTH_CHECKS, UNKNOWN],
           where={"sourceRanges": HEALTH_CHECKS}),
    unknown(FIREWALL, "allows.0.ports", **{"allows.1.protocol": "icmp"}),
    unknown(FIREWALL, "allows.0.ports.2", **{"allows.1.protocol": "icmp"}),
    unknown(FIREWALL, "allows.1.protocol", **{"allows.1.protocol": "icmp"}),
    unknown(FIREWALL, "disabled", disabled=True),
    unknown(POLICY_RULE, "match.srcIpRanges"),
)  # fmt: skip
LOGS: Final = Resource(
    type=DNS_POLICY,
    name="logs",
    inputs={
        "enableLogging": True,
        "networks": [{"networkUrl": "other"}, {"networkUrl": "projects/a/global/networks/main"}],
    },
)
PUBLIC: Final = Resource(
    type=ZONE,
    name="public",
    inputs={
        "dnsName": "example.com.",
        "visibility": "public",
        "dnssecConfig": {
            "state": "on",
            "defaultKeySpecs": [
                {"keyType": "keySigning", "algorithm": "ecdsap256sha256"},
                {"keyType": "zoneSigning", "algorithm": "ecdsap256sha256"},
            ],
        },
    },
)
PRIVATE: Final = Resource(
    type=ZONE, name="private", inputs={"dnsName": "corp.", "visibility": "private"}
)
SIGNED: Final = {"visibility": "public"}

FIXTURES: Final[tuple[Fixture, ...]] = (
    Fixture(
        rule="network-default",
        passing=[Resource(type=PROJECT, name="project", inputs={"autoCreateNetwork": False})],
        violating=[
            Change(type=PROJECT, at="autoCreateNetwork", to=True),
            Change(type=PROJECT, at="autoCreateNetwork", to=None),
            Added(resource=Resource(type=PROJECT, name="more")),
        ],
        unknown=[unknown(PROJECT, "autoCreateNetwork")],
    ),
    Fixture(
        rule="network-auto-subnets",
        passing=[VPC],
        violating=[
            Change(type=NETWORK, at="autoCreateSubnetworks", to=True),
            Change(type=NETWORK, at="autoCreateSubnetworks", to=None),
        ],
        unknown=[unknown(NETWORK, "autoCreateSubnetworks")],
    ),
    Fixture(
        rule="network-flow-logs",
        passing=[SUBNET, PROXY_SUBNET],
        violating=[
            Change(type=SUBNETWORK, at="logConfig", to=None, where={"purpose": None}),
            Change(type=SUBNETWORK, at="logConfig.flowSampling", to=0, where={"purpose": None}),
            Added(resource=Resource(type=SUBNETWORK, name="private", inputs={
                "purpose": "PRIVATE"})),
        ],
        unknown=[
            unknown(SUBNETWORK, "logConfig.flowSampling", purpose=None),
            unknown(SUBNETWORK, "purpose", purpose="REGIONAL_MANAGED_PROXY"),
        ],
    ),
    Fixture(rule="network-ssh", passing=FIREWALLS, violating=opened(22), unknown=MAYBE_OPEN),
    Fixture(
        rule="network-rdp", passing=FIREWALLS, violating=opened(3389, udp=True), unknown=MAYBE_OPEN
    ),
    Fixture(
        rule="network-deny-ingress",
        passing=[VPC, CHECKS, REST],
        violating=[
            Change(type=FIREWALL, at="disabled", to=True, where={"allows": None}),
            Change(type=FIREWALL, at="direction", to="EGRESS", where={"allows": None}),
            Change(type=FIREWALL, at="sourceRanges", to=HEALTH_CHECKS, where={"allows": None}),
            Change(type=FIREWALL, at="denies", to=[{"protocol": "udp"}], where={"allows": None}),
        ],
        unknown=[
            unknown(FIREWALL, "denies", allows=None),
            unknown(FIREWALL, "sourceRanges", allows=None),
            unknown(FIREWALL, "disabled", allows=None),
        ],
    ),
    Fixture(
        rule="dns-logging",
        passing=[VPC, LOGS],
        violating=[
            Change(type=DNS_POLICY, at="enableLogging", to=False),
            Change(type=DNS_POLICY, at="enableLogging", to=None),
            Change(type=DNS_POLICY, at="networks", to=[]),
            Removed(type=DNS_POLICY),
            Added(resource=Resource(type=NETWORK, name="another", inputs={"name": "another"})),
        ],
        unknown=[unknown(DNS_POLICY, "enableLogging")],
    ),
    Fixture(
        rule="dns-dnssec",
        passing=[PUBLIC, PRIVATE],
        violating=[
            Change(type=ZONE, at="dnssecConfig.state", to="off", where=SIGNED),
            Change(type=ZONE, at="dnssecConfig.state", to="transfer", where=SIGNED),
            Change(type=ZONE, at="dnssecConfig", to=None, where=SIGNED),
            Change(type=ZONE, at="dnssecConfig.defaultKeySpecs", where=SIGNED,
                   to=[{"algorithm": "rsasha256"}, {"algorithm": "rsasha1"}]),
            Change(type=ZONE, at="visibility", to="public", where={"visibility": "private"}),
            Added(resource=Resource(type=ZONE, name="unsaid", inputs={"dnsName": "example.org."})),
        ],
        unknown=[
            unknown(ZONE, "dnssecConfig.state", **SIGNED),
            unknown(ZONE, "dnssecConfig.defaultKeySpecs", **SIGNED),
            unknown(ZONE, "dnssecConfig.defaultKeySpecs.1.algorithm", **SIGNED),
            unknown(ZONE, "visibility", visibility="private"),
        ],
    ),
)  # fmt: skip
