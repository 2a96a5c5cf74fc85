"""A bucket of Google Cloud Storage as a place for states, made or mended in one request."""

from __future__ import annotations

import warnings
from typing import Any, Final

from palier.errors import PalierError, require
from palier.state.address import Address
from palier.state.bootstrap import ABORT_DAYS, KEPT_DAYS, Line
from palier.state.gcs_backend import client, said

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
    service = client(address)
    bucket = _found(service, address)
    if bucket is None:
        _create(service, address, region or DEFAULT_REGION, key)
        bucket = _found(service, address)  # what it became, not what was asked for
        if bucket is None:
            raise PalierError(f"{address.shown}: was made, and is not there")
        first = Line(outcome="made", text=f"bucket {address.bucket} in {bucket.location}")
    else:
        place = str(bucket.location)
        require(
            region is None or region.upper() == place.upper(),
            f"{address.shown}: is in {place}, and a bucket cannot move to {region}",
        )
        first = Line(outcome="ok", text=f"bucket {address.bucket} in {place}")
    lines = _settled(bucket, address, key)
    if any(line.outcome == "mended" for line in lines):
        with said(address) as google:
            bucket.patch(retry=google.retry)
    return [first, *lines]


def _found(service: Any, address: Address) -> Any:  # noqa: ANN401 the library has no types
    with said(address) as google:
        try:
            return service.lookup_bucket(address.bucket, retry=google.retry)
        except google.api.Forbidden:
            raise PalierError(
                f"{address.shown}: the bucket is somebody else's, or you may not read it; names"
                " are the world's: choose another"
            ) from None


def _create(service: Any, address: Address, place: str, key: str | None) -> None:  # noqa: ANN401
    if not service.project:
        raise PalierError(
            f"{address.shown}: which project shall own the bucket? Set GOOGLE_PROJECT"
        )
    bucket = service.bucket(address.bucket)
    _settled(bucket, address, key)
    with said(address) as google:
        service.create_bucket(bucket, location=place, retry=google.retry)


def _settled(bucket: Any, address: Address, key: str | None) -> list[Line]:  # noqa: ANN401
    """Each property in words; one that was wrong is set, for the next request to take along."""
    access, deleted = bucket.iam_configuration, bucket.soft_delete_policy
    kept, own = deleted.retention_duration_seconds or 0, bucket.default_kms_key_name
    rules = _rules(bucket, address)
    right: dict[str, tuple[Any, str, object, object]] = {
        "versions are kept": (bucket, "versioning_enabled", bucket.versioning_enabled, True),
        "rights are the bucket's, not the object's": (
            access, "uniform_bucket_level_access_enabled",
            access.uniform_bucket_level_access_enabled, True),
        "public access is prevented": (
            access, "public_access_prevention", access.public_access_prevention, "enforced"),
        f"what is deleted comes back for {SOFT_DELETE_DAYS} days": (
            deleted, "retention_duration_seconds", kept, max(kept, SOFT_DELETE_DAYS * DAY_SECONDS)),
        f"replaced states are kept {KEPT_DAYS} days": (
            bucket, "lifecycle_rules", rules,
            [*rules, *(rule for rule in RULES if rule not in rules)]),
        f"encrypted with {key}" if key else "encrypted": (
            bucket, "default_kms_key_name", own, key or own),
    }  # fmt: skip
    lines = []
    for words, (of, name, found, wanted) in right.items():
        if found != wanted:
            setattr(of, name, wanted)
        lines.append(Line(outcome="ok" if found == wanted else "mended", text=words))
    return lines


def _rules(bucket: Any, address: Address) -> list[Any]:  # noqa: ANN401
    """The lifecycle rules. The library leaves out what it does not know: that would be lost."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            return list(bucket.lifecycle_rules)
        except UserWarning:
            raise PalierError(
                f"{address.shown}: has a lifecycle rule that google-cloud-storage does not know;"
                " nothing was changed, upgrade it"
            ) from None
