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


def under_test(
    config: Config | None = None, folder: Path = FOLDER, without: str | None = None
) -> PackUnderTest:
    """The pack of a folder, perhaps without one of its policies."""
    policies = [policy for policy in pack.policies(Pack(folder)) if policy.name != without]
    return PackUnderTest(policies, config)


def analyzed(facts: Facts, config: Config | None = None, folder: Path = FOLDER) -> list[Diagnostic]:
    """What the pack says of a stack."""
    return under_test(config, folder).analyze(facts)


def blocking(diagnostics: list[Diagnostic]) -> list[Diagnostic]:
    """What makes a preview fail."""
    return [one for one in diagnostics if one.level == "mandatory"]


def rules_of(diagnostics: list[Diagnostic]) -> set[str]:
    """Ids of the rules that were reported: the second line of a message begins with one."""
    return {one.message.split("\n")[1].partition(":")[0] for one in diagnostics}
