"""The recorder: run a Pulumi program against recording mocks, and tell what it would create.

This is the offline feed. It needs no CLI, no account and no network; a look-up in the program is
an error, because nothing may change a plan by itself. The program runs as in a preview: what only
a cloud could tell stays unknown.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
import os
import runpy
import sys
import threading
import traceback
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar, Final

import pulumi
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime import mocks, set_all_config, settings
from pulumi.runtime.proto import resource_pb2
from pulumi.runtime.stack import run_in_stack

from palier import wire
from palier.errors import PalierError
from palier.facts import STACK_TYPE, Fact, Facts
from palier.project import Project
from palier.provider import answers, schema
from palier.provider.coercions import CallFailsError

GET_RESOURCE: Final = "pulumi:pulumi:getResource"
NO_LOOKUPS: Final = "a plan may not depend on look-ups"
NOT_OFFERED: Final = {
    resource_pb2.RESOURCE_MONITOR_FEATURE_TRANSFORMS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_INVOKE_TRANSFORMS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_RESOURCE_HOOKS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_ERROR_HOOKS,
}
"""What only an engine can call back: a program that needs it fails aloud, and is not recorded
without the effect. (Transformations, the older kind, run inside the program and work.)"""
NO_TRANSFORMS: Final = "does not support transforms"

Program = Callable[[], object]


class UnexpectedLookupError(Exception):
    """The program asked a provider for something at plan time."""


class _NoMocks(mocks.Mocks):
    """What the SDK's monitor would ask: nothing, because the one below answers by itself."""

    def call(  # pragma: no cover - never asked
        self, args: mocks.MockCallArgs
    ) -> tuple[dict[str, Any], None]:
        raise UnexpectedLookupError(args.token)

    def new_resource(  # pragma: no cover - never asked
        self, args: mocks.MockResourceArgs
    ) -> tuple[str, dict[str, Any]]:
        raise UnexpectedLookupError(args.typ)


class RecordingMonitor(mocks.MockMonitor):
    """Answers like an engine in a preview, and keeps every registration."""

    preview: ClassVar[bool] = True

    def __init__(self) -> None:
        super().__init__(_NoMocks())
        self.registrations: dict[str, resource_pb2.RegisterResourceRequest] = {}
        self.outputs: dict[str, Mapping[str, Any]] = {}

    def GetDeploymentInfo(  # noqa: N802
        self, request: empty_pb2.Empty
    ) -> resource_pb2.DeploymentInfo:
        """Offer what the SDK's monitor offers, but for what only an engine can call back."""
        info = super().GetDeploymentInfo(request)  # type: ignore[no-untyped-call]
        offered = [one for one in info.supportedFeatures if one not in NOT_OFFERED]
        return resource_pb2.DeploymentInfo(supportedFeatures=offered)

    def make_urn(self, parent: str, type_: str, name: str) -> str:
        """The engine's name of a resource: all its ancestors' types, without the stack's."""
        ancestors = parent.split("::")[2] if parent else STACK_TYPE
        qualified = type_ if ancestors == STACK_TYPE else f"{ancestors}${type_}"
        return f"urn:pulumi:{pulumi.get_stack()}::{pulumi.get_project()}::{qualified}::{name}"

    def Invoke(  # noqa: N802
        self, request: resource_pb2.ResourceInvokeRequest
    ) -> resource_pb2.ResourceInvokeResponse:
        """Refuse look-ups. The SDK itself asks for a resource that is another one's input."""
        if request.tok != GET_RESOURCE:
            raise UnexpectedLookupError(f"the program looks up {request.tok}: {NO_LOOKUPS}")
        answer = resource_pb2.ResourceInvokeResponse()
        getattr(answer, "return").update({"urn": request.args["urn"], "id": "", "state": {}})
        return answer

    def ReadResource(  # noqa: N802
        self, request: resource_pb2.ReadResourceRequest
    ) -> resource_pb2.ReadResourceResponse:
        """Refuse reads of what exists (`Network.get`, a stack reference)."""
        raise UnexpectedLookupError(
            f"the program reads {request.type} {request.name}: {NO_LOOKUPS}"
        )

    def RegisterResource(  # noqa: N802 the engine's name
        self, request: resource_pb2.RegisterResourceRequest
    ) -> resource_pb2.RegisterResourceResponse:
        """Keep a registration. Inputs come back; ids and computed outputs stay unknown."""
        urn = self.make_urn(request.parent, request.type, request.name)
        if urn in self.registrations:
            raise PalierError(f"two resources have the urn {urn}")
        self.registrations[urn] = request
        answer = self.answer(request)
        return resource_pb2.RegisterResourceResponse(urn=urn, id="", object=answer)

    def answer(self, request: resource_pb2.RegisterResourceRequest) -> struct_pb2.Struct:
        """What a provider answers in a preview: the inputs, and unknowns within them.

        An output that is absent is unknown to the program. One inside an object that the program
        gave has to be said to be, and only the provider's schema knows of it.
        """
        if request.type not in schema.types():
            return request.object
        try:
            seen = answers.preview(request.type, wire.decode(request.object), {})
        except CallFailsError:
            return request.object  # the provider would refuse it; here it is only told
        return wire.encode(seen, wire.secret_keys(request.object))

    def RegisterResourceOutputs(  # noqa: N802
        self, request: resource_pb2.RegisterResourceOutputsRequest
    ) -> empty_pb2.Empty:
        """Keep what a component registers."""
        self.outputs[request.urn] = wire.decode(request.outputs)
        return empty_pb2.Empty()

    def facts(self) -> Facts:
        """What was registered, without the stack itself."""
        return Facts.of(
            Fact(
                urn=urn,
                type=request.type,
                name=request.name,
                parent=request.parent or None,
                custom=request.custom,
                inputs=wire.decode(request.object),
                outputs=self.outputs.get(urn, {}),
                protect=request.protect,
                ignore_changes=tuple(request.ignoreChanges),
                dependencies=tuple(sorted(set(request.dependencies))),
                provider=request.provider.rpartition("::")[0] or None,
            )
            for urn, request in self.registrations.items()
            if request.type != STACK_TYPE
        )


