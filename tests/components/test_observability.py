"""Observability: every alert reaches somebody, tells what to do, and costs what is priced."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import builders
import pytest
from google.protobuf import json_format

from components.observability import Observability, ObservabilityArgs
from palier.alerts import CATALOGUE
from palier.errors import PalierError
from palier.facts import Facts
from palier.recorder import RecordingMonitor, record
from palier.sizes import ObservabilitySize
from palier.wire import SIGNATURE

Deploy = Callable[..., Facts]
POLICY = "gcp:monitoring/alertPolicy:AlertPolicy"
EVERYBODY: dict[str, Any] = {
    "email": "ops@example.com",
    "slack": "xoxb-token",
    "slack_channel": "#alerts",
    "sms": "+33612345678",
}


def observability(alerts: int = 12, **changes: Any) -> Observability:
    """Observability of example.com, with nobody to tell unless named."""
    args = ObservabilityArgs(
        size=ObservabilitySize(alerts=alerts), domain="example.com", project="acme"
    )
    return Observability("observability", replace(args, **changes))


def channels_of(facts: Facts, key: str) -> list[str]:
    """Kinds of channel that an alert goes to, in a cloud that answers ids."""
    policy = builders.only(facts, POLICY, f"observability-{key}")
    ids = policy.read("notificationChannels")
    return sorted(id_.removeprefix("observability-").removesuffix("-id") for id_ in ids)


@pytest.mark.parametrize("count", [1, 12, 60])
def test_a_phase_gets_the_first_alerts_of_the_catalogue(deploy: Deploy, count: int) -> None:
    policies = deploy(lambda: observability(count)).of_type(POLICY)
    expected = {f"observability-{alert.key}" for alert in CATALOGUE[:count]}
    assert {policy.name for policy in policies} == expected


def test_one_alert_is_one_condition(deploy: Deploy) -> None:
    for policy in deploy(lambda: observability(60)).of_type(POLICY):
        [condition] = policy.read("conditions")
        query = condition["conditionPrometheusQueryLanguage"]["query"]
        alert = next(item for item in CATALOGUE if policy.name == f"observability-{item.key}")
        assert query == alert.query, "a second condition would be a second price"
        assert alert.runbook in policy.read("documentation.content"), "it says what to do now"


def test_each_alert_goes_to_its_own_channels(deploy: Deploy) -> None:
    facts = deploy(lambda: observability(20, **EVERYBODY), known=True)
    for alert in CATALOGUE[:20]:
        assert channels_of(facts, alert.key) == sorted(alert.channels)


def test_no_alert_stays_unheard_when_its_channel_is_missing(deploy: Deploy) -> None:
    facts = deploy(lambda: observability(20, sms="+33612345678"), known=True)
    for alert in CATALOGUE[:20]:
        assert channels_of(facts, alert.key) == ["sms"], "better a text message than silence"


def test_a_team_may_begin_with_nobody_to_tell(deploy: Deploy) -> None:
    facts = deploy(observability)
    assert builders.names(facts, "NotificationChannel") == []
    assert {tuple(fact.read("notificationChannels")) for fact in facts.of_type(POLICY)} == {()}


def test_more_alerts_touch_none_that_stood(deploy: Deploy) -> None:
    few = {fact.urn: fact.inputs for fact in deploy(lambda: observability(12)).resources}
    many = {fact.urn: fact.inputs for fact in deploy(lambda: observability(20)).resources}
    assert many.items() > few.items()


def test_the_token_of_slack_stays_secret() -> None:
    monitor = RecordingMonitor()
    record(lambda: observability(**EVERYBODY), project="test", stack="test", monitor=monitor)
    slack = next(item for item in monitor.registrations.values() if item.name.endswith("-slack"))
    sensitive = json_format.MessageToDict(slack.object)["sensitiveLabels"]
    wire = sensitive.get("authToken", sensitive)
    assert SIGNATURE in wire, "it would stand in the state in clear"


def test_the_token_is_not_shown_with_the_arguments() -> None:
    args = ObservabilityArgs(
        size=ObservabilitySize(alerts=1), domain="example.com", project="acme", slack="xoxb-token"
    )
    assert "xoxb-token" not in repr(args)


def test_the_site_is_asked_every_minute_over_tls(deploy: Deploy) -> None:
    uptime = builders.only(deploy(observability), "UptimeCheckConfig")
    assert uptime.read("period") == "60s"
    assert uptime.read("httpCheck.useSsl") is True
    assert uptime.read("httpCheck.validateSsl") is True, "an expired certificate is an outage"
    assert uptime.read("monitoredResource.labels.host") == "example.com"


def test_what_is_promised_is_three_nines_and_two_seconds(deploy: Deploy) -> None:
    facts = deploy(observability)
    assert builders.only(facts, "Slo", "observability-availability").read("goal") == 0.999
    latency = builders.only(facts, "Slo", "observability-latency")
    assert latency.read("goal") == 0.95
    assert latency.read("requestBasedSli.distributionCut.range.max") == 2_000


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"domain": "https://example.com"}, r"domain: expected e\.g\. example\.com"),
        ({"email": "ops"}, "email: expected an address, got 'ops'"),
        ({"sms": "0612345678"}, r"sms: expected e\.g\. \+33612345678"),
        ({"slack": "token"}, "slack: the token and the channel go together"),
        ({"slack_channel": "#a"}, "slack: the token and the channel go together"),
        ({"path": "health"}, r"path: expected /\.\.\., got 'health'"),
    ],
)
def test_what_monitoring_would_refuse_half_way_is_refused(
    deploy: Deploy, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(PalierError, match=rf"observability\.{message}"):
        deploy(lambda: observability(**changes))
