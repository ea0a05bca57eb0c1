"""The addresses to listen on: flags that were given, else the admin's settings, else the flags' defaults. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from fedistream.app.config import Config
from fedistream.settings.checks import Json
from fedistream.settings.models import NODE

BY_FLAG: Mapping[str, tuple[str, ...]] = {
    "host": ("node.web_address", "node.rtmp_address"),
    "port": ("node.web_port",),
    "rtmp_port": ("node.rtmp_port",),
}
"""The settings that each flag decides when it is given."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """The addresses and ports to listen on. A port of 0 means any free one."""

    web_host: str
    web_port: int
    rtmp_host: str
    rtmp_port: int


def given(options: Config, flags: Collection[str]) -> dict[str, Json]:
    """Return the settings that the given flags decide, with their values."""
    return {name: getattr(options, flag) for flag in BY_FLAG if flag in flags for name in BY_FLAG[flag]}


def addresses(options: Config, flags: Collection[str], stored: Mapping[tuple[str, int], Json]) -> Addresses:
    """Return where to listen. `flags` are those that were given, `stored` the settings by name and channel."""
    decided = given(options, flags)

    def chosen(flag: str, name: str) -> Json:
        fixed = getattr(options, flag)
        return fixed if name in decided else stored.get((name, NODE), fixed)

    return Addresses(
        str(chosen("host", "node.web_address")),
        int(str(chosen("port", "node.web_port"))),
        str(chosen("host", "node.rtmp_address")),
        int(str(chosen("rtmp_port", "node.rtmp_port"))),
    )
