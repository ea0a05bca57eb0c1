"""RTMP URLs: the address of a stream, and the stream key in it.

rtmp://host:1935/live/KEY?token=x        app "live", name "KEY", parameters token=x
"""

from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from media.rtmp.errors import TooManyParameters
from media.rtmp.limits import DEFAULT, Limits

PORTS = {"rtmp": 1935, "rtmps": 443}


@dataclass(frozen=True, slots=True)
class Target:
    """A parsed URL to publish to. `name` still has its `?` parameters: the other server knows what they mean."""

    host: str
    port: int
    secure: bool
    app: str
    name: str

    @property
    def tc_url(self) -> str:
        scheme = "rtmps" if self.secure else "rtmp"
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == PORTS[scheme] else f":{self.port}"
        return f"{scheme}://{host}{port}/{self.app}"


def parse(url: str) -> Target:
    """Split `rtmp[s]://host[:port]/app[/more]/key[?parameters]`. Raises ValueError with a text for the streamer."""
    parts = urlsplit(url, allow_fragments=False)  # a key may contain "#"
    if parts.scheme not in PORTS:
        raise ValueError("the address must begin with rtmp:// or rtmps://")
    if not parts.hostname:
        raise ValueError("the address names no host")
    if "@" in parts.netloc:
        raise ValueError("the address must not contain a user name and password")
    app, _, name = parts.path.strip("/").rpartition("/")
    if not name:
        raise ValueError("the address has no stream key")
    if parts.query:
        name += "?" + parts.query
    return Target(parts.hostname, parts.port or PORTS[parts.scheme], parts.scheme == "rtmps", app, name)


def parameters(query: str, limits: Limits = DEFAULT) -> dict[str, str]:
    """Return the parameters of a query; of a repeated name the last counts. Raises TooManyParameters."""
    if query.count("&") >= limits.parameters:
        raise TooManyParameters(f"more than {limits.parameters} parameters behind the stream key")
    return dict(parse_qsl(query, keep_blank_values=True, errors="replace"))


@dataclass(frozen=True, slots=True)
class PublishPath:
    """The app, stream key and parameters that a client asks to publish to."""

    app: str
    name: str
    parameters: dict[str, str]


def publish_path(app: str, name: str, tc_url: str, limits: Limits = DEFAULT) -> PublishPath:
    """Find app, key and parameters in what connect and publish said. Raises TooManyParameters.

    The key is the publish name. When that is empty it is the last part of the app, then of tcUrl: encoders with a
    single address field (hardware, phones, OBS with the key left empty) send the whole path as the app.
    """
    app, _, app_query = app.partition("?")
    name, _, name_query = name.partition("?")
    app, name = app.strip("/"), name.strip("/")
    if not name:
        if "/" not in app:
            # tcUrl is the whole address with some clients, even where they shorten the app to its first part
            path = tc_url.partition("?")[0].partition("://")[2].partition("/")[2].strip("/")
            app = path if path.startswith(app + "/") or not app else app
        head, slash, tail = app.rpartition("/")
        if slash:
            app, name = head, tail
    found = parameters(app_query, limits) | parameters(name_query, limits)
    return PublishPath(app, name, found)
