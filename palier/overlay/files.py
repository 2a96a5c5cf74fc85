"""Files: the generated part of an overlay, as texts, on disk or compared with it.

Beside each application's hand-written `kustomization.yaml` stand `generated.yaml` (patches) and,
where pods take settings, `settings.env`. The folder itself has the patches of its Applications,
and `registry/`, which says where the site's images are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from palier.errors import PalierError
from palier.overlay.apps import App, apps
from palier.overlay.objects import Object, patch
from palier.overlay.values import IMAGE, Overlay
from palier.workloads import ARGOCD
from palier.yaml_text import written

FOLDER: Final = Path("gitops", "overlays")
ARGO: Final = "argoproj.io/v1alpha1"
MONITORING: Final = "monitoring"
"""The one application that nothing is generated for: its thresholds are the documents'."""
PROJECTS: Final = ("guard", "autoneg", "platform", "apps")
"""What confines the Applications (gitops/base/root/projects.yaml)."""
SERVICES: Final = "services"
SERVICE_FOLDER: Final = "service"
REGISTRY: Final = "registry"
"""The one folder with nothing in it that is written by hand."""
GENERATED: Final = "generated.yaml"
SETTINGS: Final = "settings.env"


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A file that is not what the program asks for."""

    path: str
    """From the project's root."""
    there: bool


def texts(overlay: Overlay, stack: str) -> dict[Path, str]:
    """All generated files of an overlay, by their path from the project's root.

    Raises:
        PalierError: the sizes leave no room for what the load asks.
    """
    header = (
        f"# Written by `palier overlay --stack {stack}` from what the program records:"
        " do not edit.\n"
    )
    folder = FOLDER / overlay.name
    made = apps(overlay)
    files = {
        folder / GENERATED: header + written(*_applications(overlay, made)),
        folder / REGISTRY / "kustomization.yaml": header + written(_registry(overlay)),
    }
    if overlay.services_run:
        files[folder / SERVICE_FOLDER / SETTINGS] = header + _env(made["app"].settings)
    for name, app in made.items():
        if app.patches:
            files[folder / name / GENERATED] = header + written(*app.patches)
        if app.settings:
            files[folder / name / SETTINGS] = header + _env(app.settings)
    return files


def _env(settings: Mapping[str, str]) -> str:
    return "".join(f"{key}={value}\n" for key, value in settings.items())


def differences(root: Path, files: Mapping[Path, str]) -> list[Difference]:
    """Files on disk that are not what they should be."""
    found = []
    for path, text in sorted(files.items()):
        there = (root / path).is_file()
        if not there or _content(root, path) != text.encode():
            found.append(Difference(path=path.as_posix(), there=there))
    return found


def _content(root: Path, path: Path) -> bytes:
    try:
        return (root / path).read_bytes()
    except OSError as error:
        raise PalierError(f"{path}: {error.strerror or error}") from None


def write(root: Path, files: Mapping[Path, str]) -> list[Difference]:
    """Write the files that differ. Their folders have to be there: nothing is half written.

    Raises:
        PalierError: the project has no such overlay, or it cannot be written.
    """
    for path in files:
        folder = path.parent.parent if path.parent.name == REGISTRY else path.parent
        if not (root / folder).is_dir():
            raise PalierError(
                f"{folder}: no such folder; the part of an overlay that is written by hand comes"
                " first, from the phase below it (gitops/README.md)"
            )
    changed = differences(root, files)
    for one in changed:
        target = root / one.path
        try:
            target.parent.mkdir(exist_ok=True)
            target.write_bytes(files[Path(one.path)].encode())
        except OSError as error:
            raise PalierError(f"{one.path}: {error.strerror or error}") from None
    return changed


def _applications(overlay: Overlay, made: Mapping[str, App]) -> list[Object]:
    """Where each Application finds its folder, and which services there are."""
    path = (FOLDER / overlay.name).as_posix()
    patches = [
        _argo("Application", name, {"source": _source(overlay, f"{path}/{name}")})
        for name in (*made, MONITORING)
    ]
    patches += [
        _argo("AppProject", name, {"sourceRepos": [overlay.repository]}) for name in PROJECTS
    ]
    if not overlay.services_run:
        return patches
    elements = [_service(overlay, name) for name in overlay.services]
    services = {
        "generators": [{"list": {"elements": elements}}],
        "template": {"spec": {"source": _source(overlay, f"{path}/{SERVICE_FOLDER}")}},
    }
    return [*patches, _argo("ApplicationSet", SERVICES, services)]


def _argo(kind: str, name: str, spec: Object) -> Object:
    return patch(kind, name, ARGOCD, spec, ARGO)


def _source(overlay: Overlay, path: str) -> Object:
    return {"repoURL": overlay.repository, "path": path}


def _service(overlay: Overlay, name: str) -> Object:
    pod = overlay.pods[name]
    if pod.spot or pod.replicas_floor != pod.replicas_ceiling:
        raise PalierError(f"pods.{name}: services run on demand, with a fixed number of replicas")
    return {
        "module": name.removesuffix("-service"),
        "replicas": str(int(pod.replicas_floor)),
        "cpu": f"{pod.cpu_m}m",
        "memory": f"{pod.memory_mib}Mi",
    }


def _registry(overlay: Overlay) -> Object:
    return {
        "apiVersion": "kustomize.config.k8s.io/v1alpha1",
        "kind": "Component",
        "images": [{"name": IMAGE, "newName": overlay.image}],
    }
