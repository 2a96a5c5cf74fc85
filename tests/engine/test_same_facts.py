"""Parity on the real engine: its previews and states say what the recorder says, and cost the same.

The differences that must be are the ones of `tests/palier/feeds/test_parity.py`, and no others.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import builders
import pytest
from fact_differences import differences
from journeys import Journeys, each_phase
from packs import Told

from palier import check
from palier.feeds import export, preview
from palier.provider.tree import root_of

pytestmark = pytest.mark.engine
HIDDEN = re.compile(r".*: .* → '\[secret\]'")
TOLD = re.compile(r".*: UNKNOWN → .*")
FILLED = re.compile(r"(?P<type>\S+) inputs\.(?P<key>\w+): None → (?P<value>.*)")
UNREGISTERED = re.compile(r"palier:.* outputs\.\w+: .* → None")


def unexplained(found: list[str], *reasons: re.Pattern[str]) -> list[str]:
    """Differences that nothing explains; each reason has to explain some."""
    for reason in reasons:
        assert any(reason.match(line) for line in found), f"nothing is {reason.pattern}"
    return [line for line in found if not any(reason.match(line) for reason in reasons)]


@each_phase
def test_a_preview_says_what_the_recorder_says(journey: Journeys, phase: str) -> None:
    read = preview.read(journey(phase).preview)
    found = differences(builders.recorded(phase), read.facts)
    assert unexplained(found, HIDDEN, UNREGISTERED) == []
    assert {one.kind for one in read.operations} == {"create"}


@each_phase
def test_a_state_says_what_the_recorder_says(journey: Journeys, phase: str) -> None:
    read = export.read(journey(phase).export)
    found = differences(builders.recorded(phase), read.facts)
    assert unexplained(found, HIDDEN, TOLD) == []
    assert not read.pending


def provided(line: str) -> bool:
    """Whether a difference is a default of the provider, filled in at the top of its inputs.

    The engine does not tell an analyzer which these are, as it does deeper inside.
    """
    match = FILLED.fullmatch(line)
    if match is None:
        return False
    default = root_of(match["type"]).fields[match["key"]].rule.get("default")
    return default is not None and repr(default) == match["value"]


@each_phase
@pytest.mark.parametrize("when", ["foreseen", "updated", "audited"])
def test_the_policy_pack_says_what_the_recorder_says(
    journey: Journeys, phase: str, when: str
) -> None:
    told: Told = getattr(journey(phase), when)
    found = differences(builders.recorded(phase), told.facts)
    explained = (HIDDEN,) if when == "foreseen" else (HIDDEN, TOLD)
    left = unexplained(found, *explained)
    assert [line for line in left if not provided(line)] == []
    assert left, "the engine tells of defaults now: the reader's docstring is out of date"
    planned = builders.planned(phase)
    assert told.estimate == planned.estimate
    assert told.verdicts == planned.verdicts


@each_phase
@pytest.mark.parametrize("feed", ["preview", "export"])
def test_it_costs_and_is_judged_alike(
    journey: Journeys, phase: str, feed: str, tmp_path: Path
) -> None:
    document: Any = getattr(journey(phase), feed)
    file = tmp_path / f"{feed}.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    made = check.check(str(file), check.surroundings(builders.ROOT)).plan
    planned = builders.planned(phase)
    assert made.estimate == planned.estimate
    kept = [one for one in made.verdicts if one.rule == "ledger-kept"]
    assert [one for one in made.verdicts if one not in kept] == [*planned.verdicts]
    assert [one.status for one in kept] == (["pass"] if feed == "preview" else [])
    assert made.status == "pass"


@each_phase
def test_no_secret_stands_in_what_is_kept(journey: Journeys, phase: str) -> None:
    seen = journey(phase)
    texts = [
        json.dumps(seen.preview), json.dumps(seen.export), seen.cloud_file,
        *(repr(told) for told in (seen.foreseen, seen.updated, seen.audited)),
    ]  # fmt: skip
    assert seen.passwords, "there is something to hide"
    for password in seen.passwords:
        assert not any(password in text for text in texts)
