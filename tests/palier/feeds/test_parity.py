"""Parity: a preview, an export and a checkpoint of a phase say what the recorder says.

`differences` names what is not equal. A feed may differ in what it alone can know; each kind of
difference that must be is listed here, and no other may appear.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import builders
import documents
import fact_builders as facts
import pytest
from fact_differences import differences, differences_of

from palier import check
from palier.facts import PLATFORM_TYPE, UNKNOWN, WORKLOADS_TYPE, Facts
from palier.feeds import export, preview
from palier.plan import Plan

CAPS: Final = dict(builders.PHASE_USERS)
each_phase = pytest.mark.parametrize("phase", builders.PHASES)
HIDDEN: Final = re.compile(r".*: .* → '\[secret\]'")
TOLD: Final = re.compile(r".*: UNKNOWN → '(known-now|projects/acme/global/networks/[-\w]+)'")
UNREGISTERED: Final = re.compile(r"palier:.* outputs\.\w+: .* → None")


def previewed(phase: str) -> Facts:
    return preview.read(documents.preview(facts.recorded(phase, CAPS[phase]))).facts


def exported(phase: str) -> Facts:
    return export.read(documents.export(facts.recorded(phase, CAPS[phase]))).facts


def test_differences_are_found_wherever_they_are() -> None:
    recorded = facts.recorded("mvp", 50)
    assert differences(recorded, recorded) == []
    fewer = Facts(recorded.items[1:])
    assert differences(recorded, fewer) == [f"{recorded.items[0].urn}: only one has it"]
    one, other = facts.resource(facts.SQL, a=[{"b": 1}]), facts.resource(facts.SQL, a=[{"b": 1.0}])
    assert list(differences_of(one, other)) == [f"{facts.SQL} inputs.a.0.b: 1 → 1.0"]


# --- facts --------------------------------------------------------------------------------------


@each_phase
def test_a_preview_differs_in_secrets_and_in_outputs_that_are_not_registered_yet(
    phase: str,
) -> None:
    found = differences(facts.recorded(phase, CAPS[phase]), previewed(phase))
    rest = [line for line in found if not HIDDEN.match(line) and not UNREGISTERED.match(line)]
    assert rest == [], "nothing else may differ between a preview and the recorder"
    assert any(HIDDEN.match(line) for line in found), "a password stays hidden"
    assert any(UNREGISTERED.match(line) for line in found)


@each_phase
def test_an_export_differs_in_secrets_and_in_what_is_known_by_now(phase: str) -> None:
    found = differences(facts.recorded(phase, CAPS[phase]), exported(phase))
    rest = [line for line in found if not HIDDEN.match(line) and not TOLD.match(line)]
    assert rest == [], "nothing else may differ between a state and the recorder"
    assert any(HIDDEN.match(line) for line in found), "a password stays hidden"
    assert any(TOLD.match(line) for line in found), "a state knows what a preview cannot"


@each_phase
def test_a_checkpoint_is_an_export_in_another_cover(phase: str) -> None:
    recorded = facts.recorded(phase, CAPS[phase])
    assert export.read(documents.checkpoint(recorded)).facts == exported(phase)


@each_phase
@pytest.mark.parametrize("feed", [previewed, exported], ids=["preview", "export"])
def test_root_and_workloads_are_recorded_alike_in_every_feed(phase: str, feed: Any) -> None:
    recorded = facts.recorded(phase, CAPS[phase])
    for type_ in (PLATFORM_TYPE, WORKLOADS_TYPE):
        (one,), (other,) = recorded.of_type(type_), feed(phase).of_type(type_)
        assert one == other, f"{type_} is what prices and verdicts are read from"


@each_phase
def test_no_unknown_of_a_preview_is_taken_for_a_text(phase: str) -> None:
    def unknowns(of: Facts) -> int:
        return sum(_count(fact.inputs) for fact in of)

    hidden = sum(
        1 for line in differences(facts.recorded(phase, CAPS[phase]), previewed(phase))
        if line.endswith("UNKNOWN → '[secret]'")
    )  # fmt: skip
    assert unknowns(previewed(phase)) == unknowns(facts.recorded(phase, CAPS[phase])) - hidden


def _count(value: Any) -> int:
    if isinstance(value, Mapping):
        return sum(map(_count, value.values()))
    return sum(map(_count, value)) if isinstance(value, list) else int(value is UNKNOWN)


# --- lines and verdicts -------------------------------------------------------------------------


def checked(folder: Path, document: object) -> Plan:
    """A check inside this repository, out of what is recorded already."""
    with facts.from_records():
        return check.check(
            documents.write(folder, document), check.surroundings(builders.ROOT)
        ).plan  # fmt: skip


@pytest.mark.parametrize(("phase", "users"), [*CAPS.items(), ("scale", 10_000)])
@pytest.mark.parametrize("feed", ["preview", "export", "checkpoint"])
def test_lines_totals_and_verdicts_equal_those_of_the_plan(
    tmp_path: Path, phase: str, users: int, feed: str
) -> None:
    recorded = facts.recorded(phase, users)
    document = {
        "preview": lambda: documents.preview(recorded, builders.stack_config(phase, users)),
        "export": lambda: documents.export(recorded),
        "checkpoint": lambda: documents.checkpoint(recorded),
    }[feed]()
    made, planned = checked(tmp_path, document), facts.planned(phase, users)
    assert made.estimate == planned.estimate
    assert made.at_cap == planned.at_cap, "unit costs are judged at the cap in every feed"
    kept = [one for one in made.verdicts if one.rule == "ledger-kept"]
    assert [one for one in made.verdicts if one not in kept] == [*planned.verdicts]
    assert [one.status for one in kept] == (["pass"] if feed == "preview" else []), (
        "only a preview tells what is done to what exists"
    )
    assert (made.phase, made.users, made.region, made.usd_rate, made.rate_date) == (
        planned.phase, planned.users, planned.region, planned.usd_rate, planned.rate_date,
    )  # fmt: skip
    assert (made.notes, made.status) == (planned.notes, "pass")
