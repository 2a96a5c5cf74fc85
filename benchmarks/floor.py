"""The floor of a plan: import the provider modules, register the resources, do nothing else.

Argument: a JSON file with the names of the `modules` and `[type, name, inputs]` of all `resources`.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import sys
from pathlib import Path
from typing import Any

import pulumi
from pulumi.runtime.mocks import MockCallArgs, MockResourceArgs, Mocks, set_mocks
from pulumi.runtime.stack import run_pulumi_func


class Echo(Mocks):
    """Answers every registration with its own inputs."""

    def call(self, args: MockCallArgs) -> tuple[dict[str, Any], None]:
        """Refuse look-ups."""
        raise LookupError(args.token)

    def new_resource(self, args: MockResourceArgs) -> tuple[str, dict[str, Any]]:
        """Echo."""
        return "", args.inputs


def main() -> None:
    """Import and register what the file lists."""
    listed = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    for module in listed["modules"]:
        importlib.import_module(module)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    set_mocks(Echo(), preview=True)

    def program() -> None:
        for type_, name, inputs in listed["resources"]:
            pulumi.CustomResource(type_, name, inputs)

    loop.run_until_complete(run_pulumi_func(program))
    asyncio.set_event_loop(None)
    loop.close()


main()
