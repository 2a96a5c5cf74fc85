"""A real Argo CD syncs an overlay to a real control plane for the first time, in order.

The overlays of one cluster's life are climbed in `test_climb_of_overlays`; those here are what new
clusters begin with.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import overlay_checks
import pytest
import rendered
from rendered import Overlay
from synced_platform import SyncedPlatform

pytestmark = pytest.mark.gitops


def sites() -> list[Any]:
    """The overlays of the last phase, whose clusters are new; each in a group of its own."""
    return [
        pytest.param(one, id=one.name, marks=pytest.mark.xdist_group(f"overlay {one.name}"))
        for one in rendered.overlays() if "/" in one.name
    ]  # fmt: skip


@pytest.mark.parametrize("overlay", sites())
def test_a_new_cluster_comes_to_be_what_its_overlay_says(
    overlay: Overlay, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder: Path = tmp_path_factory.mktemp("site")
    with SyncedPlatform(folder) as platform:
        platform.climb(overlay.name)
        platform.wait(overlay.applications)
        overlay_checks.waves_came_in_order(platform, overlay)
        overlay_checks.all_of_them(platform, overlay)
