"""Waivers: what a file may say, and every way in which it is refused, in one line."""

from __future__ import annotations

from copy import deepcopy
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import builders
import gate_builders as gates
import pytest
import yaml
from gate_builders import TODAY, waiver

from palier.errors import PalierError
from palier.gate import waivers
from palier.gate.catalogue import entries
from palier.gate.gate import waivable
from palier.gate.waivers import WAIVERS_FILE, Waivable

KNOWN: Final = Waivable(
    rules=frozenset({"flow-logs", "monthly-mvp", "sql-backups"}), ledger=frozenset({"sql-backups"})
)
GOOD: Final[dict[str, Any]] = {
    "schema": "palier.waivers/1",
    "waivers": [
        {
            "rule": "flow-logs", "resource": "network-eu", "stacks": ["mvp", "prod"],
            "owner": "jane@acme.example", "reason": "no budget before the launch",
            "expires": date(2027, 3, 31),
        },
        {
            "rule": "monthly-mvp", "resource": "stack", "stacks": ["mvp"], "owner": "joe",
            "reason": "a load test", "expires": date(2026, 12, 1),
        },
    ],
}  # fmt: skip
PLACE: Final = "waiver of flow-logs on network-eu: "


def write(folder: Path, content: object) -> Path:
    file = folder / "waivers.yaml"
    text = content if isinstance(content, str) else yaml.safe_dump(content, sort_keys=False)
    file.write_text(text, encoding="utf-8")
    return file


def changed(row: int = 0, **fields: Any) -> dict[str, Any]:
    """The good file with other fields in one row; `None` takes a field away."""
    content = deepcopy(GOOD)
    for key, value in fields.items():
        if value is None:
            del content["waivers"][row][key]
        else:
            content["waivers"][row][key] = value
    return content


def read(folder: Path, content: object) -> tuple[waivers.Waiver, ...]:
    return waivers.read(write(folder, content), KNOWN, TODAY)


# --- what is read -------------------------------------------------------------------------------


def test_the_good_file_of_these_tests_is_read(tmp_path: Path) -> None:
    first, second = read(tmp_path, GOOD)
    assert first == waiver(
        "flow-logs", "network-eu", stacks=("mvp", "prod"), expires=date(2027, 3, 31),
        reason="no budget before the launch",
    )  # fmt: skip
    assert str(second) == "monthly-mvp on stack, by joe until 2026-12-01"


def test_a_waiver_covers_its_rule_on_its_resource_and_nothing_else(tmp_path: Path) -> None:
    first, _ = read(tmp_path, GOOD)
    assert first.covers("flow-logs", "network-eu")
    assert not first.covers("flow-logs", "network-us")
    assert not first.covers("monthly-mvp", "network-eu")
    assert not first.covers("flow-logs", "stack"), "one resource is not all of them"


def test_words_are_read_without_the_blanks_around_them(tmp_path: Path) -> None:
    first, _ = read(tmp_path, changed(owner="  jane  "))
    assert first.owner == "jane"


def test_a_day_is_a_day_as_yaml_spells_it(tmp_path: Path) -> None:
    text = yaml.safe_dump(GOOD)
    assert "expires: 2027-03-31" in text
    assert read(tmp_path, text)[0].expires == date(2027, 3, 31)


@pytest.mark.parametrize(
    "text", ["schema: palier.waivers/1\n", "schema: palier.waivers/1\nwaivers:\n",
             "schema: palier.waivers/1\nwaivers: []\n"],
)  # fmt: skip
def test_a_file_may_have_no_waiver(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, text) == ()


def test_the_same_finding_may_be_waived_in_another_stack(tmp_path: Path) -> None:
    content = deepcopy(GOOD)
    content["waivers"].append({**content["waivers"][0], "stacks": ["scale"], "owner": "ann"})
    assert [one.owner for one in read(tmp_path, content)] == ["jane@acme.example", "joe", "ann"]


