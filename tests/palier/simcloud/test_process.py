"""The cloud's process: whoever has the key gets a provider, nobody else hinders it, it ends."""

from __future__ import annotations

import json
import os
import runpy
import socket
import stat
import struct
import sys
import threading
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Connection
from pathlib import Path

import cloud_builders as things
import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2_grpc
from waiting import TIMEOUT_S, eventually

from palier.errors import PalierError
from palier.simcloud import process as served
from palier.simcloud.plugin import ADDRESS, ring
from palier.simcloud.process import CloudProcess, provider


def address(folder: Path) -> tuple[str, int]:
    return "127.0.0.1", json.loads((folder / ADDRESS).read_text(encoding="utf-8"))["port"]


def asked(folder: Path, package: str = "gcp") -> tuple[Connection, int]:
    """A line of a plugin, and the port that it was told."""
    line = ring(folder)
    line.send(package)
    return line, int(line.recv())


def version_at(port: int) -> str:
    """The version that the provider at a port says."""
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        stub = provider_pb2_grpc.ResourceProviderStub(channel)
        return str(stub.GetPluginInfo(empty_pb2.Empty(), timeout=TIMEOUT_S).version)


def answers(port: int) -> bool:
    """Whether anybody listens at a port."""
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", port)) == 0


def test_the_address_is_for_its_owner_alone(process: CloudProcess, tmp_path: Path) -> None:
    assert process.folder == tmp_path
    assert stat.S_IMODE((tmp_path / ADDRESS).stat().st_mode) == 0o600
    content = json.loads((tmp_path / ADDRESS).read_text(encoding="utf-8"))
    assert content["pid"] == os.getpid()
    assert len(bytes.fromhex(content["key"])) == 32
    assert [file.name for file in tmp_path.iterdir()] == [ADDRESS], "and no draft of it is left"


def test_whoever_has_the_key_gets_a_provider_of_the_package_that_it_asks_for(
    process: CloudProcess, tmp_path: Path
) -> None:
    lines = [asked(tmp_path, package) for package in ("gcp", "kubernetes", "random")]
    assert process.lines == 3
    versions = [version_at(port) for _, port in lines]
    assert len(set(versions)) == 3, f"each package has a version of its own: {versions}"
    for line, _ in lines:
        line.close()


def test_a_provider_is_closed_when_its_plugin_hangs_up_and_no_other_is(
    process: CloudProcess, tmp_path: Path
) -> None:
    line, port = asked(tmp_path)
    other, stays = asked(tmp_path)
    line.close()
    assert eventually(lambda: process.lines == 1)
    assert eventually(lambda: not answers(port))
    assert answers(stays)
    other.close()
    assert eventually(lambda: process.lines == 0)


def test_a_wrong_key_is_turned_away(process: CloudProcess, tmp_path: Path) -> None:
    with pytest.raises(AuthenticationError):
        Client(address(tmp_path), authkey=b"wrong")
    line, _ = asked(tmp_path)
    assert process.lines == 1
    line.close()


@pytest.mark.usefixtures("process")
def test_whoever_hangs_up_at_once_hinders_nobody(tmp_path: Path) -> None:
    for _ in range(20):
        caller = socket.create_connection(address(tmp_path))
        caller.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        caller.close()  # with a reset
    line, _ = asked(tmp_path)
    line.close()


@pytest.mark.usefixtures("process")
def test_whoever_keeps_silent_or_talks_nonsense_hinders_nobody(tmp_path: Path) -> None:
    with (
        socket.create_connection(address(tmp_path)),
        socket.create_connection(address(tmp_path)) as other,
    ):
        other.sendall(b"GET / HTTP/1.1\r\n\r\n")
        line, _ = asked(tmp_path)
        line.close()


def test_a_plugin_that_is_gone_before_it_is_told_a_port_leaves_nothing_behind(
    process: CloudProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped = []

    class Server:
        def add_insecure_port(self, _: str) -> int:
            line.close()
            return 1

        def start(self) -> None: ...

        def stop(self, grace: float | None) -> None:
            stopped.append(grace)

    monkeypatch.setattr(served, "provider", lambda *_: Server())
    line = ring(tmp_path)
    line.send("gcp")
    assert eventually(lambda: stopped)
    assert eventually(lambda: process.lines == 0)


def test_a_closed_process_has_no_address_and_takes_no_calls(tmp_path: Path) -> None:
    process = CloudProcess(things.open_cloud(tmp_path), tmp_path)
    line, port = asked(tmp_path)
    where = address(tmp_path)
    process.close()
    process.close()
    assert not (tmp_path / ADDRESS).exists()
    assert not answers(where[1])
    assert version_at(port), "who was there before is served to the end"
    line.close()


def test_a_process_ends_when_its_last_plugin_has_gone(
    process: CloudProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(served, "IDLE_S", 0.05)
    line, _ = asked(tmp_path)
    waiting = threading.Thread(target=process.wait_until_idle, daemon=True)
    waiting.start()
    waiting.join(timeout=0.3)
    assert waiting.is_alive(), "a plugin is still there"
    line.close()
    waiting.join(timeout=TIMEOUT_S)
    assert not waiting.is_alive()


def test_a_process_waits_a_while_for_its_first_plugin(process: CloudProcess) -> None:
    waiting = threading.Thread(target=process.wait_until_idle, daemon=True)
    waiting.start()
    waiting.join(timeout=0.2)
    assert waiting.is_alive(), f"nobody has come yet, and {served.IDLE_S} s are not over"


def test_a_package_that_the_cloud_does_not_play_is_named(tmp_path: Path) -> None:
    with pytest.raises(PalierError, match="no package 'aws' in the simulated cloud, only gcp, kub"):
        provider("aws", things.open_cloud(tmp_path))


def serve(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`python -m palier.simcloud`, in this process."""
    monkeypatch.setattr(served, "IDLE_S", 0.01)
    monkeypatch.setattr(sys, "argv", ["palier.simcloud", str(folder)])
    monkeypatch.delitem(sys.modules, "palier.simcloud.__main__", raising=False)
    runpy.run_module("palier.simcloud", run_name="__main__")


def test_the_module_serves_until_nobody_comes_and_takes_its_address_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    announced: list[Path] = []
    announce = CloudProcess._announce

    def note(self: CloudProcess, content: dict[str, object]) -> None:
        announce(self, content)
        announced.append(self.folder)

    monkeypatch.setattr(CloudProcess, "_announce", note)
    serve(tmp_path, monkeypatch)
    assert announced == [tmp_path]
    assert not (tmp_path / ADDRESS).exists()


def test_settings_that_cannot_be_read_end_the_module_with_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "settings.json").write_text("{", encoding="utf-8")
    with pytest.raises(SystemExit) as left:
        serve(tmp_path, monkeypatch)
    assert left.value.code == f"{tmp_path / 'settings.json'}: is no JSON"
