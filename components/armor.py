"""Cloud Armor rules of the edge: a rate limit first, the OWASP sets after it, default last.

A phase says how many rules it pays for; they are taken in this order. The OWASP sets begin in
preview (logged, not enforced): a team turns them on when its own traffic has stayed clean.
"""

from __future__ import annotations

from typing import Final

import pulumi_gcp as gcp

RATE_LIMIT_REQUESTS: Final = 600
RATE_LIMIT_SECONDS: Final = 60
DEFAULT_PRIORITY: Final = 2_147_483_647
FIRST_WAF_PRIORITY: Final = 2_000

WAF_SETS: Final = (
    "sqli-v33-stable",
    "xss-v33-stable",
    "lfi-v33-stable",
    "rce-v33-stable",
    "rfi-v33-stable",
    "methodenforcement-v33-stable",
    "scannerdetection-v33-stable",
    "protocolattack-v33-stable",
    "sessionfixation-v33-stable",
    "nodejs-v33-stable",
    "php-v33-stable",
    "java-v33-stable",
    "generic-v33-stable",
    "cve-canary",
    "json-sqli-canary",
)
"""Preconfigured rule sets, the ones that stop the most attacks first."""

BLOCKED_AGENTS: Final = ("sqlmap", "nikto", "masscan")
"""Scanners that say who they are: refused by name, one rule each."""


def armor_rules(count: int) -> list[gcp.compute.SecurityPolicyRuleArgs]:
    """The first `count` rules, 2 to 20, the default rule among them."""
    waf = [
        _rule(FIRST_WAF_PRIORITY + 100 * place, "deny(403)",
              f"evaluatePreconfiguredWaf('{name}', {{'sensitivity': 1}})", preview=True)
        for place, name in enumerate(WAF_SETS)
    ]  # fmt: skip
    agents = [
        _rule(FIRST_WAF_PRIORITY - 100 * (place + 1), "deny(403)",
              f"request.headers['user-agent'].lower().contains('{agent}')")
        for place, agent in enumerate(BLOCKED_AGENTS)
    ]  # fmt: skip
    return [_rate_limit(), *[*waf, *agents][: count - 2], _default()]


def _rule(
    priority: int, action: str, expression: str, *, preview: bool = False
) -> gcp.compute.SecurityPolicyRuleArgs:
    return gcp.compute.SecurityPolicyRuleArgs(
        action=action,
        priority=priority,
        preview=preview,
        match=gcp.compute.SecurityPolicyRuleMatchArgs(
            expr=gcp.compute.SecurityPolicyRuleMatchExprArgs(expression=expression)
        ),
    )


def _everyone() -> gcp.compute.SecurityPolicyRuleMatchArgs:
    return gcp.compute.SecurityPolicyRuleMatchArgs(
        versioned_expr="SRC_IPS_V1",
        config=gcp.compute.SecurityPolicyRuleMatchConfigArgs(src_ip_ranges=["*"]),
    )


def _rate_limit() -> gcp.compute.SecurityPolicyRuleArgs:
    return gcp.compute.SecurityPolicyRuleArgs(
        action="throttle",
        priority=1_000,
        match=_everyone(),
        rate_limit_options=gcp.compute.SecurityPolicyRuleRateLimitOptionsArgs(
            conform_action="allow",
            exceed_action="deny(429)",
            enforce_on_key="IP",
            rate_limit_threshold=(
                gcp.compute.SecurityPolicyRuleRateLimitOptionsRateLimitThresholdArgs(
                    count=RATE_LIMIT_REQUESTS, interval_sec=RATE_LIMIT_SECONDS
                )
            ),
        ),
    )


def _default() -> gcp.compute.SecurityPolicyRuleArgs:
    return gcp.compute.SecurityPolicyRuleArgs(
        action="allow", priority=DEFAULT_PRIORITY, match=_everyone()
    )
