"""The `gcp` package: the rules of the real provider, told from its schema, before the cloud.

Check, Diff and what a preview may know are `palier/provider/`; what only a service refuses is the
cloud's. Nothing here is about one type, but that a new cluster is empty.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from typing import Final
from zlib import crc32

from palier.facts import Value
from palier.provider import answers, schema
from palier.provider.diff import Change, Diff, after, before, diff, refusals
from palier.provider.filled import filled, judged
from palier.provider.picks import Pick
from palier.simcloud import kubernetes
from palier.simcloud.cloud import Cloud
from palier.simcloud.errors import by_provider
from palier.simcloud.packages import Call, Checked, Made, Values
from palier.simcloud.records import Record
from palier.simcloud.store import GCP
from palier.simcloud.trees import differences
from palier.wire import DEFAULTS

SURROUNDINGS: Final = ("project", "region", "zone")
"""What a resource takes from its provider when the program does not say."""


class Gcp:
    """The package, for one configured provider."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.config: dict[str, str] = {}

    def configure(self, config: Values) -> None:
        """Take project, region and zone."""
        self.config = {key: str(config[key]) for key in SURROUNDINGS if config.get(key)}
        if "project" in self.config:
            self.config["number"] = number_of(self.config["project"])

    def diff_config(self, old: Values, new: Values) -> Diff:
        """No key of this provider replaces what it made."""
        return Diff(tuple(Change(path, kind) for path, kind in differences(old, new)))

    def check(self, call: Call) -> Checked:
        """Fill in, and refuse what the provider refuses."""
        answer = filled(
            call.type, call.inputs, call.old_inputs, call.name, digits=lambda: call.digits
        )
        failures = schema.check(call.type, judged(call.type, answer))
        told = tuple(self._said(failure, call) for failure in failures)
        return Checked(inputs=answer, failures=told)

    def _said(self, failure: schema.Failure, call: Call) -> str:
        return f"{failure.reason}. Examine values at '{call.name}.{failure.path}'."

    def diff(self, call: Call) -> Diff:
        """Compare, and refuse what only the comparison refuses."""
        self._refuse(call, creating=False)
        return diff(
            call.type, call.old_inputs, call.state, call.inputs, ignore_changes=call.ignored
        )

    def _refuse(self, call: Call, *, creating: bool) -> None:
        refused = refusals(
            call.type, call.inputs, creating=creating,
            old_inputs=None if creating else before(call.type, call.old_inputs, call.state),
            provider_project=self.config.get("project"),
            provider_region=self.config.get("region"), provider_zone=self.config.get("zone"),
        )  # fmt: skip
        if refused:
            raise by_provider(refused[0])

    def preview(self, call: Call) -> Values:
        """What is known before an update, or before a create."""
        if call.id:
            return self._planned(call)
        self._refuse(call, creating=True)
        return answers.preview(call.type, call.inputs, self.config)

    def create(self, call: Call) -> Made:
        """Make a resource."""
        self._refuse(call, creating=True)
        id_, outputs = self._answered(call)
        made = self.cloud.create(GCP, call.type, id_, _bare(call.inputs), outputs)
        if call.type == kubernetes.CLUSTER:
            kubernetes.empty(self.cloud, id_)
        return Made(id=id_, outputs=_told(made, outputs), inputs=call.inputs)

    def _answered(self, call: Call) -> tuple[str, Values]:
        """The id and outputs of a new resource; a service that picks ids never picks one twice."""
        pick = Pick(call.type, call.name)
        for again in count(2):
            id_, outputs = answers.created(call.type, call.name, call.inputs, self.config, pick)
            if (
                self.cloud.store.get(GCP, call.type, id_) is None
                or answers.id_of(call.type, call.inputs, self.config) is not None
            ):
                break
            pick = Pick(call.type, f"{call.name} {again}")
        return id_, outputs

    def _planned(self, call: Call) -> dict[str, Value]:
        """The state that an update would leave."""
        prior = before(call.type, call.old_inputs, call.state)
        return after(call.type, prior, call.inputs, ignore_changes=call.ignored)

    def read(self, call: Call) -> Made | None:
        """Look a resource up, and tell what of it the program gave."""
        record = self.cloud.read(GCP, call.type, call.id, call.old_inputs, call.state)
        if record is None:
            return None
        inputs = _given(call.old_inputs, record.inputs) if call.old_inputs else record.inputs
        return Made(id=call.id, outputs=record.outputs, inputs=inputs)

    def update(self, call: Call) -> Made:
        """Change a resource in place."""
        outputs = answers.updated(call.type, call.name, self._planned(call), self.config)
        fingerprint = call.state.get("fingerprint")
        made = self.cloud.update(GCP, call.type, call.id, _bare(call.inputs), outputs, fingerprint)
        return Made(id=call.id, outputs=_told(made, outputs), inputs=call.inputs)

    def delete(self, call: Call) -> None:
        """Delete a resource."""
        self.cloud.delete(GCP, call.type, call.id, call.state)

    def secret(self, type_: str) -> frozenset[str]:
        """Outputs that the provider marks as secret."""
        return answers.sensitive(type_)


def number_of(project: str) -> str:
    """The number of a project: of twelve digits, as Google's are, and made up."""
    return str(10**11 + crc32(project.encode()) % (9 * 10**11))


def _bare(inputs: Values) -> dict[str, Value]:
    """Inputs without the notes of the bridge: what a service is told."""
    return {key: _unnoted(value) for key, value in inputs.items() if key != DEFAULTS}


def _unnoted(value: Value) -> Value:
    if isinstance(value, Mapping):
        return _bare(value)
    return [_unnoted(item) for item in value] if isinstance(value, list) else value


def _given(old: Value, found: Value) -> Value:
    """What the program gave, with what is there now in its place."""
    if isinstance(old, Mapping) and isinstance(found, Mapping):
        kept = {key: _given(value, found[key]) for key, value in old.items() if key in found}
        return kept | ({DEFAULTS: old[DEFAULTS]} if DEFAULTS in old else {})
    return found


def _told(record: Record, outputs: Values) -> Values:
    """What a call answers: what it made, with what only the service knows."""
    return {
        **outputs,
        **{key: record.outputs[key] for key in ("fingerprint",) if record.fingerprint},
    }
