"""What the admin may see and end. Changing settings is in setters."""

from datetime import UTC, datetime

from starlette.responses import Response

from fedistream.api.http.endpoints import json_response
from fedistream.api.http.request import ApiRequest
from fedistream.api.owncast import config_shapes, shapes
from fedistream.api.owncast.errors import NO_CACHE, done
from fedistream.api.owncast.ports import Broadcasts, Channels, Listening, Settings
from fedistream.api.owncast.setting_values import read
from fedistream.core.errors import Conflict, Invalid
from fedistream.core.log_buffer import LogBuffer
from fedistream.viewers.service import Viewers

YEAR_9999 = 253_402_300_799  # seconds; the last moment datetime knows


async def status(
    request: ApiRequest, channels: Channels, broadcasts: Broadcasts, settings: Settings, viewers: Viewers
) -> Response:
    home = channels.home().id
    values = read(settings, home)
    shape = shapes.admin_status(broadcasts.air(home), viewers.count(home), viewers.peak(home), values)
    return json_response(shape, headers=NO_CACHE)


async def server_config(request: ApiRequest, channels: Channels, settings: Settings, listening: Listening) -> Response:
    home = channels.home().id
    keys = await channels.stream_keys(home)
    return json_response(config_shapes.server_config(read(settings, home), keys, listening), headers=NO_CACHE)


async def disconnect(request: ApiRequest, channels: Channels, broadcasts: Broadcasts) -> Response:
    if not await broadcasts.disconnect(channels.home().id):
        raise Conflict("no inbound stream connected")
    return done("inbound stream disconnected")


async def viewer_list(request: ApiRequest, channels: Channels, viewers: Viewers) -> Response:
    return json_response([shapes.viewer(each) for each in viewers.list(channels.home().id)], headers=NO_CACHE)


async def viewers_over_time(request: ApiRequest, channels: Channels, viewers: Viewers) -> Response:
    samples = viewers.samples(channels.home().id, window_start(request.query.get("windowStart")))
    return json_response(shapes.counts(samples), headers=NO_CACHE)


async def logs(request: ApiRequest, log_buffer: LogBuffer) -> Response:
    return json_response(shapes.log_lines(log_buffer.lines()), headers=NO_CACHE)


async def warnings(request: ApiRequest, log_buffer: LogBuffer) -> Response:
    return json_response(shapes.log_lines(log_buffer.warnings()), headers=NO_CACHE)


def window_start(text: str | None) -> datetime | None:
    """UNIX seconds as the query has them; absent means from the beginning. Raises Invalid."""
    if not text:
        return None
    if not text.isascii() or not text.isdecimal() or len(text) > 12 or int(text) > YEAR_9999:
        raise Invalid("windowStart", "must be a time in seconds since 1970")
    return datetime.fromtimestamp(int(text), UTC)
