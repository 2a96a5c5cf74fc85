"""Labels: added where a type keeps them, never where a key of that name means something else."""

from __future__ import annotations

from typing import Any

import pulumi
import pulumi_gcp as gcp
import pytest

from components.labels import labelling

ADDED = {"team": "core", "palier-component": "data"}


def transformed(type_: str, props: dict[str, Any]) -> dict[str, Any]:
    """Properties of a resource after the labels were added."""
    args = pulumi.ResourceTransformationArgs(
        resource=None,  # type: ignore[arg-type]
        type_=type_,
        name="resource",
        props=props,
        opts=pulumi.ResourceOptions(),
    )
    result = labelling(ADDED)(args)
    return dict(result.props) if result else props


@pytest.mark.parametrize(
    ("type_", "key"),
    [
        ("gcp:storage/bucket:Bucket", "labels"),
        ("gcp:container/cluster:Cluster", "resource_labels"),
        ("gcp:monitoring/alertPolicy:AlertPolicy", "user_labels"),
    ],
)
def test_labels_go_where_the_type_keeps_them(type_: str, key: str) -> None:
    assert transformed(type_, {key: None})[key] == ADDED


def test_an_own_label_is_kept() -> None:
    props = transformed("gcp:storage/bucket:Bucket", {"labels": {"team": "web", "role": "x"}})
    assert props["labels"] == {"team": "web", "role": "x", "palier-component": "data"}


def test_the_address_of_a_notification_channel_is_no_label() -> None:
    props = transformed(
        "gcp:monitoring/notificationChannel:NotificationChannel",
        {"labels": {"email_address": "ops@example.com"}, "user_labels": None},
    )
    assert props["labels"] == {"email_address": "ops@example.com"}
    assert props["user_labels"] == ADDED


def test_a_database_is_labelled_inside_its_settings() -> None:
    settings = gcp.sql.DatabaseInstanceSettingsArgs(
        tier="db-g1-small", user_labels={"team": "data"}
    )
    transformed("gcp:sql/databaseInstance:DatabaseInstance", {"settings": settings})
    assert settings.user_labels == {"team": "data", "palier-component": "data"}


@pytest.mark.parametrize(
    "type_", ["kubernetes:core/v1:Namespace", "random:index/randomPassword:RandomPassword"]
)
def test_what_is_not_google_clouds_is_left_alone(type_: str) -> None:
    assert transformed(type_, {"labels": None}) == {"labels": None}


def test_a_type_without_labels_is_left_alone() -> None:
    assert transformed("gcp:compute/firewall:Firewall", {"name": "deny"}) == {"name": "deny"}
