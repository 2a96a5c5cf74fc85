"""The plugin that the engine starts for a package: it rings the cloud of its folder, and waits.

`install` lays one for each package where the engine looks. A plugin starts the cloud's process when
there is none, prints the port it is given, and lives as long as the command that started it. It is
started for each provider of each command: it imports nothing that takes time.
"""

from __future__ import annotations

import fcntl
import json
import os
import shlex
import signal
import subprocess
import sys
import time
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Connection, answer_challenge, deliver_challenge
from pathlib import Path
from typing import Final

ADDRESS: Final = "address.json"
LOCK: Final = "start.lock"
LOG: Final = "cloud.log"
TRIES: Final = 3
PATIENCE_S: Final = 30.0
"""How long a process may take to start."""
SILENCE_S: Final = 5.0
"""After so long without a word, whoever listens at an address is no cloud."""
GLANCE_S: Final = 0.2


def install(home: Path, folder: Path, versions: dict[str, str]) -> None:
    """Lay the plugins of a cloud into an engine's home, by package and version."""
    for package, version in versions.items():
        name = f"pulumi-resource-{package}"
        place = home / "plugins" / f"resource-{package}-v{version}"
        place.mkdir(parents=True, exist_ok=True)
        code = f"from palier.simcloud import plugin; plugin.run({package!r}, {str(folder)!r})"
        write_script(place / name, sys.executable, "-c", code)


def write_script(file: Path, *command: str) -> None:
    """Write a program that runs a command; unlike a first line of its own, one with spaces too."""
    file.write_text(f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n', encoding="utf-8")
    file.chmod(0o755)


def run(package: str, folder: str) -> None:
    """Ask for a provider, tell the engine its port, and hold the line."""
    signal.signal(signal.SIGINT, _end)
    signal.signal(signal.SIGTERM, _end)
    parent = os.getppid()
    line, port = ask(package, Path(folder))
    print(port, flush=True)
    while os.getppid() == parent and not line.poll(GLANCE_S):
        pass


def ask(package: str, folder: Path) -> tuple[Connection, int]:
    """A line, and the port at its other end that plays a package."""
    for _ in range(TRIES):
        line = ring(folder)
        try:
            line.send(package)
            return line, int(line.recv())
        except (EOFError, OSError):
            line.close()  # that process was about to end: the next one is not
    sys.exit(f"the simulated cloud in {folder} does not stay, see {LOG} there")


def ring(folder: Path) -> Connection:
    """A line to the process that serves the cloud; it is started when there is none."""
    line = _answered(folder)
    if line is not None:
        return line
    with (folder / LOCK).open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        line = _answered(folder)  # another plugin may have started it meanwhile
        if line is not None:
            return line
        with (folder / LOG).open("a", encoding="utf-8") as log:
            process = subprocess.Popen(  # noqa: S603 our own module
                [sys.executable, "-m", "palier.simcloud", str(folder)],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log,
                start_new_session=True, close_fds=True,
            )  # fmt: skip
        last = time.monotonic() + PATIENCE_S
        while time.monotonic() < last and process.poll() is None:
            line = _answered(folder)
            if line is not None:
                return line
            time.sleep(GLANCE_S / 4)
    sys.exit(f"the simulated cloud in {folder} does not answer, see {LOG} there")


def _answered(folder: Path) -> Connection | None:
    """A line to whoever has the key of the folder's address, if anybody is there."""
    try:
        address = json.loads((folder / ADDRESS).read_text(encoding="utf-8"))
        key = bytes.fromhex(address["key"])
        line = Client(("127.0.0.1", address["port"]))
    except (OSError, ValueError):
        return None
    try:
        if line.poll(SILENCE_S):
            answer_challenge(line, key)
            deliver_challenge(line, key)
            return line
    except (OSError, EOFError, AssertionError, AuthenticationError):
        pass  # somebody else has that port now
    line.close()
    return None


def _end(*_: object) -> None:
    os._exit(0)
