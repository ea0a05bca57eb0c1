"""Refuse changes that a page of another site makes a browser ask for (CSRF)."""

import ipaddress
from urllib.parse import urlsplit

from fedistream.api.http.request import ApiRequest, OtherSite

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})  # RFC 9110 section 9.2.1
CSRF_HEADER = "x-owncast-csrf-protection"  # a page of another site cannot set it without a preflight
DEVELOPMENT = "http://localhost:3000"  # the development server of Owncast's front end


def refuse_other_sites(request: ApiRequest) -> None:
    """Raise OtherSite when a page of another site made the browser ask.

    Browsers say where a request comes from in Sec-Fetch-Site; older ones, and all of them on plain HTTP away from
    localhost, in Origin alone. Programs send neither and pass. Only the host of Origin is compared: behind a proxy that
    ends TLS the scheme seen here may be http.
    """
    headers = request.http.headers
    if is_development(request):
        return
    site = headers.get("sec-fetch-site")
    if site is not None:
        if site not in ("same-origin", "none"):
            raise OtherSite
        return
    origin = headers.get("origin")
    if origin is not None and _host(origin) != headers.get("host", "").lower():
        raise OtherSite


def refuse_forged(request: ApiRequest) -> None:
    """Raise OtherSite for a call by cookie that changes something, unless one of our own pages or a program sent it.

    An Origin must be the address of the request, or Owncast's development server on this machine. Without one, an
    Authorization header, `X-Owncast-CSRF-Protection: 1` or Sec-Fetch-Site is the proof.
    """
    if request.method in SAFE and not request.writes:
        return
    headers = request.http.headers
    if headers.get("sec-fetch-site") == "same-origin":
        return  # sent over HTTPS, where a proxy may hide the scheme that Origin has
    origin = headers.get("origin")
    if origin is not None:
        url = request.http.url
        if origin.lower() != f"{url.scheme}://{url.netloc}".lower() and not is_development(request):
            raise OtherSite
    elif "authorization" not in headers and headers.get(CSRF_HEADER) != "1":
        raise OtherSite


def is_development(request: ApiRequest) -> bool:
    """Return whether Owncast's development server sent the request, to a node on the same machine."""
    if request.http.headers.get("origin") != DEVELOPMENT:
        return False
    try:
        host = urlsplit(f"//{request.http.headers.get('host', '')}").hostname or ""
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _host(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:  # for example an IPv6 address without its closing bracket
        return None
