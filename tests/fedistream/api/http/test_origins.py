"""Calls by session cookie that change something: which are refused as those of another site."""

import pytest
from starlette.requests import Request

from fedistream.api.http.origins import refuse_forged, refuse_other_sites
from fedistream.api.http.request import ApiRequest, OtherSite

HOME = "https://node.example"


def request(method: str = "POST", scheme: str = "https", host: str = "node.example", **headers: str) -> ApiRequest:
    given = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {
        "type": "http",
        "method": method,
        "scheme": scheme,
        "path": "/api/admin/it",
        "query_string": b"",
        "headers": [(b"host", host.encode()), *given],
        "server": ("10.0.0.1", 8080),
    }
    return ApiRequest(Request(scope), writes=method != "GET")


@pytest.mark.parametrize(
    "good",
    [
        request("GET"),
        request("GET", origin="https://evil.example"),
        request(origin=HOME),
        request(origin=HOME, sec_fetch_site="same-origin"),
        request(origin=HOME.upper()),
        request("DELETE", origin=HOME),
        request(authorization="Basic x"),
        request(x_owncast_csrf_protection="1"),
        request(scheme="http", origin=HOME, sec_fetch_site="same-origin"),  # behind a proxy that ends TLS
        request(scheme="http", host="localhost:8080", origin="http://localhost:8080"),
        request(scheme="http", host="localhost:8080", origin="http://localhost:3000", sec_fetch_site="same-site"),
        request(scheme="http", host="127.0.0.1:8080", origin="http://localhost:3000"),
        request(scheme="http", host="[::1]:8080", origin="http://localhost:3000"),
    ],
)
def test_our_own_pages_and_programs_are_heard(good: ApiRequest) -> None:
    refuse_forged(good)
    if good.method != "GET":
        refuse_other_sites(good)


@pytest.mark.parametrize(
    "bad",
    [
        request(),
        request(x_owncast_csrf_protection="0"),
        request(x_owncast_csrf_protection=""),
        request(origin="https://evil.example"),
        request(origin="https://evil.example", x_owncast_csrf_protection="1"),
        request(origin="https://evil.example", authorization="Basic x"),
        request(origin="http://node.example"),
        request(origin="https://node.example:8443"),
        request(origin="https://node.example.evil.example"),
        request(origin="null"),
        request(origin="http://localhost:3000"),
        request(scheme="http", host="localhost:8080", origin="http://localhost:3001"),
        request(scheme="http", host="localhost.evil.example", origin="http://localhost:3000"),
        request(scheme="http", host="[::1", origin="http://localhost:3000"),
        request(sec_fetch_site="same-site"),
    ],
)
def test_other_sites_are_refused(bad: ApiRequest) -> None:
    with pytest.raises(OtherSite):
        refuse_forged(bad)


def test_a_get_that_changes_something_is_guarded_like_a_post() -> None:
    link = request("GET")
    link.writes = True
    with pytest.raises(OtherSite):
        refuse_forged(link)
