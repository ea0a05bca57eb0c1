"""The admin's calls that read the node's state and end broadcasts. Changing settings is in `setters.py`."""

from starlette.responses import Response

from fedistream.api.http.endpoints import json_response
from fedistream.api.http.problems import RequestProblem
from fedistream.api.http.request import ApiRequest
from fedistream.api.owncast import config_shapes, shapes
from fedistream.api.owncast.errors import NO_CACHE, done
from fedistream.api.owncast.playback import health_shape
from fedistream.api.owncast.services import OwncastServices
from fedistream.api.owncast.setting_values import read
from fedistream.core.errors import Conflict, Invalid


async def status(request: ApiRequest, services: OwncastServices) -> Response:
    channel_id = request.channel.id
    values = read(services.settings, channel_id)
    shape = shapes.admin_status(
        services.broadcasts.live_status(channel_id),
        services.viewers.count(channel_id),
        services.viewers.peak(channel_id),
        values,
        health_shape(services.health.of(channel_id)),
    )
    return json_response(shape, headers=NO_CACHE)


async def server_config(request: ApiRequest, services: OwncastServices) -> Response:
    channel_id = request.channel.id
    keys = await services.channels.stream_keys(channel_id)
    return json_response(
        config_shapes.server_config(read(services.settings, channel_id), keys, services.listening), headers=NO_CACHE
    )


async def broadcaster(request: ApiRequest, services: OwncastServices) -> Response:
    """GET /api/admin/broadcaster, which the status has had since 0.0.5. Raises Conflict while there is none."""
    encoder = services.broadcasts.live_status(request.channel.id).encoder
    if encoder is None:
        raise Conflict(RequestProblem.NO_BROADCASTER)
    return json_response({"success": True, "message": "", "broadcaster": shapes.broadcaster(encoder)}, headers=NO_CACHE)


async def disconnect(request: ApiRequest, services: OwncastServices) -> Response:
    if not await services.broadcasts.disconnect(request.channel.id):
        raise Conflict(RequestProblem.NOT_LIVE)
    return done("inbound stream disconnected")


async def viewer_list(request: ApiRequest, services: OwncastServices) -> Response:
    return json_response(
        [shapes.viewer(each, services.geo.find(each.address)) for each in services.viewers.list(request.channel.id)],
        headers=NO_CACHE,
    )


async def logs(request: ApiRequest, services: OwncastServices) -> Response:
    return json_response(shapes.log_lines(services.log_buffer.lines()), headers=NO_CACHE)


async def warnings(request: ApiRequest, services: OwncastServices) -> Response:
    return json_response(shapes.log_lines(services.log_buffer.warnings()), headers=NO_CACHE)


async def update_options(request: ApiRequest, services: OwncastServices) -> Response:
    return json_response({"supportsUpdate": False, "canRestart": False}, headers=NO_CACHE)


async def update(request: ApiRequest, services: OwncastServices) -> Response:
    """Refuse, as an Owncast that was not installed by its installer does. Raises Invalid."""
    raise Invalid("this node", RequestProblem.UPDATED_OUTSIDE)
