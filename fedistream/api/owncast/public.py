"""Calls that need no permission."""

import contextlib

from starlette.responses import Response

from fedistream.api.http.endpoints import json_response
from fedistream.api.http.request import ApiRequest
from fedistream.api.owncast import config_shapes, schedule, shapes
from fedistream.api.owncast.errors import NO_CACHE
from fedistream.api.owncast.services import OwncastServices
from fedistream.api.owncast.setting_values import read
from fedistream.api.owncast.social_platforms import PLATFORMS
from fedistream.core.errors import Outage


def status_shape(services: OwncastServices, channel_id: int) -> shapes.Json:
    """Return the channel's Status."""
    shape = shapes.status(
        services.broadcasts.live_status(channel_id),
        services.viewers.count(channel_id),
        read(services.settings, channel_id),
        services.now(),
    )
    if (event := services.schedule.upcoming.next(channel_id)) is not None:
        shape["scheduledEvent"] = schedule.status_event(event, services.schedule.upcoming.opens_chat(channel_id))
    return shape


async def status(request: ApiRequest, services: OwncastServices) -> Response:
    return json_response(status_shape(services, request.channel.id), headers=NO_CACHE)


async def config(request: ApiRequest, services: OwncastServices) -> Response:
    values = read(services.settings, request.channel.id)
    followers = None
    if values["federation/enable"]:
        with contextlib.suppress(Outage):  # players need the rest of it while the database is away
            followers = await services.followers.count(request.channel.id)
    push_key = await services.notifications.subscriptions.public_key(request.channel.id)
    return json_response(config_shapes.web_config(values, followers, push_key), headers=NO_CACHE)


async def ping(request: ApiRequest, services: OwncastServices) -> Response:
    if request.method != "HEAD":  # sent by monitors, not by players
        services.viewers.seen(request.channel.id, request.address, request.user_agent)
    return Response(headers=NO_CACHE)


async def variants(request: ApiRequest, services: OwncastServices) -> Response:
    return json_response(shapes.variants(services.renditions.titles(request.channel.id)))


async def platforms(request: ApiRequest, services: OwncastServices) -> Response:
    return json_response(shapes.platforms(PLATFORMS))
