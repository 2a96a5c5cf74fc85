"""Labels, applied in one place: on everything that a component creates and that GCP can label.

A component adds `palier-component` to all below it; the root component adds the phase and the cost
centre. Labels are the only place a phase may be written: names and descriptions replace resources
when they change.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import pulumi

COMPONENT: Final = "palier-component"
PHASE: Final = "palier-phase"
COST_CENTRE: Final = "palier-cost-centre"

LABEL_PROPERTIES: Final = ("user_labels", "resource_labels", "labels")
"""Where GCP types keep labels; the first that a type has is the one (a notification channel's
`labels` are its address)."""
SQL_INSTANCE: Final = "gcp:sql/databaseInstance:DatabaseInstance"

Transformation = Callable[
    [pulumi.ResourceTransformationArgs], pulumi.ResourceTransformationResult | None
]


def labelling(labels: Mapping[str, str]) -> Transformation:
    """A transformation that adds labels; what is labelled already keeps its own value."""

    def transform(
        args: pulumi.ResourceTransformationArgs,
    ) -> pulumi.ResourceTransformationResult | None:
        if not args.type_.startswith("gcp:"):
            return None
        props: dict[str, Any] = dict(args.props)
        if args.type_ == SQL_INSTANCE:
            settings = props["settings"]
            settings.user_labels = {**labels, **(settings.user_labels or {})}
            return None
        name = next((key for key in LABEL_PROPERTIES if key in props), None)
        if name is None:
            return None
        props[name] = {**labels, **(props[name] or {})}
        return pulumi.ResourceTransformationResult(props, args.opts)

    return transform
