"""The budget: the cap as Google spells money, and somebody told before it is spent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import builders
import pytest

from components.budget import Budget, BudgetArgs
from palier.errors import PalierError
from palier.facts import Fact, Facts

Deploy = Callable[..., Facts]


def budget(**changes: Any) -> Budget:
    """A budget of a hundred euros."""
    args = BudgetArgs(
        billing_account="012345-6789AB-CDEF01", project="acme", amount=Decimal(100),
        currency="EUR", channels=["email"],
    )  # fmt: skip
    return Budget("budget", replace(args, **changes))


def made(deploy: Deploy, **changes: Any) -> Fact:
    """The billing budget."""
    return builders.only(deploy(lambda: budget(**changes)), "budget:Budget", "budget-month")


@pytest.mark.parametrize(
    ("amount", "units", "nanos"),
    [("100", "100", None), ("21666.7", "21666", 700_000_000), ("0.05", "0", 50_000_000)],
)
def test_the_cap_is_told_to_the_cent(
    deploy: Deploy, amount: str, units: str, nanos: int | None
) -> None:
    told = made(deploy, amount=Decimal(amount)).read("amount.specifiedAmount")
    assert (told["units"], told.get("nanos"), told["currencyCode"]) == (units, nanos, "EUR")


def test_somebody_is_told_before_the_month_is_over(deploy: Deploy) -> None:
    rules = made(deploy).read("thresholdRules")
    assert [(rule["thresholdPercent"], rule["spendBasis"]) for rule in rules] == [
        (0.5, "CURRENT_SPEND"),
        (0.8, "CURRENT_SPEND"),
        (1, "CURRENT_SPEND"),
        (1, "FORECASTED_SPEND"),
    ]


def test_only_this_project_counts_and_credits_are_taken_off(deploy: Deploy) -> None:
    filter_ = made(deploy).read("budgetFilter")
    assert filter_["projects"] == ["projects/acme"]
    assert filter_["calendarPeriod"] == "MONTH"
    assert filter_["creditTypesTreatment"] == "INCLUDE_ALL_CREDITS", "the free cluster is a credit"


def test_googles_spelling_of_the_project_is_no_change(deploy: Deploy) -> None:
    assert made(deploy).ignore_changes == ("budgetFilter.projects",)


def test_without_channels_the_accounts_administrators_are_told(deploy: Deploy) -> None:
    assert made(deploy, channels=[]).read("allUpdatesRule") is None
    rule = made(deploy).read("allUpdatesRule")
    assert rule == {"monitoringNotificationChannels": ["email"]}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"billing_account": "billingAccounts/0"}, r"billing_account: expected e\.g\. 012345"),
        ({"amount": Decimal(0)}, "amount: expected more than 0, got 0"),
        ({"amount": Decimal("NaN")}, "amount: expected more than 0, got NaN"),
        ({"currency": "€"}, r"currency: expected e\.g\. EUR, got '€'"),
        ({"channels": list("abcdef")}, "channels: at most 5, got 6"),
    ],
)
def test_what_billing_would_refuse_half_way_is_refused(
    deploy: Deploy, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(PalierError, match=rf"budget\.{message}"):
        made(deploy, **changes)
