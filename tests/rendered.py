"""The shipped manifests as Argo CD would render them, with kustomize alone and no cluster.

An `Overlay` is one folder of gitops/overlays: its root, the Applications that the root names, and
the objects of each. Application sets are written out here, as their controller would.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Final

import builders
import pytest
import yaml

from palier.overlay.values import Overlay as Values
from palier.overlay.values import overlays as recorded_overlays
from tools import control_plane

Object = dict[str, Any]
OVERLAYS: Final = ("mvp", "traction", "scale", "growth", "hypergrowth/eu", "hypergrowth/us")
FOLDER: Final = builders.ROOT / "gitops" / "overlays"


@cache
def build(folder: Path) -> tuple[Object, ...]:
    """What `kustomize build` makes of a folder."""
    program = control_plane.KUSTOMIZE.folder / "kustomize"
    asked = subprocess.run(  # noqa: S603 our own arguments
        [program, "build", folder], capture_output=True, text=True, check=False
    )
    assert asked.returncode == 0, f"kustomize build {folder}: {asked.stderr}"
    return tuple(document for document in yaml.safe_load_all(asked.stdout) if document)


def identity(one: Object) -> tuple[str, str, str]:
    """Kind, namespace and name of an object: what it has one owner by."""
    metadata = one["metadata"]
    group = one["apiVersion"].rpartition("/")[0]
    return f"{one['kind']}.{group}", metadata.get("namespace", ""), metadata["name"]


@dataclass(frozen=True)
class Overlay:
    """One overlay, by its folder below gitops/overlays."""

    name: str

    @property
    def phase(self) -> str:
        """Its phase, which is also the stack that it ships with."""
        return self.name.partition("/")[0]

    @cached_property
    def root(self) -> tuple[Object, ...]:
        """What the root Application syncs."""
        return build(FOLDER / self.name)

    @cached_property
    def applications(self) -> dict[str, Object]:
        """Applications by name, those of application sets included."""
        named = [one for one in self.root if one["kind"] == "Application"]
        for each in (one for one in self.root if one["kind"] == "ApplicationSet"):
            named += expanded(each)
        return {one["metadata"]["name"]: one for one in named}

    @cached_property
    def objects(self) -> dict[str, tuple[Object, ...]]:
        """Objects of every Application, by its name; `root` for those of the root itself."""
        rendered = {name: tuple(source(one)) for name, one in self.applications.items()}
        return {"root": self.root, **rendered}

    def all(self) -> Iterator[tuple[str, Object]]:
        """Every object, with the Application that owns it."""
        for name, objects in self.objects.items():
            for one in objects:
                yield name, one

    def of(self, *kinds: str) -> list[Object]:
        """All objects of these kinds."""
        return [one for _, one in self.all() if one["kind"] in kinds]


def overlays() -> list[Overlay]:
    """All shipped overlays, lowest phase first."""
    return [_overlay(name) for name in OVERLAYS]


@cache
def _overlay(name: str) -> Overlay:
    return Overlay(name)


every_overlay: Final = pytest.mark.parametrize("overlay", overlays(), ids=OVERLAYS)
"""For tests that hold for each of them."""


def values(overlay: Overlay) -> Values:
    """What the program records for the overlay's cluster."""
    recorded = recorded_overlays(builders.recorded(overlay.phase))
    (found,) = [one for one in recorded if one.name == overlay.name]
    return found


def expanded(application_set: Object) -> list[Object]:
    """The Applications that a list generator makes of a template with plain `{{ .field }}`s."""
    (generator,) = application_set["spec"]["generators"]
    name = application_set["metadata"]["name"]
    template = application_set["spec"]["template"]
    return [
        {
            "apiVersion": application_set["apiVersion"],
            "kind": "Application",
            **filled(template, element, name),
        }
        for element in generator["list"]["elements"]
    ]


def filled(template: Any, element: dict[str, str], name: str) -> Any:
    """A template with an element's fields in it, at any depth."""
    if isinstance(template, dict):
        return {key: filled(value, element, name) for key, value in template.items()}
    if isinstance(template, list):
        return [filled(value, element, name) for value in template]
    if not isinstance(template, str):
        return template
    for key, value in element.items():
        template = template.replace("{{ ." + key + " }}", value)
    assert "{{" not in template, f"{name}: no element gives {template}"
    return template


def source(application: Object) -> Iterator[Object]:
    """What an Application's source renders to, with the kustomize settings it adds."""
    spec = application["spec"]["source"]
    folder = builders.ROOT / spec["path"]
    more = spec.get("kustomize")
    if not more:
        yield from build(folder)
        return
    inline = builders.ROOT / "build" / "rendered" / application["metadata"]["name"] / spec["path"]
    inline.mkdir(parents=True, exist_ok=True)
    climb = "../" * len(inline.relative_to(builders.ROOT).parts)
    kustomization: Object = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": [f"{climb}{spec['path']}"],
        "namePrefix": more.get("namePrefix", ""),
        "commonLabels": more.get("commonLabels", {}),
        "patches": more.get("patches", []),
    }
    (inline / "kustomization.yaml").write_text(yaml.safe_dump(kustomization), encoding="utf-8")
    yield from build(inline)
