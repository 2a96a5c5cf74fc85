"""What the policies share: one pack that hears and judges, and how a family becomes a policy."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from pulumi_policy import (
    EnforcementLevel,
    PolicyConfigSchema,
    ReportViolation,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)

from palier.gate.settings import json_schema
from palier.pack import Pack
from palier.verdicts import Family

PACK: Final = Pack(Path(__file__).parent)

RESOURCES: Final = ResourceValidationPolicy(
    name="resources",
    description="Every resource is told with its inputs; the families judge all of them together",
    validate=lambda args, _report: PACK.hear(args),
)


def family_policy(family: Family, description: str) -> StackValidationPolicy:
    """The policy of a family of rules: it reports what blocks, resource by resource."""

    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        for found in PACK.reports(family, args.resources, args.get_config()):
            report(found.text, found.urn)

    return StackValidationPolicy(
        name=family,
        description=description,
        validate=validate,
        enforcement_level=EnforcementLevel.MANDATORY,
        config_schema=PolicyConfigSchema(properties=_properties(family)),
    )


def _properties(family: Family) -> dict[str, Any]:
    """What may be set for a family."""
    gate = PACK.gate()
    return json_schema(family, gate.entries, gate.limits)
