"""The policy of waivers, and advice: what expired blocks; what is relaxed or waived is said."""

from __future__ import annotations

from typing import Final

from analysis import PACK, family_policy
from pulumi_policy import (
    EnforcementLevel,
    ReportViolation,
    StackValidationArgs,
    StackValidationPolicy,
)

WAIVERS: Final = family_policy("waivers", "Whoever answers for a finding does so until a day")


def _advise(args: StackValidationArgs, report: ReportViolation) -> None:
    for found in PACK.advice(args.resources):
        report(found.text, found.urn)


ADVICE: Final = StackValidationPolicy(
    name="advice",
    description="Advisory rules, waivers in force, and everything that was relaxed",
    validate=_advise,
    enforcement_level=EnforcementLevel.ADVISORY,
)
