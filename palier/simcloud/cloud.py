"""The simulated cloud: what a call to a service does, refuses, and how long it takes.

A call that is accepted has happened in the cloud before it takes its time, as with the real
services, whose operations go on when the caller is gone: whoever is cut off in between leaves a
resource behind that no state knows.

The rules are those of Google Cloud. Resources of other packages are kept and told apart, no more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from palier.facts import Value
from palier.provider import schema
from palier.simcloud import controllers, deletion, refusals, seals
from palier.simcloud.errors import CONFLICT, ServiceError, by_provider
from palier.simcloud.faults import Faults, Kind, Operation
from palier.simcloud.kinds import RESERVED, is_upsert
from palier.simcloud.latencies import Latencies
from palier.simcloud.quotas import Quotas
from palier.simcloud.records import Record, made
from palier.simcloud.store import GCP, Store
from palier.simcloud.wording import already_exists, not_found

__all__ = ["Cloud", "Record", "ServiceError"]

_STALE: Final = 412


def _now() -> datetime:
    return datetime.now(UTC)


class Cloud:
    """All services at once. Every call may raise `ServiceError`, in the words of the service.

    `enabled` are the services that are enabled though no resource says so; `controllers` makes
    clusters attach their pods to the backend services by themselves.
    """

    def __init__(
        self,
        store: Store,
        *,
        latencies: Latencies,
        faults: Faults,
        quotas: Quotas,
        enabled: frozenset[str] = refusals.ENABLED,
        controllers: bool = False,
        now: Callable[[], datetime] = _now,
    ) -> None:
        self.store = store
        self.faults = faults
        self._latencies = latencies
        self._quotas = quotas
        self._enabled = enabled
        self._controllers = controllers
        self._now = now

    def create(
        self,
        package: str,
        type_: str,
        id_: str,
        inputs: Mapping[str, Value],
        outputs: Mapping[str, Value],
        *,
        secret: frozenset[str] = frozenset(),
    ) -> Record:
        """Make a resource. Top-level keys in `secret` are sealed, besides those known to be."""
        with self._call("create", package, type_, id_, inputs):
            new = made(type_, id_, inputs, outputs)
            if package == GCP:
                self._refuse_create(new)
            elif self.store.get(package, type_, id_) is not None:
                raise ServiceError(CONFLICT, "AlreadyExists", f'{type_} "{id_}" already exists')
            kept = self.store.put(package, type_, id_, inputs, outputs, secret)
            if self._controllers and package == GCP:
                for service, groups in controllers.due(self.store.records(GCP), kept):
                    self.store.replace(GCP, controllers.attached(service, groups))
        return self._clear(kept, inputs, outputs)

    def read(
        self,
        package: str,
        type_: str,
        id_: str,
        inputs: Mapping[str, Value] | None = None,
        outputs: Mapping[str, Value] | None = None,
    ) -> Record | None:
        """What is there, or `None`.

        Given what the caller's state holds (`inputs`, `outputs`), a secret is answered from it
        while it is still what was set, else as a text that says that it changed. Given neither,
        secrets stay sealed.
        """
        self._check_type(package, type_)
        kept = self.store.get(package, type_, id_)
        if kept is None or (inputs is None and outputs is None):
            return kept
        return self._clear(kept, inputs or {}, outputs or {})

    def records(self, package: str, type_: str) -> tuple[Record, ...]:
        """All resources of a type, their secrets sealed."""
        with self.store.locked():
            return tuple(self.store.records(package).get(type_, {}).values())

    def update(
        self,
        package: str,
        type_: str,
        id_: str,
        inputs: Mapping[str, Value],
        outputs: Mapping[str, Value],
        fingerprint: str | None = None,
        *,
        secret: frozenset[str] = frozenset(),
    ) -> Record:
        """Set a resource to other inputs. `fingerprint` is the one the caller last read."""
        with self._call("update", package, type_, id_, inputs):
            before = self.store.get(package, type_, id_)
            if before is None:
                raise _gone(package, type_, id_)
            if None not in (fingerprint, before.fingerprint) and fingerprint != before.fingerprint:
                raise ServiceError(_STALE, "conditionNotMet", "Invalid fingerprint.")
            if package == GCP:
                records, new = self.store.records(GCP), made(type_, id_, inputs, outputs)
                refusals.refuse(records, new, self._enabled)
                self._quotas.refuse(records, new, before)
            kept = self.store.put(package, type_, id_, inputs, outputs, secret)
        return self._clear(kept, inputs, outputs)

    def delete(
        self, package: str, type_: str, id_: str, inputs_of_state: Mapping[str, Value]
    ) -> None:
        """Remove a resource and what lives in it. What is gone already is no error."""
        with self._call("delete", package, type_, id_, inputs_of_state):
            there = self.store.get(package, type_, id_)
            if package != GCP:
                if there is not None:
                    self.store.remove(package, there)
                return
            deletion.refuse_by_state(type_, inputs_of_state)
            if there is None or deletion.stays(type_, inputs_of_state):
                return
            records = self.store.records(GCP)
            deletion.refuse(records, there, inputs_of_state)
            along = deletion.going_along(records, there)
            until = self._now() + RESERVED[type_] if type_ in RESERVED else None
            self.store.remove(GCP, there, *along, until=until)

    def attach_endpoints(self, backend_service_id: str, groups: Sequence[str]) -> Record:
        """Attach endpoint groups to a backend service, as a cluster's controllers do."""
        with self.store.locked():
            service = controllers.service_of(self.store.records(GCP), backend_service_id)
            return self.store.replace(GCP, controllers.attached(service, groups))

    @contextmanager
    def _call(
        self,
        operation: Operation,
        package: str,
        type_: str,
        id_: str,
        inputs: Mapping[str, Value],
    ) -> Iterator[None]:
        """One call: its faults, one at a time in the cloud, then the time it takes."""
        self._check_type(package, type_)
        fault: Kind | None = self.faults.draw(operation, type_, id_)
        try:
            self.faults.before(fault, type_, id_)
            with self.store.locked():
                yield
        except ServiceError as error:
            raise (error.during(operation, type_, id_) if package == GCP else error) from None
        self._latencies.wait(type_, operation, inputs)
        self.faults.after(fault, operation, type_)

    def _check_type(self, package: str, type_: str) -> None:
        if package == GCP and type_ not in schema.types():
            raise by_provider(f"the simulated cloud does not know the type {type_}")

    def _refuse_create(self, new: Record) -> None:
        records = self.store.records(GCP)
        refusals.refuse_create(records, new, self._enabled)
        there = new.id in records.get(new.type, {}) and not is_upsert(new.type)
        if there or self.store.reserved(new.type, new.id, self._now()):
            raise already_exists(new.type, new.id)
        self._quotas.refuse(records, new, records.get(new.type, {}).get(new.id))

    def _clear(
        self, kept: Record, inputs: Mapping[str, Value], outputs: Mapping[str, Value]
    ) -> Record:
        """A record with its seals opened by what the caller knows."""
        salt, computed = self.store.salt, kept.computed
        return replace(
            kept,
            inputs=seals.unseal(kept.inputs, inputs, salt),
            computed=seals.unseal(computed, {**inputs, **outputs}, salt),
        )


def _gone(package: str, type_: str, id_: str) -> ServiceError:
    if package == GCP:
        return not_found(type_, id_)
    return ServiceError(404, "NotFound", f'{type_} "{id_}" not found')
