"""The node's address as the client sees it, for the URLs that a page writes out in full."""

from urllib.parse import urlsplit

from fedistream.api.http.request import ApiRequest

RTMP_PORT = 1935  # the port that encoders use when a URL has none


def origin(request: ApiRequest, server_url: object) -> str:
    """Return `https://name[:port]` without a slash: the configured public URL, or that of the request."""
    if isinstance(server_url, str) and server_url:
        return server_url.rstrip("/")
    request.headers["Vary"] = "Host"
    return str(request.http.base_url).rstrip("/")


def rtmp_server(origin: str, port: int) -> str:
    """Return the value of the "Server" field in OBS."""
    host = urlsplit(origin).hostname or "localhost"
    host = f"[{host}]" if ":" in host else host
    return f"rtmp://{host}/live" if port == RTMP_PORT else f"rtmp://{host}:{port}/live"
