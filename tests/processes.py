"""Processes that a test starts: each with a log in one folder, all ended by their own id."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

HERE: Final = "127.0.0.1"
PATIENCE_S: Final = 10.0
"""How long a process may take to end before it is killed."""
TAIL: Final = 15
"""Lines of a log in a message."""


def free_ports(number: int) -> list[int]:
    """Ports of the loopback interface that nobody listens on."""
    held = [socket.socket() for _ in range(number)]
    for one in held:
        one.bind((HERE, 0))
    ports: list[int] = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports


class Processes:
    """What runs; `stop` ends it, the last one first."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, *command: str | Path, environment: Mapping[str, str]) -> None:
        """Start one, with nothing in its environment but this."""
        with self.log(name).open("ab") as log:
            self.running[name] = subprocess.Popen(  # noqa: S603 our own programs
                [str(word) for word in command], cwd=self.folder, env=dict(environment),
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip

    def log(self, name: str) -> Path:
        """The file with all that a process said."""
        return self.folder / f"{name}.log"

    def said(self, name: str) -> str:
        """The end of what it said."""
        lines = self.log(name).read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(lines[-TAIL:])

    def wait(self, name: str, ready: Callable[[], object], timeout: float = 60) -> None:
        """Return once it is ready.

        Raises:
            AssertionError: it ended, or did not become ready; with the end of its log.
        """
        last = time.monotonic() + timeout
        while not ready():
            code = self.running[name].poll()
            assert code is None, f"{name} ended with {code}:\n{self.said(name)}"
            assert time.monotonic() < last, f"{name} is not ready:\n{self.said(name)}"
            time.sleep(0.05)

    def ended(self) -> dict[str, int]:
        """Exit codes of those that do not run any more, though nobody stopped them."""
        codes = {name: process.poll() for name, process in self.running.items()}
        return {name: code for name, code in codes.items() if code is not None}

    def end(self, name: str) -> None:
        """End one."""
        process = self.running.pop(name)
        process.terminate()
        try:
            process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def stop(self) -> None:
        """End all."""
        for name in reversed(list(self.running)):
            self.end(name)


def listening(port: int) -> bool:
    """Whether somebody accepts connections."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HERE, port)) == 0
