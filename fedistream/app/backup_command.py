"""The commands `fedistream backup` and `fedistream restore`."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from fedistream import __version__
from fedistream.app.command import data_flags, run
from fedistream.app.config import Config
from fedistream.app.startup import BAD_DATA, BAD_OPTION, StartupError, locked_data_dir
from fedistream.backup.archive import Progress
from fedistream.backup.service import NotDone, Place, make
from fedistream.backup.service import restore as put_back
from fedistream.db import BadAddress
from fedistream.db.address import parse

FILE = click.argument("file", type=click.Path(path_type=Path, dir_okay=False))


@click.command(context_settings={"show_default": True})
@FILE
@data_flags
def backup(file: Path, **given: Any) -> None:
    """Write a backup of the node to FILE (.tar.gz), also while it runs."""
    options = Config(**given)
    run(options, save(file, options))


@click.command(context_settings={"show_default": True})
@FILE
@data_flags
def restore(file: Path, **given: Any) -> None:
    """Replace the node's data by a backup. The node must not be running; its old data is kept beside."""
    options = Config(**given)
    run(options, bring_back(file, options))


async def save(file: Path, options: Config) -> None:
    """Make a backup and say so. Raises StartupError."""
    with _problems(), _bar("backup") as progress:
        made = await make(_place(options), file, (datetime.now(UTC), __version__), progress)
    click.echo(f"The backup is in {file}: {len(made.files)} files, {made.size:,} bytes unpacked. Keep it private.")


async def bring_back(file: Path, options: Config) -> None:
    """Restore a backup and say where the old data is. Raises StartupError."""
    with _problems(), locked_data_dir(options.data_dir), _bar("restore") as progress:
        found, old = await put_back(_place(options), file, datetime.now(UTC), progress)
    click.echo(f"The backup of {found.made_at[:19]} is restored. The data before is in {old}.")


def _place(options: Config) -> Place:
    try:
        return Place(parse(options.database), options.data_dir)
    except BadAddress as error:
        raise StartupError(str(error), BAD_OPTION) from error


@contextmanager
def _problems() -> Iterator[None]:
    try:
        yield
    except NotDone as problem:
        raise StartupError(str(problem), BAD_DATA) from problem


@contextmanager
def _bar(what: str) -> Iterator[Progress]:
    """Show how far it is on a terminal: copying the database and packing it are each counted from the start."""
    with click.progressbar(length=1000, label=what, file=sys.stderr, show_eta=False) as bar:

        def show(done: int, whole: int) -> None:
            bar.update(int(1000 * done / max(whole, 1)) - bar.pos)

        yield show
