"""What a service of the simulated cloud answers when it refuses, in the words of the real provider.

A refusal of the cloud is no mistake in palier's own input, so it is not a `PalierError`: the engine
prints it as it prints one of Google's.
"""

from __future__ import annotations

from typing import Final

from palier.simcloud.kinds import SQL_INSTANCE, title

NOT_FOUND: Final = 404
CONFLICT: Final = 409
_OPERATIONS: Final = {
    "create": "Error creating {title}: ",
    "update": 'Error updating {title} "{id}": ',
    "delete": "Error when reading or editing {title}: ",
}
_SQL_OPERATIONS: Final = {
    "create": "Error, failed to create instance {name}: ",
    "update": "Error, failed to update instance settings for {name}: ",
    "delete": "Error, failed to delete instance {name}: ",
}


class ServiceError(Exception):
    """A refusal.

    `code` and `reason` are those of the service; `code` 0 means that the provider itself refuses,
    and asks no service. `str()` is the whole text that the provider would print, `message` the
    part that the service wrote.
    """

    def __init__(self, code: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = message
        self._during: str | None = None

    def during(self, operation: str, type_: str, id_: str) -> ServiceError:
        """The same refusal, said as the GCP provider says one of an operation on a resource."""
        words = _SQL_OPERATIONS if type_ == SQL_INSTANCE else _OPERATIONS
        name = id_.rsplit("/", 1)[-1]
        self._during = words[operation].format(title=title(type_), id=id_, name=name)
        return self

    def __str__(self) -> str:
        if not self.code or self._during is None:
            return self.message
        reason = f", {self.reason}" if self.reason else ""
        return f"{self._during}googleapi: Error {self.code}: {self.message}{reason}"


def invalid(message: str, reason: str = "invalid") -> ServiceError:
    """A value that the service does not take."""
    return ServiceError(400, reason, message)


def by_provider(message: str) -> ServiceError:
    """What the provider refuses by itself."""
    return ServiceError(0, "", message)
