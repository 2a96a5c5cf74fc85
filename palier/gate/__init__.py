"""The gate: limits, rules, waivers and a stack's own settings, as verdicts on one set of facts."""
