"""Limits: the shipped file says what the documents say, and a file that does not is refused."""

from __future__ import annotations

from copy import deepcopy
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import builders
import pytest
import yaml

from palier.budget import limits
from palier.budget.limits import LIMITS_FILE, Limits
from palier.errors import PalierError

SHIPPED: Final = builders.ROOT / LIMITS_FILE
GOOD: Final[dict[str, Any]] = {
    "schema": "palier.limits/1",
    "documents": {"D1": "A document"},
    "limits": [
        {
            "id": "monthly", "title": "The bill stays small", "measure": "monthly_cost",
            "phases": ["mvp", "scale"], "level": "mandatory", "value": 100, "unit": "EUR/month",
            "source": {"document": "D1", "passage": "page 1"},
        },
        {
            "id": "revenue", "title": "A tenth of revenue", "measure": "share_of_revenue",
            "phases": ["growth"], "level": "mandatory", "value": 0.1, "unit": "share",
            "steps": [{"users": 100, "value": 10}, {"users": 200, "value": 20}],
            "source": {"document": "D1", "passage": "page 2"},
        },
    ],
}  # fmt: skip


def write(folder: Path, content: object) -> Path:
    file = folder / "limits.yaml"
    file.write_text(
        content if isinstance(content, str) else yaml.safe_dump(content, sort_keys=False),
        encoding="utf-8",
    )
    return file


def changed(row: int = 0, **fields: Any) -> dict[str, Any]:
    """The good file with other fields in one row; `None` takes a field away."""
    content = deepcopy(GOOD)
    for key, value in fields.items():
        if value is None:
            del content["limits"][row][key]
        else:
            content["limits"][row][key] = value
    return content


@pytest.fixture(scope="module")
def shipped() -> Limits:
    return limits.load_beside(builders.ROOT)


# --- the shipped file -------------------------------------------------------------------------


def test_every_shipped_limit_cites_a_passage_of_one_of_the_four_documents(shipped: Limits) -> None:
    titles = {
        "De 1 million à 1 milliard : Les principes clés pour gérer la croissance sereinement"
        " — partie 1",
        "MVP-scale",
        "Scaling et croissance",
        "Scaler une startup tech : De 10 à 100 utilisateurs sans exploser",
    }
    for row in shipped.rows:
        assert row.source.document in titles, f"{row.id} cites no known document"
        assert len(row.source.passage) > 10, f"{row.id} does not say where in the document"
        assert row.title, f"{row.id} has no title"


@pytest.mark.parametrize("phase", builders.PHASES)
def test_every_phase_has_a_monthly_and_a_unit_limit_that_are_mandatory(
    shipped: Limits, phase: str
) -> None:
    mandatory = {row.measure for row in shipped.of(phase) if row.level == "mandatory"}
    assert mandatory & {"monthly_cost", "share_of_revenue"}, "a phase without a budget is no phase"
    assert "cost_per_user_at_cap" in mandatory
    assert "observability_share" in mandatory


def test_unit_cost_must_fall_from_traction_on_and_the_ceiling_holds_up_to_scale(
    shipped: Limits,
) -> None:
    levels = {(row.measure, phase): row.level for row in shipped.rows for phase in row.phases}
    for phase in ("traction", "scale", "growth", "hypergrowth"):
        assert levels["unit_cost_falls", phase] == "mandatory"
        assert levels["unit_cost_now", phase] == "advisory", "after a climb it rises for a while"
    assert {phase for measure, phase in levels if measure == "ceiling"} == {
        "mvp", "traction", "scale",
    }  # fmt: skip
    assert all(levels["monthly_cost_at_parity", phase] == "advisory" for phase in builders.PHASES)


def test_the_unit_limits_are_the_caps_shared_by_the_users_they_are_for(shipped: Limits) -> None:
    unit = {
        row.phases[0]: row.value for row in shipped.rows if row.measure == "cost_per_user_at_cap"
    }
    assert unit == {
        "mvp": Decimal("2.00"),  # 100 / 50
        "traction": Decimal("2.00"),  # 200 / 100
        "scale": Decimal("0.010"),  # 500 / 50 000
        "growth": Decimal("0.0217"),  # 21 667 / 1 000 000
        "hypergrowth": Decimal("0.00568"),  # 62 500 / 11 000 000
    }


