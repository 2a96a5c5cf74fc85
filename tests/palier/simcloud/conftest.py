"""The process of a cloud."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cloud_builders as things
import pytest

from palier.simcloud.process import CloudProcess


@pytest.fixture
def process(tmp_path: Path) -> Iterator[CloudProcess]:
    """A process that serves the cloud of the test's folder."""
    made = CloudProcess(things.open_cloud(tmp_path), tmp_path)
    yield made
    made.close()
