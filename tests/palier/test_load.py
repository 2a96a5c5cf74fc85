"""The load model: documented constants, formulas against figures worked by hand, overrides."""

from __future__ import annotations

import math
import re
from dataclasses import fields
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from palier.errors import PalierError
from palier.load import (
    LEAST,
    MODEL,
    MOST,
    MVP_SCALE,
    RECORDED_DIGITS,
    SCALING,
    TEN_TO_HUNDRED,
    Curve,
    Load,
    LoadModel,
    compute,
    curve,
)
from palier.phases import PHASES

CONSTANTS = fields(LoadModel)
SOURCES = (SCALING, TEN_TO_HUNDRED, MVP_SCALE, MODEL)
PLAIN_DECIMAL = re.compile(r"(0|[1-9]\d*)(\.\d*[1-9])?")
any_users = st.integers(1, 11_000_000)
any_phase = st.sampled_from(sorted(PHASES))


def load(phase: str, users: int) -> Load:
    """The load of a phase's own model, also for users of another phase, as in the tables."""
    return compute(users, PHASES[phase].model)


def rounded(value: Decimal, places: int = 0) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-places))


def model(**changes: object) -> LoadModel:
    return LoadModel().override(changes)


# Constants


@pytest.mark.parametrize("constant", CONSTANTS, ids=lambda item: item.name)
def test_every_constant_has_a_unit_and_a_source(constant: Any) -> None:
    assert constant.metadata["unit"].strip(), "a number without a unit cannot be measured again"
    source = constant.metadata["source"]
    assert source.startswith(SOURCES), f"{source!r} names no document and not the model itself"


def test_a_constant_of_a_document_says_what_the_document_says() -> None:
    for constant in CONSTANTS:
        source = constant.metadata["source"]
        assert source not in SOURCES[:3], f"{constant.name}: a title alone cannot be checked"


@pytest.mark.parametrize("phase", sorted(PHASES))
def test_a_phase_changes_only_constants_that_a_team_can_change_too(phase: str) -> None:
    own = {item.name: getattr(PHASES[phase].model, item.name) for item in CONSTANTS}
    plain = {
        name: [[users, number] for users, number in value.anchors]
        if isinstance(value, Curve)
        else value
        for name, value in own.items()
    }
    assert LoadModel().override(plain) == PHASES[phase].model


# Curves

ANCHORS = ((100, "1.0"), (10_000, "0.5"), (50_000, "0.2"))


@pytest.mark.parametrize(("users", "value"), ANCHORS)
def test_a_curve_goes_through_its_anchors(users: int, value: str) -> None:
    assert curve(*ANCHORS).at(users) == Decimal(value)


@pytest.mark.parametrize(("users", "value"), [(1, "1.0"), (99, "1.0"), (50_001, "0.2")])
def test_a_curve_is_constant_outside_its_anchors(users: int, value: str) -> None:
    assert curve(*ANCHORS).at(users) == Decimal(value)
    assert curve(*ANCHORS).at(11_000_000) == Decimal("0.2")


def test_a_curve_is_linear_in_the_logarithm_of_users() -> None:
    assert rounded(curve((100, "20"), (10_000, "8")).at(1_000), 20) == 14, (
        "1 000 is half way from 100 to 10 000 in logarithms"
    )
    assert rounded(curve((1, "0"), (10_000, "4")).at(10), 20) == 1
    assert rounded(curve((1, "0"), (10_000, "4")).at(5_000), 4) == Decimal("3.6990")


def test_a_curve_of_one_anchor_is_a_constant() -> None:
    assert {curve((7, "3")).at(users) for users in (1, 7, 8, 11_000_000)} == {Decimal(3)}


@given(any_users, any_users)
@settings(max_examples=100, deadline=None)
def test_a_falling_curve_never_rises(one: int, other: int) -> None:
    less, more = sorted((one, other))
    falling = curve(*ANCHORS)
    assert falling.at(less) >= falling.at(more)


@pytest.mark.parametrize(
    "users",
    [(), (100, 10), (10, 10), (0,), (-5, 5), (10, 100, 50)],
    ids=["none", "falling", "twice", "zero", "negative", "one out of order"],
)
def test_a_curve_in_disorder_is_refused(users: tuple[int, ...]) -> None:
    with pytest.raises(PalierError, match=r"\[users, value\] anchors in rising order"):
        Curve(tuple((number, Decimal(1)) for number in users))


# Formulas: the reference design's own figures


