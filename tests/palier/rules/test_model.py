"""A rule: what its findings make of it, and what becomes of it when it crashes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
from gate_builders import finding

from palier.facts import Facts
from palier.rules.model import Rule, place_of, verdict
from palier.verdicts import Finding, Verdict

SECRET = "hunter2"  # noqa: S105 stands for one
NOTHING = Facts(())


def rule(judge: Callable[[Facts], Iterable[Finding]] = lambda _: (), **other: Any) -> Rule:
    fields: dict[str, Any] = {
        "id": "some-rule", "title": "A title", "family": "guardrails", "rationale": "Why.",
        "remedy": "Set it.", "reference": "CIS GCP 1.1", "judge": judge,
    }  # fmt: skip
    return Rule(**fields | other)


def said(*findings: Finding) -> Verdict:
    return verdict(rule(lambda _: findings), NOTHING)


# --- findings -----------------------------------------------------------------------------------


def test_a_verdict_carries_what_the_rule_says_of_itself() -> None:
    made = verdict(rule(level="advisory"), NOTHING)
    assert (made.rule, made.title, made.family, made.level, made.source) == (
        "some-rule", "A title", "guardrails", "advisory", "CIS GCP 1.1",
    )  # fmt: skip
    assert (made.value, made.limit) == (None, None), "that is a limit's"


def test_a_rule_that_is_about_nothing_here_passes_and_says_so() -> None:
    assert (said().status, said().message) == ("pass", "nothing here that it is about")


def test_a_rule_that_holds_says_for_how_many() -> None:
    made = said(finding("a", "pass"), finding("b", "pass"))
    assert (made.status, made.message, made.findings) == ("pass", "holds for 2 of 2", ())


def test_what_holds_is_no_finding_beside_what_does_not() -> None:
    made = said(finding("a", "pass"), finding("b", "inconclusive"), finding("c", "fail"))
    assert made.status == "fail"
    assert [one.name for one in made.findings] == ["b", "c"]
    assert made.message == "b: is wrong; c: is wrong. Set it."
    assert said(finding("a", "pass"), finding("b", "inconclusive")).status == "inconclusive"


@pytest.mark.parametrize(("count", "more"), [(3, ""), (4, " (and 1 more)"), (90, " (and 87 more)")])
def test_a_message_names_three_at_most_and_counts_the_rest(count: int, more: str) -> None:
    made = said(*(finding(f"r{place}") for place in range(count)))
    assert made.message == f"r0: is wrong; r1: is wrong; r2: is wrong{more}. Set it."
    assert len(made.findings) == count, "each is a finding all the same"


def test_a_rule_hears_of_the_stack_it_judges() -> None:
    heard: list[Facts] = []

    def judge(facts: Facts) -> Iterable[Finding]:
        heard.append(facts)
        return ()

    verdict(rule(judge), NOTHING)
    assert heard == [NOTHING]
    assert heard[0] is NOTHING


# --- a rule that crashes ------------------------------------------------------------------------


def fails_at_once(_: Facts) -> Iterable[Finding]:
    raise ValueError(f"the password is {SECRET}")


def fails_later(_: Facts) -> Iterator[Finding]:
    yield finding("a", "pass")
    raise KeyError(SECRET)


def fails_below(facts: Facts) -> Iterable[Finding]:
    return fails_at_once(facts)


def fails_because(facts: Facts) -> Iterable[Finding]:
    try:
        return fails_at_once(facts)
    except ValueError as error:
        raise TypeError(f"{SECRET} again") from error


class SecretError(Exception):
    """An error whose representation repeats what it is about."""

    def __repr__(self) -> str:
        return SECRET


def fails_of_its_own_kind(_: Facts) -> Iterable[Finding]:
    raise SecretError(SECRET)


AT_ONCE = fails_at_once.__code__.co_firstlineno + 1


@pytest.mark.parametrize(
    ("judge", "error", "line"),
    [
        (fails_at_once, "ValueError", AT_ONCE),
        (fails_later, "KeyError", fails_later.__code__.co_firstlineno + 2),
        (fails_below, "ValueError", AT_ONCE),
        (fails_because, "TypeError", fails_because.__code__.co_firstlineno + 4),
        (fails_of_its_own_kind, "SecretError", fails_of_its_own_kind.__code__.co_firstlineno + 1),
    ],
)
def test_a_rule_that_crashes_has_failed_under_its_own_name(
    judge: Callable[[Facts], Iterable[Finding]], error: str, line: int
) -> None:
    made = verdict(rule(judge), NOTHING)
    assert (made.rule, made.status, made.level) == ("some-rule", "fail", "mandatory")
    (found,) = made.findings
    assert found.name == "stack"
    assert found.message == f"the rule itself failed: {error} in {__name__}, line {line}"
    assert SECRET not in str(made), "a text may repeat a secret"


def test_a_crash_keeps_the_level_of_the_rule() -> None:
    assert verdict(rule(fails_at_once, level="advisory"), NOTHING).level == "advisory"


def test_what_stops_the_program_is_no_crash_of_a_rule() -> None:
    def stops(_: Facts) -> Iterable[Finding]:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        verdict(rule(stops), NOTHING)


def test_an_error_that_was_never_raised_has_no_line() -> None:
    assert place_of(ValueError(SECRET)) == "ValueError"


def test_findings_of_an_iterator_are_read_once() -> None:
    made = rule().of_findings(iter([finding("a"), finding("b")]), "holds")
    assert (made.status, len(made.findings)) == ("fail", 2)
