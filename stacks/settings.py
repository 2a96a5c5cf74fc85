"""Settings: the only reader of Pulumi config. What it does not know, it refuses.

`parse` is pure (texts in, `Settings` out) and carries all rules; `load` feeds it the engine's
config of the running stack.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import pulumi
from pulumi.runtime import config as engine_config

from components.gke_settings import MaintenanceExclusion
from palier import overrides, phases, sites
from palier.currency import EUR_PER_USD, RATE_DECLARED_ON
from palier.domains import DOMAIN
from palier.errors import PalierError, one_of
from palier.load import LEAST, MOST, Load
from palier.phases import Phase
from palier.sites import Regions, Site
from palier.sizes import PlatformSize

KEYS: Final = (
    "phase", "users", "domain", "repository", "load", "sizes", "currency", "billing", "alerts",
    "slack_token", "revenue_eur", "cost_centre", "exclusions", "teardown",
)  # fmt: skip
REQUIRED: Final = ("domain", "repository")
BILLING_CURRENCIES: Final = ("EUR", "USD")
PROJECT_ID: Final = re.compile(r"[a-z][-a-z0-9]{4,28}[a-z0-9]")
REPOSITORY: Final = re.compile(r"https://[\w.-]+/([\w.-]+/[\w.-]+?)(\.git)?/?")


@dataclass(frozen=True, kw_only=True)
class Billing:
    """The account that pays: its id, and the currency it is billed in."""

    account: str
    currency: str


@dataclass(frozen=True, kw_only=True)
class Alerts:
    """Where alerts go; `None` for a channel that is not used."""

    email: str | None = None
    slack_channel: str | None = None
    slack_token: pulumi.Output[str] | None = None
    sms: str | None = None


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything a stack decides."""

    phase: Phase
    users: int
    project: str
    regions: Regions
    home: Site
    domain: str
    repository: str
    load: Load
    size: PlatformSize
    usd_rate: Decimal
    rate_date: str
    billing: Billing | None
    alerts: Alerts
    revenue_eur: Decimal | None
    cost_centre: str
    exclusions: tuple[MaintenanceExclusion, ...]
    teardown: bool

    @property
    def github(self) -> str:
        """The repository as `owner/name`."""
        match = REPOSITORY.fullmatch(self.repository)
        return match[1] if match else self.repository


def load() -> Settings:
    """Read the running stack's config.

    Raises:
        PalierError: a key or a value that is not allowed; the message names both.
    """
    texts = {**(engine_config.get_config_env() or {}), **engine_config.CONFIG.get()}
    token = pulumi.Config("palier").get_secret("slack_token")
    return parse(texts, pulumi.get_stack(), token)


def parse(
    texts: Mapping[str, Any], stack: str, slack_token: pulumi.Output[str] | None = None
) -> Settings:
    """Turn config texts into settings.

    Args:
        texts: config by full key (`palier:users`), objects as JSON.
        stack: name of the stack: the phase, unless `palier:phase` says otherwise.
        slack_token: the secret, which stays one.

    Raises:
        PalierError: a key or a value that is not allowed; the message names both.
    """
    own = {key.split(":", 1)[1]: value for key, value in texts.items() if key.startswith("palier:")}
    for key in sorted(own):
        if key not in KEYS:
            raise PalierError(f"palier:{key}: unknown key, allowed are {one_of(KEYS)}")
    for key in REQUIRED:
        if not own.get(key):
            raise PalierError(f"palier:{key}: missing, set it in Pulumi.{stack}.yaml")
    phase = _phase(own.get("phase"), stack)
    users = _users(own.get("users"), phase)
    region = _matching(texts, "gcp:region", re.compile(r"[a-z]+-[a-z]+\d+"), "e.g. europe-west1")
    home = sites.home_site(region)
    asked = phase.load(users, _object(own, "load"))
    usd_rate, rate_date = _currency(_object(own, "currency"))
    size = overrides.override(phase.size(asked, home), _flat(_object(own, "sizes")))
    return Settings(
        phase=phase,
        users=users,
        project=_matching(texts, "gcp:project", PROJECT_ID, "a project id, e.g. acme-prod"),
        regions=sites.regions(region),
        home=home,
        domain=_matching(texts, "palier:domain", DOMAIN, "a domain, e.g. example.com"),
        repository=_matching(
            texts, "palier:repository", REPOSITORY, "e.g. https://github.com/acme/platform"
        ),
        load=asked,
        size=size,
        usd_rate=usd_rate,
        rate_date=rate_date,
        billing=_billing(_object(own, "billing")),
        alerts=_alerts(_object(own, "alerts"), slack_token),
        revenue_eur=_positive(own, "revenue_eur") if own.get("revenue_eur") is not None else None,
        cost_centre=_matching(
            {"palier:cost_centre": own.get("cost_centre", "platform")},
            "palier:cost_centre", re.compile(r"[a-z][-_a-z0-9]{0,62}"), "a label, e.g. platform",
        ),
        exclusions=_exclusions(own.get("exclusions")),
        teardown=_teardown(own.get("teardown"), texts.get("gcp:project")),
    )  # fmt: skip


def _phase(name: object, stack: str) -> Phase:
    try:
        return phases.get(str(name or stack))
    except PalierError:
        if name:
            raise PalierError(
                f"palier:phase: expected {one_of(phases.PHASES)}, got {name!r}"
            ) from None
        raise PalierError(
            f"stack {stack!r} is not named after a phase ({one_of(phases.PHASES)}): set"
            " palier:phase"
        ) from None


