"""The command line. `fedistream serve` runs a node; what it consists of is in `node.py`."""

import asyncio
import logging
import sys
import tomllib
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import click

from fedistream import __version__, workshop
from fedistream.ground import Problem
from fedistream.node import Node, Welcome
from fedistream.options import Options

try:
    import uvloop

    LOOP = uvloop.new_event_loop
except ImportError:  # pragma: no cover  (not built for Windows)
    LOOP = asyncio.new_event_loop  # type: ignore[assignment]

CONFIG = "fedistream.toml"


def _defaults(context: click.Context, _option: click.Parameter, path: Path) -> Path:
    """Let a TOML file give the defaults of the flags; its keys are the flags' names with `-` or `_`."""
    if not path.is_file():
        if context.get_parameter_source("config") is not click.core.ParameterSource.DEFAULT:
            raise click.BadParameter(f"there is no file {path}")
        return path
    try:
        given = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise click.BadParameter(f"{path} cannot be read: {error}") from error
    # one file for all commands; serve has all the flags
    names = {parameter.name for parameter in serve.params}
    values = {key.replace("-", "_"): value for key, value in given.items()}
    if unknown := sorted(values.keys() - names):
        raise click.BadParameter(f"{path} has a key that is no flag: {', '.join(unknown)}")
    known = {parameter.name for parameter in context.command.params}
    context.default_map = {key: value for key, value in values.items() if key in known}
    return path


Command = TypeVar("Command", bound=Callable[..., Any])


def flag(name: str, **more: Any) -> Callable[[Command], Command]:
    """A flag that is also an environment variable, FEDISTREAM_ and its name."""
    variable = "FEDISTREAM_" + name.removeprefix("--").replace("-", "_").upper()
    return click.option(name, envvar=variable, show_envvar=True, **more)


PORT = click.IntRange(0, 65_535)
DEFAULTS = Options()

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
    "--data-dir", type=click.Path(path_type=Path), default=DEFAULTS.data_dir, help="Where everything is kept."
)
PUBLIC_URL = flag("--public-url", default="", help="The address people use, https://name.")
FEDERATION_ALLOW = flag(
    "--federation-allow", default="", help="Hosts, name[:port],..., that may be private and on http: for labs."
)
DATABASE_URL = flag(
    "--database-url", default="", help="postgres://user:password@host/name; SQLite in the data folder if empty."
)
LOG_LEVEL = flag("--log-level", type=click.Choice(["debug", "info", "warning", "error"]), default=DEFAULTS.log_level)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="fedistream")
def main() -> None:
    """Fedistream, a federated streaming node: OBS in, low-latency video out."""


@main.command(context_settings={"show_default": True})
@CONFIG_FILE
@DATA_DIR
@flag("--host", default=DEFAULTS.host, help="The address to listen on.")
@flag("--port", type=PORT, default=DEFAULTS.port, help="Web port; 0 means any free one.")
@flag("--rtmp-port", type=PORT, default=DEFAULTS.rtmp_port, help="RTMP port; 0 means any free one.")
@flag("--rtmps-port", type=PORT, help="RTMP over TLS, with --tls-cert and --tls-key.")
@flag("--tls-cert", type=click.Path(path_type=Path), help="Certificate chain for RTMPS, PEM.")
@flag("--tls-key", type=click.Path(path_type=Path), help="Its private key, PEM.")
@PUBLIC_URL
@flag("--admin-password", default="", help="For this run, instead of the stored one.")
@flag("--stream-key", default="", help="For this run, instead of the stored ones.")
@DATABASE_URL
@FEDERATION_ALLOW
@flag("--trusted-proxies", default=DEFAULTS.trusted_proxies, help="Addresses whose X-Forwarded-For is believed.")
@flag("--workers", type=click.IntRange(0, 16), default=DEFAULTS.workers, help="Worker processes; 0: none of its own.")
@LOG_LEVEL
def serve(**given: Any) -> None:
    """Run the node."""
    options = Options(**given)
    _run(options, _serve(options))


@main.command(context_settings={"show_default": True})
@CONFIG_FILE
@DATA_DIR
@PUBLIC_URL
@DATABASE_URL
@FEDERATION_ALLOW
@LOG_LEVEL
@click.option("--nudged", is_flag=True, hidden=True, help="The standard input says when to look, and when to end.")
def worker(*, nudged: bool, **given: Any) -> None:
    """Deliver what a node has promised. A node starts one by itself; more may run, on other machines too."""
    options = Options(**given)
    _run(options, workshop.run(options, nudged=nudged))


def _run(options: Options, work: Coroutine[Any, Any, None]) -> None:
    logging.basicConfig(
        level=options.log_level.upper(), format="%(asctime)s %(levelname)-7s %(name)s: %(message)s", stream=sys.stderr
    )
    try:
        with asyncio.Runner(loop_factory=LOOP) as runner:
            runner.run(work)
    except Problem as problem:
        click.echo(f"fedistream: {problem}", err=True)
        sys.exit(problem.code)


async def _serve(options: Options) -> None:
    node = Node(options)
    try:
        click.echo(table(await node.open()))
        await node.run()
    finally:
        await node.close()


def table(welcome: Welcome) -> str:
    """What the operator needs first. A secret is in it only in the run that made it."""
    home = f"{welcome.public_url.rstrip('/')}/" if welcome.public_url else welcome.watch_url
    rows = [("Watch page", home), ("Admin page", f"{home}admin/  (user: admin)")]
    if welcome.admin_password:
        rows.append(("Admin password", f"{welcome.admin_password}  (shown this once)"))
    rows.append(("RTMP server", welcome.rtmp_url))
    if welcome.rtmps_url:
        rows.append(("RTMPS server", welcome.rtmps_url))
    rows.append(("Stream key", welcome.stream_key or "on the admin page"))
    width = max(len(name) for name, _ in rows)
    lines = [f"  {name:<{width}}   {text}" for name, text in rows]
    return "\n".join(("", f"  Fedistream {__version__}", "", *lines, ""))
