"""What every component shares: its token, its recorded size, its labels, its protection.

A component validates before it creates, hands the user's options to itself alone, and parents all
it creates. Its size goes into its inputs (audit) and its registered outputs (stack policies see
nothing else).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import pulumi

from components.labels import COMPONENT, labelling
from palier.overrides import to_inputs


class Component(pulumi.ComponentResource):
    """Base of palier's components. A subclass names its `TOKEN` and calls `finish` last."""

    TOKEN: ClassVar[str]

    def __init__(
        self,
        name: str,
        recorded: Mapping[str, object],
        opts: pulumi.ResourceOptions | None,
        labels: Mapping[str, str] | None = None,
    ) -> None:
        """Register the component.

        Args:
            name: logical name; physical names are made from it.
            recorded: plain data to record as inputs and outputs (sizes, quotas).
            opts: the user's options; they stay with the component.
            labels: more labels for everything below, beside the component's name.
        """
        self.name = name
        self._awaited = _listed(opts.depends_on if opts else None)
        self._recorded = {key: to_inputs(value) for key, value in recorded.items()}
        transformation = labelling({COMPONENT: name, **(labels or {})})
        super().__init__(
            self.TOKEN,
            name,
            self._recorded,
            pulumi.ResourceOptions.merge(
                opts, pulumi.ResourceOptions(transformations=[transformation])
            ),
        )

    def child(self, **options: Any) -> pulumi.ResourceOptions:  # noqa: ANN401 Pulumi's own options
        """Options of a child. It waits for whatever its component was told to wait for."""
        awaited = [*self._awaited, *_listed(options.pop("depends_on", None))]
        return pulumi.ResourceOptions(parent=self, depends_on=awaited, **options)

    def stateful(self, **options: Any) -> pulumi.ResourceOptions:  # noqa: ANN401
        """Options of a child that holds data, or that data stands on: Pulumi never deletes it."""
        return self.child(protect=True, **options)

    def finish(self, outputs: Mapping[str, Any] | None = None) -> None:
        """Register outputs: what was recorded, and the few values callers read."""
        self.register_outputs({**self._recorded, **(outputs or {})})


def _listed(depends_on: Any) -> list[pulumi.Resource]:  # noqa: ANN401 one, many or none
    if depends_on is None:
        return []
    return list(depends_on) if isinstance(depends_on, Sequence) else [depends_on]