def test_the_ceiling_is_a_fifth_over_the_cap_and_observability_a_tenth(shipped: Limits) -> None:
    values = {row.measure: row.value for row in shipped.rows}
    assert values["ceiling"] == Decimal("1.2")
    assert values["observability_share"] == Decimal("0.1")


@pytest.mark.parametrize(
    ("phase", "users", "revenue", "cap"),
    [
        ("mvp", 1, None, "100"),
        ("mvp", 50, None, "100"),
        ("traction", 100, None, "200"),
        ("scale", 101, None, "500"),
        ("scale", 50_000, None, "500"),
        # a tenth of the lowest documented revenue at or above the users
        ("growth", 50_001, None, "18000"),
        ("growth", 125_000, None, "18000"),
        ("growth", 125_001, None, "13333.3"),
        ("growth", 500_000, None, "13333.3"),
        ("growth", 500_001, None, "21666.7"),
        ("growth", 1_000_000, None, "21666.7"),
        # a declared one always wins, lower or higher
        ("growth", 125_000, "50000", "5000"),
        ("growth", 500_000, "900000", "90000"),
        # the first scenario at or above the users
        ("hypergrowth", 1_000_001, None, "12500"),
        ("hypergrowth", 2_000_000, None, "12500"),
        ("hypergrowth", 2_000_001, None, "27778"),
        ("hypergrowth", 5_000_000, None, "27778"),
        ("hypergrowth", 5_000_001, None, "62500"),
        ("hypergrowth", 11_000_000, None, "62500"),
        # and a tenth of declared revenue, whichever is the stricter
        ("hypergrowth", 2_000_000, "100000", "10000"),
        ("hypergrowth", 2_000_000, "1000000", "12500"),
        # revenue says nothing below growth
        ("mvp", 50, "10", "100"),
    ],
)
def test_the_monthly_cap_is_the_strictest_that_holds_for_phase_users_and_revenue(
    shipped: Limits, phase: str, users: int, revenue: str | None, cap: str
) -> None:
    declared = None if revenue is None else Decimal(revenue)
    assert shipped.monthly_cap(phase, users, declared) == Decimal(cap)


def test_an_advisory_month_is_no_cap(tmp_path: Path) -> None:
    read = limits.read(write(tmp_path, changed(level="advisory")))
    with pytest.raises(PalierError, match="no monthly limit holds for mvp, 50 users"):
        read.monthly_cap("mvp", 50, None)


def test_users_above_every_step_have_no_cap(tmp_path: Path) -> None:
    read = limits.read(write(tmp_path, GOOD))
    assert read.monthly_cap("growth", 200, None) == Decimal("2")
    with pytest.raises(PalierError, match="no monthly limit holds for growth, 201 users"):
        read.monthly_cap("growth", 201, None)


def test_of_a_value_and_steps_the_lower_holds(tmp_path: Path) -> None:
    steps = [{"users": 100, "value": 10}, {"users": 200, "value": 20}]
    read = limits.read(write(tmp_path, changed(value=15, steps=steps)))
    assert [read.monthly_cap("mvp", users, None) for users in (1, 100, 101, 200, 201)] == [
        10, 10, 15, 15, 15,
    ], "above every step the value is left"  # fmt: skip


# --- a stack's own figures ----------------------------------------------------------------------


def test_a_stack_may_lower_a_limit_and_nothing_else_changes(shipped: Limits) -> None:
    strict = shipped.stricter({"monthly-mvp": Decimal(80), "ceiling": Decimal("1.1")})
    assert strict.monthly_cap("mvp", 50, None) == 80
    was, now = ({row.id: row for row in one.rows} for one in (shipped, strict))
    assert [*was] == [*now]
    assert {id_ for id_ in was if was[id_] != now[id_]} == {"monthly-mvp", "ceiling"}
    assert shipped.stricter({}) == shipped
    assert shipped.monthly_cap("mvp", 50, None) == 100, "the file's own limits are as they were"


@pytest.mark.parametrize(
    ("users", "cap"), [(2_000_000, 12_500), (5_000_000, 20_000), (11_000_000, 20_000)]
)
def test_a_stacks_own_figure_holds_beside_the_steps_and_never_above_one(
    shipped: Limits, users: int, cap: int
) -> None:
    strict = shipped.stricter({"monthly-hypergrowth": Decimal(20_000)})
    assert strict.monthly_cap("hypergrowth", users, None) == cap


