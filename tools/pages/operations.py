"""Operations: what is protected and how, which APIs are turned on."""

from __future__ import annotations

from palier.facts import Fact
from palier.phases import PHASES
from tools.pages import PlanOf
from tools.pages.markdown import table


def protected(plan_of: PlanOf) -> str:
    """Types that Pulumi never deletes, over all phases, and what the provider adds."""
    found: dict[str, Fact] = {}
    for phase in PHASES:
        for fact in plan_of(phase).facts.resources:
            if fact.protect:
                found.setdefault(fact.type, fact)
    rows = [(f"`{type_}`", _provider(fact)) for type_, fact in sorted(found.items())]
    return table(("type", "the provider's own protection"), rows)


def _provider(fact: Fact) -> str:
    said = []
    if fact.read("deletionProtection") is True:
        said.append("`deletionProtection`")
    if fact.read("settings.deletionProtectionEnabled") is True:
        said.append("`settings.deletionProtectionEnabled`")
    if (policy := fact.read("deletionPolicy")) is not None:
        said.append(f"`deletionPolicy: {policy}`")
    if fact.read("forceDestroy") is False:
        said.append("`forceDestroy: false`")
    return ", ".join(said) or "none: Google cannot delete it"


def apis(_: PlanOf) -> str:
    """APIs that the platform turns on."""
    from components.services import APIS  # noqa: PLC0415 Pulumi's SDK is slow to import

    return "\n".join(f"- `{api}`" for api in APIS)