@pytest.mark.parametrize(
    ("phase", "users", "average", "peak", "requests_million"),
    [
        ("mvp", 50, "0.12", "2.3", "0.30"),
        ("traction", 100, "0.23", "4.6", "0.60"),
        ("scale", 10_000, "5.79", "46.3", "15.00"),
        ("scale", 50_000, "11.57", "57.9", "30.00"),
    ],
)
def test_the_requests_of_the_small_phases_are_the_published_ones(
    phase: str, users: int, average: str, peak: str, requests_million: str
) -> None:
    asked = load(phase, users)
    assert rounded(asked.rps_average, 2) == Decimal(average)
    assert rounded(asked.rps_peak, 1) == Decimal(peak)
    assert rounded(asked.requests_million, 2) == Decimal(requests_million)


@pytest.mark.parametrize(
    ("phase", "users", "peak", "writes", "reads", "cache_ops"),
    [
        ("growth", 50_000, 58, 29, 26, 347),
        ("growth", 125_000, 145, 72, 65, 868),
        ("growth", 500_000, 579, 289, 260, 3_472),
        ("growth", 750_000, 868, 434, 391, 5_208),
        ("growth", 1_000_000, 1_157, 579, 521, 6_944),
        ("hypergrowth", 1_000_000, 1_157, 579, 417, 6_944),
        ("hypergrowth", 2_000_000, 1_852, 926, 667, 11_111),
        ("hypergrowth", 5_000_000, 4_630, 2_315, 1_667, 27_778),
        ("hypergrowth", 11_000_000, 10_185, 5_093, 3_667, 61_111),
    ],
)
def test_the_rates_of_the_large_phases_are_the_published_ones(
    phase: str, users: int, peak: int, writes: int, reads: int, cache_ops: int
) -> None:
    asked = load(phase, users)
    assert rounded(asked.rps_peak) == peak
    assert rounded(asked.db_writes_s) == writes
    assert rounded(asked.db_reads_s) == reads
    assert rounded(asked.cache_ops_s) == cache_ops


def test_the_volumes_of_ten_thousand_users_are_those_worked_by_hand() -> None:
    asked = load("scale", 10_000)
    assert asked.daily_active == 5_000, "half of them are there on a day"
    assert asked.cdn_gib == Decimal("219.7265625"), "5 000 x 1.5 MiB x 30 days / 1 024"
    assert asked.cdn_fill_gib == Decimal("10.986328125"), "one request in twenty misses the CDN"
    assert asked.static_requests_million == 9, "5 000 x 60 x 30"
    assert asked.api_gib == Decimal("57.220458984375"), "15 M answers of 4 KiB"
    assert asked.balanced_gib == Decimal("71.52557373046875"), "a quarter more than is answered"
    assert asked.cache_gb == Decimal("0.057"), "5 000 x 6 kB x 1.9"
    assert asked.log_request_gib == 15, "1 kB a request"
    assert asked.audit_log_gib == Decimal("7.5"), "half a kB a request, all sampled"
    assert asked.flow_log_gib == 15, "one record a request, sampled by the subnet later"
    assert asked.log_base_gib == 20
    assert asked.nat_gib == 50, "nothing answered goes through the NAT in scale"
    assert asked.away_share == 0, "one continent"


def test_the_volumes_of_eleven_million_users_are_those_worked_by_hand() -> None:
    asked = load("hypergrowth", 11_000_000)
    assert asked.daily_active == 2_200_000
    assert asked.requests_million == 6_600
    assert rounded(asked.cache_gb, 2) == Decimal("25.08")
    assert rounded(asked.wal_gib) == 25_177, "1 273 writes a second x 8 KiB x 30 days"
    assert rounded(asked.nat_gib, 2) == rounded(200 + asked.api_gib / 20, 2)
    assert asked.audit_log_gib == Decimal("165"), "6 600 M x 0.5 kB x one in twenty"
    assert asked.away_share == Decimal("0.40")


DAILY = [(100, 1.0), (10_000, 0.50), (50_000, 0.20)]
REQUESTS = [(100, 200.0), (10_000, 100.0)]
PEAK = [(100, 20.0), (10_000, 8.0), (50_000, 5.0), (1_000_000, 5.0), (2_000_000, 4.0)]
HIT = {"mvp": 0.50, "traction": 0.70, "scale": 0.85, "growth": 0.90, "hypergrowth": 0.92}


def between(users: int, points: list[tuple[int, float]]) -> float:
    """The reference model's own interpolation, in floating point."""
    if users <= points[0][0]:
        return points[0][1]
    for (low, first), (high, last) in pairwise(points):
        if users <= high:
            return first + (last - first) * math.log(users / low) / math.log(high / low)
    return points[-1][1]


