"""Requirements: yes, no and not known, of values right, wrong, absent, nested and secret."""

from __future__ import annotations

from typing import Any

import pytest

from palier.facts import UNKNOWN, Fact, Facts, Value
from palier.project import SECRET
from palier.rules.judges import each
from palier.rules.requirements import (
    PROTECTED,
    Answer,
    Requirement,
    absent,
    between,
    both,
    either,
    elements,
    equal,
    every,
    having,
    holds_unknown,
    lacking,
    lasting,
    matching,
    more_than,
    negated,
    none_of,
    one_of,
    present,
    seen,
    some,
)
from palier.testing.fixtures import Resource

BUCKET = "gcp:storage/bucket:Bucket"
YES, NO = True, False
ABSENT: Value = None
LOGS = {"name": "logs", "value": "on"}


def bucket(name: str = "one", **inputs: Value) -> Fact:
    """A resource with inputs."""
    return Resource(type=BUCKET, name=name, inputs=inputs).fact()


def asked(requirement: Requirement, value: Value) -> Answer:
    """What a requirement on `a` says of a value there."""
    return requirement.of(bucket(a=value) if value is not ABSENT else bucket())


@pytest.mark.parametrize(
    ("answers", "all_", "any_"),
    [
        ([], YES, NO),
        ([YES, YES], YES, YES),
        ([YES, NO], NO, YES),
        ([NO, UNKNOWN], NO, UNKNOWN),
        ([YES, UNKNOWN], UNKNOWN, YES),
        ([UNKNOWN], UNKNOWN, UNKNOWN),
    ],
)
def test_one_no_decides_all_of_several_and_one_yes_decides_any(
    answers: list[Answer], all_: Answer, any_: Answer
) -> None:
    assert both(answers) is all_
    assert either(answers) is any_


def test_the_opposite_of_not_known_is_not_known() -> None:
    assert [negated(answer) for answer in (YES, NO, UNKNOWN)] == [NO, YES, UNKNOWN]


@pytest.mark.parametrize(
    ("value", "holds"),
    [
        (UNKNOWN, True), ([1, [UNKNOWN]], True), ({"a": [{"b": UNKNOWN}]}, True),
        (None, False), ([], False), ({"a": ["unknown"]}, False),
    ],
)  # fmt: skip
def test_an_unknown_is_found_at_any_depth(value: Value, holds: bool) -> None:
    assert holds_unknown(value) is holds


@pytest.mark.parametrize(
    ("value", "expected", "answer"),
    [
        (True, True, YES), (1, True, NO), (True, 1, NO), (0, False, NO), (1, 1, YES),
        ("true", True, NO), ("1", 1, NO), (None, None, YES), (None, False, NO),
        (UNKNOWN, None, UNKNOWN), (UNKNOWN, True, UNKNOWN),
        ({"a": 1, "b": 2}, {"a": 1}, YES), ({"a": 1}, {"a": 1, "b": None}, YES),
        ({"b": 2}, {"a": 1}, NO), ({"a": UNKNOWN}, {"a": 1}, UNKNOWN),
        ({"a": UNKNOWN, "b": 3}, {"a": 1, "b": 2}, NO),
        ({"a": 1, "b": UNKNOWN}, {"a": 1}, YES),
        ([1, 2], [1, 2], YES), ([1, UNKNOWN], [1, 2], UNKNOWN),
    ],
)  # fmt: skip
def test_equal_tells_one_from_true_and_what_is_wrong_from_what_is_open(
    value: Value, expected: Value, answer: Answer
) -> None:
    assert equal(value, expected) is answer


