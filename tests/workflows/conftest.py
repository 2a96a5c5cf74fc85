"""A machine that steps of workflows run on."""

from __future__ import annotations

from pathlib import Path

import pytest
from workflow_runner import Runner


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    """An empty machine."""
    return Runner(tmp_path)
