"""Provide a Kubernetes control plane, Argo CD and a linter of manifests, from pinned Go modules.

`python -m tools.control_plane`. Which versions, with which checksums, is in `tools/modules/`. The
programs go to palier's cache folder, one folder a module, with the files of the module that tests
read: custom resource definitions, stages of the simulator, Argo CD's own manifests. Starting any
of it is `tests/control_plane.py` and `tests/argo.py`.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from palier.errors import PalierError
from tools.go_module import GoModule, whole

MODULES: Final = Path(__file__).parent / "modules"
COMMAND: Final = "python -m tools.control_plane"
KUBERNETES_VERSION: Final = "k8s.io/component-base/version"
"""Where the programs of Kubernetes have their version; without it they say v0.0.0."""


@dataclass(frozen=True, kw_only=True)
class Tool:
    """What is taken from one module: programs that are built, files that are read."""

    key: str
    """Its folder's name, here and in the cache."""
    module: GoModule
    programs: Mapping[str, str] = field(default_factory=dict)
    """Packages by the name of the program."""
    flags: str = ""
    """For the linker; `{version}` is the pinned one, `{major}` and `{minor}` are its parts."""
    files: tuple[str, ...] = ()
    """Paths in the module's source; only the name is kept."""

    @property
    def folder(self) -> Path:
        """Where it is in the cache."""
        return self.module.built_in(self.key)

    def there(self) -> bool:
        """Whether all of it was provided."""
        wanted = [*self.programs, *(Path(name).name for name in self.files)]
        return all((self.folder / name).is_file() for name in wanted)

    def provide(self) -> None:
        """Build and copy all of it, whole or not at all.

        Raises:
            PalierError: there is no Go, or it failed.
        """
        version = self.module.pinned()
        with whole(self.folder) as made:
            for program, package in self.programs.items():
                say(f"Building {program} {version} …")
                self.module.build(package, f"-s -w {self._flags(version)}".strip(), made / program)
            for name in self.files:
                shutil.copyfile(self._source() / name, made / Path(name).name)

    def _flags(self, version: str) -> str:
        major, minor, *_ = version.removeprefix("v").split(".")
        return self.flags.format(version=version, major=major, minor=minor)

    def _source(self) -> Path:
        """The module's source, checked against go.sum."""
        told = json.loads(self.module.go("mod", "download", "-json", self.module.module))
        return Path(told["Dir"])


def _module(key: str, path: str, name: str) -> GoModule:
    return GoModule(folder=MODULES / key, module=path, name=name)


