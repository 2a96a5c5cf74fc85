"""`palier state`: where a stack's state is kept, and what to do when something happened to it."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from palier.cli.app import app
from palier.errors import ExitCode, PalierError, require

if TYPE_CHECKING:
    from palier.state.backend import Backend
    from palier.state.layout import Stack

group = typer.Typer(
    help="The state of a stack on file://, s3:// or gs://: keep it, check it, bring it back.",
    rich_markup_mode=None,
)
app.add_typer(group, name="state")

StackArgument = Annotated[
    str, typer.Argument(help="STACK, or organization/PROJECT/STACK.", show_default=False)
]
BackendOption = Annotated[
    str | None,
    typer.Option("--backend", help="URL of the backend, instead of the one Pulumi would use."),
]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do it without asking.")]
LIMIT = 30
"""Versions that are read to be listed: one update of a platform leaves dozens."""


@group.command()
def bootstrap(
    url: Annotated[str, typer.Argument(help="file://…, s3://… or gs://…", show_default=False)],
    region: Annotated[str | None, typer.Option(help="Region of a new bucket.")] = None,
    kms_key: Annotated[
        str | None, typer.Option("--kms-key", help="Key of your own to encrypt with.")
    ] = None,
) -> None:
    """Make a private, encrypted, versioned place for states, or mend one."""
    from palier.state import address, report  # noqa: PLC0415
    from palier.state import bootstrap as places  # noqa: PLC0415

    where = places.placed(address.parse(url), region)
    _say(report.bootstrapped(places.ensure(where, region, kms_key), where))


@group.command()
def backup(
    stack: StackArgument,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder to write to.")] = Path(),
    backend: BackendOption = None,
    even_locked: Annotated[
        bool, typer.Option("--even-locked", help="Also in the middle of an update.")
    ] = False,
) -> None:
    """Write the state to a file, secrets encrypted, with a manifest."""
    from palier.state import backup as backups  # noqa: PLC0415
    from palier.state import report  # noqa: PLC0415

    _say(report.backed_up(backups.make(*_opened(stack, backend), out, even_locked)))


@group.command()
def verify(
    what: Annotated[
        str, typer.Argument(metavar="STACK|FILE", help="A stack, or a file.", show_default=False)
    ],
    backend: BackendOption = None,
) -> None:
    """Whether a state is whole: one line a finding."""
    from palier.state import checkpoint, layout  # noqa: PLC0415
    from palier.state import restore as restores  # noqa: PLC0415
    from palier.state import verify as checks  # noqa: PLC0415

    findings = []
    file = Path(what)
    if file.is_file() or file.suffix == ".json":
        chosen = restores.choose_file(file)
        where, data, findings = what, chosen.data, [*chosen.findings]
    else:
        opened, name = _opened(what, backend)
        stored = layout.existing(opened, name)
        where, data = f"{opened.address.shown}: {stored.key}", stored.blob.data
        if obstacle := opened.obstacle(stored.key):
            said = f"cannot be read past {obstacle}: `palier state unlock {name.name}` removes it"
            findings = [checks.Finding(urn=checks.WHOLE, message=said)]
    state = checkpoint.decode(data, where)
    findings += checks.check(state)
    _say(map(str, findings))
    if findings:
        raise typer.Exit(ExitCode.FAIL)
    _say([f"{where}: {len(state.resources)} resources, nothing wrong"])


@group.command()
def restore(
    stack: StackArgument,
    version: Annotated[str | None, typer.Option(help="One of --list.")] = None,
    file: Annotated[Path | None, typer.Option(help="A backup on the disk.")] = None,
    list_: Annotated[bool, typer.Option("--list", help="What can be restored.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="How many to list.")] = LIMIT,
    backend: BackendOption = None,
    even_broken: Annotated[
        bool, typer.Option("--even-broken", help="Whatever is wrong with it.")
    ] = False,
    yes: YesOption = False,
) -> None:
    """Bring an older state back, and say what the cloud has besides."""
    from palier.state import report  # noqa: PLC0415
    from palier.state import restore as restores  # noqa: PLC0415

    require(
        sum((version is not None, file is not None, list_)) == 1,
        "restore needs one of --version, --file and --list",
    )
    opened, name = _opened(stack, backend)
    if list_:
        found = restores.candidates(opened, name)
        require(bool(found), f"{opened.address.shown}: keeps no other state of {name.full}")
        _say(report.listed(restores.seen(found, limit), len(found) - limit))
        return
    if file is not None:
        chosen = restores.choose_file(file)
    else:
        chosen = restores.choose(opened, name, str(version))
    if _agreed(yes, f"Make {chosen.where} the state of {name.full}?"):
        _say(report.restored(restores.restore(opened, name, chosen, even_broken), name))


@group.command()
def unlock(
    stack: StackArgument,
    adopt: Annotated[
        list[str] | None, typer.Option(help="URN=ID: this pending creation exists.")
    ] = None,
    gone: Annotated[
        list[str] | None, typer.Option(help="URN: this pending creation does not exist.")
    ] = None,
    backend: BackendOption = None,
    yes: YesOption = False,
) -> None:
    """After an interrupted update: remove its lock, settle what was under way."""
    from palier.state import report  # noqa: PLC0415
    from palier.state import unlock as unlocks  # noqa: PLC0415
    from palier.state.pending import Answers  # noqa: PLC0415

    opened, name = _opened(stack, backend)
    answers = Answers(adopt=_pairs(adopt or []), gone=frozenset(gone or []))
    found = unlocks.look(opened, name, answers)
    _say(report.situation(found))
    if found.clean:
        return
    if found.undecided:
        _say(["", f"Nothing was changed: {len(found.undecided)} to be decided."])
        raise typer.Exit(ExitCode.INCONCLUSIVE)
    if _agreed(yes, f"Unlock {name.full}?"):
        _say(report.unlocked(found, unlocks.apply(opened, found)))


def _opened(stack: str, url: str | None) -> tuple[Backend, Stack]:
    from palier.state import address, layout  # noqa: PLC0415
    from palier.state import backend as backends  # noqa: PLC0415

    here = Path.cwd()
    name = layout.stack(stack, here)
    return backends.connect(address.resolve(url, here)), name


def _pairs(texts: list[str]) -> dict[str, str]:
    pairs = {}
    for text in texts:
        urn, equals, id_ = text.partition("=")
        if not equals or not urn or not id_:
            raise PalierError(f"--adopt: expected URN=ID, got {text!r}")
        pairs[urn] = id_
    return pairs


def _agreed(yes: bool, question: str) -> bool:
    """Ask on a terminal; elsewhere only `--yes` agrees."""
    if yes:
        return True
    if not sys.stdin.isatty():
        _say(["", "Nothing was changed: add --yes."])
        raise typer.Exit(ExitCode.INCONCLUSIVE)
    if typer.confirm(question):
        return True
    _say(["Nothing was changed."])
    raise typer.Exit(ExitCode.INCONCLUSIVE)


def _say(lines: Iterable[str]) -> None:
    for line in lines:
        typer.echo(line)
