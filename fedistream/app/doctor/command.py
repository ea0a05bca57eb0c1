"""The command `fedistream doctor`: all checks, one line for each, and an exit code."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from fedistream.app.addresses import addresses
from fedistream.app.command import CONFIG_FILE, DATA_DIR, DATABASE_URL, DEFAULTS, LOG_LEVEL, PORT, PUBLIC_URL, flag, run
from fedistream.app.config import Config
from fedistream.app.doctor import machine, outside, stored
from fedistream.app.doctor.finding import Finding, State, lines, warn
from fedistream.app.startup import BAD_OPTION, StartupError
from fedistream.core.errors import Invalid
from fedistream.db import BadAddress
from fedistream.db.address import parse
from fedistream.settings.checks import Json, flagged_address
from fedistream.settings.models import NODE
from fedistream.settings.table import BY_NAME

SICK = 1  # the exit code when a check has failed


@click.command(context_settings={"show_default": True})
@CONFIG_FILE
@DATA_DIR
@DATABASE_URL
@PUBLIC_URL
@flag("--host", default=DEFAULTS.host, help="As for serve.")
@flag("--port", type=PORT, default=DEFAULTS.port, help="As for serve.")
@flag("--rtmp-port", type=PORT, default=DEFAULTS.rtmp_port, help="As for serve.")
@LOG_LEVEL
@click.option("--json", "as_json", is_flag=True, help="Print a list of objects with part, state, text and advice.")
def doctor(*, as_json: bool, **given: Any) -> None:
    """Check the node, this machine and the public address, and say what to do. Nothing is changed."""
    options, source = Config(**given), click.get_current_context().get_parameter_source
    flags = [name for name in given if source(name) is not click.core.ParameterSource.DEFAULT]
    found: list[Finding] = []
    run(options, _collect(options, flags, found))
    if as_json:
        click.echo(json.dumps([asdict(each) for each in found], indent=1))
    else:
        click.echo(lines(found))
    sys.stdout.flush()
    sys.exit(SICK if any(each.state is State.FAIL for each in found) else 0)


async def _collect(options: Config, flags: list[str], found: list[Finding]) -> None:
    found += await examine(options, flags)


async def examine(options: Config, flags: list[str]) -> list[Finding]:
    """Make all checks. `flags` are those that were given. Raises StartupError for flags that cannot be used."""
    try:
        address = parse(options.database)
        public = flagged_address(options.public_url) if options.public_url else ""
    except (BadAddress, Invalid) as error:
        raise StartupError(str(error), BAD_OPTION) from error
    rows = await stored.look(address)
    found = [machine.folder(options.data_dir), machine.disk(options.data_dir), machine.descriptors(), *rows.findings]
    running = machine.is_running(Path(options.data_dir))
    found += await machine.ports(addresses(options, flags, rows.settings), running=running)
    found.append(await machine.encoder())
    public = public or str(_setting(rows.settings, "node.public_url"))
    if not public:
        advice = "Give the node its public address: --public-url https://name, or on the admin page"
        return [*found, warn("public address", "it is not set, so there is no federation", advice)]
    username = (
        str(_setting(rows.settings, "federation.username")) if _setting(rows.settings, "federation.enabled") else ""
    )
    return [*found, *await outside.look(outside.Site(public, username))]


def _setting(settings: Any, name: str) -> Json:
    found: Json = settings.get((name, NODE), BY_NAME[name].default)
    return found
