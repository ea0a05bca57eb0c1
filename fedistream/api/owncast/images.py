"""The channel's logo and the favicon, as Owncast's admin sets them."""

from starlette.responses import Response

from fedistream.api.http import uploads
from fedistream.api.http.endpoints import Endpoint
from fedistream.api.http.permissions import Permission
from fedistream.api.http.request import ApiRequest
from fedistream.api.owncast.errors import SETTERS, changed, done
from fedistream.api.owncast.services import OwncastServices
from fedistream.appearance.service import MAX_FAVICON, MAX_LOGO


async def set_logo(request: ApiRequest, services: OwncastServices) -> Response:
    data = uploads.data_url("value", request.member("value", str))
    await services.images.set_logo(request.channel.id, data)
    return changed()


async def remove_logo(request: ApiRequest, services: OwncastServices) -> Response:
    """Ours: Owncast has no way back to the default logo."""
    await services.images.remove_logo(request.channel.id)
    return done("logo reset to default")


async def set_favicon(request: ApiRequest, services: OwncastServices) -> Response:
    """Take a file of a form, as in 0.2.5, or a data URL, as in later versions."""
    if uploads.content_type(request) == uploads.MULTIPART:
        data = await uploads.file(request, "favicon")
    else:
        data = uploads.data_url("value", request.member("value", str))
    await services.images.set_favicon(data)
    return done("favicon updated")


async def remove_favicon(request: ApiRequest, services: OwncastServices) -> Response:
    await services.images.remove_favicon()
    return done("favicon reset to default")


ADMIN = Permission.ADMIN
ENDPOINTS = (
    Endpoint("POST", f"{SETTERS}logo", set_logo, ADMIN, "0.0.11", uploads.limit(MAX_LOGO)),
    Endpoint("DELETE", f"{SETTERS}logo", remove_logo, ADMIN, "fedistream"),
    Endpoint("POST", f"{SETTERS}favicon", set_favicon, ADMIN, "0.2.5", uploads.limit(MAX_FAVICON)),
    Endpoint("DELETE", f"{SETTERS}favicon", remove_favicon, ADMIN, "0.2.5"),
)
