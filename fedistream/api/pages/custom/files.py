"""The admin's additions to the pages, as files: the style sheet, the script, and the HTML of external actions."""

from collections.abc import Mapping

from starlette.responses import RedirectResponse, Response

from fedistream.api.http import conditional
from fedistream.api.http.problems import RequestProblem
from fedistream.api.http.request import ApiRequest
from fedistream.api.pages.custom import actions, styles
from fedistream.api.pages.services import PagesServices
from fedistream.core.errors import NotFound

SCRIPT = "/customjavascript"
FOREVER = "public, max-age=31536000, immutable"
STYLING = ("page.appearance", "page.external_actions", "page.custom_styles")


def stylesheet_url(services: PagesServices, channel_id: int) -> str:
    """Return the URL of the channel's custom style sheet, "" without one."""
    return styles.url(_values(services, channel_id))


async def stylesheet(request: ApiRequest, services: PagesServices) -> Response:
    """GET /customstyles/{edition}.css. An outdated hash redirects to the present file."""
    values = _values(services, request.channel.id)
    css = styles.sheet(values)
    if not css:
        raise NotFound(RequestProblem.NO_STYLES)
    if request.parts["edition"] != styles.edition(css):
        return RedirectResponse(styles.url(values), 302, {"Cache-Control": "no-store"})
    return Response(css, headers={"Cache-Control": FOREVER, "X-Content-Type-Options": "nosniff"}, media_type="text/css")


async def script(request: ApiRequest, services: PagesServices) -> Response:
    """GET /customjavascript: empty without a custom script, as in Owncast."""
    text = str(services.settings.value("page.custom_javascript", request.channel.id))
    tag = conditional.entity_tag(text.encode())
    headers = {"Cache-Control": "no-cache", "ETag": tag, "X-Content-Type-Options": "nosniff"}
    if conditional.has(request.http.headers, tag):
        return Response(status_code=304, headers=headers)
    return Response(text, headers=headers, media_type="text/javascript")


async def action_html(request: ApiRequest, services: PagesServices) -> Response:
    """GET /externalactions/{mark}: the HTML of an external action, in an origin of its own."""
    found = actions.html_of(services.settings.value("page.external_actions", request.channel.id), request.parts["mark"])
    if found is None:
        raise NotFound(RequestProblem.NO_ACTION)
    headers = {
        "Cache-Control": "no-cache",
        "Content-Security-Policy": actions.HTML_POLICY,
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(found, headers=headers, media_type="text/html")


def _values(services: PagesServices, channel_id: int) -> Mapping[str, object]:
    return {name: services.settings.value(name, channel_id) for name in STYLING}
