"""The engine's wire: how a value that is unknown, secret or a file travels, and how facts hold it.

Everything that speaks with an engine (the recorder, the simulated cloud, the readers of previews
and states) turns values here, so that an unknown is an unknown everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from google.protobuf import json_format, struct_pb2

from palier.facts import UNKNOWN, Value

UNKNOWN_TEXT: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""What stands in a message for a value that only an update would tell."""
UNKNOWNS: Final = frozenset(
    {
        UNKNOWN_TEXT,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",  # a boolean
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",  # a number
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",  # a list
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",  # an object
        "030794c1-ac77-496b-92df-f27374a8bd58",  # a file
        "e48ece36-62e2-4504-bad9-02848725956a",  # an archive
    }
)
"""What the engine writes in the place of a value of each type that is not known yet."""
SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
"""Key that marks a special value: a secret, an asset, a resource."""
SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 a mark, known to all
"""What `SIGNATURE` says of a secret, whose own value is under `value`."""
OUTPUT: Final = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
"""What `SIGNATURE` says of an output, whose value is absent while it is unknown."""
FILES: Final = ("c44067f5952c0a294b673a41bacd8c17", "0def7320c3a5731c473e5ecbe6d01bc7")
"""What `SIGNATURE` says of a file and of an archive."""
DEFAULTS: Final = "__defaults"
"""Key under which an object lists the properties that a provider filled in."""


def plain(value: Any) -> Value:  # noqa: ANN401 any JSON value
    """Wire values as facts hold them: unknowns, secrets unwrapped, whole numbers as integers.

    Assets, archives and resources keep their mark.
    """
    if isinstance(value, Mapping):
        return _unmarked(value)
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, str) and value in UNKNOWNS:
        return UNKNOWN
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _unmarked(value: Mapping[str, Any]) -> Value:
    mark = value.get(SIGNATURE)
    if mark == SECRET:
        return plain(value.get("value"))
    if mark == OUTPUT:
        return plain(value["value"]) if "value" in value else UNKNOWN
    return {key: plain(item) for key, item in value.items()}


def decode(message: struct_pb2.Struct) -> dict[str, Value]:
    """The values of a message."""
    values: dict[str, Value] = plain(json_format.MessageToDict(message))
    return values


def encode(values: Mapping[str, Value], secret: frozenset[str] = frozenset()) -> struct_pb2.Struct:
    """A message that holds values; those of the top-level keys in `secret` are marked as such."""
    wrapped = {
        key: {SIGNATURE: SECRET, "value": _wire(value)} if key in secret else _wire(value)
        for key, value in values.items()
    }
    message = struct_pb2.Struct()
    json_format.ParseDict(wrapped, message)
    return message


def _wire(value: Value) -> Any:  # noqa: ANN401 any JSON value
    if isinstance(value, Mapping):
        return {key: _wire(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_wire(item) for item in value]
    return UNKNOWN_TEXT if value is UNKNOWN else value


def secret_keys(message: struct_pb2.Struct) -> frozenset[str]:
    """Top-level keys of a message under which anything is secret, at any depth."""
    values = json_format.MessageToDict(message)
    return frozenset(key for key, value in values.items() if _holds_secret(value))


def _holds_secret(value: Any) -> bool:  # noqa: ANN401 any JSON value
    if isinstance(value, Mapping):
        return value.get(SIGNATURE) == SECRET or any(map(_holds_secret, value.values()))
    return isinstance(value, list) and any(map(_holds_secret, value))