def _users(value: object, phase: Phase) -> int:
    if value is None:
        raise PalierError(f"palier:users: missing, expected {phase.min_users} to {phase.max_users}")
    if not re.fullmatch(r"\d{1,15}", str(value)):
        raise PalierError(
            f"palier:users: expected a whole number from {phase.min_users} to {phase.max_users},"
            f" got {value!r}"
        )
    users = int(str(value))
    phase.check_users(users)
    return users


def _matching(texts: Mapping[str, Any], key: str, pattern: re.Pattern[str], allowed: str) -> str:
    value = texts.get(key)
    if not value:
        raise PalierError(f"{key}: missing, expected {allowed}")
    if not pattern.fullmatch(str(value)):
        raise PalierError(f"{key}: expected {allowed}, got {value!r}")
    return str(value)


def _json(value: object) -> Any:  # noqa: ANN401 any JSON value
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value, parse_float=Decimal)
    except (ValueError, ArithmeticError, RecursionError):
        return value


def _object(own: Mapping[str, Any], key: str) -> dict[str, Any]:
    value = _json(own.get(key))
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise PalierError(f"palier:{key}: expected fields, got {value!r}")
    return value


def _only(key: str, value: Mapping[str, Any], allowed: tuple[str, ...]) -> None:
    for field in value:
        if field not in allowed:
            raise PalierError(f"palier:{key}.{field}: unknown, allowed are {one_of(allowed)}")


def _flat(nested: Mapping[str, Any], path: str = "") -> dict[str, Any]:
    """Nested fields as dotted paths; both spellings are allowed in a config."""
    flat: dict[str, Any] = {}
    for key, value in nested.items():
        inner = isinstance(value, dict) and value
        flat |= _flat(inner, f"{path}{key}.") if inner else {f"{path}{key}": value}
    return flat


def _positive(values: Mapping[str, Any], key: str, prefix: str = "palier:") -> Decimal:
    value = values[key]
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        number = Decimal(0)
    if not number.is_finite() or not LEAST <= number <= MOST or isinstance(value, bool):
        raise PalierError(
            f"{prefix}{key}: expected a number above 0, at most {MOST}, got {value!r}"
        )
    return number


def _currency(value: Mapping[str, Any]) -> tuple[Decimal, str]:
    _only("currency", value, ("usd_rate", "declared_on"))
    if not value:
        return EUR_PER_USD, RATE_DECLARED_ON
    if set(value) != {"usd_rate", "declared_on"}:
        raise PalierError("palier:currency: a rate needs both usd_rate and declared_on")
    return _positive(value, "usd_rate", "palier:currency."), _day(
        "palier:currency.declared_on", value["declared_on"]
    )


def _day(key: str, value: object) -> str:
    try:
        return date.fromisoformat(str(value)).isoformat()
    except ValueError:
        raise PalierError(f"{key}: expected a day, e.g. 2026-11-21, got {value!r}") from None


def _billing(value: Mapping[str, Any]) -> Billing | None:
    if not value:
        return None
    _only("billing", value, ("account", "currency"))
    account = str(value.get("account", ""))
    if not re.fullmatch(r"[0-9A-F]{6}(-[0-9A-F]{6}){2}", account):
        raise PalierError(
            f"palier:billing.account: expected e.g. 01AB23-4CD567-89EF01, got {account!r}"
        )
    currency = str(value.get("currency", "EUR"))
    if currency not in BILLING_CURRENCIES:
        raise PalierError(
            f"palier:billing.currency: expected {one_of(BILLING_CURRENCIES)}, got {currency!r}"
        )
    return Billing(account=account, currency=currency)


def _alerts(value: Mapping[str, Any], slack_token: pulumi.Output[str] | None) -> Alerts:
    _only("alerts", value, ("email", "slack_channel", "sms"))
    patterns: dict[str, tuple[str, str]] = {
        "email": (r"[^@\s]+@[^@\s]+\.[^@\s]+", "an e-mail address"),
        "slack_channel": (r"#[-\w]{1,79}", "a channel, e.g. #alerts"),
        "sms": (r"\+\d{6,15}", "a number with its country, e.g. +33612345678"),
    }
    for key, (pattern, allowed) in patterns.items():
        if key in value and not re.fullmatch(pattern, str(value[key])):
            raise PalierError(f"palier:alerts.{key}: expected {allowed}, got {value[key]!r}")
    if ("slack_channel" in value) != (slack_token is not None):
        raise PalierError(
            "palier:alerts.slack_channel and the secret palier:slack_token go together"
        )
    return Alerts(**{key: str(item) for key, item in value.items()}, slack_token=slack_token)


def _teardown(value: object, project: object) -> bool:
    """Whether to lift every protection: the stack has to name what it takes down."""
    if value is not None and value != project:
        raise PalierError(
            f"palier:teardown: expected the project {project!r}, which loses its protections,"
            f" got {value!r}"
        )
    return value is not None


def _exclusions(value: object) -> tuple[MaintenanceExclusion, ...]:
    listed = [] if value is None else _json(value)
    exclusions = []
    for item in listed if isinstance(listed, list) else [listed]:
        if not isinstance(item, dict) or set(item) != {"name", "start", "end"}:
            raise PalierError(
                f"palier:exclusions: expected a list of name, start and end, got {item!r}"
            )
        if not isinstance(item["name"], str) or not item["name"]:
            raise PalierError(f"palier:exclusions.name: expected a text, got {item['name']!r}")
        days = {key: _day(f"palier:exclusions.{key}", item[key]) for key in ("start", "end")}
        if days["start"] >= days["end"]:
            raise PalierError(
                f"palier:exclusions.end: expected a day after {days['start']}, got {item['end']!r}"
            )
        exclusions.append(
            MaintenanceExclusion(
                name=item["name"],
                start=f"{days['start']}T00:00:00Z",
                end=f"{days['end']}T00:00:00Z",
            )
        )
    return tuple(exclusions)
