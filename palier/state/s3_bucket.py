"""A bucket of S3 as a place for states: each property is read, and written when it differs."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from palier.errors import PalierError
from palier.state import s3_backend
from palier.state.address import Address
from palier.state.bootstrap import ABORT_DAYS, KEPT_DAYS, Line
from palier.state.s3_backend import code, said

FIRST_REGION: Final = "us-east-1"
"""Where a bucket is without being told; the service refuses this one as a constraint."""
TLS_ONLY: Final = "PalierTlsOnly"
LIFECYCLE: Final = "palier-state"
TAKEN: Final = ("BucketAlreadyExists", "403", "AccessDenied")
UNSET: Final = (
    "ServerSideEncryptionConfigurationNotFoundError", "NoSuchPublicAccessBlockConfiguration",
    "OwnershipControlsNotFoundError", "NoSuchBucketPolicy", "NoSuchLifecycleConfiguration",
)  # fmt: skip
"""What the service answers when a property was never set."""


@dataclass(frozen=True, kw_only=True)
class Property:
    """One property of a bucket: its words, how it is read, compared and written."""

    words: str
    read: Callable[[], Any]
    right: Callable[[Any], bool]
    write: Callable[[Any], object]


def ensure(address: Address, region: str | None, key: str | None) -> list[Line]:
    """Make the bucket, or mend what differs.

    Raises:
        PalierError: it is somebody else's, or the service refuses.
    """
    client = s3_backend.client(address)
    with said(address):
        lines = [_bucket(client, address, region)]
        lines += [_ensured(address, item) for item in _properties(client, address, key)]
        if client.meta.endpoint_url.startswith("https:"):
            return [*lines, _ensured(address, _tls(client, address))]
    return [*lines, Line(outcome="note", text="reached without TLS: its endpoint is http")]


def _bucket(client: Any, address: Address, region: str | None) -> Line:  # noqa: ANN401 boto3's
    bucket = address.bucket
    with said(address) as service:
        try:
            client.head_bucket(Bucket=bucket)
        except service.exceptions.ClientError as error:
            if code(error) in TAKEN:
                raise _foreign(address) from None
            if code(error) not in {"404", "NoSuchBucket"}:
                raise
            place = region or client.meta.region_name or FIRST_REGION
            _create(client, address, place)
            return Line(outcome="made", text=f"bucket {bucket} in {place}")
        if not _owned(client, address):
            raise _foreign(address)
    place = client.get_bucket_location(Bucket=bucket).get("LocationConstraint") or FIRST_REGION
    if region not in {None, place}:
        raise PalierError(f"{address.shown}: is in {place}, and a bucket cannot move to {region}")
    return Line(outcome="ok", text=f"bucket {bucket} in {place}")


def _owned(client: Any, address: Address) -> bool:  # noqa: ANN401 boto3's
    """Whether a bucket that can be read is the account's, as far as it may list its own."""
    with said(address) as service:
        try:
            return address.bucket in {row["Name"] for row in client.list_buckets()["Buckets"]}
        except service.exceptions.ClientError as error:
            if code(error) == "AccessDenied":
                return True  # whoever does not own it is refused at the first property
            raise


def _foreign(address: Address) -> PalierError:
    return PalierError(
        f"{address.shown}: the bucket is somebody else's; names are the world's: choose another"
    )


def _create(client: Any, address: Address, place: str) -> None:  # noqa: ANN401 boto3's
    where = {"CreateBucketConfiguration": {"LocationConstraint": place}}
    with said(address) as service:
        try:
            client.create_bucket(
                Bucket=address.bucket, ObjectOwnership="BucketOwnerEnforced",
                **({} if place == FIRST_REGION else where),
            )  # fmt: skip
        except service.exceptions.ClientError as error:
            if code(error) in TAKEN:
                raise _foreign(address) from None
            raise


def _ensured(address: Address, item: Property) -> Line:
    with said(address) as service:
        try:
            now = _read(service, item)
            if item.right(now):
                return Line(outcome="ok", text=item.words)
            item.write(now)
        except service.exceptions.ClientError as error:
            if code(error) not in s3_backend.NOT_OFFERED:
                raise
            return Line(outcome="note", text=f"{item.words}: not offered by this service")
    return Line(outcome="mended", text=item.words)


def _read(service: Any, item: Property) -> Any:  # noqa: ANN401 what boto3 answers
    try:
        return item.read()
    except service.exceptions.ClientError as error:
        if code(error) in UNSET:
            return None
        raise