def test_a_waiver_lasts_180_days_at_most_and_may_have_ended_long_ago(tmp_path: Path) -> None:
    for days in (180, 0, -1, -4000):
        day = TODAY + timedelta(days=days)
        assert read(tmp_path, changed(expires=day))[0].expires == day
    with pytest.raises(PalierError, match="expires 2027-05-22, and may at most 180 days from now"):
        read(tmp_path, changed(expires=TODAY + timedelta(days=181)))
    with pytest.raises(PalierError, match="expires 9999-12-31, and may at most 180 days from now"):
        read(tmp_path, changed(expires=date.max))


def test_a_project_without_the_file_has_no_waivers(tmp_path: Path) -> None:
    assert waivers.load_beside(tmp_path, KNOWN, TODAY) == ()
    (tmp_path / "policies").mkdir()
    assert waivers.load_beside(tmp_path, KNOWN, TODAY) == ()


def test_waivers_are_found_beside_the_project_file(tmp_path: Path) -> None:
    (tmp_path / "policies").mkdir()
    write(tmp_path / "policies", GOOD)
    assert len(waivers.load_beside(tmp_path, KNOWN, TODAY)) == 2


def test_the_shipped_file_waives_nothing() -> None:
    known = waivable(entries(gates.shipped()))
    assert waivers.read(builders.ROOT / WAIVERS_FILE, known, TODAY) == ()


def test_a_file_that_is_asked_for_and_not_there_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(PalierError, match=r"waivers\.yaml: No such file"):
        waivers.read(tmp_path / "waivers.yaml", KNOWN, TODAY)


# --- what is refused ----------------------------------------------------------------------------

