"""Unknown values, put into every property that a rule or a price reads: nothing passes by accident.

What is read is found by watching, not by a list: a rule or a pricer that reads one property more is
held to it as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache

import builders
import pytest
from mutations import mutations

from palier import rules
from palier.cost import prices
from palier.cost.estimate import Estimate, estimate
from palier.currency import EUR_PER_USD
from palier.facts import UNKNOWN, Fact, Facts, Value
from palier.rules.model import Rule, verdict
from palier.testing.fixtures import put

Read = tuple[str, str]
"""A type, and a path that was read of one of its resources."""
REFERENCES = (
    "bootDiskKmsKey", "customerManagedKey", "encryptionKeyName", "keyName", "kmsKeyName",
    "networks", "serviceAccount", "sslPolicy", "workloadPool",
)  # fmt: skip
"""What refers to something that may not be made yet: there, even while it is not known."""
MOST = 6
"""Mutations of a rule that get unknown values on top."""
OTHERS: tuple[Value, ...] = (None, True, False, 0, "other", [], ["other"])
"""What an unknown value may turn out to be."""
each_rule = pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.id)


@contextmanager
def watched() -> Iterator[set[Read]]:
    """What is read of resources meanwhile."""
    seen: set[Read] = set()
    real = Fact.read

    def read(self: Fact, path: str) -> Value:
        seen.add((self.type, path))
        return real(self, path)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Fact, "read", read)
        yield seen


def reads(of: Callable[[], object]) -> list[Read]:
    """What something reads, in an order."""
    with watched() as seen:
        of()
    return sorted(seen)


def injected(facts: Facts, read: Read, value: Value) -> Iterator[Facts]:
    """The facts with a value at a path, in each resource of the type, one at a time.

    Of many alike (thirty alert policies) the first three are enough.
    """
    type_, path = read
    for fact in facts.of_type(type_)[:3]:
        try:
            changed = replace(fact, inputs=put(fact.inputs, path, value))
        except (AttributeError, IndexError, TypeError, ValueError):
            continue  # no such place here: something else stands above it
        yield Facts.of(changed if one is fact else one for one in facts)


@each_rule
def test_an_unknown_value_never_turns_a_failure_into_a_pass(rule: Rule) -> None:
    own = [one for one in mutations() if one.rule == rule.id]
    assert own
    for mutation in own[:: max(1, len(own) // MOST)]:
        facts = mutation.facts
        for read in reads(lambda facts=facts: verdict(rule, facts)):  # type: ignore[misc]
            if read[1].endswith(REFERENCES):
                continue
            for changed in injected(facts, read, UNKNOWN):
                assert verdict(rule, changed).status != "pass", (mutation.change, read)


@each_rule
@pytest.mark.parametrize("phase", ["mvp", "hypergrowth"])
def test_a_rule_that_passes_an_unknown_value_passes_whatever_it_turns_out_to_be(
    rule: Rule, phase: str
) -> None:
    """But for references, which are there even while they are not known."""
    facts = builders.recorded(phase)
    for read in reads(lambda: verdict(rule, facts)):
        for place, changed in enumerate(injected(facts, read, UNKNOWN)):
            if verdict(rule, changed).status != "pass":
                continue
            for value in OTHERS:
                if value in (None, []) and read[1].endswith(REFERENCES):
                    continue
                other = list(injected(facts, read, value))[place]
                assert verdict(rule, other).status != "fail", (read, value)


@cache
def bill(phase: str) -> Estimate:
    return priced(builders.recorded(phase))


def priced(facts: Facts) -> Estimate:
    return estimate(facts, prices.default(), "EUR", EUR_PER_USD)


@pytest.mark.parametrize("phase", builders.PHASES)
def test_an_unknown_value_makes_a_price_unknown_or_not_lower(phase: str) -> None:
    """Where a ceiling is declared it takes the value's place; a lower total needs a gap."""
    facts = builders.recorded(phase)
    found = reads(lambda: priced(facts))
    assert len(found) > 30
    gaps = 0
    for read in found:
        for changed in injected(facts, read, UNKNOWN):
            told = priced(changed)
            gaps += not told.complete
            if told.complete:
                for bound in ("expected", "ceiling"):
                    assert told.sum(bound) >= bill(phase).sum(bound), (read, bound)
    assert gaps > 30, "most values have no ceiling that could stand for them"


def test_what_is_watched_is_what_rules_read() -> None:
    backups = next(rule for rule in rules.RULES if rule.id == "sql-backups")
    found = reads(lambda: verdict(backups, builders.recorded("mvp")))
    assert {path for _, path in found} >= {
        "settings.backupConfiguration.enabled",
        "settings.backupConfiguration.pointInTimeRecoveryEnabled",
        "masterInstanceName",
    }
