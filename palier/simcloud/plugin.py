"""The plugin that the engine starts for a package: it rings the cloud of its folder, and waits.

`install` lays one for each package where the engine looks. A plugin starts the cloud's process when
there is none, prints the port it is given, and lives as long as the command that started it. It is
started for each provider of each command: it imports nothing that takes time.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from multiprocessing.connection import Client, Connection
from pathlib import Path
from typing import Final

ADDRESS: Final = "address.json"
LOCK: Final = "start.lock"
PATIENCE_S: Final = 30.0
GLANCE_S: Final = 0.2


def install(home: Path, folder: Path, versions: dict[str, str]) -> None:
    """Lay the plugins of a cloud into an engine's home, by package and version."""
    for package, version in versions.items():
        name = f"pulumi-resource-{package}"
        place = home / "plugins" / f"resource-{package}-v{version}"
        place.mkdir(parents=True, exist_ok=True)
        script = place / name
        script.write_text(
            f"#!{sys.executable}\n"
            "from palier.simcloud import plugin\n"
            f"plugin.run({package!r}, {str(folder)!r})\n",
            encoding="utf-8",
        )
        script.chmod(0o755)


def run(package: str, folder: str) -> None:
    """Ask for a provider, tell the engine its port, and hold the line."""
    signal.signal(signal.SIGINT, _end)
    signal.signal(signal.SIGTERM, _end)
    parent = os.getppid()
    line = ring(Path(folder))
    line.send(package)
    print(line.recv(), flush=True)
    while os.getppid() == parent and not line.poll(GLANCE_S):
        pass


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
        subprocess.Popen(  # noqa: S603 our own module
            [sys.executable, "-m", "palier.simcloud", str(folder)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=(folder / "cloud.log").open("a"), start_new_session=True, close_fds=True,
        )  # fmt: skip
        last = time.monotonic() + PATIENCE_S
        while time.monotonic() < last:
            line = _answered(folder)
            if line is not None:
                return line
            time.sleep(GLANCE_S / 4)
    sys.exit(f"the simulated cloud in {folder} does not answer, see cloud.log there")


def _answered(folder: Path) -> Connection | None:
    try:
        address = json.loads((folder / ADDRESS).read_text(encoding="utf-8"))
        return Client(("127.0.0.1", address["port"]), authkey=bytes.fromhex(address["key"]))
    except (OSError, ValueError, EOFError):
        return None  # nobody there, or somebody else


def _end(*_: object) -> None:
    os._exit(0)
