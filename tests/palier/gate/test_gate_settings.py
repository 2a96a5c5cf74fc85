"""Settings of a stack: stricter limits, levels, what being unsure does; and every refusal."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, get_args

import gate_builders as gates
import jsonschema
import pytest
from gate_builders import limit
from hypothesis import given
from hypothesis import strategies as st

from palier.budget.limits import Limits
from palier.errors import PalierError
from palier.gate import settings
from palier.gate.catalogue import entries
from palier.gate.settings import LEVELS, LIMITED, Settings, family_settings, json_schema
from palier.rules.model import Entry
from palier.verdicts import FAMILIES, Family

STEPS: Final = ((1000, Decimal(10)), (2000, Decimal(20)))
LIMITS: Final = Limits((
    limit(),
    limit("by-users", None, steps=STEPS),
    limit("share", "0.1", measure="share_of_revenue", steps=((1000, Decimal(90_000)),)),
    limit("parity", None, measure="monthly_cost_at_parity", level="advisory"),
    limit("per-user", "2", measure="cost_per_user_at_cap"),
    limit("falls", None, measure="unit_cost_falls"),
))  # fmt: skip


def rule(id_: str, family: Family = "guardrails", **other: Any) -> Entry:
    words = dict.fromkeys(("title", "rationale", "remedy", "reference"), "Some words.")
    return Entry(**{"id": id_, "family": family, **words} | other)


KNOWN: Final = [
    *entries(LIMITS),
    rule("flow-logs"),
    rule("hints", level="advisory"),
    rule("keeps", "data-safety", ledger=True),
    rule("tidy", "data-safety"),
]
NO_LIMITS: Final = "there is no policies/limits.yaml beside Pulumi.yaml"


def read(content: object, limits: Limits | str = LIMITS) -> Settings:
    return settings.read(content, KNOWN, limits)


def said(content: object, limits: Limits | str = LIMITS) -> str:
    """The line that refuses some settings."""
    with pytest.raises(PalierError) as refused:
        read(content, limits)
    line = str(refused.value)
    assert line.isprintable(), "a user's mistake is one line"
    return line


# --- what is read -------------------------------------------------------------------------------


def test_settings_of_all_families_are_read_as_one() -> None:
    assert read({
        "budget": {"limits": {"monthly": 80, "share": 0.05}, "levels": {"parity": "mandatory"}},
        "unit-cost": {"limits": {"per-user": 1.5}, "inconclusive": "advisory"},
        "guardrails": {"levels": {"flow-logs": "advisory"}, "inconclusive": "mandatory"},
    }) == Settings(
        limits={"monthly": Decimal(80), "share": Decimal("0.05"), "per-user": Decimal("1.5")},
        levels={"parity": "mandatory", "flow-logs": "advisory"},
        unsure={"unit-cost": "advisory", "guardrails": "mandatory"},
    )  # fmt: skip


def test_nothing_set_changes_nothing() -> None:
    empty: dict[str, Any] = {family: {} for family in FAMILIES}
    nothing: dict[str, Any] = {"budget": {"limits": {}, "levels": {}}}
    assert read({}) == read(empty) == read(nothing) == Settings()
    assert read(nothing, NO_LIMITS) == Settings()
    assert Settings().relaxed(KNOWN) == []


@pytest.mark.parametrize(
    ("text", "figure"),
    [("0.1", "0.1"), ("0.10", "0.1"), ("1e-1", "0.1"), ("0.07", "0.07"), ("1E-6", "0.000001")],
)
def test_a_figure_is_the_one_that_is_written_and_not_the_nearest_binary_one(
    tmp_path: Path, text: str, figure: str
) -> None:
    made = loaded(tmp_path, f'{{"budget": {{"limits": {{"share": {text}}}}}}}')
    assert made.limits["share"] == Decimal(figure)


def loaded(folder: Path, text: str | bytes, limits: Limits | str = LIMITS) -> Settings:
    file = folder / "settings.json"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return settings.load(file, KNOWN, limits)


# --- stricter, and never looser -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("family", "id_", "most"),
    [
        ("budget", "monthly", "100"),
        ("budget", "by-users", "20"),
        ("budget", "share", "0.1"),
        ("unit-cost", "per-user", "2"),
    ],
)
def test_a_limit_can_only_be_stricter(family: str, id_: str, most: str) -> None:
    figure = float(most)
    for lower in (figure, figure / 2):
        made = read({family: {"limits": {id_: lower}}})
        assert made.limits == {id_: Decimal(str(lower))}
    line = said({family: {"limits": {id_: figure * 1.01}}})
    above = f"{Decimal(str(figure * 1.01)).normalize():f}"
    assert line.startswith(
        f"{family}.limits.{id_}: {above} is above the {most} of policies/limits.yaml"
    )
    assert line.endswith("and a stack may only be stricter")


def test_a_share_of_revenue_is_held_to_the_share_and_not_to_the_revenue() -> None:
    assert "is above the 0.1 of" in said({"budget": {"limits": {"share": 5}}})


def test_the_figure_holds_in_the_place_of_higher_ones_and_beside_lower_steps() -> None:
    made = LIMITS.stricter(read({"budget": {"limits": {"monthly": 80, "by-users": 15}}}).limits)
    rows = {row.id: row for row in made.rows}
    assert rows["monthly"].value == 80
    assert (rows["by-users"].value, rows["by-users"].steps) == (Decimal(15), STEPS)
    assert rows["per-user"].value == 2, "what is not set stays"


# --- what is refused ----------------------------------------------------------------------------

BUDGET: Final = "budget.limits"
REFUSED: Final[dict[str, tuple[object, str]]] = {
    "a list": ([], "settings: expected fields"),
    "nothing": (None, "settings: expected fields"),
    "an unknown family": (
        {"bugdet": {}},
        "settings: unknown key 'bugdet', allowed are budget, unit-cost, data-safety, guardrails,"
        " cost-hygiene or waivers",
    ),
    "a family in a word": ({"budget": "strict"}, "budget: expected fields"),
    "a family that is nothing": ({"waivers": None}, "waivers: expected fields"),
    "an unknown key": (
        {"budget": {"limit": {}}},
        "budget: unknown key 'limit', allowed are limits, levels or inconclusive",
    ),
    "limits where there are none": (
        {"guardrails": {"limits": {}}},
        "guardrails: unknown key 'limits', allowed are levels or inconclusive",
    ),
    "limits in a list": ({"budget": {"limits": []}}, f"{BUDGET}: expected fields"),
    "limits that are nothing": ({"budget": {"limits": None}}, f"{BUDGET}: expected fields"),
    "an unknown limit": (
        {"budget": {"limits": {"montly": 5}}},
        f"{BUDGET}: unknown key 'montly', allowed are monthly, by-users or share",
    ),
    "a limit without a figure": (
        {"budget": {"limits": {"parity": 5}}}, f"{BUDGET}: unknown key 'parity', allowed are",
    ),
    "a limit of another family": (
        {"budget": {"limits": {"per-user": 1}}}, f"{BUDGET}: unknown key 'per-user', allowed are",
    ),
    "a budget among unit costs": (
        {"unit-cost": {"limits": {"monthly": 1}}},
        "unit-cost.limits: unknown key 'monthly', allowed are per-user",
    ),
    "levels in a list": ({"budget": {"levels": []}}, "budget.levels: expected fields"),
    "levels that are nothing": ({"budget": {"levels": None}}, "budget.levels: expected fields"),
    "an unknown rule": (
        {"data-safety": {"levels": {"flow-logs": "advisory"}}},
        "data-safety.levels: unknown key 'flow-logs', allowed are picture-complete, ledger-kept",
    ),
    "an unknown level": (
        {"guardrails": {"levels": {"flow-logs": "off"}}},
        "guardrails.levels.flow-logs: expected mandatory or advisory, got 'off'",
    ),
    "a level of the engine": (
        {"guardrails": {"levels": {"flow-logs": "disabled"}}}, "expected mandatory or advisory",
    ),
    "a level that is a list": (
        {"guardrails": {"levels": {"flow-logs": ["advisory"]}}}, "expected mandatory or advisory",
    ),
    "a level that is nothing": (
        {"guardrails": {"levels": {"flow-logs": None}}}, "expected mandatory or advisory, got None",
    ),
    "a rule of the ledger relaxed": (
        {"data-safety": {"levels": {"keeps": "advisory"}}},
        "data-safety.levels.keeps: keeps data, and cannot be relaxed",
    ),
    "the ledger itself relaxed": (
        {"data-safety": {"levels": {"ledger-kept": "advisory"}}},
        "data-safety.levels.ledger-kept: keeps data, and cannot be relaxed",
    ),
    "expired waivers relaxed": (
        {"waivers": {"levels": {"waivers-valid": "advisory"}}},
        "waivers.levels.waivers-valid: keeps data, and cannot be relaxed",
    ),
    "unsure in a word of its own": (
        {"budget": {"inconclusive": "pass"}},
        "budget.inconclusive: expected mandatory or advisory, got 'pass'",
    ),
    "unsure that is nothing": (
        {"budget": {"inconclusive": None}}, "budget.inconclusive: expected mandatory or advisory",
    ),
    "unsure that is false": ({"budget": {"inconclusive": False}}, "budget.inconclusive: expected"),
}  # fmt: skip


@pytest.mark.parametrize(("content", "says"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_set_is_refused_with_the_key_and_what_is_allowed(
    content: object, says: str
) -> None:
    line = said(content)
    assert says in line, line


NOT_FIGURES: Final[tuple[Any, ...]] = (
    0, -1, 0.0, -0.5, True, False, None, "80", "", [], [80], {}, {"value": 80}, float("nan"),
    float("inf"), float("-inf"), 10**31, 1e-40,
)  # fmt: skip


@pytest.mark.parametrize("value", NOT_FIGURES, ids=repr)
def test_a_limit_is_a_number_above_nothing(value: object) -> None:
    line = said({"budget": {"limits": {"monthly": value}}})
    assert line == f"{BUDGET}.monthly: expected a number above 0, got {value!r}"


def test_without_limits_there_is_none_to_be_stricter_than() -> None:
    wanted: tuple[Any, ...] = ({"monthly": 5}, [], 5, None)
    for content in wanted:
        line = said({"budget": {"limits": content}}, NO_LIMITS)
        assert line == f"budget.limits: {NO_LIMITS}"


def test_a_family_that_is_none_is_refused() -> None:
    with pytest.raises(PalierError, match=r"^where: expected budget, unit-cost, data-safety"):
        family_settings("rules", {}, KNOWN, LIMITS, "where")


def test_what_keeps_data_may_be_said_to_be_mandatory() -> None:
    assert read({"data-safety": {"levels": {"keeps": "mandatory"}}}).relaxed(KNOWN) == []


# --- the file -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["", "{", "budget: {}", '{"budget": {}} more', b"\xff\xfe{}", "[" * 100_000,
             '{"budget": {"limits": {"monthly": ' + "9" * 5000 + "}}}"],
    ids=["nothing", "open", "YAML", "more", "no text", "deep", "long"],
)  # fmt: skip
def test_a_file_that_is_no_json_is_refused_by_name(tmp_path: Path, text: str | bytes) -> None:
    with pytest.raises(PalierError, match=r"settings\.json: not valid JSON$"):
        loaded(tmp_path, text)


def test_a_file_that_is_not_there_or_is_a_folder_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(PalierError, match=r"missing\.json: No such file"):
        settings.load(tmp_path / "missing.json", KNOWN, LIMITS)
    with pytest.raises(PalierError, match="Is a directory"):
        settings.load(tmp_path, KNOWN, LIMITS)


def test_a_refusal_names_the_file(tmp_path: Path) -> None:
    with pytest.raises(PalierError, match=r"settings\.json: budget\.limits: unknown key 'x'"):
        loaded(tmp_path, '{"budget": {"limits": {"x": 5}}}')
    with pytest.raises(PalierError, match=r"settings\.json: settings: expected fields"):
        loaded(tmp_path, "[]")


# --- what is relaxed is said --------------------------------------------------------------------


def test_everything_that_is_relaxed_is_said() -> None:
    made = read({
        "budget": {"levels": {"prices-complete": "advisory", "parity": "advisory"},
                   "inconclusive": "advisory"},
        "guardrails": {"levels": {"flow-logs": "advisory", "hints": "mandatory"}},
        "data-safety": {"inconclusive": "advisory"},
        "unit-cost": {"inconclusive": "mandatory", "levels": {"per-user": "mandatory"}},
    })  # fmt: skip
    assert made.relaxed(KNOWN) == [
        "Relaxed by settings: prices-complete is advisory.",
        "Relaxed by settings: flow-logs is advisory.",
        "Relaxed by settings: what is inconclusive in budget does not block.",
        "Relaxed by settings: what is inconclusive in data-safety does not block, but for what"
        " keeps data.",
    ], "what was advisory before, or is stricter now, is not relaxed"


# --- the schema ---------------------------------------------------------------------------------

IDS: Final = (
    "monthly", "by-users", "share", "per-user", "parity", "falls", "flow-logs", "hints", "keeps",
    "tidy", "ledger-kept", "waivers-valid", "prices-complete", "nobody",
)  # fmt: skip
LOWEST: Final = 0.1
"""The lowest figure of the limits: what is above one is refused by the parser alone."""
figures: st.SearchStrategy[Any] = st.one_of(
    st.floats(min_value=1e-6, max_value=LOWEST),
    st.sampled_from([0, -1, 0.0, -0.5, True, False, None, "0.05", [], {}]),
)
words: st.SearchStrategy[Any] = st.one_of(
    st.sampled_from(LEVELS), st.sampled_from(["off", "", None, 1, [], {}])
)


def mostly(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Fields of known and unknown names, or now and then something else."""
    odd: list[Any] = [None, [], "all", 5]
    return st.one_of(st.dictionaries(st.sampled_from(IDS), inner, max_size=2), st.sampled_from(odd))


