"""Files over HTTP: the static ones, the logo and the favicon, and those that the operator publishes."""

from starlette.responses import FileResponse, Response
from starlette.responses import RedirectResponse as Redirect

from fedistream.api.http import conditional
from fedistream.api.http.content_codings import IDENTITY, choose
from fedistream.api.http.request import ApiRequest
from fedistream.api.pages.services import PagesServices
from fedistream.api.pages.static import File
from fedistream.appearance.values import Image, ImageProblem
from fedistream.core.errors import NotFound

FOREVER = "public, max-age=31536000, immutable"
FOR_A_WHILE = "public, max-age=300"  # the admin may change the logo at any time
DEFAULT_LOGO = "img/logo.png"
PLATFORM_LOGOS = "vendor/platformlogos"
# an origin of its own for HTML and SVG: their scripts can neither read this site nor act in a visitor's name
SANDBOX = "sandbox allow-scripts allow-forms allow-popups"


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
        return Redirect(services.static.url(name), 302, {"Cache-Control": "no-store"})
    raise NotFound(ImageProblem.NO_FILE)


async def logo(request: ApiRequest, services: PagesServices) -> Response:
    """GET /logo, the address every Owncast client knows, and /logo/external, which other servers show. Neither is ever
    an SVG."""
    return _image(request, services, await services.images.logo(request.channel.id))


async def favicon(request: ApiRequest, services: PagesServices) -> Response:
    """GET /favicon.ico, which browsers request by themselves: the favicon, or the logo without one."""
    return _image(request, services, await services.images.favicon() or await services.images.logo(request.channel.id))


async def platform_logo(request: ApiRequest, services: PagesServices) -> Response:
    """GET /img/platformlogos/{file}"""
    name = f"{PLATFORM_LOGOS}/{request.parts['file']}"
    if name not in services.static:
        raise NotFound(ImageProblem.NO_LOGO)
    found = services.static.get(services.static.url(name).split("/")[2], name)
    assert found is not None
    return answer(found, request.http.headers.get("accept-encoding", ""), "public, max-age=86400")


async def public(request: ApiRequest, services: PagesServices) -> Response:
    """GET /public/{path}"""
    found = await services.public_files.find(request.parts["path"])
    headers = {"Cache-Control": FOR_A_WHILE, "X-Content-Type-Options": "nosniff", "Content-Security-Policy": SANDBOX}
    return FileResponse(found.path, headers=headers, media_type=found.media_type, stat_result=found.facts)


def _image(request: ApiRequest, services: PagesServices, image: Image | None) -> Response:
    if image is None:
        edition = services.static.url(DEFAULT_LOGO).split("/")[2]
        found = services.static.get(edition, DEFAULT_LOGO)
        assert found is not None
        image = Image(found.body, found.type, edition)
    headers = {"Cache-Control": FOR_A_WHILE, "ETag": f'"{image.mark}"', "X-Content-Type-Options": "nosniff"}
    if conditional.has(request.http.headers, f'"{image.mark}"'):
        return Response(status_code=304, headers=headers)
    return Response(image.data, headers=headers, media_type=image.media_type)