@given(any_phase, any_users)
@settings(max_examples=200, deadline=None)
def test_the_model_is_the_reference_model_for_any_users(phase: str, users: int) -> None:
    daily = users * between(users, DAILY)
    requests = daily * between(users, REQUESTS)
    peak = requests / 86_400 * between(users, PEAK)
    expected = {
        "daily_active": daily,
        "requests_million": requests * 30 / 1e6,
        "rps_average": requests / 86_400,
        "rps_peak": peak,
        "db_reads_s": peak * 4.5 * (1 - HIT[phase]),
        "db_writes_s": peak * 0.5,
        "cache_ops_s": peak * 6,
        "cdn_gib": daily * 1.5 * 30 / 1024,
        "static_requests_million": daily * 60 * 30 / 1e6,
        "api_gib": requests * 30 * 4 / 1024 / 1024,
    }
    asked = load(phase, users)
    for name, value in expected.items():
        assert float(getattr(asked, name)) == pytest.approx(value, rel=1e-9), name


# Overrides


def test_a_number_takes_the_place_of_a_constant_and_of_no_other() -> None:
    changed = model(cpu_seconds_per_request="0.035")
    assert changed.cpu_seconds_per_request == Decimal("0.035")
    others = [item.name for item in CONSTANTS if item.name != "cpu_seconds_per_request"]
    assert {name: getattr(changed, name) for name in others} == {
        name: getattr(LoadModel(), name) for name in others
    }


@pytest.mark.parametrize("value", [3, 3.0, "3", Decimal(3)], ids=["int", "float", "text", "money"])
def test_every_spelling_of_a_number_is_read(value: object) -> None:
    assert model(response_kib=value).response_kib == 3


def test_a_float_is_read_as_it_is_written() -> None:
    assert model(response_kib=0.1).response_kib == Decimal("0.1"), "not its binary neighbour"


def test_a_number_makes_a_curve_constant() -> None:
    changed = model(peak_to_average=7)
    assert {changed.peak_to_average.at(users) for users in (1, 50_000, 11_000_000)} == {Decimal(7)}


def test_a_list_of_anchors_makes_a_curve() -> None:
    changed = model(daily_active_share=[[100, "0.8"], [1_000, 0.4]])
    assert changed.daily_active_share == curve((100, "0.8"), (1_000, "0.4"))


def test_an_override_changes_what_is_computed() -> None:
    asked = compute(10_000, PHASES["scale"].model.override({"requests_per_user_day": 200}))
    assert asked.rps_average == 2 * load("scale", 10_000).rps_average


def test_no_override_is_no_change() -> None:
    assert LoadModel().override({}) == LoadModel()


def test_a_model_is_never_changed_in_place() -> None:
    before = LoadModel()
    before.override({"cpu_target": "0.5", "peak_to_average": 3})
    assert before == LoadModel()


REFUSED: list[tuple[str, object, str]] = [
    ("nonsense", 1, "load.nonsense: unknown, allowed are .*cpu_target"),
    ("response_kib", "four", "load.response_kib: expected a number, got 'four'"),
    ("response_kib", None, "load.response_kib: expected a number, got None"),
    ("response_kib", [4], "load.response_kib: expected a number"),
    ("response_kib", {}, "load.response_kib: expected a number"),
    ("response_kib", True, "load.response_kib: expected a number, got True"),
    ("response_kib", "NaN", "load.response_kib: expected a number, got 'NaN'"),
    ("response_kib", float("nan"), "load.response_kib: expected a number"),
    ("response_kib", "Infinity", "load.response_kib: expected a number"),
    ("response_kib", -1, "load.response_kib: must be 0 or more, got -1"),
    ("response_kib", "1e13", "load.response_kib: must be 0, or 1E-12 to 1000000000000"),
    ("response_kib", "1e-13", "load.response_kib: must be 0, or 1E-12 to 1000000000000"),
    ("cpu_target", 0, "load.cpu_target: must be above 0"),
    ("cpu_target", "1.01", "load.cpu_target: a share, at most 1, got 1.01"),
    ("cpu_seconds_per_request", 0, "load.cpu_seconds_per_request: must be above 0"),
    ("db_writes_per_vcpu", 0, "load.db_writes_per_vcpu: must be above 0"),
    ("db_reads_per_vcpu", 0, "load.db_reads_per_vcpu: must be above 0"),
    ("node_packing", 0, "load.node_packing: must be above 0"),
    ("node_packing", 2, "load.node_packing: a share, at most 1, got 2"),
    ("nat_vcpu_per_vm", 0, "load.nat_vcpu_per_vm: must be above 0"),
    ("cache_hit_ratio", "1.1", "load.cache_hit_ratio: a share, at most 1"),
    ("cdn_hit_ratio", 95, "load.cdn_hit_ratio: a share, at most 1"),
    ("log_sample", 5, "load.log_sample: a share, at most 1"),
    ("mean_replica_share", 50, "load.mean_replica_share: a share, at most 1"),
    ("primary_read_share", 20, "load.primary_read_share: a share, at most 1"),
    ("daily_active_share", 20, "load.daily_active_share: a share, at most 1"),
    ("away_share", [[1, 0], [2, "1.5"]], "load.away_share: a share, at most 1"),
    ("away_share", "half", "load.away_share: expected a number, got 'half'"),
    ("away_share", True, "load.away_share: expected a number, got True"),
    ("away_share", [], r"load.away_share: a curve needs one or more \[users, value\]"),
    ("away_share", [[5, 0], [3, 0]], "load.away_share: .* in rising order, got .5, 3."),
    ("away_share", [[0, 0]], "load.away_share: a curve needs"),
    ("away_share", [5], r"load.away_share: .* a list of \[users, value\], got 5"),
    ("away_share", [[1, 0, 0]], r"load.away_share: .* a list of \[users, value\]"),
    ("away_share", [["1", 0]], r"load.away_share: .* a list of \[users, value\]"),
    ("away_share", [[True, 0]], r"load.away_share: .* a list of \[users, value\]"),
    ("away_share", [[1.5, 0]], r"load.away_share: .* a list of \[users, value\]"),
    ("away_share", [[1, "x"]], "load.away_share: expected a number, got 'x'"),
    ("away_share", [[1, -1]], "load.away_share: must be 0 or more"),
]


