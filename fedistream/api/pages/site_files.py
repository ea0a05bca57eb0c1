"""Files about the site that browsers, search engines and phones ask for by fixed names."""

from starlette.responses import PlainTextResponse, Response

from fedistream.api.http.endpoints import json_response
from fedistream.api.http.request import ApiRequest
from fedistream.api.pages.services import PagesServices

CACHE = {"Cache-Control": "public, max-age=300"}  # both follow settings that the admin may change at any time
# as Owncast words it, without a line feed at the end; the last line forbids everything
DISALLOWED = ("/admin", "/api")
SERVICE_WORKER = "/serviceWorker.js"
SERVICE_WORKER_FILE = "js/service-worker.js"
ICON = "img/logo.png"
ICON_SIZE = "512x512"


async def robots(request: ApiRequest, services: PagesServices) -> Response:
    """GET /robots.txt (RFC 9309)"""
    hidden = services.values(request.channel.id)["node.disable_search_indexing"]
    paths = (*DISALLOWED, "/") if hidden else DISALLOWED
    return PlainTextResponse("\n".join(["User-agent: *", *(f"Disallow: {path}" for path in paths)]), headers=CACHE)


async def manifest(request: ApiRequest, services: PagesServices) -> Response:
    """GET /manifest.json: the name and icon under which a phone puts the page on its home screen (W3C Web App
    Manifest)."""
    name = services.values(request.channel.id)["channel.name"]
    logo = await services.images.logo(request.channel.id)
    if logo is None:
        icon = {"src": services.static.url(ICON), "sizes": ICON_SIZE, "type": "image/png"}
    else:
        icon = {"src": f"/logo?uc={logo.mark[:12]}", "sizes": "any", "type": logo.media_type}
    shape = {"name": name, "short_name": name, "start_url": "/", "display": "standalone", "icons": [icon]}
    response = json_response(shape, headers=CACHE)
    response.headers["Content-Type"] = "application/manifest+json"
    return response


async def service_worker(request: ApiRequest, services: PagesServices) -> Response:
    """GET /serviceWorker.js: at the root, so that its scope is the whole site (Service Workers, section 7.2), and never
    from a cache, so that a browser has the newest one."""
    found = services.static.get(services.static.url(SERVICE_WORKER_FILE).split("/")[2], SERVICE_WORKER_FILE)
    assert found is not None
    headers = {
        "Cache-Control": "no-cache",
        "Content-Security-Policy": "default-src 'none'",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(found.body, headers=headers, media_type=found.type)
