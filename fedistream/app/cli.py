"""The command line, `fedistream`. Each command is in a module of its own, which is imported when the command is used.

`serve` needs the web server and the worker needs the scheduler; neither process loads what only the other one needs.
"""

from importlib import import_module

import click

from fedistream import __version__

COMMANDS = {
    "serve": "fedistream.app.serve_command",
    "worker": "fedistream.app.worker_command",
    "backup": "fedistream.app.backup_command",
    "restore": "fedistream.app.backup_command",
    "doctor": "fedistream.app.doctor.command",
    "import-owncast": "fedistream.app.owncast_import.command",
}
"""The module of each command, which defines a `click.Command` of the command's name, with `_` for `-`."""


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*COMMANDS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(COMMANDS[cmd_name]), cmd_name.replace("-", "_"))
        return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="fedistream")
def main() -> None:
    """Fedistream, a federated streaming node: OBS in, low-latency video out."""
