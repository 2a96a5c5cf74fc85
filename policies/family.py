"""How a family of rules becomes a policy of the SDK: what blocks is reported by resource."""

from __future__ import annotations

from pulumi_policy import (
    EnforcementLevel,
    PolicyConfigSchema,
    ReportViolation,
    StackValidationArgs,
    StackValidationPolicy,
)

from palier.pack import Pack
from palier.verdicts import Family


def family_policy(pack: Pack, family: Family, description: str) -> StackValidationPolicy:
    """The policy of a family.

    Args:
        pack: what hears of resources, and judges them.
        family: whose rules these are; the policy's name.
        description: the first line of every violation.
    """

    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        for found in pack.reports(family, args.resources, args.get_config()):
            report(found.text, found.urn)

    return StackValidationPolicy(
        name=family,
        description=description,
        validate=validate,
        enforcement_level=EnforcementLevel.MANDATORY,
        config_schema=PolicyConfigSchema(properties=pack.schema(family)),
    )
