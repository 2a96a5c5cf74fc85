"""The policy of waivers, and advice: what expired blocks; what is relaxed or waived is said."""

from __future__ import annotations

from family import family_policy
from pulumi_policy import (
    EnforcementLevel,
    ReportViolation,
    StackValidationArgs,
    StackValidationPolicy,
)

from palier.pack import Pack


def waivers(pack: Pack) -> StackValidationPolicy:
    """The family of waivers."""
    return family_policy(pack, "waivers", "Whoever answers for a finding does so until a day")


def advice(pack: Pack) -> StackValidationPolicy:
    """What does not block, and is never left unsaid. Comes last, for it tells of the others."""

    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        for found in pack.advice(args.resources):
            report(found.text, found.urn)

    return StackValidationPolicy(
        name="advice",
        description="Advisory rules, waivers in force, and everything that was relaxed",
        validate=validate,
        enforcement_level=EnforcementLevel.ADVISORY,
    )
