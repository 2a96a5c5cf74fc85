"""`python -m reference_app web`, `worker` or `migrate`."""

from __future__ import annotations

import asyncio
import logging
import os
import sys

from reference_app import settings

COMMANDS = ("web", "worker", "migrate")


def main(arguments: list[str]) -> None:
    """Run one command; each imports what it needs."""
    if len(arguments) != 1 or arguments[0] not in COMMANDS:
        sys.exit(f"usage: python -m reference_app {' | '.join(COMMANDS)}")
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")
    # Whatever a pool has to say of each connection that it lost, the metrics say once.
    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)
    try:
        run(arguments[0])
    except settings.RefusedError as refused:
        print(f"reference-app: {refused}", file=sys.stderr)
        sys.exit(2)


def run(command: str) -> None:
    """Run a command to its end."""
    if command == "migrate":
        from reference_app.migrate import migrate  # noqa: PLC0415

        print(f"applied: {migrate(os.environ)}")
        return
    from reference_app import tracing, web, worker  # noqa: PLC0415

    found = settings.read(os.environ)
    finish = tracing.start(found.traces, command)
    try:
        asyncio.run(web.serve(found) if command == "web" else worker.work(found))
    finally:
        finish()


if __name__ == "__main__":
    main(sys.argv[1:])