ETCD: Final = Tool(
    key="etcd",
    module=_module("etcd", "go.etcd.io/etcd/server/v3", "etcd"),
    programs={"etcd": "go.etcd.io/etcd/server/v3"},
)
KUBERNETES: Final = Tool(
    key="kubernetes",
    module=_module("kubernetes", "k8s.io/kubernetes", "Kubernetes"),
    programs={
        name: f"k8s.io/kubernetes/cmd/{name}"
        for name in ("kube-apiserver", "kube-controller-manager", "kube-scheduler")
    },
    flags=(
        f"-X {KUBERNETES_VERSION}.gitVersion={{version}}"
        f" -X {KUBERNETES_VERSION}.gitMajor={{major}} -X {KUBERNETES_VERSION}.gitMinor={{minor}}"
    ),
)
KUBERNETES_API: Final = Tool(
    key="kubernetes-api", module=KUBERNETES.module, files=("api/openapi-spec/swagger.json",)
)
KWOK: Final = Tool(
    key="kwok",
    module=_module("kwok", "sigs.k8s.io/kwok", "kwok"),
    programs={"kwok": "sigs.k8s.io/kwok/cmd/kwok"},
    flags="-X sigs.k8s.io/kwok/pkg/consts.Version={version}",
    files=(
        "kustomize/stage/node/fast/node-initialize.yaml",
        "kustomize/stage/node/heartbeat/node-heartbeat.yaml",
        "kustomize/stage/pod/fast/pod-ready.yaml",
        "kustomize/stage/pod/fast/pod-complete.yaml",
        "kustomize/stage/pod/fast/pod-delete.yaml",
    ),
)
_ARGO_CD: Final = "github.com/argoproj/argo-cd/v3"
_BASE: Final = "manifests/base"
ARGO_CD: Final = Tool(
    key="argocd",
    module=_module("argocd", _ARGO_CD, "Argo CD"),
    programs={"argocd": f"{_ARGO_CD}/cmd"},
    flags=f"-X {_ARGO_CD}/common.version={{version}}",
    files=(
        "manifests/crds/application-crd.yaml",
        "manifests/crds/applicationset-crd.yaml",
        "manifests/crds/appproject-crd.yaml",
        f"{_BASE}/application-controller/argocd-application-controller-statefulset.yaml",
        f"{_BASE}/applicationset-controller/argocd-applicationset-controller-deployment.yaml",
        f"{_BASE}/repo-server/argocd-repo-server-deployment.yaml",
    ),
)
KUSTOMIZE: Final = Tool(
    key="kustomize",
    module=_module("kustomize", "sigs.k8s.io/kustomize/kustomize/v5", "kustomize"),
    programs={"kustomize": "sigs.k8s.io/kustomize/kustomize/v5"},
)
_KUBE_SCORE: Final = "github.com/zegl/kube-score"
KUBE_SCORE: Final = Tool(
    key="kube-score",
    module=_module("kube-score", _KUBE_SCORE, "kube-score"),
    programs={"kube-score": f"{_KUBE_SCORE}/cmd/kube-score"},
)
MONITORING: Final = Tool(
    key="monitoring-crds",
    module=_module(
        "crds", "github.com/GoogleCloudPlatform/prometheus-engine", "Managed Prometheus"
    ),
    files=tuple(
        f"charts/operator/crds/monitoring.googleapis.com_{kind}.yaml"
        for kind in (
            "clusternodemonitorings", "clusterpodmonitorings", "clusterrules", "globalrules",
            "operatorconfigs", "podmonitorings", "rules",
        )
    ),
)  # fmt: skip
SECRETS_STORE: Final = Tool(
    key="secrets-store-crds",
    module=_module("crds", "sigs.k8s.io/secrets-store-csi-driver", "the Secrets Store driver"),
    files=tuple(
        f"config/crd/bases/secrets-store.csi.x-k8s.io_{kind}.yaml"
        for kind in ("secretproviderclasses", "secretproviderclasspodstatuses")
    ),
)
TOOLS: Final = (
    ETCD, KUBERNETES, KWOK, ARGO_CD, KUBERNETES_API, KUSTOMIZE, KUBE_SCORE, MONITORING,
    SECRETS_STORE,
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Binaries:
    """The programs."""

    etcd: Path
    kube_apiserver: Path
    kube_controller_manager: Path
    kube_scheduler: Path
    kwok: Path
    argocd: Path
    kustomize: Path
    kube_score: Path


def binaries() -> Binaries:
    """The programs that were built.

    Raises:
        PalierError: some were not, and how to build them.
    """
    _check(TOOLS)
    return Binaries(
        **{
            program.replace("-", "_"): tool.folder / program
            for tool in TOOLS
            for program in tool.programs
        }
    )


def crd_files() -> tuple[Path, ...]:
    """Custom resource definitions: Argo CD's, Managed Prometheus's and the Secrets Store's.

    Raises:
        PalierError: they were not provided.
    """
    return _files(ARGO_CD, "manifests/crds/") + _files(MONITORING) + _files(SECRETS_STORE)


def openapi_file() -> Path:
    """What the API server takes, as OpenAPI.

    Raises:
        PalierError: it was not provided.
    """
    return _files(KUBERNETES_API)[0]


def stage_files() -> tuple[Path, ...]:
    """How simulated nodes and pods live, for kwok.

    Raises:
        PalierError: they were not provided.
    """
    return _files(KWOK)


def argo_cd_manifests() -> tuple[Path, ...]:
    """The workloads that Argo CD itself ships: which setting becomes which environment variable.

    Raises:
        PalierError: they were not provided.
    """
    return _files(ARGO_CD, _BASE)


def _files(tool: Tool, part: str = "") -> tuple[Path, ...]:
    _check((tool,))
    return tuple(tool.folder / Path(name).name for name in tool.files if part in name)


def _check(tools: tuple[Tool, ...]) -> None:
    missing = [tool.key for tool in tools if not tool.there()]
    if missing:
        raise PalierError(f"not built: {', '.join(missing)}; run `{COMMAND}`")


def say(text: str) -> None:
    """Progress, for a person."""
    print(text, file=sys.stderr, flush=True)


def main() -> None:
    """Provide what is missing, one module after another; with `--look`, only look."""
    missing = [tool for tool in TOOLS if not tool.there()]
    if sys.argv[1:] == ["--look"]:
        sys.exit(1 if missing else 0)
    try:
        for tool in missing:
            tool.provide()
        say(f"The control plane and Argo CD are there: {binaries().argocd.parent.parent}")
    except PalierError as error:
        sys.exit(f"{COMMAND}: {error}")


if __name__ == "__main__":
    main()
