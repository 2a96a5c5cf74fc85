"""The budget: Google's own bill, held against the phase's cap.

Owns one billing budget. It tells, it does not stop: what stops is the plan, before anything
is made. Made only where a billing account is configured.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import final

import pulumi
import pulumi_gcp as gcp

from components.base import Component
from palier.errors import PalierError

SPENT = (0.5, 0.8, 1.0)
"""Shares of the cap spent at which somebody is told."""
FORECAST = 1.0
"""Share of the cap that the month's forecast may reach before somebody is told."""
MOST_CHANNELS = 5
NANOS = Decimal(10**9)
ACCOUNT = re.compile(r"[0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{6}")
CURRENCY = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True, kw_only=True)
class BudgetArgs:
    """How much, of whose bill, and who is told."""

    billing_account: str
    """Billing account, e.g. `012345-6789AB-CDEF01`."""
    project: str
    """Project whose spending counts."""
    amount: Decimal
    """Cap of a month."""
    currency: str
    """Currency of the cap, ISO 4217: it has to be the billing account's own."""
    channels: Sequence[pulumi.Input[str]]
    """Notification channels (e-mail only, at most five), beside the account's administrators."""


@final
@dataclass(frozen=True)
class BudgetResources:
    """What the component creates."""

    budget: gcp.billing.Budget


class Budget(Component):
    """A monthly budget that tells at 50, 80 and 100 % spent and at 100 % forecast.

    Example:
        Budget("budget", BudgetArgs(billing_account="012345-6789AB-CDEF01", project="acme",
                                    amount=Decimal(100), currency="EUR", channels=[]))
    """

    TOKEN = "palier:budget:Budget"  # noqa: S105 a type token

    def __init__(
        self, name: str, args: BudgetArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        _check(args)
        super().__init__(name, {"amount": args.amount, "currency": args.currency}, opts)
        budget = gcp.billing.Budget(
            f"{name}-month",
            billing_account=args.billing_account,
            display_name=f"{args.project} monthly cap",
            amount=_amount(args),
            budget_filter=gcp.billing.BudgetBudgetFilterArgs(
                projects=[f"projects/{args.project}"],
                calendar_period="MONTH",
                credit_types_treatment="INCLUDE_ALL_CREDITS",
            ),
            threshold_rules=[
                *(_rule(share, "CURRENT_SPEND") for share in SPENT),
                _rule(FORECAST, "FORECASTED_SPEND"),
            ],
            all_updates_rule=(
                gcp.billing.BudgetAllUpdatesRuleArgs(
                    monitoring_notification_channels=list(args.channels)
                )
                if args.channels
                else None
            ),
            # Google answers with the project's number: every update would show a change.
            opts=self.child(ignore_changes=["budgetFilter.projects"]),
        )
        self.resources = BudgetResources(budget=budget)
        self.finish({"budget": budget.name})


def _amount(args: BudgetArgs) -> gcp.billing.BudgetAmountArgs:
    """The cap as Google spells money: whole units as a text, the rest in billionths."""
    units, rest = divmod(args.amount, 1)
    return gcp.billing.BudgetAmountArgs(
        specified_amount=gcp.billing.BudgetAmountSpecifiedAmountArgs(
            currency_code=args.currency, units=str(int(units)), nanos=int(rest * NANOS) or None
        )
    )


def _rule(share: float, basis: str) -> gcp.billing.BudgetThresholdRuleArgs:
    return gcp.billing.BudgetThresholdRuleArgs(threshold_percent=share, spend_basis=basis)


def _check(args: BudgetArgs) -> None:
    """Refuse what the billing service would only refuse half-way through an update."""
    if not ACCOUNT.fullmatch(args.billing_account):
        raise PalierError(
            "budget.billing_account: expected e.g. 012345-6789AB-CDEF01,"
            f" got {args.billing_account!r}"
        )
    if not (args.amount.is_finite() and args.amount > 0):
        raise PalierError(f"budget.amount: expected more than 0, got {args.amount}")
    if not CURRENCY.fullmatch(args.currency):
        raise PalierError(f"budget.currency: expected e.g. EUR, got {args.currency!r}")
    if len(args.channels) > MOST_CHANNELS:
        raise PalierError(f"budget.channels: at most {MOST_CHANNELS}, got {len(args.channels)}")
