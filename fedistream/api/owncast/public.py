"""Calls that anybody may make."""

from starlette.responses import Response

from fedistream.api.http.endpoints import json_response
from fedistream.api.http.request import ApiRequest
from fedistream.api.owncast import config_shapes, shapes
from fedistream.api.owncast.errors import NO_CACHE
from fedistream.api.owncast.ports import Broadcasts, Channels, Now, Settings
from fedistream.api.owncast.setting_values import read
from fedistream.api.owncast.social_platforms import PLATFORMS
from fedistream.viewers.service import Viewers


async def status(
    request: ApiRequest, channels: Channels, broadcasts: Broadcasts, settings: Settings, viewers: Viewers, now: Now
) -> Response:
    home = channels.home().id
    shape = shapes.status(broadcasts.air(home), viewers.count(home), read(settings, home), now())
    return json_response(shape, headers=NO_CACHE)


async def config(request: ApiRequest, channels: Channels, settings: Settings) -> Response:
    return json_response(config_shapes.web_config(read(settings, channels.home().id)), headers=NO_CACHE)


async def ping(request: ApiRequest, channels: Channels, viewers: Viewers) -> Response:
    if request.method != "HEAD":  # a monitor's question, not a player's
        viewers.seen(channels.home().id, request.address, request.user_agent)
    return Response(headers=NO_CACHE)


async def variants(request: ApiRequest) -> Response:
    return json_response(shapes.variants())


async def platforms(request: ApiRequest) -> Response:
    return json_response(shapes.platforms(PLATFORMS))
