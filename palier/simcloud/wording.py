"""The sentences of Google's services: each has its own for what exists, is missing or is in use.

Those that are known from the services are told as they are; where none is, the sentence of the
newer services stands in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from palier.simcloud.errors import CONFLICT, NOT_FOUND, ServiceError, invalid
from palier.simcloud.kinds import SQL_INSTANCE, module, noun, title

_ALREADY: Final = "alreadyExists"
_MISSING: Final = "notFound"

Sentence = Callable[[str], tuple[str, str]]
"""From an id to a message and a reason."""


def _last(id_: str) -> str:
    return id_.rsplit("/", 1)[-1]


def _project(id_: str) -> str:
    return "/".join(id_.split("/")[:2])


_EXISTS_BY_TYPE: Final[Mapping[str, Sentence]] = {
    SQL_INSTANCE: lambda _: (
        "The Cloud SQL instance already exists. When you delete an instance, you can't reuse the"
        " name of the deleted instance until one week from the deletion date.",
        "instanceAlreadyExists",
    ),
    "gcp:artifactregistry/repository:Repository": lambda _: ("the repository already exists", ""),
    "gcp:dns/managedZone:ManagedZone": lambda id_: (
        f"The resource 'entity.managedZone' named '{_last(id_)}' already exists",
        _ALREADY,
    ),
    "gcp:dns/recordSet:RecordSet": lambda id_: (
        f"The resource 'entity.change.additions[0]' named '{id_.split('/')[-2]} ({_last(id_)})'"
        " already exists",
        _ALREADY,
    ),
    "gcp:iam/workloadIdentityPool:WorkloadIdentityPool": lambda _: (
        "Requested entity already exists",
        _ALREADY,
    ),
    "gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider": lambda _: (
        "Requested entity already exists",
        _ALREADY,
    ),
    "gcp:secretmanager/secret:Secret": lambda id_: (f"Secret [{id_}] already exists.", ""),
    "gcp:serviceaccount/account:Account": lambda id_: (
        f"Service account {_last(id_).split('@')[0]} already exists within project"
        f" {_project(id_)}.",
        _ALREADY,
    ),
    "gcp:storage/bucket:Bucket": lambda _: (
        "Your previous request to create the named bucket succeeded and you already own it.",
        "conflict",
    ),
}
_EXISTS_BY_MODULE: Final[Mapping[str, Callable[[str, str], tuple[str, str]]]] = {
    "compute": lambda _, id_: (f"The resource '{id_}' already exists", _ALREADY),
    "container": lambda _, id_: (f"Already exists: {id_}.", _ALREADY),
    "kms": lambda type_, id_: (f"{title(type_)} {id_} already exists.", ""),
}


def already_exists(type_: str, id_: str) -> ServiceError:
    """The answer to a create of what is there, or whose name is not free yet."""
    if type_ == "gcp:projects/iAMCustomRole:IAMCustomRole":
        return ServiceError(0, "", f"Custom project role {id_} already exists and must be imported")
    if type_ in _EXISTS_BY_TYPE:
        message, reason = _EXISTS_BY_TYPE[type_](id_)
    elif module(type_) in _EXISTS_BY_MODULE:
        message, reason = _EXISTS_BY_MODULE[module(type_)](type_, id_)
    else:
        message, reason = f"Resource '{id_}' already exists", ""
    return ServiceError(CONFLICT, reason, message)


_MISSING_BY_MODULE: Final[Mapping[str, Callable[[str, str], tuple[str, str]]]] = {
    "compute": lambda _, id_: (f"The resource '{id_}' was not found", _MISSING),
    "container": lambda _, id_: (f"Not found: {id_}.", _MISSING),
    "dns": lambda _, id_: (
        f"The 'parameters.managedZone' resource named '{_last(id_)}' does not exist.",
        _MISSING,
    ),
    "kms": lambda type_, id_: (f"{title(type_)} {id_} not found.", ""),
    "secretmanager": lambda _, id_: (f"Secret [{id_}] not found or has no versions.", ""),
    "sql": lambda *_: ("The Cloud SQL instance does not exist.", "instanceDoesNotExist"),
    "storage": lambda *_: ("The specified bucket does not exist.", _MISSING),
}


def not_found(type_: str, id_: str) -> ServiceError:
    """The answer when a thing that a call names is not there."""
    if type_ == "gcp:serviceaccount/account:Account":
        return invalid(f"Service account {_last(id_)} does not exist.", "badRequest")
    if type_ == "gcp:projects/iAMCustomRole:IAMCustomRole":
        message = f"Role {id_} does not exist in the resource's hierarchy."
        return invalid(message, "badRequest")
    told = _MISSING_BY_MODULE.get(module(type_))
    message, reason = told(type_, id_) if told else (f"Resource '{id_}' was not found", "")
    return ServiceError(NOT_FOUND, reason, message)


def in_use(type_: str, id_: str, user: str) -> ServiceError:
    """The answer to a delete of what another resource, `user`, stands on."""
    service = module(type_)
    if type_ == SQL_INSTANCE:
        return invalid(
            "Invalid request: The instance cannot be deleted because it has read replicas:"
            f" {_last(user)}. Delete them first.",
        )
    if service == "certificatemanager":
        by = "a CertificateMapEntry or other resources" if title(type_) == "Certificate" else user
        words = {"Certificate": "certificate", "CertificateMap": "certificate map"}
        return invalid(
            f"can't delete {words.get(title(type_), 'DNS authorization')} that is referenced by"
            f" {by}",
            "",
        )
    if service == "monitoring":
        return invalid(
            f"Cannot delete notification channel {id_}: it is used by the alert policy {user}.", ""
        )
    return ServiceError(
        400,
        "resourceInUseByAnotherResource",
        f"The {noun(type_)} resource '{id_}' is already being used by '{user}'",
    )