def _properties(client: Any, address: Address, key: str | None) -> list[Property]:  # noqa: ANN401
    at = {"Bucket": address.bucket}
    owner = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    block = dict.fromkeys(
        ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
    )
    encryption = _encryption(key)
    return [
        Property(
            words="versions are kept",
            read=lambda: client.get_bucket_versioning(**at).get("Status"),
            right=lambda now: now == "Enabled",
            write=lambda _: client.put_bucket_versioning(
                **at, VersioningConfiguration={"Status": "Enabled"}),
        ),
        Property(
            words=f"encrypted with {key}" if key else "encrypted",
            read=lambda: client.get_bucket_encryption(**at)["ServerSideEncryptionConfiguration"],
            right=lambda now: _encrypts(now, key),
            write=lambda _: client.put_bucket_encryption(
                **at, ServerSideEncryptionConfiguration=encryption),
        ),
        Property(
            words="public access is blocked",
            read=lambda: client.get_public_access_block(**at)["PublicAccessBlockConfiguration"],
            right=lambda now: now == block,
            write=lambda _: client.put_public_access_block(
                **at, PublicAccessBlockConfiguration=block),
        ),
        Property(
            words="objects are the bucket owner's",
            read=lambda: client.get_bucket_ownership_controls(**at)["OwnershipControls"],
            right=lambda now: now == owner,
            write=lambda _: client.put_bucket_ownership_controls(**at, OwnershipControls=owner),
        ),
        Property(
            words=f"replaced states are kept {KEPT_DAYS} days",
            read=lambda: client.get_bucket_lifecycle_configuration(**at)["Rules"],
            right=_keeps,
            write=lambda now: client.put_bucket_lifecycle_configuration(
                **at, LifecycleConfiguration={"Rules": [*_others(now), _rule()]}),
        ),
    ]  # fmt: skip


def _tls(client: Any, address: Address) -> Property:  # noqa: ANN401 boto3's
    at, statement = {"Bucket": address.bucket}, _statement(address.bucket)
    return Property(
        words="reached by TLS only",
        read=lambda: json.loads(client.get_bucket_policy(**at)["Policy"]),
        right=lambda now: statement in (now or {}).get("Statement", []),
        write=lambda now: client.put_bucket_policy(
            **at, Policy=json.dumps(_with_statement(now, statement))
        ),
    )


def _encryption(key: str | None) -> dict[str, Any]:
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key} if key else {
        "SSEAlgorithm": "AES256"
    }  # fmt: skip
    rule = {"ApplyServerSideEncryptionByDefault": default}
    return {"Rules": [rule | ({"BucketKeyEnabled": True} if key else {})]}


def _encrypts(now: Any, key: str | None) -> bool:  # noqa: ANN401 what boto3 answers
    """Whether a bucket encrypts, and with the key that was asked for; any way will do for none."""
    defaults = [
        rule.get("ApplyServerSideEncryptionByDefault", {}) for rule in (now or {}).get("Rules", [])
    ]
    return any(
        rule.get("SSEAlgorithm") and key in {None, rule.get("KMSMasterKeyID")} for rule in defaults
    )


def _statement(bucket: str) -> dict[str, Any]:
    return {
        "Sid": TLS_ONLY,
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def _with_statement(now: Any, statement: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ANN401
    policy = dict(now or {"Version": "2012-10-17"})
    others = [row for row in policy.get("Statement", []) if row.get("Sid") != TLS_ONLY]
    return policy | {"Statement": [*others, dict(statement)]}


def _rule() -> dict[str, Any]:
    return {
        "ID": LIFECYCLE,
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "NoncurrentVersionExpiration": {"NoncurrentDays": KEPT_DAYS},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": ABORT_DAYS},
    }


def _keeps(now: Any) -> bool:  # noqa: ANN401 what boto3 answers
    rule: Mapping[str, Any] = next((row for row in now or [] if row.get("ID") == LIFECYCLE), {})
    return (
        rule.get("Status") == "Enabled"
        and rule.get("NoncurrentVersionExpiration", {}).get("NoncurrentDays") == KEPT_DAYS
        and bool(rule.get("AbortIncompleteMultipartUpload"))
    )


def _others(now: Any) -> list[dict[str, Any]]:  # noqa: ANN401 what boto3 answers
    return [row for row in now or [] if row.get("ID") != LIFECYCLE]
