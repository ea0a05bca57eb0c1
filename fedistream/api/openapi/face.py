"""`/api/openapi.json` and the page that shows it.

Both are made when they are first asked for, outside the event loop, and kept compressed: most nodes are never asked,
and the tables behind the document need memory.
"""

import asyncio
import gzip
from collections.abc import Callable
from typing import TYPE_CHECKING

import orjson
from starlette.responses import Response

from activitypub.lazy_module import LazyModule
from fedistream.api.http import conditional
from fedistream.api.http.content_codings import choose
from fedistream.api.http.endpoints import Endpoint
from fedistream.api.http.permissions import Permission
from fedistream.api.http.request import ApiRequest
from fedistream.api.pages.csp import Frame
from fedistream.api.pages.rendering import Pages

if TYPE_CHECKING:
    from fedistream.api.openapi import document, reference
else:
    document = LazyModule("fedistream.api.openapi.document")
    reference = LazyModule("fedistream.api.openapi.reference")

CACHE = {"Cache-Control": "no-cache", "Vary": "Accept-Encoding"}  # an update may change it; the tag saves the transfer
HTML = "text/html; charset=utf-8"
JSON = "application/json"


class Documentation:
    """The document and its page, each made once."""

    def __init__(self, pages: Pages) -> None:
        self.pages = pages
        self._turn = asyncio.Lock()
        self._made: dict[str, tuple[bytes, str]] = {}

    async def json(self) -> tuple[bytes, str]:
        """Return the document, compressed, and its entity tag."""
        return await self._once(JSON, lambda: orjson.dumps(document.document()))

    async def html(self) -> tuple[bytes, str]:
        """Return the page, compressed, and its entity tag."""
        return await self._once(HTML, lambda: reference.render(self.pages, document.document()).encode())

    async def _once(self, name: str, make: Callable[[], bytes]) -> tuple[bytes, str]:
        async with self._turn:
            if name not in self._made:
                self._made[name] = await asyncio.to_thread(_packed, make)
        return self._made[name]


async def show_document(request: ApiRequest, services: Documentation) -> Response:
    """GET /api/openapi.json"""
    return _answer(request, *await services.json(), JSON)


async def show_page(request: ApiRequest, services: Documentation) -> Response:
    """GET /api/docs"""
    response = _answer(request, *await services.html(), HTML)
    response.headers.update(services.pages.headers(Frame.SELF))
    return response


def _packed(make: Callable[[], bytes]) -> tuple[bytes, str]:
    content = make()
    return gzip.compress(content, mtime=0), conditional.entity_tag(content)


def _answer(request: ApiRequest, packed: bytes, tag: str, media_type: str) -> Response:
    headers = {**CACHE, "ETag": tag}
    if conditional.has(request.http.headers, tag):
        return Response(status_code=304, headers=headers)
    if choose(request.http.headers.get("accept-encoding", ""), ("gzip",)) == "gzip":
        return Response(packed, headers={**headers, "Content-Encoding": "gzip"}, media_type=media_type)
    return Response(gzip.decompress(packed), headers=headers, media_type=media_type)


ENDPOINTS = (
    Endpoint("GET", "/api/openapi.json", show_document, Permission.ANYONE),
    Endpoint("GET", "/api/docs", show_page, Permission.ANYONE),
)
