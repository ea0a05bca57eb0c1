"""The flags that commands share, their environment variables and their file of defaults; and how a command runs.

The commands are in `serve_command.py` and `worker_command.py`.
"""

import asyncio
import logging
import os
import signal
import sys
import threading
import tomllib
from collections.abc import Callable, Coroutine
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar

import click

from fedistream.app import lean_tortoise  # noqa: F401 - before the commands' own imports
from fedistream.app.config import Config
from fedistream.app.early_signals import EXIT_CODES
from fedistream.app.startup import StartupError
from fedistream.core.log_buffer import hush_drivers

try:
    import uvloop

    LOOP = uvloop.new_event_loop
except ImportError:  # pragma: no cover  (not built for Windows)
    LOOP = asyncio.new_event_loop  # type: ignore[assignment]

CONFIG = "fedistream.toml"


def _defaults(context: click.Context, _option: click.Parameter, path: Path) -> Path:
    """Read the defaults of the flags from a TOML file, whose keys are the flags' names with `-` or `_`."""
    if not path.is_file():
        if context.get_parameter_source("config") is not click.core.ParameterSource.DEFAULT:
            raise click.BadParameter(f"there is no file {path}")
        return path
    try:
        given = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise click.BadParameter(f"{path} cannot be read: {error}") from error
    # one file for all commands
    names = {field.name for field in fields(Config)}
    values = {key.replace("-", "_"): value for key, value in given.items()}
    if unknown := sorted(values.keys() - names):
        raise click.BadParameter(f"{path} has a key that is no flag: {', '.join(unknown)}")
    known = {parameter.name for parameter in context.command.params}
    context.default_map = {key: value for key, value in values.items() if key in known}
    return path


Command = TypeVar("Command", bound=Callable[..., Any])


def flag(name: str, **more: Any) -> Callable[[Command], Command]:
    """Return a flag that is also an environment variable, FEDISTREAM_ and its name."""
    variable = "FEDISTREAM_" + name.removeprefix("--").replace("-", "_").upper()
    return click.option(name, envvar=variable, show_envvar=True, **more)


PORT = click.IntRange(0, 65_535)
DEFAULTS = Config()

# the flags of more than one command
CONFIG_FILE = click.option(
    "--config",
    type=click.Path(path_type=Path),
    default=Path(CONFIG),
    is_eager=True,
    expose_value=False,
    callback=_defaults,
    help="A TOML file with defaults for these flags.",
)
DATA_DIR = flag(
    "--data-dir",
    type=click.Path(path_type=Path),
    default=DEFAULTS.data_dir,
    help="The folder for all data of the node.",
)
PUBLIC_URL = flag("--public-url", default="", help="The address people use, https://name.")
FEDERATION_ALLOW = flag(
    "--federation-allow", default="", help="Hosts, name[:port],..., that may be private and on http: for labs."
)
DATABASE_URL = flag(
    "--database-url", default="", help="postgres://user:password@host/name; SQLite in the data folder if empty."
)
LOG_LEVEL = flag("--log-level", type=click.Choice(["debug", "info", "warning", "error"]), default=DEFAULTS.log_level)


def data_flags(command: Command) -> Command:
    """Add the flags of a command that works on the data alone."""
    return CONFIG_FILE(DATA_DIR(DATABASE_URL(LOG_LEVEL(command))))


LAST_S = 0.5  # for the last work of a stopped process


def _end_soon(code: int) -> None:
    """End the process soon: everything is closed, and a thread that still waits for the database must not keep it
    alive."""
    last = threading.Timer(LAST_S, os._exit, [code])
    last.daemon = True
    last.start()


async def _stoppable(work: Coroutine[Any, Any, None]) -> int:
    """Run a command, and return its exit code. Until it handles SIGTERM and SIGINT itself they cancel it, so that it
    closes what it has opened."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None
    given: list[signal.Signals] = []

    def stop(number: signal.Signals) -> None:
        if not given:  # a second one must not interrupt the closing
            given.append(number)
            task.cancel()

    for number in EXIT_CODES:
        loop.add_signal_handler(number, stop, number)
    try:
        await work
    except asyncio.CancelledError:
        if not given:
            raise
    return EXIT_CODES[given[0]] if given else 0


def run(options: Config, work: Coroutine[Any, Any, None]) -> None:
    """Run a command. A StartupError becomes one line on the terminal and an exit code."""
    logging.basicConfig(
        level=options.log_level.upper(), format="%(asctime)s %(levelname)-7s %(name)s: %(message)s", stream=sys.stderr
    )
    hush_drivers()
    try:
        with asyncio.Runner(loop_factory=LOOP) as runner:
            code = runner.run(_stoppable(work))
            _end_soon(code)
    except StartupError as problem:
        click.echo(f"fedistream: {problem}", err=True)
        code = problem.code
    if code:
        sys.exit(code)


def say(doing: str) -> None:
    """Print what a slow start is doing."""
    click.echo(f"fedistream: {doing} ...", err=True)
