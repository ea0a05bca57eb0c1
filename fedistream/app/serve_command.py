"""The command `fedistream serve`, which runs a node; its parts are in `node.py`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from fedistream import __version__
from fedistream.app import gc_tuning
from fedistream.app.command import (
    CONFIG_FILE,
    DATA_DIR,
    DATABASE_URL,
    DEFAULTS,
    FEDERATION_ALLOW,
    LOG_LEVEL,
    PORT,
    PUBLIC_URL,
    flag,
    run,
    say,
)
from fedistream.app.config import Config
from fedistream.app.node import Node, Welcome
from fedistream.core.slow_steps import SlowSteps


@click.command(context_settings={"show_default": True})
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
@flag("--trusted-proxies", default=DEFAULTS.trusted_proxies, help="Proxies whose X-Forwarded-For is trusted.")
@flag(
    "--rtmp-proxy-protocol",
    is_flag=True,
    default=DEFAULTS.rtmp_proxy_protocol,
    help="Trusted proxies send a PROXY protocol header on the RTMP and RTMPS ports.",
)
@flag(
    "--workers",
    type=click.IntRange(0, 16),
    default=DEFAULTS.workers,
    help="Worker processes to start; 0: start `fedistream worker` yourself.",
)
@flag("--geoip-database", type=click.Path(path_type=Path), help="MMDB file that knows the places of IP addresses.")
@flag("--metrics-token", default="", help="The token that Prometheus sends to /metrics; without one that is closed.")
@LOG_LEVEL
def serve(**given: Any) -> None:
    """Run the node."""
    options, source = Config(**given), click.get_current_context().get_parameter_source
    flags = [name for name in given if source(name) is not click.core.ParameterSource.DEFAULT]
    run(options, _serve(options, flags))


async def _serve(options: Config, flags: Sequence[str]) -> None:
    node = Node(options, flags, SlowSteps(say))
    try:
        click.echo(table(await node.open(), key_given=bool(options.stream_key)))
        gc_tuning.freeze()
        await node.run()
    finally:
        await node.close()


def table(welcome: Welcome, *, key_given: bool = False) -> str:
    """Return the text that the operator reads first.

    It has a secret only in the run that created it. With `key_given` the stream key is the one of the command line, not
    one of the admin page.
    """
    home = f"{welcome.public_url.rstrip('/')}/" if welcome.public_url else welcome.watch_url
    rows = [("Watch page", home), ("Admin page", f"{home}admin/  (user: admin)")]
    if welcome.admin_password:
        rows.append(("Admin password", f"{welcome.admin_password}  (shown this once)"))
    rows.append(("RTMP server", welcome.rtmp_url))
    if welcome.rtmps_url:
        rows.append(("RTMPS server", welcome.rtmps_url))
    rows.append(
        ("Stream key", welcome.stream_key or ("as given by --stream-key" if key_given else "on the admin page"))
    )
    width = max(len(name) for name, _ in rows)
    lines = [f"  {name:<{width}}   {text}" for name, text in rows]
    return "\n".join(("", f"  Fedistream {__version__}", "", *lines, ""))
