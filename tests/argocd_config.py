"""The ConfigMaps that the chart would make of its values, for an Argo CD that runs without Helm."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

MAPS: Final = {"cm": "argocd-cm", "rbac": "argocd-rbac-cm", "params": "argocd-cmd-params-cm"}
"""The chart's name of each, and the cluster's."""
META: Final = ("create", "annotations")
"""Keys that are of the object and not of its data."""


def config_maps(values: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Data of the ConfigMaps by name, as the chart writes them; its own presets are left out.

    Args:
        values: of the chart, with `configs`.
    """
    configs = values["configs"]
    return {
        name: {key: written(value) for key, value in configs[part].items() if key not in META}
        for part, name in MAPS.items()
    }


def written(value: object) -> str:
    """A value as the chart's templates turn it into a text."""
    return str(value).lower() if isinstance(value, bool) else str(value)
