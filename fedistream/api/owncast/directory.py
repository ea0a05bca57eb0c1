"""The YPDetails that a directory of streams reads of this node, and the registration with it."""

from starlette.responses import Response

from fedistream.api.http.endpoints import Endpoint, json_response
from fedistream.api.http.permissions import Permission
from fedistream.api.http.problems import RequestProblem
from fedistream.api.http.request import ApiRequest
from fedistream.api.owncast.config_shapes import LOGO
from fedistream.api.owncast.errors import NO_CACHE, done
from fedistream.api.owncast.services import OwncastServices
from fedistream.api.owncast.setting_values import read
from fedistream.api.owncast.shapes import moment_or_null
from fedistream.core.errors import NotFound

EARLY = "0.0.11"


async def details(request: ApiRequest, services: OwncastServices) -> Response:
    """YPDetails. Raises NotFound while the directory is off."""
    channel_id = request.channel.id
    values = read(services.settings, channel_id)
    if not values["directoryenabled"]:
        raise NotFound(RequestProblem.DIRECTORY_OFF)
    live_status, peak = services.broadcasts.live_status(channel_id), services.viewers.peak(channel_id)
    shape = {
        "name": values["name"],
        "description": values["serversummary"],
        "streamTitle": values["streamtitle"],
        "logo": LOGO,
        "nsfw": values["nsfw"],
        "tags": values["tags"],
        "online": live_status.running,
        "viewerCount": services.viewers.count(channel_id) if live_status.running else 0,
        "overallMaxViewerCount": peak.overall,
        "sessionMaxViewerCount": peak.session,
        "lastConnectTime": moment_or_null(live_status.last_started_at),
        "social": values["socialhandles"],
    }
    return json_response(shape, headers=NO_CACHE)


async def reset(request: ApiRequest, services: OwncastServices) -> Response:
    """Forget the key that the directory gave. The next registration is a new one."""
    await services.listing.reset()
    return done("reset yp registration key")


ENDPOINTS = (
    Endpoint("GET", "/api/yp", details, Permission.ANYONE, EARLY),
    Endpoint("POST", "/api/admin/yp/reset", reset, Permission.ADMIN, EARLY),
    # the servers up to 0.2.5 took GET
    Endpoint("GET", "/api/admin/yp/reset", reset, Permission.ADMIN, "0.2.5", changes=True),
)
