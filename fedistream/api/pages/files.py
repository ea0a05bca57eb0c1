"""The static files over HTTP, and the logo."""

from starlette.responses import RedirectResponse, Response

from fedistream.api.http.content_codings import IDENTITY, choose
from fedistream.api.http.request import ApiRequest
from fedistream.api.pages.services import PagesServices
from fedistream.api.pages.static import File
from fedistream.core.errors import NotFound

FOREVER = "public, max-age=31536000, immutable"


def answer(file: File, accept_encoding: str, cache: str) -> Response:
    headers = {"Cache-Control": cache, "Vary": "Accept-Encoding", "X-Content-Type-Options": "nosniff"}
    coding = choose(accept_encoding, tuple(file.packed))
    if coding != IDENTITY:
        return Response(file.packed[coding], headers={**headers, "Content-Encoding": coding}, media_type=file.type)
    return Response(file.body, headers=headers, media_type=file.type)


async def file(request: ApiRequest, services: PagesServices) -> Response:
    """GET /static/{edition}/{name}. An outdated hash redirects to the present file, for pages from before an update."""
    edition, name = request.parts["edition"], request.parts["name"]
    found = services.static.get(edition, name)
    if found is not None:
        response = answer(found, request.http.headers.get("accept-encoding", ""), FOREVER)
        response.headers["ETag"] = f'W/"{edition}"'  # by which the emoji picker knows the names it has stored
        return response
    if name in services.static:
        return RedirectResponse(services.static.url(name), 302, {"Cache-Control": "no-store"})
    raise NotFound("there is no such file")


async def logo(request: ApiRequest, services: PagesServices) -> Response:
    """GET /logo, the address every Owncast client knows, and /favicon.ico, which browsers request by themselves."""
    found = services.static.get(services.static.url("img/logo.png").split("/")[2], "img/logo.png")
    assert found is not None
    return answer(found, "", "public, max-age=3600")
