"""Pictures of what is on the air: under the addresses that Owncast's clients know, and one for each broadcast."""

from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Protocol

from starlette.responses import RedirectResponse, Response

from fedistream.api.http import conditional
from fedistream.api.http.request import ApiRequest
from fedistream.api.pages import live, static
from fedistream.api.pages.context import Broadcasts
from fedistream.api.pages.static import Static
from fedistream.core.errors import NotFound

FRESH_S = 20  # as often as there is a new one


class Picture(Protocol):
    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...
    @property
    def jpeg(self) -> bytes: ...
    @property
    def at(self) -> datetime: ...
    @property
    def mark(self) -> str: ...


class Stills(Protocol):
    def latest(self, channel_id: int) -> Picture | None: ...
    async def of(self, broadcast_id: int) -> Picture | None: ...


class Channel(Protocol):
    @property
    def id(self) -> int: ...


class Channels(Protocol):
    def home(self) -> Channel: ...
    def by_slug(self, slug: str) -> Channel | None: ...


async def thumbnail(request: ApiRequest, channels: Channels, stills: Stills, static: Static) -> Response:
    """GET /thumbnail.jpg: what is on the air now; the logo while nothing is, as Owncast has it."""
    return await _now(request, channels.home(), stills, static)


async def channels_thumbnail(request: ApiRequest, channels: Channels, stills: Stills, static: Static) -> Response:
    """GET /c/{slug}/thumbnail.jpg"""
    channel = channels.by_slug(request.parts["slug"])
    if channel is None:
        raise NotFound("there is no such channel")
    return await _now(request, channel, stills, static)


async def preview(request: ApiRequest) -> Response:
    """GET /preview.gif, Owncast's moving picture. Ours stands still: ten decoded pictures would cost ten times as much,
    and every program that shows the one shows the other."""
    return RedirectResponse("/thumbnail.jpg", 302, {"Cache-Control": f"public, max-age={FRESH_S}"})


async def of_broadcast(request: ApiRequest, channels: Channels, broadcasts: Broadcasts, stills: Stills) -> Response:
    """GET /live/{broadcast_id}/still.jpg: the latest of a running broadcast, the last one of one that is over."""
    entry = await live.find(request.parts["broadcast_id"], channels.home().id, broadcasts)
    picture = await stills.of(entry.id)
    if picture is None:
        raise NotFound("there is no picture of this broadcast")
    return answer(request, picture)


def answer(request: ApiRequest, picture: Picture) -> Response:
    """The picture, or 304 for who has it (RFC 9110, sections 13.1.2, 13.1.3 and 13.2.2)."""
    tag = f'"{picture.mark}"'
    at = picture.at.astimezone(UTC).replace(microsecond=0)
    headers = {
        "ETag": tag,
        "Last-Modified": format_datetime(at, usegmt=True),
        "Cache-Control": f"public, max-age={FRESH_S}",
        "X-Content-Type-Options": "nosniff",
    }
    if _has(request, tag, at):
        return Response(status_code=304, headers=headers)
    return Response(picture.jpeg, headers=headers, media_type="image/jpeg")


def _has(request: ApiRequest, tag: str, at: datetime) -> bool:
    if (told := conditional.has(request.http.headers, tag)) is not None:
        return told
    try:
        since = parsedate_to_datetime(request.http.headers.get("if-modified-since", ""))
    except (ValueError, OverflowError):  # of numbers with twenty digits, in the hour or the zone
        return False
    return since.tzinfo is not None and at <= since


async def _now(request: ApiRequest, channel: Channel, stills: Stills, files: Static) -> Response:
    picture = stills.latest(channel.id)
    if picture is not None:
        return answer(request, picture)
    logo = await static.logo(request, files)
    # the same address shows the stream in a moment
    logo.headers["Cache-Control"] = f"public, max-age={FRESH_S}"
    return logo
