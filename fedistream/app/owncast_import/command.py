"""The command `fedistream import-owncast`: checks, locks and copies, then one transaction, and a report."""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from tortoise.exceptions import IntegrityError

from fedistream.app.command import data_flags, run
from fedistream.app.config import Config
from fedistream.app.owncast_import import files, folder
from fedistream.app.owncast_import.report import Report
from fedistream.app.owncast_import.transfer import Advance, NodeInUse, Transfer, is_done
from fedistream.app.startup import BAD_DATA, StartupError, locked_data_dir
from fedistream.db import Database, DatabaseProblem, atomic

REPORT = "owncast-import.txt"
SCRATCH = ".import-"  # the beginning of the name of the folder with the copy


@click.command(context_settings={"show_default": True})
@click.argument("source", metavar="DIR", type=click.Path(path_type=Path, exists=True, file_okay=False))
@data_flags
@click.option("--dry-run", "dry", is_flag=True, help="Print what would be taken, and change nothing.")
def import_owncast(source: Path, *, dry: bool, **given: Any) -> None:
    """Move an Owncast server (0.0.13 to 0.3) to this node, with its followers, from its data folder DIR.

    The node must not be running, and must be new. Owncast may be running; nothing in DIR is changed.
    """
    options = Config(**given)
    run(options, preview(source) if dry else take_over(source, options))


async def preview(source: Path) -> None:
    """Print what would be taken from a folder. Raises StartupError."""
    report = Report()
    with tempfile.TemporaryDirectory(prefix="fedistream-") as scratch, _problems():
        data = folder.find(source)
        report.take("emoji", sum(1 for _ in files.emoji(data, set(), report)))
        report.take("public files", sum(1 for _ in files.public(data, report)))
        with folder.opened(data, Path(scratch)) as rows:
            await Transfer(rows, report, datetime.now(UTC), _progress).run()
    click.echo(report.text(dry=True))


async def take_over(source: Path, options: Config) -> None:
    """Import a folder and print the report, which is also kept. Raises StartupError."""
    with _problems(), locked_data_dir(options.data_dir):
        database = Database(options.database)
        try:
            await database.open()
            _clean(options.data_dir)
            if await is_done():
                click.echo(f"An Owncast server was moved to this node already: see {options.data_dir / REPORT}")
                return
            report = Report()
            # in the data folder, where there is as much room as the rows will need
            with tempfile.TemporaryDirectory(prefix=SCRATCH, dir=options.data_dir) as scratch:
                data = folder.find(source)
                with folder.opened(data, Path(scratch)) as rows, files.Copies(options.data_dir) as copies:
                    files.copy_emoji(data, copies, report)
                    files.copy_public(data, copies, report)
                    await atomic(Transfer(rows, report, datetime.now(UTC), _progress, copies).run)
        finally:
            await database.close()
        text = report.text()
        (options.data_dir / REPORT).write_text(text, encoding="utf-8")
        click.echo(text)
        click.echo(f"This is kept in {options.data_dir / REPORT}.")


def _clean(data_dir: Path) -> None:
    """Delete the copies of runs that were killed; the lock of the data folder is held."""
    for left in data_dir.glob(f"{SCRATCH}*"):
        shutil.rmtree(left, ignore_errors=True)


@contextmanager
def _problems() -> Iterator[None]:
    """Turn what can go wrong into one line for the operator."""
    try:
        yield
    except (folder.BadFolder, DatabaseProblem, NodeInUse) as problem:
        raise StartupError(f"{problem}. Nothing was changed.".replace("..", "."), BAD_DATA) from problem
    except IntegrityError as error:
        text = f"two rows of the source have the same id, which a sound database does not allow ({error})"
        raise StartupError(f"{text}. Nothing was changed.", BAD_DATA) from error
    except OSError as error:
        raise StartupError(f"{error.filename or 'a file'}: {error.strerror}. Nothing was changed.", BAD_DATA) from error


@contextmanager
def _progress(what: str, length: int) -> Iterator[Advance]:
    """Show a bar on a terminal, and elsewhere the name of the part."""
    with click.progressbar(length=max(length, 1), label=f"{what:<28}", file=sys.stderr) as bar:
        yield bar.update
