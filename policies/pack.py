"""Everything that the pack enforces: one ear for resources, one policy a family, and advice."""

from __future__ import annotations

import budget
import cost_hygiene
import data_safety
import guardrails
import unit_cost
import waiving
from pulumi_policy import Policy, ResourceValidationPolicy

from palier.pack import Pack


def policies(pack: Pack) -> list[Policy]:
    """All policies of a pack, in the order in which they judge."""
    return [
        ResourceValidationPolicy(
            name="resources",
            description="Inputs are heard resource by resource, and judged by the families",
            validate=lambda args, _report: pack.hear(args),
        ),
        budget.policy(pack),
        unit_cost.policy(pack),
        data_safety.policy(pack),
        guardrails.policy(pack),
        cost_hygiene.policy(pack),
        waiving.waivers(pack),
        waiving.advice(pack),
    ]