def test_a_stacks_own_share_is_a_share_of_the_same_revenue(shipped: Limits) -> None:
    strict = shipped.stricter({"monthly-growth": Decimal("0.05")})
    assert strict.monthly_cap("growth", 125_000, None) == 9000
    assert strict.monthly_cap("growth", 125_000, Decimal(50_000)) == 2500


@pytest.mark.parametrize(
    ("figures", "says"),
    [
        ({"monthly-mvp": "100.01"}, "limits.monthly-mvp: 100.01 is above the 100 of policies/"),
        ({"monthly-hypergrowth": "62501"}, "limits.monthly-hypergrowth: 62501 is above the 62500"),
        ({"monthly-growth": "5000"}, "limits.monthly-growth: 5000 is above the 0.1 of"),
        ({"unit-cost-falls": "1"}, "limits.unit-cost-falls: expected monthly-mvp, monthly-"),
        ({"parity": "1"}, "limits.parity: expected monthly-mvp, monthly-"),
        ({"nobody": "1"}, "limits.nobody: expected monthly-mvp, monthly-"),
        ({"monthly-mvp": "5", "monthly-scale": "501"}, "limits.monthly-scale: 501 is above"),
    ],
)
def test_a_stack_may_only_be_stricter(shipped: Limits, figures: dict[str, str], says: str) -> None:
    with pytest.raises(PalierError) as refused:
        shipped.stricter({id_: Decimal(figure) for id_, figure in figures.items()})
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)


def test_what_is_compared_with_another_figure_has_none_to_lower(tmp_path: Path) -> None:
    steps = [{"users": 100, "value": 10}]
    row = changed(measure="monthly_cost_at_parity", value=None, steps=steps)
    with pytest.raises(PalierError, match=r"limits\.monthly: expected revenue$"):
        limits.read(write(tmp_path, row)).stricter({"monthly": Decimal(5)})


def test_a_figure_on_the_limit_is_no_higher(shipped: Limits) -> None:
    assert shipped.stricter({"monthly-mvp": Decimal(100)}) == shipped


# --- the file -----------------------------------------------------------------------------------


def test_the_good_file_of_these_tests_is_read(tmp_path: Path) -> None:
    read = limits.read(write(tmp_path, GOOD))
    assert [row.id for row in read.of("mvp")] == ["monthly"]
    assert read.rows[1].steps == ((100, Decimal(10)), (200, Decimal(20)))
    assert str(read.rows[0].source) == "A document: page 1", "a limit is cited by the title"


def test_limits_are_found_beside_the_project_file(tmp_path: Path) -> None:
    (tmp_path / "policies").mkdir()
    write(tmp_path / "policies", GOOD)
    assert len(limits.load_beside(tmp_path).rows) == 2


# --- what is refused --------------------------------------------------------------------------