@pytest.mark.parametrize(("name", "value", "message"), REFUSED)
def test_what_no_load_can_have_is_refused_by_name(name: str, value: object, message: str) -> None:
    with pytest.raises(PalierError, match=message):
        model(**{name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("cache_hit_ratio", 1),
        ("cache_hit_ratio", 0),
        ("cpu_target", 1),
        ("response_kib", 0),
        ("response_kib", LEAST),
        ("response_kib", MOST),
    ],
)
def test_the_borders_are_accepted(name: str, value: int | Decimal) -> None:
    assert getattr(model(**{name: value}), name) == value


numbers = st.one_of(
    st.integers(), st.floats(), st.text(max_size=6), st.decimals(), st.booleans(), st.none()
)


@given(
    st.sampled_from([item.name for item in CONSTANTS]),
    st.one_of(numbers, st.lists(st.one_of(numbers, st.lists(numbers, max_size=3)), max_size=3)),
)
@settings(max_examples=300, deadline=None)
def test_a_measurement_is_accepted_or_refused_and_never_breaks_arithmetic(
    name: str, value: object
) -> None:
    refusal = ""
    changed = LoadModel()
    try:
        changed = model(**{name: value})
    except PalierError as error:
        refusal = str(error)
    assert not refusal or refusal.startswith(f"load.{name}: "), "it must name the constant"
    assert compute(11_000_000, changed).rps_peak.is_finite()


# What is recorded


@given(any_phase, any_users)
@settings(max_examples=100, deadline=None)
def test_recorded_figures_are_plain_decimal_texts(phase: str, users: int) -> None:
    recorded = load(phase, users).recorded()
    odd = {name: text for name, text in recorded.items() if not PLAIN_DECIMAL.fullmatch(text)}
    assert odd == {}, "an exponent or a trailing zero makes two equal plans differ"
    digits = {name: len(text.replace(".", "").strip("0")) for name, text in recorded.items()}
    assert max(digits.values()) <= RECORDED_DIGITS


@given(any_users)
@settings(max_examples=50, deadline=None)
def test_recorded_figures_are_the_computed_ones(users: int) -> None:
    asked = load("hypergrowth", users)
    recorded = asked.recorded()
    for name in ("rps_peak", "requests_million", "wal_gib", "away_share"):
        exact = getattr(asked, name)
        assert abs(Decimal(recorded[name]) - exact) <= exact * Decimal("1e-11"), name
    assert recorded["users"] == str(users)


@pytest.mark.parametrize("extreme", [LEAST, MOST, Decimal(0)])
def test_an_extreme_measurement_is_recorded_without_an_exponent(extreme: Decimal) -> None:
    recorded = compute(11_000_000, model(dns_million_queries=extreme)).recorded()
    assert PLAIN_DECIMAL.fullmatch(recorded["dns_million_queries"])
    assert Decimal(recorded["dns_million_queries"]) == extreme


def test_every_figure_of_a_load_is_recorded_with_the_constants_a_price_needs() -> None:
    recorded = set(load("mvp", 50).recorded())
    assert {item.name for item in fields(Load)} - {"model"} <= recorded
    constants = recorded - {item.name for item in fields(Load)}
    assert constants <= {item.name for item in CONSTANTS}
    assert {"backup_ratio", "registry_gib", "nat_vms_base"} <= constants


@given(any_phase, any_users, any_users)
@settings(max_examples=100, deadline=None)
def test_more_users_never_ask_for_less_volume(phase: str, one: int, other: int) -> None:
    assume(one != other)
    less, more = (load(phase, users) for users in sorted((one, other)))
    for name in ("daily_active", "requests_million", "rps_average", "cdn_gib", "api_gib",
                 "cache_gb", "wal_gib", "nat_gib"):  # fmt: skip
        assert getattr(less, name) <= getattr(more, name), name