CASES: list[tuple[str, Requirement, dict[Any, Answer] | list[tuple[Value, Answer]]]] = [
    ("one_of", one_of("a", "X", "Y"), [
        ("X", YES), ("Y", YES), ("Z", NO), ("x", NO), (ABSENT, NO), (UNKNOWN, UNKNOWN)]),
    ("one_of or absent", one_of("a", None, False), [
        (False, YES), (ABSENT, YES), (True, NO), (0, NO), (UNKNOWN, UNKNOWN)]),
    ("none_of", none_of("a", "X", True), [
        ("Y", YES), (ABSENT, YES), (1, YES), ("X", NO), (True, NO), (UNKNOWN, UNKNOWN)]),
    ("none_of with absent", none_of("a", None), [
        ("Y", YES), (ABSENT, NO), (UNKNOWN, UNKNOWN)]),
    ("present", present("a"), [
        ("key", YES), (False, YES), (0, YES), (UNKNOWN, YES), ({"b": UNKNOWN}, YES),
        (ABSENT, NO), ("", NO), ([], NO), ({}, NO)]),
    ("absent", absent("a"), [
        (ABSENT, YES), ("", YES), ([], YES), ({}, YES), (False, NO), (0, NO), ("x", NO),
        ([UNKNOWN], NO), (UNKNOWN, UNKNOWN)]),
    ("between", between("a", 1, 7), [
        (1, YES), ("7", YES), ("6.5", YES), (0, NO), (8, NO), (True, NO), ("many", NO), ("NaN", NO),
        ([1], NO), (ABSENT, NO), (UNKNOWN, UNKNOWN)]),
    ("between without an end", between("a", 1), [("1e9", YES), (0, NO), (UNKNOWN, UNKNOWN)]),
    ("matching", matching("a", r"POSTGRES_\w+", "PostgreSQL"), [
        ("POSTGRES_17", YES), ("MYSQL_8_4", NO), ("xPOSTGRES_17", NO), ("POSTGRES_17\n", NO),
        (17, NO), (ABSENT, NO), (UNKNOWN, UNKNOWN)]),
    ("having", having("a", "both", "X", "Y"), [
        (["X", "Y", "Z"], YES), (["X"], NO), ([], NO), (ABSENT, NO), (["X", UNKNOWN], UNKNOWN),
        ([UNKNOWN], UNKNOWN), (UNKNOWN, UNKNOWN)]),
    ("having an object", having("a", "logs", LOGS), [
        ([{"name": "other"}, {**LOGS, "more": 1}], YES), ([{"name": "logs", "value": "off"}], NO),
        ([{"name": "logs", "value": UNKNOWN}], UNKNOWN), ([{"name": UNKNOWN}], NO),
        ({**LOGS}, YES)]),
    ("lacking", lacking("a", "no X", "X", "Y"), [
        (["Z"], YES), ([], YES), (ABSENT, YES), (["Z", "Y"], NO), ("X", NO),
        (["Z", UNKNOWN], UNKNOWN), (["X", UNKNOWN], NO), (UNKNOWN, UNKNOWN)]),
    ("lacking an object", lacking("a", "no logs", {"name": "logs"}), [
        ([{"name": "x"}], YES), ([LOGS], NO), ([{"name": UNKNOWN}], UNKNOWN)]),
    ("some", some(one_of("a", "X"), between("a", 3)), [
        ("X", YES), (4, YES), (2, NO), (ABSENT, NO), (UNKNOWN, UNKNOWN)]),
    ("more_than", more_than("a", "b", 5), [
        (6, YES), ("6", YES), (5, NO), (ABSENT, NO), ("many", NO), (UNKNOWN, UNKNOWN)]),
    ("lasting", lasting("a", 60, "a minute"), [
        ("60s", YES), ("61s", YES), ("59s", NO), ("1m", NO), (60, NO), ("60.5s", NO),
        (ABSENT, NO), (UNKNOWN, UNKNOWN)]),
    ("every", every("a", "small", between("n", 0, 3), one_of("free", True)), [
        ([{"n": 1}, {"n": 9, "free": True}], YES), ([], YES), (ABSENT, YES), ([{"n": 9}], NO),
        ({"n": 9}, NO), ([{"n": 1}, {"n": UNKNOWN}], UNKNOWN), ([UNKNOWN], UNKNOWN),
        ([{"n": 9}, UNKNOWN], NO), (UNKNOWN, UNKNOWN)]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("requirement", "value", "answer"),
    [
        pytest.param(requirement, value, answer, id=f"{name}-{value!r}")
        for name, requirement, cases in CASES
        for value, answer in cases
    ],
)
def test_a_requirement_answers(requirement: Requirement, value: Value, answer: Answer) -> None:
    assert asked(requirement, value) is answer


def test_more_than_compares_with_another_property_before_a_default() -> None:
    above = more_than("a", "b", 5)
    assert above.of(bucket(a=6, b=7)) is NO
    assert above.of(bucket(a=3, b=2)) is YES
    assert above.of(bucket(a=3, b=UNKNOWN)) is UNKNOWN
    assert above.of(bucket(a=3, b="many")) is NO


def test_what_is_below_an_unknown_is_not_known() -> None:
    deep = one_of("a.b.c", True)
    assert deep.of(bucket(a=UNKNOWN)) is UNKNOWN
    assert deep.of(bucket(a={"b": UNKNOWN})) is UNKNOWN
    assert deep.of(bucket(a={"b": {}})) is NO


@pytest.mark.parametrize(
    "requirement",
    [
        one_of("a.b", "X"), none_of("a.b", "X"), absent("a.b"), between("a.b", 1),
        having("a.b", "", "X"), lacking("a.b", "", "X"), every("a.b", "", one_of("c", 1)),
        matching("a.b", ".*", ""), lasting("a.b", 1, ""),
    ],
    ids=lambda requirement: requirement.test.__qualname__.partition(".")[0],
)  # fmt: skip
@pytest.mark.parametrize("inputs", [{"a": SECRET}, {"a": {"b": SECRET}}], ids=["above", "itself"])
def test_what_is_secret_is_neither_right_nor_wrong(
    requirement: Requirement, inputs: dict[str, Value]
) -> None:
    assert requirement.of(bucket(**inputs)) is UNKNOWN


def test_a_reference_is_there_while_it_is_not_known_and_what_is_below_one_is_not() -> None:
    for value in (UNKNOWN, SECRET):
        assert present("a").of(bucket(a=value)) is YES
        assert present("a.b").of(bucket(a={"b": value})) is YES
        assert present("a.b").of(bucket(a=value)) is UNKNOWN
        assert present("a.b.c").of(bucket(a=value)) is UNKNOWN


def test_seen_hides_secrets_at_any_depth_and_shows_the_rest() -> None:
    fact = bucket(a=[{"b": SECRET, "c": 1}], d=None)
    assert seen(fact, "a") == [{"b": UNKNOWN, "c": 1}]
    assert seen(fact, "a.0.c") == 1
    assert seen(fact, "d") is None
    assert seen(fact, "nothing") is None


def test_a_single_value_is_a_list_of_itself() -> None:
    assert elements(["x", "y"]) == ["x", "y"]
    assert elements("x") == ["x"]
    assert elements(None) == []
    assert elements(UNKNOWN) == [UNKNOWN]


def test_protection_is_known_of_every_resource() -> None:
    assert PROTECTED.of(Resource(type=BUCKET, name="a", protect=True).fact()) is YES
    assert PROTECTED.of(bucket()) is NO


@pytest.mark.parametrize(
    ("requirement", "inputs", "words"),
    [
        (one_of("a", True), {}, "a is not set, and must be true"),
        (one_of("a", "X", None), {"a": "Z"}, "a is Z, and must be X or not set"),
        (none_of("a", 3), {"a": 3}, "a is 3, and must be anything but 3"),
        (one_of("a", True), {"a": UNKNOWN}, "a is not known yet, and must be true"),
        (one_of("a", True), {"a": SECRET}, "a is not known yet, and must be true"),
        (one_of("a", True), {"a": [1]}, "a is a list, and must be true"),
        (one_of("a", True), {"a": {}}, "a is an object, and must be true"),
        (between("a", 1, 2), {"a": False}, "a is false, and must be from 1 to 2"),
        (one_of("a", "X"), {"a": "z" * 99}, f"a is {'z' * 60}…, and must be X"),
        (some(one_of("a", 1), one_of("b", 2)), {"b": 3},
         "a is not set, and must be 1, or b is 3, and must be 2"),
        (some(one_of("a", 1), one_of("a", 2)), {}, "a is not set, and must be 1 or 2"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_in_words(
    requirement: Requirement, inputs: dict[str, Value], words: str
) -> None:
    fact = bucket(**inputs)
    assert requirement.told(fact, requirement.of(fact)) == words


def test_each_is_about_its_types_and_under_its_conditions_only() -> None:
    facts = Facts.of([
        bucket("right", a=1, on=True), bucket("wrong", a=2, on=True), bucket("off", a=2),
        bucket("may-be", a=2, on=UNKNOWN), bucket("right-anyhow", a=1, on=UNKNOWN),
        bucket("open", a=UNKNOWN, on=True),
        Resource(type="gcp:compute/network:Network", name="other", inputs={"on": True}).fact(),
    ])  # fmt: skip
    said = each(BUCKET, one_of("a", 1), where=[one_of("on", True)])(facts)
    assert {finding.name: finding.status for finding in said} == {
        "right": "pass", "wrong": "fail", "may-be": "inconclusive", "right-anyhow": "pass",
        "open": "inconclusive",
    }  # fmt: skip


def test_a_finding_names_the_resource_and_only_what_is_wrong() -> None:
    judge = each([BUCKET], one_of("a", 1), one_of("b", 2), one_of("c", 3))
    (finding,) = judge(Facts.of([bucket(a=1, b=5, c=UNKNOWN)]))
    assert (finding.name, finding.status) == ("one", "fail")
    assert finding.urn == "urn:pulumi:test::acme::gcp:storage/bucket:Bucket::one"
    assert finding.message == (
        "b is 5, and must be 2; c is not known yet, and must be 3"
    )  # fmt: skip
