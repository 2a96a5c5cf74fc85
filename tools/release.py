"""Write a release down: the digest of the application's image, in one line of one file.

`images` says where a release is pushed to: the registry of each overlay that the stacks sync.
`record` writes the digest of what was pushed into gitops/image/, which every overlay shares. They
neither build, push nor commit: .github/workflows/release.yml does. Nothing but Python is needed, so
that what holds credentials there installs nothing.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent
FILE: Final = "gitops/image/kustomization.yaml"
OVERLAYS: Final = "gitops/overlays"
DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}")
NOTHING: Final = f"sha256:{'0' * 64}"
"""What stands there before the first release."""
LINE: Final = re.compile(rf"^(    digest: ){DIGEST.pattern}$", re.MULTILINE)
IMAGE: Final = re.compile(
    r"[a-z][a-z0-9-]*-docker\.pkg\.dev/[a-z][a-z0-9-]{4,28}[a-z0-9]/[a-z][a-z0-9-]*/reference-app"
)
"""Artifact Registry and nothing else: whoever serves that address is shown a token."""
NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
PHASE: Final = re.compile(
    r"^  [\"']?palier:phase[\"']?: *[\"']?([a-z]+)[\"']? *(?:#.*)?$", re.MULTILINE
)
USAGE: Final = """usage: python -m tools.release images '["prod"]'
       python -m tools.release record sha256:…
"""


class RefusedError(Exception):
    """Something is not as a release needs it; the message says where, and what is expected."""


def images(root: Path, stacks: str) -> list[str]:
    """Names of the application's image in the registries of some stacks, without tag or digest.

    Args:
        root: the repository.
        stacks: JSON list of stacks, as in the variable of the workflows.

    Raises:
        RefusedError: no such list, stack or overlay, or an image that is not in Artifact Registry.
    """
    try:
        names = json.loads(stacks)
    except ValueError:
        names = None
    if not (isinstance(names, list) and names and all(map(_is_name, names))):
        raise RefusedError(f'stacks: expected a JSON list as ["prod"], got {stacks!r}')
    return sorted({image for stack in names for image in _images(root, stack)})


def record(root: Path, digest: str) -> None:
    """Write a digest over the one that is there.

    Raises:
        RefusedError: no digest, or the one that is there; or a file that has not exactly one.
    """
    if not DIGEST.fullmatch(digest) or digest == NOTHING:
        raise RefusedError(f"digest: expected sha256: and 64 hexadecimal digits, got {digest!r}")
    text = _text(root / FILE, FILE)
    if text.count("digest:") != 1 or len(LINE.findall(text)) != 1:
        raise RefusedError(f"{FILE}: expected exactly one line `    digest: sha256:…`")
    if digest in text:
        raise RefusedError(f"{FILE}: has {digest} already")
    (root / FILE).write_text(LINE.sub(rf"\g<1>{digest}", text), encoding="utf-8")


def _images(root: Path, stack: str) -> list[str]:
    phase = _phase(root, stack)
    folder = root / OVERLAYS / phase
    files = [
        *folder.glob("registry/kustomization.yaml"),
        *folder.glob("*/registry/kustomization.yaml"),
    ]
    if not files:
        raise RefusedError(
            f"{OVERLAYS}/{phase}: no registry; write it with `palier overlay --stack {stack}`"
        )
    return [_image(file, str(file.relative_to(root))) for file in files]


def _phase(root: Path, stack: str) -> str:
    """The stack's phase: what its file says, else its own name."""
    name = f"stacks/Pulumi.{stack}.yaml"
    said = PHASE.search(_text(root / name, name))
    return said[1] if said else stack


def _image(file: Path, name: str) -> str:
    found = re.findall(r"^ +newName: *(\S*) *$", _text(file, name), re.MULTILINE)
    if len(found) != 1 or not IMAGE.fullmatch(found[0]):
        raise RefusedError(
            f"{name}: expected one newName,"
            " LOCATION-docker.pkg.dev/PROJECT/REPOSITORY/reference-app"
        )
    return str(found[0])


def _is_name(stack: object) -> bool:
    return isinstance(stack, str) and bool(NAME.fullmatch(stack))


def _text(path: Path, name: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RefusedError(f"{name}: cannot be read") from error


def main(arguments: Sequence[str], root: Path = ROOT) -> int:
    """Say where to push, or write what was pushed."""
    try:
        match list(arguments):
            case ["images", stacks]:
                sys.stdout.write("".join(f"{image}\n" for image in images(root, stacks)))
            case ["record", digest]:
                record(root, digest)
            case _:
                sys.stderr.write(USAGE)
                return 2
    except RefusedError as error:
        sys.stderr.write(f"release: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
