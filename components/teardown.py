"""Teardown: every protection of a platform lifted at once, in one place, on purpose.

Only the root component asks for it, when the stack names its own project in `palier:teardown`. One
update lifts what refuses deletions; `pulumi destroy` then does what it says. Buckets and zones that
are not empty still refuse: what is in them is emptied by hand.
"""

from __future__ import annotations

from typing import Any, Final

import pulumi

from components.labels import SQL_INSTANCE, Transformation

PEERING: Final = "gcp:servicenetworking/connection:Connection"
"""Google refuses to delete it for days after the last database behind it is gone."""
REMOVE_PEERING: Final = "REMOVE_PEERING"
"""Policy that then takes the peering off the network, which could not be deleted otherwise."""


def lifting() -> Transformation:
    """A transformation that takes away Pulumi's protection and the provider's."""

    def transform(
        args: pulumi.ResourceTransformationArgs,
    ) -> pulumi.ResourceTransformationResult | None:
        if not args.type_.startswith("gcp:"):
            return None
        props: dict[str, Any] = dict(args.props)
        if props.get("deletion_policy") == "PREVENT":
            props["deletion_policy"] = REMOVE_PEERING if args.type_ == PEERING else "DELETE"
        if props.get("deletion_protection"):
            props["deletion_protection"] = False
        if args.type_ == SQL_INSTANCE:
            props["settings"].deletion_protection_enabled = False
        opts = pulumi.ResourceOptions.merge(args.opts, pulumi.ResourceOptions(protect=False))
        return pulumi.ResourceTransformationResult(props, opts)

    return transform
