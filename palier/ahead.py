"""A program recorded ahead, in a process of its own, while the engine is still at work.

The policy pack needs the platform at its cap when all resources are told. Its root is told first,
and says which cap: from then on the program can run beside the preview. It runs apart from the
pack, whose own process the SDK configures anew with every resource.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Mapping

from palier import recorder
from palier.errors import PalierError
from palier.facts import Facts
from palier.project import Project

Asked = tuple[Project, str, dict[str, str]]


class Ahead:
    """One recording under way."""

    def __init__(self, project: Project, stack: str, config: Mapping[str, str]) -> None:
        self._asked: Asked = (project, stack, dict(config))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "palier.ahead"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        if self._process.stdin is not None:
            self._process.stdin.write(pickle.dumps(self._asked))
            self._process.stdin.close()
        self._found: Facts | str | None = None

    def record(self, project: Project, stack: str, config: Mapping[str, str]) -> Facts:
        """What was recorded; another question than the one asked ahead is answered here and now.

        Raises:
            PalierError: the program does not run.
        """
        if not self.asked(project, stack, config):
            return recorder.record_project(project, stack, config)
        if self._found is None:
            out = self._process.stdout.read() if self._process.stdout else b""
            self._found = pickle.loads(out) if out else "it ended without a word"  # noqa: S301
            self.close()
        if isinstance(self._found, Facts):
            return self._found
        raise PalierError(str(self._found))

    def asked(self, project: Project, stack: str, config: Mapping[str, str]) -> bool:
        """Whether this is the recording that is under way."""
        return (project, stack, dict(config)) == self._asked

    def close(self) -> None:
        """End it, whether or not it was asked."""
        self._process.kill()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()


def main() -> None:
    """Record what standard input asks for, and write it to standard output."""
    project, stack, config = pickle.load(sys.stdin.buffer)  # noqa: S301 of the process above
    answer = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what the program prints is no answer
    try:
        found: Facts | str = recorder.record_project(project, stack, config)
    except PalierError as error:
        found = str(error)
    answer.write(pickle.dumps(found))
    answer.close()


if __name__ == "__main__":
    main()
