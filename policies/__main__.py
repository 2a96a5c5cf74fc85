"""The policy pack: `pulumi preview --policy-pack policies`. One policy a family of rules."""

import budget
import cost_hygiene
import data_safety
import guardrails
import unit_cost
from analysis import RESOURCES
from pulumi_policy import PolicyPack
from waiving import ADVICE, WAIVERS

PolicyPack(
    name="palier",
    policies=[
        RESOURCES, budget.POLICY, unit_cost.POLICY, data_safety.POLICY, guardrails.POLICY,
        cost_hygiene.POLICY, WAIVERS, ADVICE,
    ],
)  # fmt: skip
