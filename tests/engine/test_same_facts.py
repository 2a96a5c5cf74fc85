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

from palier import check
from palier.feeds import export, preview

pytestmark = pytest.mark.engine
HIDDEN = re.compile(r".*: .* → '\[secret\]'")
TOLD = re.compile(r".*: UNKNOWN → .*")
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


@each_phase
@pytest.mark.parametrize("feed", ["preview", "export"])
def test_it_costs_and_is_judged_alike(
    journey: Journeys, phase: str, feed: str, tmp_path: Path
) -> None:
    document: Any = getattr(journey(phase), feed)
    file = tmp_path / f"{feed}.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    made = check.check(str(file), check.surroundings(builders.ROOT))
    planned = builders.planned(phase)
    assert made.estimate == planned.estimate
    assert made.verdicts == planned.verdicts
    assert (made.status, made.doubts) == ("pass", ())


@each_phase
def test_no_secret_stands_in_what_is_kept(journey: Journeys, phase: str) -> None:
    seen = journey(phase)
    texts = [json.dumps(seen.preview), json.dumps(seen.export), seen.cloud_file]
    assert seen.passwords, "there is something to hide"
    for password in seen.passwords:
        assert not any(password in text for text in texts)
