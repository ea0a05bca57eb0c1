"""What programs with an access token do: bots in the chat, lines in it, and a few of the admin's calls."""

from starlette.responses import Response

from fedistream.api.http.endpoints import json_response
from fedistream.api.http.request import ApiRequest
from fedistream.api.owncast import shapes
from fedistream.api.owncast.chat import bearer
from fedistream.api.owncast.errors import changed, done
from fedistream.api.owncast.ports import Broadcasts, Channels, Now, Settings
from fedistream.api.owncast.setting_values import read
from fedistream.chat.poster import ChatPoster
from fedistream.core.errors import Invalid, NotFound
from fedistream.viewers.service import Viewers

SENT = "sent"


async def system(request: ApiRequest, poster: ChatPoster, channels: Channels) -> Response:
    await poster.system(channels.home().id, request.member("body", str))
    return done(SENT)


async def system_to(request: ApiRequest, poster: ChatPoster) -> Response:
    text = request.parts["client_id"]
    if not (text.isascii() and text.isdecimal() and len(text) <= 18):
        raise Invalid("clientId", "must be the number of a chat client")
    try:
        poster.system_to(int(text), request.member("body", str))
    except NotFound as error:  # its document knows 400 and 500 for this call
        raise Invalid("clientId", "is no chat client's") from error
    return done(SENT)


async def send(request: ApiRequest, poster: ChatPoster, channels: Channels) -> Response:
    await poster.bot_says(channels.home().id, bearer(request).bot, request.member("body", str))
    return done(SENT)


async def action(request: ApiRequest, poster: ChatPoster, channels: Channels) -> Response:
    await poster.action(channels.home().id, request.member("body", str))
    return done(SENT)


async def send_as_user(request: ApiRequest) -> Response:
    """Removed from Owncast, and answered as it answers since."""
    raise Invalid("this call", "is no longer supported: use /api/integrations/chat/send")


async def status(
    request: ApiRequest, channels: Channels, broadcasts: Broadcasts, settings: Settings, viewers: Viewers, now: Now
) -> Response:
    """Status with the two peaks, which only the earliest documents show to everybody."""
    home = channels.home().id
    shape = shapes.status(broadcasts.air(home), viewers.count(home), read(settings, home), now())
    peak = viewers.peak(home)
    return json_response(shape | {"overallMaxViewerCount": peak.overall, "sessionMaxViewerCount": peak.session})


async def title(request: ApiRequest, channels: Channels, settings: Settings) -> Response:
    text = request.member("value", str)
    if not text.strip():
        raise Invalid("value", "must not be empty")
    await settings.change("streamtitle", text, channels.home().id)
    return changed()
