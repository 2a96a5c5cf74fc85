"""The policy of the family guardrails: what the CIS benchmarks and Google's guides ask."""

from __future__ import annotations

from typing import Final

from analysis import family_policy

POLICY: Final = family_policy(
    "guardrails", "What is created is private, encrypted, and as few may reach it as can be"
)
