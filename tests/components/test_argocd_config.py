"""What Argo CD is told: nobody may anything but two groups, and no secret is among its values."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from typing import Any

import pytest
import yaml
from argocd_config import config_maps

from components.argocd_config import config_values
from components.argocd_health import APPLICATION, APPLICATION_SET
from palier.sizes import ArgocdSize

CORE = ArgocdSize(mode="core")
SINGLE = ArgocdSize(mode="single")
HA = ArgocdSize(mode="ha", application_sets=True)
each_mode = pytest.mark.parametrize("size", [CORE, SINGLE, HA])


def data(size: ArgocdSize, name: str) -> dict[str, str]:
    """One ConfigMap of a mode."""
    return config_maps(config_values(size, "example.com", "#alerts"))[name]


# Who may do what


def rules(kind: str) -> list[list[str]]:
    """Lines of the policy, in their parts."""
    lines = data(HA, "argocd-rbac-cm")["policy.csv"].splitlines()
    parts = [[part.strip() for part in line.split(",")] for line in lines]
    return [rest for first, *rest in parts if first == kind]


def may(role: str, resource: str, action: str, what: str) -> bool:
    """As Argo CD decides: something allows it, and nothing denies it."""
    effects = {
        effect
        for subject, kind, verb, target, effect in rules("p")
        if subject == f"role:{role}"
        and fnmatchcase(resource, kind)
        and fnmatchcase(action, verb)
        and fnmatchcase(what, target)
    }
    return effects == {"allow"}


@each_mode
def test_nobody_may_anything_by_default(size: ArgocdSize) -> None:
    assert data(size, "argocd-rbac-cm")["policy.default"] == ""
    settings = data(size, "argocd-cm")
    assert settings["admin.enabled"] == "false", "an account that nobody owns"
    assert settings["users.anonymous.enabled"] == "false"
    assert settings["exec.enabled"] == "false"


@pytest.mark.parametrize(
    ("resource", "action", "what", "allowed"),
    [
        ("applications", "get", "guard/guard", {"platform", "developer"}),
        ("applications", "sync", "apps/app", {"platform", "developer"}),
        ("applications", "action/apps/Deployment/restart", "apps/app", {"platform", "developer"}),
        ("logs", "get", "apps/app", {"platform", "developer"}),
        ("applications", "sync", "platform/autoneg", {"platform"}),
        ("applications", "delete", "apps/app", {"platform"}),
        ("applications", "update", "apps/app", {"platform"}),
        ("applications", "sync", "palier/root", {"platform"}),
        ("applications", "delete", "palier/root", set()),
        ("applications", "delete/argoproj.io/Application/argocd/app", "palier/root", set()),
        ("applications", "action/apps/Deployment/restart", "platform/autoneg", {"platform"}),
        ("exec", "create", "apps/app", set()),
        ("accounts", "update", "admin", set()),
        ("projects", "update", "apps", set()),
        ("clusters", "update", "https://kubernetes.default.svc", set()),
        ("repositories", "create", "https://github.com/other", set()),
        ("applicationsets", "delete", "apps/services", set()),
    ],
)
def test_each_role_may_do_its_work_and_no_more(
    resource: str, action: str, what: str, allowed: set[str]
) -> None:
    assert {role for role in ("platform", "developer") if may(role, resource, action, what)} == (
        allowed
    )


def test_the_roles_are_those_of_two_groups_of_the_domain() -> None:
    assert rules("g") == [
        ["platform@example.com", "role:platform"],
        ["developers@example.com", "role:developer"],
    ]


def test_who_logs_in_is_asked_of_google_with_credentials_that_are_not_here() -> None:
    settings = data(SINGLE, "argocd-cm")
    assert settings["url"] == "https://argocd.example.com"
    sso = yaml.safe_load(settings["oidc.config"])
    assert sso["issuer"] == "https://accounts.google.com"
    assert sso["clientID"] == "$argocd-sso:clientID"
    assert sso["clientSecret"] == "$argocd-sso:clientSecret"
    assert "oidc.config" not in data(CORE, "argocd-cm"), "without a server nobody logs in"


# What it watches and waits for


@each_mode
def test_children_are_healthy_by_the_platforms_own_rule(size: ArgocdSize) -> None:
    settings = data(size, "argocd-cm")
    key = "resource.customizations.health.argoproj.io_"
    assert settings[f"{key}Application"] == APPLICATION
    assert settings[f"{key}ApplicationSet"] == APPLICATION_SET


@each_mode
def test_what_it_manages_is_marked_by_an_annotation(size: ArgocdSize) -> None:
    assert data(size, "argocd-cm")["application.resourceTrackingMethod"] == "annotation"


def test_what_the_cluster_writes_by_itself_is_left_alone() -> None:
    excluded = yaml.safe_load(data(CORE, "argocd-cm")["resource.exclusions"])
    pairs = {
        (group, kind)
        for entry in excluded
        for group in entry["apiGroups"]
        for kind in entry["kinds"]
    }
    assert {
        ("", "Endpoints"), ("discovery.k8s.io", "EndpointSlice"), ("coordination.k8s.io", "Lease"),
        ("cilium.io", "CiliumIdentity"), ("cilium.io", "CiliumEndpoint"),
        ("networking.gke.io", "ServiceNetworkEndpointGroup"),
    } <= pairs  # fmt: skip
    assert not [pair for pair in pairs if "*" in pair]
    kinds = {kind for _, kind in pairs}
    assert kinds.isdisjoint({"Secret", "ConfigMap", "Service", "Application", "Deployment"})


def test_a_sync_that_waits_for_ever_gives_way_to_the_commit_that_mends_it() -> None:
    assert int(data(CORE, "argocd-cmd-params-cm")["controller.sync.timeout.seconds"]) > 0


def test_application_sets_follow_their_list_and_a_wave_waits_for_them() -> None:
    params = data(HA, "argocd-cmd-params-cm")
    assert params["applicationsetcontroller.policy"] == "sync"
    assert int(params["controller.sync.wave.delay.seconds"]) >= 10
    assert "controller.sync.wave.delay.seconds" not in data(SINGLE, "argocd-cmd-params-cm")


@each_mode
def test_every_setting_is_a_text_in_the_cluster(size: ArgocdSize) -> None:
    for content in config_maps(config_values(size, "example.com")).values():
        assert all(isinstance(value, str) for value in content.values())
        assert not {"True", "False", "None"} & set(content.values())


# Who hears of it


def notifications(size: ArgocdSize, channel: str | None) -> Any:
    """Values of the notifications controller."""
    return config_values(size, "example.com", channel).get("notifications")


def test_a_channel_hears_of_failed_syncs_and_degraded_applications() -> None:
    told = notifications(HA, "#alerts")
    assert told["notifiers"] == {"service.slack": "token: $slack-token\n"}
    [subscription] = told["subscriptions"]
    assert subscription["recipients"] == ["slack:alerts"]
    assert subscription["triggers"] == ["sync-failed", "health-degraded"]
    for trigger in subscription["triggers"]:
        [rule] = yaml.safe_load(told["triggers"][f"trigger.{trigger}"])
        assert rule["when"]
        for template in rule["send"]:
            message = yaml.safe_load(told["templates"][f"template.{template}"])["message"]
            assert "{{.app.metadata.name}}" in message


@pytest.mark.parametrize(("size", "channel"), [(HA, None), (SINGLE, "#alerts"), (CORE, "#alerts")])
def test_without_a_channel_or_a_controller_nobody_is_told(
    size: ArgocdSize, channel: str | None
) -> None:
    assert notifications(size, channel) is None


def test_the_chart_is_asked_for_the_truth_and_not_for_a_word() -> None:
    settings = config_values(HA, "example.com")["configs"]["cm"]
    assert settings["exec.enabled"] is False, "a template would take the text false for true"
    assert "slack-token" not in json.dumps(config_values(HA, "example.com")), "nobody needs it"
