"""Thumbnails: under the paths that Owncast's clients know, and one for each broadcast."""

from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime

from starlette.responses import RedirectResponse, Response

from fedistream.api.http import conditional
from fedistream.api.http.problems import RequestProblem
from fedistream.api.http.request import ApiRequest
from fedistream.api.pages import files, live
from fedistream.api.pages.services import PagesServices
from fedistream.core.errors import NotFound
from fedistream.thumbnails.service import Picture

FRESH_S = 20  # the interval of new thumbnails


async def thumbnail(request: ApiRequest, services: PagesServices) -> Response:
    """GET /thumbnail.jpg, also of a channel: the live thumbnail, or the logo while offline, as in Owncast."""
    picture = services.thumbnails.latest(request.channel.id)
    if picture is not None:
        return answer(request, picture)
    logo = await files.logo(request, services)
    # the same URL may show the stream in a moment
    logo.headers["Cache-Control"] = f"public, max-age={FRESH_S}"
    return logo


async def preview(request: ApiRequest, services: PagesServices) -> Response:
    """GET /preview.gif: the last thumbnails as an animation, or the still picture before there are two."""
    found = await services.previews.of(request.channel.id)
    headers = {"Cache-Control": f"public, max-age={FRESH_S}", "X-Content-Type-Options": "nosniff"}
    if found is None:
        return RedirectResponse("/thumbnail.jpg", 302, headers)
    headers["ETag"] = f'"{found.mark}"'
    if conditional.has(request.http.headers, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return Response(found.gif, headers=headers, media_type="image/gif")


async def of_broadcast(request: ApiRequest, services: PagesServices) -> Response:
    """GET /live/{broadcast_id}/still.jpg: the newest thumbnail of a running broadcast, the last of an ended one."""
    entry = await live.find(request.parts["broadcast_id"], request.channel.id, services.broadcasts)
    picture = await services.thumbnails.of(entry.id)
    if picture is None:
        raise NotFound(RequestProblem.NO_BROADCAST_PICTURE)
    return answer(request, picture)


def answer(request: ApiRequest, picture: Picture) -> Response:
    """Return the picture, or 304 for a client that has it (RFC 9110, sections 13.1.2, 13.1.3 and 13.2.2)."""
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
    if (has := conditional.has(request.http.headers, tag)) is not None:
        return has
    try:
        since = parsedate_to_datetime(request.http.headers.get("if-modified-since", ""))
    except (ValueError, OverflowError):  # of numbers with twenty digits, in the hour or the zone
        return False
    return since.tzinfo is not None and at <= since
