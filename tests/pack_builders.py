"""The policy pack of this repository, behind the SDK's own server, and what it says."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import builders
import pack

from palier.facts import Facts
from palier.pack import Pack
from palier.testing.analyzer import Diagnostic, PackUnderTest

FOLDER = builders.ROOT / "policies"
Config = Mapping[str, Mapping[str, Any]]


def under_test(config: Config | None = None, without: str | None = None) -> PackUnderTest:
    """The pack, perhaps without one of its policies."""
    policies = [policy for policy in pack.policies(Pack(FOLDER)) if policy.name != without]
    return PackUnderTest(policies, config)


def analyzed(facts: Facts, config: Config | None = None, folder: Path = FOLDER) -> list[Diagnostic]:
    """What the pack of a folder says of a stack."""
    mind = Pack(folder)
    try:
        return PackUnderTest(pack.policies(mind), config).analyze(facts)
    finally:
        mind.close()


def blocking(diagnostics: list[Diagnostic]) -> list[Diagnostic]:
    """What makes a preview fail."""
    return [one for one in diagnostics if one.level == "mandatory"]


def rules_of(diagnostics: list[Diagnostic]) -> set[str]:
    """Ids of the rules that were reported: the second line of a message begins with one."""
    return {one.message.split("\n")[1].partition(":")[0] for one in diagnostics}
