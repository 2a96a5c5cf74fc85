"""A provider of the engine's protocol: turns messages into calls of a package, and back.

Owns the wire alone: unknowns, secrets, errors. What a package refuses reaches the engine as the
text that the real provider would print.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final, NoReturn, TypeAlias, TypeVar

import grpc
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from palier import wire
from palier.errors import PalierError
from palier.provider.coercions import CallFailsError
from palier.provider.diff import Diff
from palier.provider.tree import UnknownTypeError
from palier.simcloud.errors import ServiceError
from palier.simcloud.packages import Call, Made, Package, Values

Context = grpc.ServicerContext
Answer = TypeVar("Answer")
Request: TypeAlias = (
    provider_pb2.CheckRequest | provider_pb2.DiffRequest | provider_pb2.CreateRequest
    | provider_pb2.UpdateRequest | provider_pb2.ReadRequest | provider_pb2.DeleteRequest
)  # fmt: skip
_NOTHING: Final = struct_pb2.Struct()
_KINDS: Final = {
    ("add", False): provider_pb2.PropertyDiff.ADD,
    ("add", True): provider_pb2.PropertyDiff.ADD_REPLACE,
    ("delete", False): provider_pb2.PropertyDiff.DELETE,
    ("delete", True): provider_pb2.PropertyDiff.DELETE_REPLACE,
    ("update", False): provider_pb2.PropertyDiff.UPDATE,
    ("update", True): provider_pb2.PropertyDiff.UPDATE_REPLACE,
}


class Provider(provider_pb2_grpc.ResourceProviderServicer):
    """One configured provider, as the engine talks to it."""

    def __init__(self, package: Package, version: str) -> None:
        self.package = package
        self.version = version

    def Handshake(
        self, request: provider_pb2.ProviderHandshakeRequest, context: Context
    ) -> provider_pb2.ProviderHandshakeResponse:
        """Secrets travel marked, so that they stay secrets in the state."""
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True)

    def Attach(self, request: plugin_pb2.PluginAttach, context: Context) -> empty_pb2.Empty:
        """Nothing is asked of the engine."""
        return empty_pb2.Empty()

    def GetPluginInfo(self, request: empty_pb2.Empty, context: Context) -> plugin_pb2.PluginInfo:
        """The version of the SDK that the program uses."""
        return plugin_pb2.PluginInfo(version=self.version)

    def Cancel(self, request: empty_pb2.Empty, context: Context) -> empty_pb2.Empty:
        """What runs in a cloud goes on there."""
        return empty_pb2.Empty()

    def CheckConfig(
        self, request: provider_pb2.CheckRequest, context: Context
    ) -> provider_pb2.CheckResponse:
        """Any configuration of the real provider is one of this one."""
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(
        self, request: provider_pb2.DiffRequest, context: Context
    ) -> provider_pb2.DiffResponse:
        """What a changed configuration does."""
        old = wire.decode(request.old_inputs or request.olds)
        return _diffed(self.package.diff_config(old, wire.decode(request.news)))

    def Configure(
        self, request: provider_pb2.ConfigureRequest, context: Context
    ) -> provider_pb2.ConfigureResponse:
        """Take the configuration."""
        self.package.configure(wire.decode(request.args))
        return provider_pb2.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

    def Check(
        self, request: provider_pb2.CheckRequest, context: Context
    ) -> provider_pb2.CheckResponse:
        """Refuse what the real provider refuses, and fill in what it fills in."""
        call = _call(request, inputs=request.news, old_inputs=request.olds, seed=request.randomSeed)
        checked = _told(context, "checking", call.urn, lambda: self.package.check(call))
        secret = wire.secret_keys(request.news)
        failures = [
            provider_pb2.CheckFailure(property="", reason=reason) for reason in checked.failures
        ]
        return provider_pb2.CheckResponse(
            inputs=wire.encode(checked.inputs, secret), failures=failures
        )

    def Diff(
        self, request: provider_pb2.DiffRequest, context: Context
    ) -> provider_pb2.DiffResponse:
        """Tell what would change, and what would be replaced."""
        call = _change(request)
        return _diffed(_told(context, "diffing", call.urn, lambda: self.package.diff(call)))

    def Create(
        self, request: provider_pb2.CreateRequest, context: Context
    ) -> provider_pb2.CreateResponse:
        """Make a resource, or tell what a preview may know of it."""
        call = _call(request, inputs=request.properties)
        marked = wire.secret_keys(request.properties)
        if request.preview:
            seen = _told(context, "creating", call.urn, lambda: self.package.preview(call))
            return provider_pb2.CreateResponse(properties=self._encoded(call, seen, marked))
        made = _told(context, "creating", call.urn, lambda: self.package.create(call))
        properties = self._encoded(call, made.outputs, marked)
        return provider_pb2.CreateResponse(id=made.id, properties=properties)

    def Update(
        self, request: provider_pb2.UpdateRequest, context: Context
    ) -> provider_pb2.UpdateResponse:
        """Change a resource in place, or tell what a preview may know of that."""
        call = _change(request)
        marked = wire.secret_keys(request.news)
        if request.preview:
            seen = _told(context, "updating", call.urn, lambda: self.package.preview(call))
            return provider_pb2.UpdateResponse(properties=self._encoded(call, seen, marked))
        made = _told(context, "updating", call.urn, lambda: self.package.update(call))
        return provider_pb2.UpdateResponse(properties=self._encoded(call, made.outputs, marked))

    def Read(
        self, request: provider_pb2.ReadRequest, context: Context
    ) -> provider_pb2.ReadResponse:
        """Look a resource up for a refresh or an import."""
        call = _call(request, id=request.id, old_inputs=request.inputs, state=request.properties)
        found: Made | None = _told(context, "reading", call.urn, lambda: self.package.read(call))
        if found is None:
            return provider_pb2.ReadResponse()
        marked = wire.secret_keys(request.inputs)
        return provider_pb2.ReadResponse(
            id=found.id,
            properties=self._encoded(call, found.outputs, marked),
            inputs=wire.encode(found.inputs, marked),
        )

    def Delete(self, request: provider_pb2.DeleteRequest, context: Context) -> empty_pb2.Empty:
        """Delete a resource."""
        call = _call(
            request, id=request.id, old_inputs=request.old_inputs, state=request.properties
        )
        _told(context, "deleting", call.urn, lambda: self.package.delete(call))
        return empty_pb2.Empty()

    def Invoke(
        self, request: provider_pb2.InvokeRequest, context: Context
    ) -> provider_pb2.InvokeResponse:
        """Refuse look-ups: nothing may change a plan by itself."""
        _abort(context, f"the simulated cloud has no function {request.tok}")

    def _encoded(self, call: Call, outputs: Values, marked: Iterable[str]) -> struct_pb2.Struct:
        """Outputs on the wire: secret when the program said so, or when the provider does."""
        return wire.encode(outputs, self.package.secret(call.type) | frozenset(marked))


def _told(context: Context, doing: str, urn: str, ask: Callable[[], Answer]) -> Answer:
    """Ask a package; what it refuses becomes the error of the call, worded as the bridge does."""
    try:
        return ask()
    except ServiceError as error:
        _abort(context, f"{doing} {urn}: 1 error occurred:\n\t* {error}\n\n")
    except CallFailsError as error:
        _abort(context, f"{doing} {urn}: {error}")
    except UnknownTypeError:
        _abort(context, f"{doing} {urn}: the simulated cloud does not know the type {_type(urn)}")
    except PalierError as error:
        _abort(context, str(error))


def _abort(context: Context, message: str) -> NoReturn:
    context.abort(grpc.StatusCode.UNKNOWN, message)
    raise AssertionError  # pragma: no cover - abort has raised


def _call(
    request: Request, *, id: str = "", seed: bytes = b"", ignored: Iterable[str] = (),
    inputs: struct_pb2.Struct = _NOTHING, old_inputs: struct_pb2.Struct = _NOTHING,
    state: struct_pb2.Struct = _NOTHING,
) -> Call:  # fmt: skip
    """What a request asks of the resource that its URN names."""
    return Call(
        urn=request.urn, type=_type(request.urn), name=_name(request.urn), id=id,
        inputs=wire.decode(inputs), old_inputs=wire.decode(old_inputs), state=wire.decode(state),
        ignored=tuple(ignored), digits=seed.hex()[:7] or "0000000",
    )  # fmt: skip


def _change(request: provider_pb2.DiffRequest | provider_pb2.UpdateRequest) -> Call:
    """A change of a resource, told or made."""
    return _call(
        request, id=request.id, inputs=request.news, old_inputs=request.old_inputs,
        state=request.olds, ignored=request.ignoreChanges,
    )  # fmt: skip


def _type(urn: str) -> str:
    return urn.split("::")[2].rsplit("$", 1)[-1]


def _name(urn: str) -> str:
    return urn.split("::", 3)[3]


def _diffed(found: Diff) -> provider_pb2.DiffResponse:
    if not found.changes:
        return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE)
    detailed = {
        change.path: provider_pb2.PropertyDiff(kind=_KINDS[change.kind, change.replace])
        for change in found.changes
    }
    return provider_pb2.DiffResponse(
        changes=provider_pb2.DiffResponse.DIFF_SOME,
        diffs=list(found.keys), replaces=list(found.replaces),
        detailedDiff=detailed, hasDetailedDiff=True,
        deleteBeforeReplace=found.delete_before_replace,
    )  # fmt: skip