REFUSED: Final[dict[str, tuple[object, str]]] = {
    "another schema": (GOOD | {"schema": "palier.limits/2"}, "expected schema: palier.limits/1"),
    "no schema": ({"limits": []}, "expected schema"),
    "no limits": (GOOD | {"limits": []}, "a list of limits"),
    "limits that are no list": (GOOD | {"limits": {"monthly": 1}}, "a list of limits"),
    "no documents": (GOOD | {"documents": None}, "expected documents"),
    "a row that is a word": (GOOD | {"limits": ["monthly"]}, "limit 1: expected fields"),
    "no id": (changed(id=None), "limit 1: expected fields, an id among them"),
    "no source": (changed(source=None), "(monthly): needs a source"),
    "no passage": (changed(source={"document": "D1"}), "needs a source"),
    "an unknown document": (
        changed(source={"document": "D9", "passage": "page 1"}), "document must be D1, got 'D9'",
    ),
    "a document that is a list": (
        changed(source={"document": ["D1"], "passage": "page 1"}), "document must be D1",
    ),
    "an unknown field": (changed(values=100), "unknown field 'values', allowed are id, title"),
    "an unknown measure": (changed(measure="cheap"), "measure must be monthly_cost"),
    "an unknown level": (changed(level="strict"), "level must be mandatory or advisory"),
    "an unknown phase": (changed(phases=["mvp", "unicorn"]), "phases must be a list of mvp"),
    "no phases": (changed(phases=[]), "phases must be a list"),
    "a phase that is a word": (changed(phases="mvp"), "phases must be a list"),
    "a phase that is a list": (changed(phases=[["mvp"]]), "phases must be a list"),
    "a phase that is a number": (changed(phases=[1]), "phases must be a list"),
    "no title": (changed(title=None), "needs a title"),
    "a title that is a number": (changed(title=7), "needs a title"),
    "no unit": (changed(unit=None), "needs a unit"),
    "no value": (changed(value=None), "needs a value"),
    "no value for a share": (changed(row=1, value=None), "limit 2 (revenue): needs a value"),
    "a value of zero": (changed(value=0), "value must be a number above 0, got 0"),
    "a negative value": (changed(value=-100), "above 0, got -100"),
    "a value that is a word": (changed(value="plenty"), "above 0, got 'plenty'"),
    "a value that is true": (changed(value=True), "above 0, got True"),
    "a value that is no number": (changed(value=float("nan")), "above 0, got nan"),
    "an infinite value": (changed(value=float("inf")), "above 0, got inf"),
    "steps out of order": (
        changed(row=1, steps=[{"users": 200, "value": 1}, {"users": 100, "value": 2}]),
        "steps must rise by users",
    ),
    "two steps at the same users": (
        changed(row=1, steps=[{"users": 100, "value": 1}, {"users": 100, "value": 2}]),
        "steps must rise by users",
    ),
    "a step without users": (changed(row=1, steps=[{"value": 1}]), "a step has users and a value"),
    "a step with users in words": (
        changed(row=1, steps=[{"users": "all", "value": 1}]), "a step has users and a value",
    ),
    "a step with more": (
        changed(row=1, steps=[{"users": 1, "value": 1, "note": "?"}]), "users and a value",
    ),
    "a step of zero": (changed(row=1, steps=[{"users": 1, "value": 0}]), "steps must be a number"),
    "steps that are a number": (changed(row=1, steps=5), "a step has users and a value"),
    "two limits of one id": (changed(row=1, id="monthly"), "two limits have the id monthly"),
    "broken YAML": ("schema: [palier", "line 1: not valid YAML"),
    "a list": ("- schema", "expected schema"),
    "nothing": ("", "expected schema"),
}  # fmt: skip


@pytest.mark.parametrize(("content", "says"), REFUSED.values(), ids=REFUSED.keys())
def test_a_file_that_cannot_be_judged_by_is_refused_in_one_line(
    tmp_path: Path, content: object, says: str
) -> None:
    file = write(tmp_path, content)
    with pytest.raises(PalierError) as refused:
        limits.read(file)
    said = str(refused.value)
    assert said.startswith(str(file)), f"the reader must know which file: {said}"
    assert says in said, f"the message must say what is wrong and what is allowed: {said}"
    assert "\n" not in said, "a user's mistake is one line"


def test_a_file_that_is_not_there_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(PalierError, match=r"policies/limits\.yaml: No such file"):
        limits.load_beside(tmp_path)


def test_a_file_that_is_no_text_is_refused_by_name(tmp_path: Path) -> None:
    file = tmp_path / "limits.yaml"
    file.write_bytes(b"\xff\xfe\x00schema")
    with pytest.raises(PalierError, match="not valid YAML"):
        limits.read(file)


@pytest.mark.parametrize("measure", limits.NEEDS_VALUE)
def test_every_measure_that_compares_with_a_figure_needs_one(tmp_path: Path, measure: str) -> None:
    with pytest.raises(PalierError, match="needs a value"):
        limits.read(write(tmp_path, changed(measure=measure, value=None)))


def test_a_measure_that_compares_phases_needs_no_figure(tmp_path: Path) -> None:
    for measure in ("unit_cost_falls", "unit_cost_now", "monthly_cost_at_parity"):
        read = limits.read(write(tmp_path, changed(measure=measure, value=None)))
        assert read.rows[0].value is None


def test_a_figure_keeps_the_digits_it_is_written_with(tmp_path: Path) -> None:
    read = limits.read(write(tmp_path, changed(value=0.00568)))
    assert str(read.rows[0].value) == "0.00568", "money is decimal from the file on"
