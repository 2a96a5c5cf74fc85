"""A bucket of S3, or of a service that speaks like it, as backend."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from palier.errors import PalierError, one_of
from palier.state.address import Address
from palier.state.backend import Blob, Entry, Version, changed

MISSING: Final = "palier state needs boto3 for s3://…: pip install 'palier[s3]'"
PARAMETERS: Final = (
    "endpoint", "region", "profile", "s3ForcePathStyle", "use_path_style", "disableSSL",
    "disable_https", "ssetype", "kmskeyid", "request_checksum_calculation",
)  # fmt: skip
"""Query parameters that are obeyed, as the CLI obeys them."""
WITHOUT_EFFECT: Final = (
    "awssdk", "hostname_immutable", "rate_limiter_capacity", "response_checksum_validation",
)  # fmt: skip
"""Those of the CLI that say nothing of what is read or written."""
ABSENT: Final = ("NoSuchKey", "NoSuchVersion", "404")
TOO_LATE: Final = ("PreconditionFailed", "ConditionalRequestConflict", "412")
NOT_OFFERED: Final = ("NotImplemented", "MethodNotAllowed", "UnsupportedOperation", "501")
CONNECT_SECONDS: Final = 10


class S3Backend:
    """Objects of a bucket, below a prefix."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self._client = client(address)
        self._encryption = _encryption(address.query)

    def get(self, key: str, version: str | None = None) -> Blob | None:
        """Read an object, or one of its versions."""
        which = {} if version is None else {"VersionId": version}
        with said(self.address) as service:
            try:
                found = self._client.get_object(**self._at(key), **which)
            except service.exceptions.ClientError as error:
                if code(error) in ABSENT:
                    return None
                raise
            return Blob(data=found["Body"].read(), tag=found["ETag"])

    def put(self, key: str, data: bytes, replaces: str | None) -> None:
        """Write an object on the condition that the service checks, or that is checked before."""
        condition = {"IfNoneMatch": "*"} if replaces is None else {"IfMatch": replaces}
        with said(self.address) as service:
            try:
                self._write(key, data, condition)
            except service.exceptions.ClientError as error:
                if code(error) in (*TOO_LATE, *ABSENT):
                    raise changed(key) from None
                if code(error) not in NOT_OFFERED:
                    raise
                there = self.get(key)
                if (there.tag if there else None) != replaces:
                    raise changed(key) from None
                self._write(key, data, {})

    def _write(self, key: str, data: bytes, condition: Mapping[str, str]) -> None:
        self._client.put_object(
            **self._at(key), Body=data, ContentType="application/json", **condition,
            **self._encryption,
        )  # fmt: skip

    def entries(self, folder: str) -> list[Entry]:
        """Objects right in a folder."""
        prefix = self.address.prefix
        with said(self.address):
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self.address.bucket, Prefix=prefix + folder, Delimiter="/"
            )
            return [
                Entry(key=found["Key"].removeprefix(prefix), modified=found["LastModified"])
                for page in pages
                for found in page.get("Contents", [])
            ]

    def versions(self, key: str) -> list[Version]:
        """What an object has been, as far as the bucket keeps it."""
        full = self.address.prefix + key
        with said(self.address) as service:
            try:
                pages = [
                    *self._client.get_paginator("list_object_versions").paginate(
                        Bucket=self.address.bucket, Prefix=full
                    )
                ]
            except service.exceptions.ClientError as error:
                if code(error) in NOT_OFFERED:
                    return []
                raise
        found = [item for page in pages for item in page.get("Versions", []) if item["Key"] == full]
        return [
            Version(id=item["VersionId"], modified=item["LastModified"], current=item["IsLatest"])
            for item in found
        ]

    def obstacle(self, key: str) -> str | None:  # noqa: ARG002 as every backend
        """Nothing: an object is written with all that belongs to it."""
        return None

    def delete(self, key: str) -> None:
        """Remove an object; a versioned bucket keeps what it was."""
        with said(self.address):
            self._client.delete_object(**self._at(key))

    def _at(self, key: str) -> dict[str, str]:
        return {"Bucket": self.address.bucket, "Key": self.address.prefix + key}


def client(address: Address) -> Any:  # noqa: ANN401 boto3 makes its clients' classes as it runs
    """A client for the service of an address, with the usual credentials of AWS.

    Raises:
        PalierError: boto3 is missing, or a parameter of the address is not known.
    """
    query = address.query
    for name in query:
        if name not in (*PARAMETERS, *WITHOUT_EFFECT):
            raise PalierError(
                f"{address.shown}: unknown parameter {name!r}, allowed are {one_of(PARAMETERS)}"
            )
    with said(address) as service:
        session = service.boto3.Session(
            profile_name=query.get("profile"), region_name=query.get("region")
        )
        plain = _flag(query, "disableSSL", "disable_https")
        endpoint = query.get("endpoint")
        if endpoint and "://" not in endpoint:
            endpoint = f"{'http' if plain else 'https'}://{endpoint}"
        return session.client(
            "s3", endpoint_url=endpoint, use_ssl=not plain, config=_config(service, query)
        )


def _config(service: _Service, query: Mapping[str, str]) -> Any:  # noqa: ANN401 boto3's
    path = _flag(query, "s3ForcePathStyle", "use_path_style")
    # A service that only speaks like S3 may not know newer checksums; the CLI does the same.
    checksum = "when_required" if "endpoint" in query else "when_supported"
    return service.config(
        connect_timeout=CONNECT_SECONDS,
        s3={"addressing_style": "path" if path else "auto"},
        request_checksum_calculation=query.get("request_checksum_calculation", checksum),
    )


def _flag(query: Mapping[str, str], *names: str) -> bool:
    return any(query.get(name, "").lower() in {"1", "t", "true"} for name in names)


def _encryption(query: Mapping[str, str]) -> dict[str, str]:
    """What each write says of encryption; nothing leaves it to the bucket."""
    asked = {"ServerSideEncryption": query.get("ssetype"), "SSEKMSKeyId": query.get("kmskeyid")}
    return {key: value for key, value in asked.items() if value}


def code(error: Any) -> str:  # noqa: ANN401 a ClientError, whose class is boto3's
    """The code that the service answered with."""
    return str(error.response.get("Error", {}).get("Code", ""))


class _Service:
    """boto3, imported only when a bucket of S3 is asked for: it takes a third of a second."""

    def __init__(self) -> None:
        try:
            import boto3  # type: ignore[import-untyped] # noqa: PLC0415
            import botocore.config  # type: ignore[import-untyped] # noqa: PLC0415
            import botocore.exceptions  # type: ignore[import-untyped] # noqa: PLC0415
        except ImportError:
            raise PalierError(MISSING) from None
        self.boto3, self.config = boto3, botocore.config.Config
        self.exceptions = botocore.exceptions


@contextmanager
def said(address: Address) -> Iterator[_Service]:
    """boto3, whose errors become one line here."""
    service = _Service()
    try:
        yield service
    except service.exceptions.ClientError as error:
        if code(error) == "NoSuchBucket":
            raise PalierError(
                f"{address.shown}: there is no such bucket; `palier state bootstrap` makes one"
            ) from None
        message = error.response.get("Error", {}).get("Message") or "no reason given"
        raise PalierError(
            f"{address.shown}: {error.operation_name} answered {code(error)}: {message}"
        ) from None
    except (service.exceptions.BotoCoreError, ValueError) as error:
        raise PalierError(f"{address.shown}: {error}") from None