contents = st.fixed_dictionaries(
    {},
    optional={
        "limits": mostly(figures), "levels": mostly(words), "inconclusive": words, "level": words,
    },
)  # fmt: skip


def schema(family: Family, limits: Limits | str = LIMITS) -> Mapping[str, Any]:
    return {
        "type": "object",
        "properties": json_schema(family, KNOWN, limits),
        "additionalProperties": False,
    }


def accepted(family: Family, content: object, limits: Limits | str = LIMITS) -> bool:
    try:
        family_settings(family, content, KNOWN, limits, family)
    except PalierError:
        return False
    return True


@given(st.sampled_from(FAMILIES), contents, st.sampled_from([LIMITS, NO_LIMITS]))
def test_the_schema_accepts_what_the_parser_accepts(
    family: Family, content: dict[str, Any], limits: Limits | str
) -> None:
    valid = jsonschema.Draft202012Validator(schema(family, limits)).is_valid(content)
    assert valid == accepted(family, content, limits)


@pytest.mark.parametrize(
    ("family", "content", "limits", "valid"),
    [
        ("data-safety", {"levels": {"keeps": "mandatory"}}, LIMITS, True),
        ("data-safety", {"levels": {"keeps": "advisory"}}, LIMITS, False),
        ("data-safety", {"levels": {"tidy": "advisory"}}, LIMITS, True),
        ("data-safety", {"limits": {}}, LIMITS, False),
        ("budget", {"levels": {"tidy": "advisory"}}, LIMITS, False),
        ("budget", {"limits": {"monthly": 0.05}}, LIMITS, True),
        ("budget", {"limits": {"monthly": 0}}, LIMITS, False),
        ("budget", {"limits": {"parity": 0.05}}, LIMITS, False),
        ("budget", {"limits": {"per-user": 0.05}}, LIMITS, False),
        ("unit-cost", {"limits": {"per-user": 0.05}}, LIMITS, True),
        ("budget", {"limits": {}}, NO_LIMITS, True),
        ("budget", {"limits": {"monthly": 0.05}}, NO_LIMITS, False),
        ("budget", {"inconclusive": None}, LIMITS, False),
        ("budget", {"inconclusive": "advisory"}, LIMITS, True),
    ],
)
def test_the_schema_and_the_parser_draw_the_same_border(
    family: Family, content: dict[str, Any], limits: Limits | str, valid: bool
) -> None:
    assert accepted(family, content, limits) is valid
    made = jsonschema.Draft202012Validator(schema(family, limits))
    assert made.is_valid(content) is valid


@pytest.mark.parametrize("family", FAMILIES)
def test_everything_that_may_be_set_is_in_the_schema(family: Family) -> None:
    content: dict[str, Any] = {
        "inconclusive": "advisory",
        "levels": {entry.id: "mandatory" for entry in KNOWN if entry.family == family},
    }
    if family in LIMITED:
        settable = schema(family)["properties"]["limits"]["properties"]
        content["limits"] = dict.fromkeys(settable, LOWEST / 2)
        assert content["limits"], "there is something to set"
    jsonschema.validate(content, schema(family))
    assert accepted(family, content)


def test_a_schema_is_a_schema_and_plain_json() -> None:
    for family in get_args(Family):
        made = schema(family)
        jsonschema.Draft202012Validator.check_schema(made)
        assert json.loads(json.dumps(made)) == made
    assert "limits" not in json_schema("guardrails", KNOWN, LIMITS)


def test_the_schema_of_the_shipped_limits_knows_each_figure() -> None:
    shipped = gates.shipped()
    known = entries(shipped)
    named = {
        id_
        for family in LIMITED
        for id_ in json_schema(family, known, shipped)["limits"]["properties"]
    }
    assert named == {row.id for row in shipped.rows if row.figures}
