"""What a linter of manifests finds is mended, or explained in gitops/findings.yaml; never ignored.

kube-score runs every check it has, the optional ones too, over all objects of an overlay at once.
"""

from __future__ import annotations

import copy
import json
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from typing import Any, Final

import builders
import pytest
import rendered
import yaml
from rendered import Object, Overlay, every_overlay

from tools import control_plane

pytestmark = pytest.mark.manifests
FILE: Final = builders.ROOT / "gitops" / "findings.yaml"
ALL_OK: Final = 10
"""The linter's best grade; a check that does not apply has none."""


@dataclass(frozen=True, order=True)
class Finding:
    """One check that one object does not meet."""

    check: str
    object: str
    """Kind/name."""
    overlay: str
    says: str


@dataclass(frozen=True, kw_only=True)
class Row:
    """Why some findings are left as they are; its fields are the columns of the file."""

    check: str
    objects: tuple[str, ...]
    why: str
    overlays: tuple[str, ...] = rendered.OVERLAYS
    excepted: tuple[str, ...] = ()

    def explains(self, finding: Finding) -> list[str]:
        """Patterns of the row that a finding falls under."""
        if (
            finding.check != self.check
            or finding.overlay not in self.overlays
            or any(fnmatchcase(finding.object, pattern) for pattern in self.excepted)
        ):
            return []
        return [pattern for pattern in self.objects if fnmatchcase(finding.object, pattern)]


def rows() -> list[Row]:
    """The file; a column it may not have, or a name no overlay has, fails the test."""
    made = []
    for row in yaml.safe_load(FILE.read_text(encoding="utf-8")):
        lists = {key: tuple(row[key]) for key in ("objects", "overlays") if key in row}
        unknown = set(row) - {"check", "objects", "why", "overlays", "except"}
        assert not unknown, f"{row['check']}: {unknown}"
        one = Row(
            check=row["check"], why=row["why"], excepted=tuple(row.get("except", ())), **lists
        )
        assert set(one.overlays) <= set(rendered.OVERLAYS), row
        assert len(one.why) > len("because"), f"{one.check}: no reason"
        made.append(one)
    return made


def lint(name: str, objects: Iterable[Object]) -> list[Finding]:
    """What the linter finds in objects, seen together."""
    program = control_plane.KUBE_SCORE.folder / "kube-score"
    major, minor, *_ = control_plane.KUBERNETES.module.pinned().split(".")
    asked = subprocess.run(  # noqa: S603 our own arguments
        [program, "score", "--output-format=json", "--all-default-optional",
         "--disable-ignore-checks-annotations", f"--kubernetes-version={major}.{minor}", "-"],
        input=yaml.safe_dump_all(objects), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert not asked.stderr, asked.stderr
    return sorted(
        Finding(check["check"]["id"], named(one), name, said(check))
        for one in json.loads(asked.stdout)
        for check in one["checks"]
        if not check["skipped"] and check["grade"] < ALL_OK
    )


def named(one: Any) -> str:
    return f"{one['type_meta']['kind']}/{one['object_meta']['name']}"


def said(check: Any) -> str:
    return "; ".join(comment["summary"] for comment in check["comments"] or ())


@cache
def found(name: str) -> list[Finding]:
    """What the linter finds in an overlay."""
    (overlay,) = [one for one in rendered.overlays() if one.name == name]
    return lint(name, [one for _, one in overlay.all()])


@every_overlay
def test_every_finding_is_mended_or_explained(overlay: Overlay) -> None:
    known = rows()
    left = [one for one in found(overlay.name) if not any(row.explains(one) for row in known)]
    assert left == [], "mend it in gitops/base, or say in gitops/findings.yaml why not"


@pytest.mark.parametrize("row", rows(), ids=lambda row: f"{row.check}: {', '.join(row.objects)}")
def test_no_explanation_outlives_what_it_explains(row: Row) -> None:
    everywhere = [one for name in rendered.OVERLAYS for one in found(name)]
    needed = {(pattern, one.overlay) for one in everywhere for pattern in row.explains(one)}
    assert {pattern for pattern, _ in needed} == set(row.objects), "nothing is found there any more"
    assert {where for _, where in needed} == set(row.overlays) or row.overlays == rendered.OVERLAYS
    for pattern in row.excepted:
        assert any(fnmatchcase(one, pattern) for one in all_objects()), f"{pattern}: no such object"


def all_objects() -> set[str]:
    """Kind/name of every object there is."""
    return {
        f"{one['kind']}/{one['metadata']['name']}"
        for overlay in rendered.overlays()
        for _, one in overlay.all()
    }


@pytest.mark.parametrize(
    ("check", "kind", "path", "value"),
    [
        ("container-image-tag", "Deployment", "image", "docker.io/valkey/valkey"),
        ("container-security-context-privileged", "Deployment", "securityContext",
         {"privileged": True}),
        ("container-ephemeral-storage-request-and-limit", "StatefulSet", "resources", {}),
        ("container-security-context-readonlyrootfilesystem", "Job", "securityContext", {}),
        ("pod-probes-identical", "StatefulSet", "livenessProbe", None),
    ],
)  # fmt: skip
def test_a_slip_in_a_container_is_a_finding_that_nothing_explains(
    check: str, kind: str, path: str, value: Any
) -> None:
    objects = [copy.deepcopy(one) for _, one in rendered.overlays()[0].all()]
    one = next(each for each in objects if each["kind"] == kind)
    container = one["spec"]["template"]["spec"]["containers"][0]
    container[path] = container["readinessProbe"] if value is None else value
    fresh = set(lint("mvp", objects)) - set(found("mvp"))
    assert [
        finding.check for finding in fresh
        if finding.check == check and not any(row.explains(finding) for row in rows())
    ], fresh  # fmt: skip
