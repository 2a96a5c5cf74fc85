"""The climb: one cluster goes up from overlay to overlay, and keeps what it should keep."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import overlay_checks
import pytest
import rendered
from kube_api import ApiError
from rendered import Overlay
from synced_platform import SyncedPlatform

pytestmark = [pytest.mark.gitops, pytest.mark.xdist_group("climb")]
STAIRS = ("mvp", "traction", "scale", "growth")
LOOK_S = 0.2


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SyncedPlatform]:
    """A cluster of the first phase, in sync."""
    folder: Path = tmp_path_factory.mktemp("climb")
    with SyncedPlatform(folder) as made:
        made.climb(STAIRS[0])
        made.wait(applications(STAIRS[0]))
        yield made


def shipped(name: str) -> Overlay:
    (found,) = [one for one in rendered.overlays() if one.name == name]
    return found


def applications(name: str) -> list[str]:
    return list(shipped(name).applications)


def serving(platform: SyncedPlatform) -> dict[str, str]:
    """Everything that must outlive a climb, by what it is."""
    kept = {}
    for kind, name, namespace in (
        ("Namespace", "apps", ""), ("Namespace", "platform", ""), ("Service", "web", "apps"),
        ("Deployment", "web", "apps"), ("Deployment", "web-spot", "apps"),
        ("Deployment", "worker", "apps"), ("Deployment", "autoneg", "platform"),
        ("ResourceQuota", "ceiling", "apps"), ("NetworkPolicy", "default-deny", "apps"),
    ):  # fmt: skip
        kept[f"{kind} {name}"] = platform.get(kind, name, namespace)["metadata"]["uid"]
    return kept


class Watch:
    """Looks at a cluster again and again while something happens to it."""

    def __init__(self, platform: SyncedPlatform) -> None:
        self.platform = platform
        self.fewest = 10**6
        """Web pods that were available at the worst moment."""
        self.cache_went_first = False
        """Whether the cache was gone while a pod of the application still wanted it."""
        self._stop = threading.Event()

    @contextmanager
    def looking(self) -> Iterator[Watch]:
        thread = threading.Thread(target=self._look)
        thread.start()
        try:
            yield self
        finally:
            self._stop.set()
            thread.join()

    def _look(self) -> None:
        while not self._stop.wait(LOOK_S):
            try:
                pods = self.platform.api.list("v1", "Pod", "apps")
                cache = self.platform.find("StatefulSet", "valkey")
            except (ApiError, OSError):
                continue
            web = [one for one in pods if label(one, "app.kubernetes.io/name") == "web"]
            self.fewest = min(self.fewest, sum(is_ready(one) for one in web))
            wanting = [one for one in web if self._wants_cache(one)]
            self.cache_went_first |= bool(wanting) and cache is None

    def _wants_cache(self, pod: Any) -> bool:
        """Whether a pod was started with the settings of a cache in the cluster."""
        (container,) = pod["spec"]["containers"]
        name = container["envFrom"][0]["configMapRef"]["name"]
        settings = self.platform.find("ConfigMap", name)
        return bool(settings) and settings["data"]["CACHE_MODE"] == "in-cluster"  # type: ignore[index]


def label(pod: Any, key: str) -> str:
    return str(pod["metadata"].get("labels", {}).get(key, ""))


def is_ready(pod: Any) -> bool:
    return any(
        one["type"] == "Ready" and one["status"] == "True"
        for one in pod.get("status", {}).get("conditions", [])
    )


def test_a_new_cluster_comes_to_be_what_the_first_overlay_says(platform: SyncedPlatform) -> None:
    overlay_checks.waves_came_in_order(platform, shipped(STAIRS[0]))
    overlay_checks.all_of_them(platform, shipped(STAIRS[0]))


@pytest.mark.parametrize(("below", "above"), list(pairwise(STAIRS)))
def test_a_climb_converges_and_loses_nothing(
    platform: SyncedPlatform, below: str, above: str
) -> None:
    kept = serving(platform)
    claims = volumes(platform)
    least = platform.get("HorizontalPodAutoscaler", "web-spot")["spec"]["minReplicas"]
    floor = platform.get("Deployment", "web")["spec"]["replicas"] + least
    with Watch(platform).looking() as watch:
        platform.climb(above)
        platform.wait(applications(above))
    assert serving(platform) == kept, f"{below} to {above}: changed in place, none replaced"
    assert claims <= volumes(platform), "a volume is never pruned"
    assert watch.fewest >= floor, "as many pods as before serve throughout"
    assert not watch.cache_went_first, "the cache goes when nobody uses it any more"
    in_cluster = "cache" in applications(above)
    assert (platform.find("StatefulSet", "valkey") is not None) == in_cluster
    assert (platform.find("Service", "valkey") is not None) == in_cluster
    overlay_checks.all_of_them(platform, shipped(above))


def volumes(platform: SyncedPlatform) -> set[str]:
    found = platform.api.list("v1", "PersistentVolumeClaim", "apps")
    return {one["metadata"]["uid"] for one in found}
