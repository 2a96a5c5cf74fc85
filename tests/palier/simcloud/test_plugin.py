"""The plugin: it finds the cloud of its folder or starts it, tells a port, and ends in time."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import cloud_builders as things
import pytest
from waiting import TIMEOUT_S, eventually

from palier.simcloud import plugin
from palier.simcloud.plugin import ADDRESS, LOG
from palier.simcloud.process import CloudProcess


class Started:
    """Processes that plugins start: the cloud, in this process."""

    def __init__(self, *, alive: bool = True, answers: bool = True) -> None:
        self.commands: list[list[str]] = []
        self.made: list[CloudProcess] = []
        self.alive, self.answers = alive, answers

    def __call__(self, command: list[str], **_: Any) -> Started:
        self.commands.append(command)
        if self.answers:
            folder = Path(command[-1])
            self.made.append(CloudProcess(things.open_cloud(folder), folder))
        return self

    def poll(self) -> int | None:
        return None if self.alive else 1


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Iterator[Started]:
    """What plugins start."""
    made = Started()
    monkeypatch.setattr(subprocess, "Popen", made)
    yield made
    for one in made.made:
        one.close()


# --- installed ----------------------------------------------------------------------------------


def script(home: Path, folder: Path, package: str = "gcp") -> Path:
    plugin.install(home, folder, {package: "1.2.3"})
    return home / "plugins" / f"resource-{package}-v1.2.3" / f"pulumi-resource-{package}"


def test_a_plugin_lies_where_the_engine_looks_by_package_and_version(tmp_path: Path) -> None:
    plugin.install(tmp_path, tmp_path, {"gcp": "10.2.0", "random": "4.21.0"})
    found = sorted(str(file.relative_to(tmp_path)) for file in tmp_path.rglob("pulumi-*"))
    assert found == [
        "plugins/resource-gcp-v10.2.0/pulumi-resource-gcp",
        "plugins/resource-random-v4.21.0/pulumi-resource-random",
    ]
    assert all(os.access(tmp_path / file, os.X_OK) for file in found)


def test_a_script_runs_its_command_whatever_the_names(tmp_path: Path) -> None:
    echo = tmp_path / "it's a $HOME"
    echo.symlink_to("/bin/echo")
    plugin.write_script(tmp_path / "script", str(echo), "a b", "'$x'")
    said = subprocess.run(  # noqa: S603 the script itself
        [tmp_path / "script", "c d"], capture_output=True, text=True, check=True
    )
    assert said.stdout == "a b '$x' c d\n"


def test_an_installed_plugin_rings_the_cloud_that_runs_and_ends_when_told_to(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "a folder's"
    folder.mkdir()
    process = CloudProcess(things.open_cloud(folder), folder)
    with subprocess.Popen(  # noqa: S603 the plugin itself
        [script(tmp_path, folder), "127.0.0.1:1"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True,
    ) as running:  # fmt: skip
        assert running.stdout is not None
        assert int(running.stdout.readline()) > 0
        assert process.lines == 1
        running.send_signal(signal.SIGINT)
        assert running.wait(TIMEOUT_S) == 0
        assert running.stderr is not None
        assert running.stderr.read() == "", "and with no traceback for a user to read"
    assert eventually(lambda: process.lines == 0)
    process.close()


def test_a_plugin_ends_when_the_engine_is_gone(process: CloudProcess, tmp_path: Path) -> None:
    command = f"'{script(tmp_path, tmp_path)}'; true"
    engine = subprocess.Popen(["/bin/sh", "-c", command])  # noqa: S603 the plugin itself
    assert eventually(lambda: process.lines == 1)
    engine.kill()
    engine.wait(TIMEOUT_S)
    assert eventually(lambda: process.lines == 0)


# --- ringing ------------------------------------------------------------------------------------


def test_a_cloud_that_runs_is_rung_and_none_is_started(
    process: CloudProcess, started: Started, tmp_path: Path
) -> None:
    line, port = plugin.ask("gcp", tmp_path)
    assert (port > 0, process.lines, started.commands) == (True, 1, [])
    line.close()


@pytest.mark.filterwarnings("ignore:subprocess .* is still running:ResourceWarning")
def test_a_plugin_starts_the_cloud_when_there_is_none(tmp_path: Path) -> None:
    line, port = plugin.ask("gcp", tmp_path)
    content = json.loads((tmp_path / ADDRESS).read_text(encoding="utf-8"))
    assert port > 0
    assert content["pid"] != os.getpid(), "a process of its own"
    os.kill(content["pid"], signal.SIGTERM)
    with pytest.raises((EOFError, OSError)):
        line.recv()
    line.close()


def test_what_is_started_is_the_cloud_of_the_folder(started: Started, tmp_path: Path) -> None:
    plugin.ring(tmp_path).close()
    assert started.commands == [[sys.executable, "-m", "palier.simcloud", str(tmp_path)]]


def test_many_at_once_start_only_one(started: Started, tmp_path: Path) -> None:
    lines: list[Connection] = []
    ready = threading.Barrier(8)

    def ring() -> None:
        ready.wait(TIMEOUT_S)
        lines.append(plugin.ring(tmp_path))

    threads = [threading.Thread(target=ring) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(TIMEOUT_S)
    assert (len(lines), len(started.commands)) == (8, 1)
    for line in lines:
        line.close()


def write_address(folder: Path, port: int, key: str = "00") -> None:
    (folder / ADDRESS).write_text(json.dumps({"port": port, "key": key}), encoding="utf-8")


def test_an_address_at_which_nobody_answers_any_more_is_passed_over(
    started: Started, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    write_address(tmp_path, port)
    plugin.ring(tmp_path).close()
    assert len(started.commands) == 1


@pytest.mark.parametrize("content", ["", "{", '{"port": 1, "key": "no hexadecimal digits"}'])
def test_an_address_that_cannot_be_read_is_passed_over(
    started: Started, tmp_path: Path, content: str
) -> None:
    (tmp_path / ADDRESS).write_text(content, encoding="utf-8")
    plugin.ring(tmp_path).close()
    assert len(started.commands) == 1


def test_a_cloud_with_another_key_is_somebody_elses(
    process: CloudProcess, started: Started, tmp_path: Path
) -> None:
    """The process of this folder was killed, and that of another one has got its port."""
    other = tmp_path / "other"
    other.mkdir()
    port = json.loads((process.folder / ADDRESS).read_text(encoding="utf-8"))["port"]
    write_address(other, port)
    plugin.ring(other).close()
    assert len(started.commands) == 1


@pytest.mark.parametrize("words", [b"", b"\0\0\0\x04ding", b"HTTP/1.1 400 Bad Request\r\n\r\n"])
def test_whoever_is_no_cloud_is_passed_over(
    started: Started, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: bytes
) -> None:
    monkeypatch.setattr(plugin, "SILENCE_S", 0.1 if not words else TIMEOUT_S)
    callers: list[socket.socket] = []

    def talk() -> None:
        for _ in range(2):  # it is rung once more when the lock is held
            callers.append(stranger.accept()[0])
            callers[-1].sendall(words)

    with socket.create_server(("127.0.0.1", 0)) as stranger:
        threading.Thread(target=talk, daemon=True).start()
        write_address(tmp_path, stranger.getsockname()[1])
        plugin.ring(tmp_path).close()
    for caller in callers:
        caller.close()
    assert len(started.commands) == 1


def test_a_cloud_that_cannot_start_is_said_and_its_log_tells_why(tmp_path: Path) -> None:
    (tmp_path / "settings.json").write_text('{"pace": "fast"}', encoding="utf-8")
    with pytest.raises(SystemExit, match=r"does not answer, see cloud\.log there"):
        plugin.ring(tmp_path)
    log = (tmp_path / LOG).read_text(encoding="utf-8")
    assert log == f"{tmp_path / 'settings.json'}: pace: expected a number, got 'fast'\n"


@pytest.mark.parametrize("alive", [True, False])
def test_a_cloud_that_never_answers_is_not_waited_for_without_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, alive: bool
) -> None:
    never = Started(alive=alive, answers=False)
    monkeypatch.setattr(subprocess, "Popen", never)
    monkeypatch.setattr(plugin, "PATIENCE_S", 0.1 if alive else 3600)
    with pytest.raises(SystemExit, match="does not answer"):
        plugin.ring(tmp_path)
    assert len(never.commands) == 1


# --- asking and holding -------------------------------------------------------------------------


def hung_up() -> Connection:
    """A line whose other end is closed."""
    line, other = Pipe()
    other.close()
    return line


def test_a_process_that_ends_as_it_is_asked_is_followed_by_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    line, other = Pipe()
    other.send(4711)
    lines = iter([hung_up(), line])
    monkeypatch.setattr(plugin, "ring", lambda _: next(lines))
    assert plugin.ask("gcp", tmp_path) == (line, 4711)
    assert other.recv() == "gcp"
    line.close()
    other.close()


def test_processes_that_all_end_are_not_asked_without_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plugin, "ring", lambda _: hung_up())
    with pytest.raises(SystemExit, match=r"does not stay, see cloud\.log there"):
        plugin.ask("gcp", tmp_path)


@pytest.fixture
def handlers(monkeypatch: pytest.MonkeyPatch) -> dict[signal.Signals, Callable[..., None]]:
    """What `run` does on which signal."""
    found: dict[signal.Signals, Callable[..., None]] = {}
    monkeypatch.setattr(signal, "signal", found.__setitem__)
    return found


def test_a_plugin_tells_its_port_and_ends_when_the_cloud_has_gone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    handlers: dict[signal.Signals, Callable[..., None]],
) -> None:  # fmt: skip
    line = hung_up()
    monkeypatch.setattr(plugin, "ask", lambda package, folder: (line, f"{package}{folder}"))
    plugin.run("gcp", "/x")
    assert capsys.readouterr().out == "gcp/x\n"
    assert handlers.keys() == {signal.SIGINT, signal.SIGTERM}
    line.close()


@pytest.mark.usefixtures("handlers")
def test_a_plugin_ends_when_its_parent_is_another(monkeypatch: pytest.MonkeyPatch) -> None:
    line, other = Pipe()
    parents = iter([7, 7, 1])
    monkeypatch.setattr(os, "getppid", lambda: next(parents))
    monkeypatch.setattr(plugin, "GLANCE_S", 0.01)
    monkeypatch.setattr(plugin, "ask", lambda *_: (line, 1))
    plugin.run("gcp", "/x")
    assert next(parents, None) is None, "it looked until its parent had changed"
    line.close()
    other.close()


def test_a_signal_ends_a_plugin_at_once(
    monkeypatch: pytest.MonkeyPatch, handlers: dict[signal.Signals, Callable[..., None]]
) -> None:
    line = hung_up()
    monkeypatch.setattr(plugin, "ask", lambda *_: (line, 1))
    plugin.run("gcp", "/x")
    line.close()
    left: list[int] = []
    monkeypatch.setattr(os, "_exit", left.append)
    handlers[signal.SIGTERM](signal.SIGTERM, None)
    assert left == [0]
