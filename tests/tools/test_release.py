"""A release is written down: where it goes, and one line; what is not a release is refused."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import builders
import pytest
import yaml

from tools import release
from tools.release import FILE, NOTHING, RefusedError

DIGEST = f"sha256:{'0123456789abcdef' * 4}"
OTHER = f"sha256:{'fedcba9876543210' * 4}"
SHIPPED = (builders.ROOT / FILE).read_text(encoding="utf-8")
REGISTRY = """kind: Component
images:
  - name: reference-app
    newName: {image}
"""
EU = "europe-docker.pkg.dev/acme-platform/registry/reference-app"
US = "us-docker.pkg.dev/acme-platform/registry/reference-app"


def put(root: Path, name: str, text: str) -> None:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(text, encoding="utf-8")


def overlay(root: Path, name: str, image: str) -> None:
    folder = f"gitops/overlays/{name}/registry"
    put(root, f"{folder}/kustomization.yaml", REGISTRY.format(image=image))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with a stack that is named, and one that says its phase."""
    put(tmp_path, FILE, SHIPPED)
    put(tmp_path, "stacks/Pulumi.mvp.yaml", "config:\n  gcp:project: acme-platform\n")
    put(tmp_path, "stacks/Pulumi.prod.yaml", "config:\n  palier:phase: hypergrowth # since May\n")
    overlay(tmp_path, "mvp", EU)
    overlay(tmp_path, "hypergrowth/eu", EU)
    overlay(tmp_path, "hypergrowth/us", US)
    return tmp_path


def test_nothing_but_the_digest_changes(root: Path) -> None:
    before = (root / FILE).read_text(encoding="utf-8").splitlines()
    release.record(root, DIGEST)
    release.record(root, OTHER)
    after = (root / FILE).read_text(encoding="utf-8").splitlines()
    changed = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    assert [new for _, new in changed] == [f"    digest: {OTHER}"]


@pytest.mark.parametrize(
    "digest",
    [
        "", NOTHING, DIGEST.upper(), DIGEST[:-1], f"{DIGEST}0", f"{DIGEST}\n", f" {DIGEST}",
        f"{DIGEST}\n    newName: evil.example/reference-app", "latest", DIGEST.replace("6", "7"),
    ],
)  # fmt: skip
def test_what_is_no_digest_is_refused_and_nothing_is_written(root: Path, digest: str) -> None:
    with pytest.raises(RefusedError, match=r"^digest: expected sha256: and 64"):
        release.record(root, digest)
    assert (root / FILE).read_text(encoding="utf-8") == SHIPPED


def test_the_digest_that_is_there_is_no_release(root: Path) -> None:
    release.record(root, DIGEST)
    with pytest.raises(RefusedError, match="already"):
        release.record(root, DIGEST)


@pytest.mark.parametrize(
    "text",
    [
        "images: []\n",
        SHIPPED + f"    digest: {OTHER}\n",
        SHIPPED.replace("    digest: ", "    digest:  "),
        SHIPPED.replace("    digest: ", "    newTag: x\n    # digest: "),
        SHIPPED.replace("    digest: ", '    digest: "').rstrip() + '"\n',
    ],
)
def test_a_file_of_another_shape_is_left_alone(root: Path, text: str) -> None:
    put(root, FILE, text)
    with pytest.raises(RefusedError, match="exactly one line"):
        release.record(root, DIGEST)
    assert (root / FILE).read_text(encoding="utf-8") == text


def test_the_shipped_file_is_one_image_its_digest_and_nothing_else() -> None:
    """A name or a tag beside it would send every cluster elsewhere."""
    content = yaml.safe_load(SHIPPED)
    assert set(content) == {"apiVersion", "kind", "images"}
    (image,) = content["images"]
    assert set(image) == {"name", "digest"}
    assert image["name"] == "reference-app"
    assert release.DIGEST.fullmatch(image["digest"])


def test_a_release_goes_to_the_registry_of_every_site_of_the_stacks(root: Path) -> None:
    assert release.images(root, '["mvp"]') == [EU]
    assert release.images(root, '["prod"]') == [EU, US]
    assert release.images(root, '["prod", "mvp"]') == [EU, US], "each once"


@pytest.mark.parametrize("phase", ["mvp", "traction", "scale", "growth", "hypergrowth"])
def test_every_shipped_stack_has_a_registry_to_release_to(phase: str) -> None:
    found = release.images(builders.ROOT, json.dumps([phase]))
    assert found == ([EU, US] if phase == "hypergrowth" else [EU])


@pytest.mark.parametrize(
    ("stacks", "words"),
    [
        ("prod", "expected a JSON list"),
        ("[]", "expected a JSON list"),
        ('"prod"', "expected a JSON list"),
        ('[["prod"]]', "expected a JSON list"),
        ('["../prod"]', "expected a JSON list"),
        ('["staging"]', r"stacks/Pulumi\.staging\.yaml: cannot be read"),
        ('["scale"]', r"overlays/scale: no registry; write it with `palier overlay --stack scale`"),
    ],
)
def test_stacks_that_are_none_are_refused(root: Path, stacks: str, words: str) -> None:
    put(root, "stacks/Pulumi.scale.yaml", "config: {}\n")
    with pytest.raises(RefusedError, match=words):
        release.images(root, stacks)


@pytest.mark.parametrize(
    "image",
    [
        "evil.example/acme-platform/registry/reference-app",
        "europe-docker.pkg.dev.evil.example/acme-platform/registry/reference-app",
        "evil.example/europe-docker.pkg.dev/acme-platform/registry/reference-app",
        "europe-docker.pkg.dev@evil.example/acme-platform/registry/reference-app",
        f"{EU}:latest",
        f"{EU}\n    newName: {US}",
        "",
    ],
)
def test_a_registry_that_is_not_googles_is_shown_no_token(root: Path, image: str) -> None:
    overlay(root, "mvp", image)
    with pytest.raises(RefusedError, match=r"mvp/registry/kustomization\.yaml: expected one"):
        release.images(root, '["mvp"]')


def test_it_runs_where_nothing_is_installed(root: Path) -> None:
    """As in the workflow: no virtual environment, so neither palier nor YAML."""
    program = (
        f"import sys; sys.path.insert(0, {str(builders.ROOT)!r});"
        " from tools.release import main; sys.exit(main(sys.argv[1:]))"
    )
    ran = subprocess.run(  # noqa: S603 our own arguments
        [sys.executable, "-I", "-S", "-c", program, "images", '["growth"]'],
        cwd=root, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, f"{EU}\n", "")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["record", DIGEST], 0, ""),
        (["record", "latest"], 1, "release: digest: expected"),
        (["images", "prod"], 1, "release: stacks: expected"),
        ([], 2, "usage: "),
        (["record", DIGEST, "--force"], 2, "usage: "),
    ],
)
def test_a_mistake_is_one_line_and_a_code(
    root: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, words: str
) -> None:
    assert release.main(arguments, root) == code
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(words)
    assert said.err.count("\n") == {0: 0, 1: 1, 2: 2}[code]
