"""A stand-in for Pulumi's Python language host, for a CLI that was built without one.

Pulumi's installer brings `pulumi-language-python`; a CLI built from its Go module comes alone. This
stand-in does what `pulumi preview`, `up`, `destroy` and `policy` ask of a host: it runs the program
with Pulumi's own executor, which lies beside it, and runs policy packs. It installs nothing,
generates nothing and names no plugins. Where Pulumi's own host is on PATH, that one is used.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent import futures
from pathlib import Path
from typing import IO, Any

import grpc
import pulumi
from google.protobuf import empty_pb2, json_format
from pulumi.runtime.proto import language_pb2, language_pb2_grpc, plugin_pb2

EXECUTOR = Path(__file__).parent / "pulumi-language-python-exec"
Context = grpc.ServicerContext
ALREADY_SAID = 32
"""Exit code of the executor when the program's own error has been shown."""
PARENT_WATCH_S = 1.0
ORPHANED = 1
"""Process that takes over what has lost its parent."""


def interpreter(options: dict[str, Any], root: str) -> str:
    """Python of a program or pack: of its `virtualenv` option, else the one on PATH."""
    folder = options.get("virtualenv")
    return str(Path(root, folder, "bin", "python")) if folder else "python3"


class LanguageHost(language_pb2_grpc.LanguageRuntimeServicer):
    """Runs programs and policy packs; all else is refused by gRPC as not implemented."""

    def __init__(self, engine: str) -> None:
        self.engine = engine

    def Handshake(
        self, request: language_pb2.LanguageHandshakeRequest, context: Context
    ) -> language_pb2.LanguageHandshakeResponse:
        """Nothing to agree on."""
        return language_pb2.LanguageHandshakeResponse()

    def GetPluginInfo(self, request: empty_pb2.Empty, context: Context) -> plugin_pb2.PluginInfo:
        """The version of the SDK that programs run with."""
        return plugin_pb2.PluginInfo(version=getattr(pulumi, "__version__", "3.0.0"))

    def GetRequiredPlugins(
        self, request: language_pb2.GetRequiredPluginsRequest, context: Context
    ) -> language_pb2.GetRequiredPluginsResponse:
        """None: the engine finds plugins when a program first uses them."""
        return language_pb2.GetRequiredPluginsResponse()

    def GetRequiredPackages(
        self, request: language_pb2.GetRequiredPackagesRequest, context: Context
    ) -> language_pb2.GetRequiredPackagesResponse:
        """None, as above."""
        return language_pb2.GetRequiredPackagesResponse()

    def GetProgramDependencies(
        self, request: language_pb2.GetProgramDependenciesRequest, context: Context
    ) -> language_pb2.GetProgramDependenciesResponse:
        """Not listed."""
        return language_pb2.GetProgramDependenciesResponse()

    def About(
        self, request: language_pb2.AboutRequest, context: Context
    ) -> language_pb2.AboutResponse:
        """The interpreter of this host."""
        return language_pb2.AboutResponse(executable=sys.executable, version=sys.version.split()[0])

    def Cancel(self, request: empty_pb2.Empty, context: Context) -> empty_pb2.Empty:
        """The engine stops: so does everything here."""
        return empty_pb2.Empty()

    def Run(self, request: language_pb2.RunRequest, context: Context) -> language_pb2.RunResponse:
        """Run a program to its end."""
        options = json_format.MessageToDict(request.info.options)
        config = dict(request.config)
        environment = os.environ | {
            "PULUMI_CONFIG": json.dumps(config),
            "PULUMI_CONFIG_SECRET_KEYS": json.dumps(list(request.configSecretKeys)),
        }
        command = [
            interpreter(options, request.info.root_directory), "-u", str(EXECUTOR),
            "--monitor", request.monitor_address, "--engine", self.engine,
            "--project", request.project, "--stack", request.stack,
            "--root_directory", request.info.root_directory, "--pwd", request.pwd,
            "--dry_run", str(request.dryRun).lower(), "--parallel", str(request.parallel),
            "--organization", request.organization, request.info.entry_point,
        ]  # fmt: skip
        code = subprocess.run(command, env=environment, check=False).returncode  # noqa: S603
        if code == ALREADY_SAID:
            return language_pb2.RunResponse(bail=True)
        error = f"Program exited with non-zero exit code: {code}" if code else ""
        return language_pb2.RunResponse(error=error)

    def RunPlugin(
        self, request: language_pb2.RunPluginRequest, context: Context
    ) -> Iterator[language_pb2.RunPluginResponse]:
        """Run a policy pack, and pass on what it prints."""
        pack = request.info.program_directory
        options = json_format.MessageToDict(request.info.options)
        command = [interpreter(options, pack), "-u", "-m", "pulumi.policy", *request.args, pack]
        environment = dict(item.split("=", 1) for item in request.env)
        process = subprocess.Popen(  # noqa: S603
            command, cwd=pack, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        yield from _streamed(process)
        yield language_pb2.RunPluginResponse(exitcode=process.wait())


def _streamed(process: subprocess.Popen[bytes]) -> Iterator[language_pb2.RunPluginResponse]:
    """What a process prints, chunk by chunk, from both of its outputs."""
    chunks: queue.Queue[tuple[str, bytes]] = queue.Queue()

    def pump(name: str, stream: IO[bytes] | None) -> None:
        while stream and (chunk := os.read(stream.fileno(), 65536)):
            chunks.put((name, chunk))
        chunks.put((name, b""))

    for name in ("stdout", "stderr"):
        arguments = (name, getattr(process, name))
        threading.Thread(target=pump, args=arguments, daemon=True).start()
    ended = 0
    while ended < 2:  # noqa: PLR2004 two outputs
        name, chunk = chunks.get()
        if not chunk:
            ended += 1
            continue
        if name == "stdout":
            yield language_pb2.RunPluginResponse(stdout=chunk)
        else:
            yield language_pb2.RunPluginResponse(stderr=chunk)


def _end(*_: object) -> None:
    """End at once, with the program: a polite end costs every command seconds."""
    if os.getpgrp() == os.getpid():
        os.killpg(os.getpgrp(), signal.SIGKILL)
    os._exit(0)


def _follow_parent(parent: int) -> None:
    """End when the CLI is gone, however it went."""
    while parent != ORPHANED and os.getppid() == parent:
        time.sleep(PARENT_WATCH_S)
    _end()


def main() -> None:
    """Serve the engine whose address is the last argument."""
    signal.signal(signal.SIGINT, _end)
    signal.signal(signal.SIGTERM, _end)
    server = grpc.server(futures.ThreadPoolExecutor())
    host = LanguageHost(sys.argv[-1])
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(host, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    threading.Thread(target=_follow_parent, args=(os.getppid(),), daemon=True).start()
    server.wait_for_termination()


if __name__ == "__main__":
    main()
