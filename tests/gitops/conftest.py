"""A control plane and an Argo CD, for tests of what is deployed; started once, if asked for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from argo import ArgoCD
from control_plane import ControlPlane
from groups import pytest_collection_modifyitems  # noqa: F401 a hook


@pytest.fixture(scope="session")
def control_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A Kubernetes control plane with nodes in three zones; without its programs tests fail."""
    with ControlPlane(tmp_path_factory.mktemp("control-plane")) as made:
        yield made


@pytest.fixture(scope="session")
def argo(control_plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ArgoCD]:
    """Argo CD with what it has as it comes: no settings of ours, application sets too."""
    folder = tmp_path_factory.mktemp("argo-cd")
    with ArgoCD(folder, control_plane, application_sets=True) as made:
        yield made
