"""Calls that anybody may make."""

from starlette.responses import Response

from fedistream.api.http.endpoints import reply
from fedistream.api.http.request import Ask
from fedistream.api.owncast import config_shapes, shapes
from fedistream.api.owncast.envelope import NO_CACHE
from fedistream.api.owncast.ports import Broadcasts, Channels, Now, Settings
from fedistream.api.owncast.setting_values import read
from fedistream.api.owncast.social_platforms import PLATFORMS
from fedistream.viewers.service import Viewers


async def status(
    ask: Ask, channels: Channels, broadcasts: Broadcasts, settings: Settings, viewers: Viewers, now: Now
) -> Response:
    home = channels.home().id
    shape = shapes.status(broadcasts.air(home), viewers.count(home), read(settings, home), now())
    return reply(shape, headers=NO_CACHE)


async def config(ask: Ask, channels: Channels, settings: Settings) -> Response:
    return reply(config_shapes.web_config(read(settings, channels.home().id)), headers=NO_CACHE)


async def ping(ask: Ask, channels: Channels, viewers: Viewers) -> Response:
    if ask.method != "HEAD":  # a monitor's question, not a player's
        viewers.seen(channels.home().id, ask.address, ask.user_agent)
    return Response(headers=NO_CACHE)


async def variants(ask: Ask) -> Response:
    return reply(shapes.variants())


async def platforms(ask: Ask) -> Response:
    return reply(shapes.platforms(PLATFORMS))