SPELLED: Final = "expires must be a day, 2026-12-31, got "
TWICE: Final = [GOOD["waivers"][0], {**GOOD["waivers"][0], "stacks": ["x", "prod"], "owner": "joe"}]
REFUSED: Final[dict[str, tuple[object, str]]] = {
    "another schema": (GOOD | {"schema": "palier.waivers/2"}, "expected schema: palier.waivers/1"),
    "no schema": ({"waivers": []}, "expected schema: palier.waivers/1"),
    "a schema that is a list": (GOOD | {"schema": ["palier.waivers/1"]}, "expected schema"),
    "a list": ("- schema", "expected schema"),
    "nothing": ("", "expected schema"),
    "broken YAML": ("schema: [palier", "line 1: not valid YAML"),
    "a tag that would run code": (
        "schema: !!python/object/apply:os.system [id]", "line 1: not valid YAML",
    ),
    "more beside the waivers": (GOOD | {"waiver": []}, "a list of waivers, and nothing else"),
    "a key that is no text": (GOOD | {7: []}, "a list of waivers, and nothing else"),
    "waivers in fields": (GOOD | {"waivers": {"rule": "x"}}, "expected a list of waivers"),
    "waivers in no fields": (GOOD | {"waivers": {}}, "expected a list of waivers"),
    "waivers that are false": (GOOD | {"waivers": False}, "expected a list of waivers"),
    "waivers in a text": (GOOD | {"waivers": "none"}, "expected a list of waivers"),
    "a row that is a word": (GOOD | {"waivers": ["flow-logs"]}, "waiver 1: expected fields"),
    "a row that is nothing": (GOOD | {"waivers": [None]}, "waiver 1: expected fields"),
    "an unknown field": (
        changed(until="x"),
        "waiver 1: unknown field 'until', allowed are rule, resource, stacks, owner, reason or",
    ),
    "a field that is no text": (
        GOOD | {"waivers": [{**GOOD["waivers"][0], True: 1}]}, "waiver 1: unknown field True",
    ),
    "no rule": (changed(rule=None), "waiver 1: rule must be a text of one line"),
    "no resource": (changed(1, resource=None), "waiver 2: resource must be a text of one line"),
    "no owner": (changed(owner=None), "owner must be a text of one line"),
    "no reason": (changed(reason=None), "reason must be a text of one line"),
    "an empty reason": (changed(reason=""), "reason must be a text of one line"),
    "a blank reason": (changed(reason="   "), "reason must be a text of one line"),
    "a reason of several lines": (changed(reason="one\ntwo"), "reason must be a text of one line"),
    "a reason that ends in a line break": (
        'schema: palier.waivers/1\nwaivers:\n- {rule: flow-logs, resource: x, stacks: [mvp],'
        ' owner: joe, expires: 2026-12-01, reason: "a trial\\n"}',
        "reason must be a text of one line",
    ),
    "a reason that steers a terminal": (
        changed(reason="a \x1b[2J trial"), "reason must be a text of one line",
    ),
    "a reason that turns the line around": (
        changed(reason="a \u202e trial"), "reason must be a text of one line",
    ),
    "a reason that is a number": (changed(reason=7), "reason must be a text of one line"),
    "an owner that is a list": (changed(owner=["jane"]), "owner must be a text of one line"),
    "a rule that is true": (changed(rule=True), "rule must be a text of one line"),
    "no day": (changed(expires=None), f"{SPELLED}None"),
    "a day that is a text": (changed(expires="2027-03-31"), f"{SPELLED}'2027-03-31'"),
    "a day that is a word": (changed(expires="never"), f"{SPELLED}'never'"),
    "a day with a time": (
        changed(expires=datetime(2027, 3, 31, 12)), f"{SPELLED}datetime.datetime(2027, 3, 31",
    ),
    "a day that is a number": (changed(expires=20270331), f"{SPELLED}20270331"),
    "a day that is a list": (changed(expires=[date(2027, 3, 31)]), SPELLED),
    "a day that no month has": (
        yaml.safe_dump(GOOD).replace("2027-03-31", "2027-02-30"), "not valid YAML",
    ),
    "no stacks": (changed(stacks=None), "waiver 1: stacks must be a list of names"),
    "a list of no stacks": (changed(stacks=[]), "stacks must be a list of names"),
    "a stack in a text": (changed(stacks="prod"), "stacks must be a list of names"),
    "a stack that is a number": (changed(stacks=["prod", 5]), "stacks must be a list of names"),
    "a stack that is a list": (changed(stacks=[["prod"]]), "stacks must be a list of names"),
    "a stack that is nothing": (changed(stacks=[""]), "stacks must be a list of names"),
    "a stack that steers a terminal": (
        changed(stacks=["prod\x1b[2J"]), "stacks must be a list of names",
    ),
    "an unknown rule": (
        changed(rule="flow-log"),
        "waiver of flow-log on network-eu: there is no such rule; `palier rules` lists them",
    ),
    "a rule of the ledger": (
        changed(rule="sql-backups"),
        "waiver of sql-backups on network-eu: no waiver lifts a rule that keeps data",
    ),
    "an end that is far away": (changed(expires=date(2028, 1, 1)), f"{PLACE}expires 2028-01-01"),
    "two of one finding": (
        GOOD | {"waivers": TWICE}, "two waivers of flow-logs on network-eu in prod",
    ),
    "one stack twice": (
        changed(stacks=["mvp", "mvp"]), "two waivers of flow-logs on network-eu in mvp",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("content", "says"), REFUSED.values(), ids=REFUSED.keys())
def test_a_file_that_cannot_be_kept_to_is_refused_in_one_line(
    tmp_path: Path, content: object, says: str
) -> None:
    file = write(tmp_path, content)
    with pytest.raises(PalierError) as refused:
        waivers.read(file, KNOWN, TODAY)
    said = str(refused.value)
    assert said.startswith(str(file)), f"the reader must know which file: {said}"
    assert says in said, f"the message must say what is wrong and what is allowed: {said}"
    assert said.isprintable(), "a user's mistake is one line, and steers no terminal"


def test_every_rule_that_keeps_data_is_refused() -> None:
    known = waivable(entries(gates.shipped()))
    assert {"ledger-kept", "waivers-valid", "sql-backups"} <= known.ledger
    assert known.ledger < known.rules
