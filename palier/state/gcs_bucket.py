"""A bucket of Google Cloud Storage as a place for states, made or mended in one request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from palier.errors import PalierError, require
from palier.facts import read
from palier.state.address import Address
from palier.state.bootstrap import ABORT_DAYS, KEPT_DAYS, Line
from palier.state.gcs_backend import Service

FORBIDDEN, NOT_FOUND = 403, 404
DAY_SECONDS: Final = 24 * 60 * 60
SOFT_DELETE_DAYS: Final = 7
"""How long even what was deleted for good comes back."""
DEFAULT_REGION: Final = "EU"

RULES: Final = (
    {"action": {"type": "Delete"}, "condition": {"daysSinceNoncurrentTime": KEPT_DAYS}},
    {"action": {"type": "AbortIncompleteMultipartUpload"}, "condition": {"age": ABORT_DAYS}},
)


def ensure(address: Address, region: str | None, key: str | None) -> list[Line]:
    """Make the bucket, or mend what differs.

    Raises:
        PalierError: it is somebody else's, or the service refuses.
    """
    service = Service(address)
    found = _found(service, address)
    if found is None:
        _create(service, address, region or DEFAULT_REGION, key)
        found = _found(service, address)  # what it became, not what was asked for
        if found is None:
            raise PalierError(f"{address.shown}: was made, and is not there")
        first = Line(outcome="made", text=f"bucket {address.bucket} in {found.get('location')}")
    else:
        place = str(found.get("location"))
        require(
            region is None or region.upper() == place.upper(),
            f"{address.shown}: is in {place}, and a bucket cannot move to {region}",
        )
        first = Line(outcome="ok", text=f"bucket {address.bucket} in {place}")
    wrong = _wrong(found, key)
    lines = [first]
    lines += [Line(outcome="mended" if change else "ok", text=words) for words, change in wrong]
    if patch := _merged(change for _, change in wrong):
        service.call("PATCH", f"/storage/v1/b/{address.bucket}", body=patch)
    return lines


def _merged(changes: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """One body of a request: two changes may be of one field."""
    merged: dict[str, Any] = {}
    for change in changes:
        for field, value in change.items():
            merged[field] = {**merged.get(field, {}), **value}
    return merged


def _found(service: Service, address: Address) -> dict[str, Any] | None:
    answer = service.send("GET", f"/storage/v1/b/{address.bucket}")
    if answer.status_code == FORBIDDEN:
        raise _foreign(address)
    if answer.status_code == NOT_FOUND:
        return None
    service.checked(answer)
    found: dict[str, Any] = answer.json()
    return found


def _foreign(address: Address) -> PalierError:
    return PalierError(
        f"{address.shown}: the bucket is somebody else's, or you may not read it; names are the"
        " world's: choose another"
    )


def _create(service: Service, address: Address, place: str, key: str | None) -> None:
    if not service.project:
        raise PalierError(
            f"{address.shown}: which project shall own the bucket? Set GOOGLE_PROJECT"
        )
    wanted = _merged(change for _, change in _wrong({}, key))
    wanted |= {"name": address.bucket, "location": place}
    service.call("POST", "/storage/v1/b", {"project": service.project}, wanted)


def _wrong(found: Mapping[str, Any], key: str | None) -> list[tuple[str, dict[str, Any]]]:
    """Each property in words, with what must change for it; nothing when it is right."""
    access: dict[str, Any] = {"uniformBucketLevelAccess": {"enabled": True}}
    prevention: dict[str, Any] = {"publicAccessPrevention": "enforced"}
    kept = int(read(found, "softDeletePolicy.retentionDurationSeconds") or 0)
    least = SOFT_DELETE_DAYS * DAY_SECONDS
    rules = list(read(found, "lifecycle.rule") or [])
    lacking = [rule for rule in RULES if rule not in rules]
    right = {
        "versions are kept": (
            read(found, "versioning.enabled") is True, {"versioning": {"enabled": True}}),
        "rights are the bucket's, not the object's": (
            read(found, "iamConfiguration.uniformBucketLevelAccess.enabled") is True,
            {"iamConfiguration": access}),
        "public access is prevented": (
            read(found, "iamConfiguration.publicAccessPrevention") == "enforced",
            {"iamConfiguration": prevention}),
        f"what is deleted comes back for {SOFT_DELETE_DAYS} days": (
            kept >= least, {"softDeletePolicy": {"retentionDurationSeconds": str(least)}}),
        f"replaced states are kept {KEPT_DAYS} days": (
            not lacking, {"lifecycle": {"rule": [*rules, *lacking]}}),
        f"encrypted with {key}" if key else "encrypted": (
            key in {None, read(found, "encryption.defaultKmsKeyName")},
            {"encryption": {"defaultKmsKeyName": key}}),
    }  # fmt: skip
    return [(words, {} if holds else change) for words, (holds, change) in right.items()]
