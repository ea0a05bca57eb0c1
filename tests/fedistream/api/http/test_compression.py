"""Compression of answers, as clients see it."""

import gzip
import os

import pytest
from starlette.applications import Starlette
from starlette.responses import Response

from fedistream.api.http.compression import LEAST, MOST
from fedistream.api.http.endpoints import ANYONE, Authenticator, Endpoint, routes
from fedistream.api.http.permissions import ADMIN, Kind, Permission, Principal
from fedistream.api.http.request import ApiRequest
from fedistream.api.ops import RESPONDER
from tests.kit.asking import client
from tests.kit.routing import access

WORDS = ("words that come again and again, " * 400).encode()


async def html(request: ApiRequest, services: None) -> Response:
    return Response(WORDS, headers={"ETag": '"one"', "Vary": "Cookie"}, media_type="text/html")


async def short(request: ApiRequest, services: None) -> Response:
    return Response(WORDS[: LEAST - 1], media_type="text/html")


async def huge(request: ApiRequest, services: None) -> Response:
    return Response(bytes(MOST + 1), media_type="text/plain")


async def picture(request: ApiRequest, services: None) -> Response:
    return Response(WORDS, media_type="image/png")


async def noise(request: ApiRequest, services: None) -> Response:
    return Response(os.urandom(LEAST), media_type="text/plain")


async def packed(request: ApiRequest, services: None) -> Response:
    return Response(gzip.compress(WORDS), headers={"Content-Encoding": "gzip"}, media_type="text/html")


async def anyone(request: ApiRequest) -> Principal:
    return ADMIN


ENDPOINTS = (
    *(
        Endpoint("GET", f"/{handler.__name__}", handler, Permission.ANYONE)
        for handler in (html, short, huge, picture, noise)
    ),
    Endpoint("GET", "/packed", packed, Permission.ANYONE),
    Endpoint("GET", "/admin", html, Permission.ADMIN),
    Endpoint("POST", "/form", html, Permission.ANYONE),
    Endpoint("GET", "/changes", html, Permission.ANYONE, changes=True),
)


@pytest.fixture
def app() -> Starlette:
    return Starlette(
        routes=routes(
            ENDPOINTS,
            None,
            access({Kind.ANONYMOUS: ANYONE, Kind.ADMIN: Authenticator(anyone, ambient=True)}),
            RESPONDER,
        )
    )


async def test_public_responses_are_gzipped_for_clients_that_accept_it(app: Starlette) -> None:
    async with client(app) as http:
        plain = await http.get("/html", headers={"Accept-Encoding": "identity"})
        small = await http.get("/html", headers={"Accept-Encoding": "gzip"})
    assert plain.content == small.content == WORDS
    assert "content-encoding" not in plain.headers
    assert small.headers["content-encoding"] == "gzip"
    assert int(small.headers["content-length"]) < int(plain.headers["content-length"]) / 10
    assert plain.headers["vary"] == small.headers["vary"] == "Cookie, Accept-Encoding"
    assert (plain.headers["etag"], small.headers["etag"]) == ('"one"', 'W/"one"')


@pytest.mark.parametrize("header", ["gzip;q=0", "*;q=0", "br", ""])
async def test_a_client_without_gzip_gets_plain_bytes(app: Starlette, header: str) -> None:
    async with client(app) as http:
        answer = await http.get("/html", headers={"Accept-Encoding": header})
    assert "content-encoding" not in answer.headers


async def test_head_says_what_get_would_send(app: Starlette) -> None:
    async with client(app) as http:
        got, head = await http.get("/html"), await http.head("/html")
    assert head.headers["content-length"] == got.headers["content-length"]
    assert head.headers["content-encoding"] == "gzip"


@pytest.mark.parametrize("path", ["/short", "/huge", "/picture", "/noise"])
async def test_what_gains_nothing_stays_as_it_is(app: Starlette, path: str) -> None:
    async with client(app) as http:
        assert "content-encoding" not in (await http.get(path, headers={"Accept-Encoding": "gzip"})).headers


async def test_compressed_media_types_are_not_compressed_again(app: Starlette) -> None:
    async with client(app) as http:
        assert (await http.get("/packed", headers={"Accept-Encoding": "gzip"})).content == WORDS


async def test_what_may_hold_a_secret_is_never_compressed(app: Starlette) -> None:
    async with client(app) as http:
        for method, path in (("GET", "/admin"), ("POST", "/form"), ("GET", "/changes")):
            answer = await http.request(method, path, headers={"Accept-Encoding": "gzip"})
            assert answer.content == WORDS
            assert "content-encoding" not in answer.headers