def record(
    program: Program,
    *,
    project: str,
    stack: str,
    config: Mapping[str, str] | None = None,
    root: Path | None = None,
    monitor: RecordingMonitor | None = None,
) -> Facts:
    """Run a program and return what it would create.

    Args:
        program: called once, inside a stack; it may be run again with another config.
        project: name of the Pulumi project.
        stack: name of the stack.
        config: config by full key, objects as JSON.
        root: folder of the project, for programs that ask for it.
        monitor: answers in the engine's place; a fresh `RecordingMonitor` unless given.
    """
    answers = monitor or RecordingMonitor()

    def run() -> None:
        _configure(answers, project, stack, root or Path.cwd())
        set_all_config(dict(config or {}), [])
        with asyncio.Runner() as runner:
            runner.get_loop().set_exception_handler(_ignore)
            runner.run(run_in_stack(_settled(program)))

    # All that the SDK keeps of a run (settings, config, open tasks) is in context variables: in a
    # context of its own, a run leaves nothing behind and finds nothing of the one before.
    contextvars.copy_context().run(run)
    return answers.facts()


def _configure(monitor: RecordingMonitor, project: str, stack: str, root: Path) -> None:
    features = monitor.GetDeploymentInfo(empty_pb2.Empty()).supportedFeatures
    configured = mocks.MockSettings(  # type: ignore[no-untyped-call]
        monitor=monitor,
        monitor_features=set(features),
        engine=mocks.MockEngine(logging.getLogger("palier.recorder")),
        project=project,
        stack=stack,
        root_directory=str(root),
        dry_run=monitor.preview,
        organization="organization",
        callbacks=None,
        outputs=set(),
        lock=threading.Lock(),
        package_refs={},
        base_providers_by_ref={},
    )
    settings.configure(configured)


def _ignore(_: asyncio.AbstractEventLoop, __: dict[str, Any]) -> None:
    """What fails beside the failure that is raised says nothing new, and would say it aloud."""


def _settled(program: Program) -> Callable[[], Coroutine[Any, Any, None]]:
    """The program, and then all that it started.

    The SDK waits for outstanding outputs one by one, each time for all of them: with hundreds of
    resources that takes longer than registering them. Here they are waited for once, together; the
    SDK then finds them done, and raises what failed.
    """

    async def run() -> None:
        program()
        while started := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(started)

    return run


def record_project(project: Project, stack: str, config: Mapping[str, str]) -> Facts:
    """Run the program that a `Pulumi.yaml` names, as the engine would.

    Raises:
        PalierError: the program failed; the message says where and why.
    """

    def program() -> None:
        runpy.run_path(str(project.program), run_name="__main__")

    with _as_engine_runs_it(project):
        try:
            return record(
                program, project=project.name, stack=stack, config=config, root=project.root
            )
        except PalierError:
            raise
        except (Exception, SystemExit) as error:  # whatever the user's program raises
            raise PalierError(_where(error, project)) from error


@contextmanager
def _as_engine_runs_it(project: Project) -> Iterator[None]:
    """The engine's working folder, module path and modules, put back afterwards."""
    folder = project.program.parent
    before = Path.cwd(), list(sys.path), list(sys.argv)
    os.chdir(folder)
    sys.path.insert(0, str(folder))
    sys.argv = ["."]
    aside = _take_modules(folder)
    try:
        with redirect_stdout(sys.stderr):  # standard output is for what palier says
            yield
    finally:
        _take_modules(folder)
        sys.modules.update(aside)
        os.chdir(before[0])
        sys.path[:] = before[1]
        sys.argv = before[2]


def _take_modules(folder: Path) -> dict[str, ModuleType]:
    """Unload what a program imports from its own folder: another may have a `settings` too."""
    own = {path.stem for path in folder.glob("*.py")}
    own |= {path.parent.name for path in folder.glob("*/__init__.py")}
    own -= {"__main__", "__init__", __name__.partition(".")[0]}
    names = [name for name in sys.modules if name.partition(".")[0] in own]
    return {name: sys.modules.pop(name) for name in names}


def _where(error: BaseException, project: Project) -> str:
    """One line for an exception of the program: its own last frame, the type, the message."""
    own = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if Path(frame.filename).is_relative_to(project.root)
        and "site-packages" not in frame.filename
    ]
    place = project.program
    line = ""
    if own:
        place, line = Path(own[-1].filename), f":{own[-1].lineno}"
    shown = place.relative_to(project.root) if place.is_relative_to(project.root) else place
    reason = str(error).strip().splitlines()
    if NO_TRANSFORMS in str(error):
        reason = ["it uses transforms, whose effect only the engine can tell, and no plan"]
    return f"{shown}{line}: {type(error).__name__}: {reason[0] if reason else 'no message'}"
