"""The engine and simulated clouds, for tests that run what a user runs (`make e2e`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from groups import pytest_collection_modifyitems  # noqa: F401 a hook
from journeys import Journey, Journeys
from platforms import Platform

from palier.engine import find
from palier.simcloud.opening import Settings


@pytest.fixture(scope="session")
def engine() -> find.Engine:
    """The Pulumi CLI; without one these tests fail."""
    return find.find()


@pytest.fixture
def platform(engine: find.Engine, tmp_path: Path) -> Iterator[Callable[..., Platform]]:
    """`platform("mvp")` is a stack that is not updated yet, in a cloud of its own."""
    made: list[Platform] = []

    def make(stack: str, settings: Settings | None = None, **environment: str) -> Platform:
        made.append(
            Platform(tmp_path / f"{stack}-{len(made)}", engine, stack, settings, environment)
        )
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture(scope="session")
def journey(engine: find.Engine, tmp_path_factory: pytest.TempPathFactory) -> Journeys:
    """`journey("mvp")` is what was seen when a phase was brought up and taken down, once a run."""
    made: dict[str, Journey | AssertionError] = {}

    def of(phase: str) -> Journey:
        if phase not in made:
            try:
                made[phase] = Journey.of(tmp_path_factory.mktemp(phase) / "stack", engine, phase)
            except AssertionError as error:  # not tried again for each test that asks
                made[phase] = error
        seen = made[phase]
        if isinstance(seen, AssertionError):
            raise seen
        return seen

    return of
