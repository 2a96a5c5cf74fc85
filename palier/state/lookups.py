"""How to look for a thing whose id only the service knows: one command a type."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any, Final

from palier.facts import read

LOOKUPS: Final[Mapping[str, tuple[str, str, str]]] = {
    "gcp:monitoring/alertPolicy:AlertPolicy": (
        "gcloud monitoring policies list", "displayName", "displayName"),
    "gcp:monitoring/notificationChannel:NotificationChannel": (
        "gcloud beta monitoring channels list", "displayName", "displayName"),
    "gcp:monitoring/uptimeCheckConfig:UptimeCheckConfig": (
        "gcloud monitoring uptime list-configs", "displayName", "displayName"),
    "gcp:monitoring/dashboard:Dashboard": (
        "gcloud monitoring dashboards list", "", ""),
    "gcp:billing/budget:Budget": (
        "gcloud billing budgets list", "displayName", "displayName"),
    "gcp:secretmanager/secretVersion:SecretVersion": (
        "gcloud secrets versions list", "", ""),
}  # fmt: skip
"""By type: the command, the field it filters by, and the input that the field must equal."""
FLAGS: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "gcp:billing/budget:Budget": (("--billing-account", "billingAccount"),),
    "gcp:secretmanager/secretVersion:SecretVersion": (("", "secret"),),
}
"""Inputs that a command also needs, each with its flag; without one it is an argument."""


def command(type_: str, inputs: Mapping[str, Any]) -> str | None:
    """The command that lists what may have been created, if one is known for the type."""
    row = LOOKUPS.get(type_)
    if row is None:
        return None
    words, field, name = row
    line = words.split()
    for flag, key in FLAGS.get(type_, ()):
        value = read(inputs, key)
        line += [*filter(None, [flag]), str(value)] if isinstance(value, str) else []
    wanted = read(inputs, name) if name else None
    if isinstance(wanted, str):
        quoted = wanted.replace("\\", "\\\\").replace('"', '\\"')
        line += ["--filter", f'{field}="{quoted}"']
    project = read(inputs, "project")
    if isinstance(project, str) and "--billing-account" not in line:
        line += ["--project", project]
    return shlex.join([*line, "--format", "value(name)"])
