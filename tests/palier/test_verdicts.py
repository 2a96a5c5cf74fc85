"""Verdicts: the worst one decides, advisory ones and waived findings do not, none is no pass."""

from __future__ import annotations

from itertools import permutations

import pytest
from gate_builders import finding, verdict
from hypothesis import given
from hypothesis import strategies as st

from palier.errors import ExitCode
from palier.rules.model import Rule
from palier.verdicts import EXIT_CODES, FAMILIES, NAMED, Status, Verdict, overall, told, worst

STATUSES: tuple[Status, ...] = ("pass", "inconclusive", "fail")
"""Rising."""


# --- the worst ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("statuses", "status"),
    [
        (("pass", "pass"), "pass"),
        (("pass", "inconclusive"), "inconclusive"),
        (("pass", "fail"), "fail"),
        (("inconclusive", "fail"), "fail"),
        (("pass", "inconclusive", "fail"), "fail"),
    ],
)
def test_the_worst_mandatory_verdict_decides(statuses: tuple[Status, ...], status: str) -> None:
    for order in permutations(statuses):
        assert worst(order) == status
        assert overall([verdict(one) for one in order]) == status


def test_of_no_finding_at_all_nothing_is_wrong() -> None:
    assert worst([]) == "pass"


@pytest.mark.parametrize("advisory", STATUSES)
@pytest.mark.parametrize("mandatory", STATUSES)
def test_an_advisory_verdict_never_changes_the_status(mandatory: Status, advisory: Status) -> None:
    both = [verdict(mandatory), verdict(advisory, "advisory")]
    assert overall(both) == overall(both[::-1]) == overall(both[:1]) == mandatory


def test_without_a_mandatory_verdict_nothing_has_passed() -> None:
    assert overall([]) == "inconclusive"
    assert overall([verdict("pass", "advisory")]) == "inconclusive"


some = st.lists(
    st.builds(verdict, st.sampled_from(STATUSES), st.sampled_from(["mandatory", "advisory"]))
)


@given(some, some)
def test_another_verdict_never_makes_the_status_better(
    verdicts: list[Verdict], more: list[Verdict]
) -> None:
    was, now = overall(verdicts), overall([*verdicts, *more])
    judged = any(one.level == "mandatory" for one in verdicts)
    assert not judged or STATUSES.index(now) >= STATUSES.index(was)


def test_each_status_has_its_exit_code() -> None:
    assert EXIT_CODES == {
        "pass": ExitCode.PASS, "fail": ExitCode.FAIL, "inconclusive": ExitCode.INCONCLUSIVE,
    }  # fmt: skip
    assert [int(code) for code in EXIT_CODES.values()] == [0, 1, 3]


def test_no_family_is_named_twice() -> None:
    assert len(FAMILIES) == len({*FAMILIES})


# --- findings -----------------------------------------------------------------------------------

RULE = Rule(
    id="rule", title="A title", family="guardrails", rationale="Why.", remedy="Mend it.",
    reference="A guide", judge=lambda _: [],
)  # fmt: skip


def test_a_waived_finding_decides_nothing_and_stays_among_the_others() -> None:
    waived = finding("a", "fail", waived="by jane")
    assert RULE.of_findings([waived], "holds").status == "pass"
    both = RULE.of_findings([waived, finding("b", "inconclusive")], "holds")
    assert both.status == "inconclusive"
    assert [one.name for one in both.findings] == ["a", "b"]
    assert RULE.of_findings([waived, finding("b", "fail")], "holds").status == "fail"


def test_findings_are_told_by_name_the_first_ones_and_the_rest_counted() -> None:
    names = "abcde"
    assert told([finding(name) for name in names[:NAMED]]) == (
        "a: is wrong; b: is wrong; c: is wrong"
    )
    assert told([finding(name) for name in names]).endswith("; c: is wrong (and 2 more)")
    assert told([]) == ""
