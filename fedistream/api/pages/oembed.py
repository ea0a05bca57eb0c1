"""oEmbed (oembed.com, section 2): the card of one of our pages, for programs that have the page's URL.

Mastodon, WordPress and forums find this endpoint by the page's `<link>`, and remember it for all our pages.
"""

from html import escape
from urllib.parse import SplitResult, urlsplit

from starlette.responses import Response

from fedistream import __version__
from fedistream.api.http.endpoints import json_response
from fedistream.api.http.problems import RequestProblem
from fedistream.api.http.request import ApiRequest
from fedistream.api.pages import cards, live, shapes
from fedistream.api.pages.services import PagesServices
from fedistream.api.pages.site import origin
from fedistream.core.errors import Invalid, NotFound

MAX_URL = 2048
MIN_SIDE, MAX_SIDE = 16, 10_000  # pixels that a consumer may ask for
CACHE_S = 300  # a broadcast may end at any time, and with it the player


async def show(request: ApiRequest, services: PagesServices) -> Response:
    """GET /oembed"""
    if request.query.get("format", "json") != "json":
        # the specification has 501 for this, but it is the client's error, not ours
        raise Invalid("format", RequestProblem.OEMBED_FORMAT)
    channel_id = request.channel.id
    now, shown = services.now(channel_id), shapes.channel(services.values(channel_id))
    here = origin(request, services.settings.value("node.public_url", channel_id))
    path = _path(request.query.get("url", ""), here)
    if path in ("", "/"):
        picture = cards.picture(here, now.live_status.broadcast_id, now.still, shown.name, services.pages.translations)
        card = cards.channel(here, "/", shown, picture)
    elif path.startswith(cards.LIVE):
        found = await live.find(path.removeprefix(cards.LIVE), channel_id, services.broadcasts)
        on_air = now.live_status.broadcast_id == found.id
        card = live.card(request, services, found, await services.thumbnails.of(found.id), live=on_air)
    else:
        raise NotFound(RequestProblem.NOT_EMBEDDABLE)
    return json_response(document(card, _side(request, "maxwidth"), _side(request, "maxheight")))


def document(card: cards.Card, max_width: int, max_height: int) -> dict[str, object]:
    """Return a "video" that fits into the given size, or a "link" for a page without a player."""
    made: dict[str, object] = {
        "version": "1.0",
        "type": "link",
        "title": card.title,
        "author_name": card.site,
        "author_url": card.home,
        "provider_name": f"Fedistream {__version__}",
        "provider_url": card.home,
        "cache_age": CACHE_S,
        "thumbnail_url": card.picture.url,
        "thumbnail_width": card.picture.width,
        "thumbnail_height": card.picture.height,
    }
    if card.player is None:
        return made
    width, height = _fitted(card.player.width, card.player.height, max_width, max_height)
    html = (
        f'<iframe src="{escape(card.player.url)}" title="{escape(card.title)}" width="{width}" height="{height}" '
        'frameborder="0" scrolling="no" allow="autoplay; fullscreen; picture-in-picture" allowfullscreen></iframe>'
    )
    return {**made, "type": "video", "width": width, "height": height, "html": html}


def _path(url: str, here: str) -> str:
    """Return the path of one of our pages. Raises Invalid when it is not a URL, NotFound for a page of another site."""
    try:
        asked, ours = _split(url), _split(here)
    except ValueError as error:
        raise Invalid("url", RequestProblem.PAGE_ADDRESS) from error
    # without the scheme: behind a proxy, and in links that people typed, it may be http
    if asked.netloc.lower() != ours.netloc.lower() or not asked.path.startswith(ours.path):
        raise NotFound(RequestProblem.NOT_OUR_PAGE)
    return asked.path.removeprefix(ours.path)


def _split(url: str) -> SplitResult:
    """Raises ValueError."""
    if len(url) > MAX_URL:
        raise ValueError("too long")
    found = urlsplit(url)
    if found.scheme not in ("http", "https") or not found.netloc:
        raise ValueError("no web address")
    return found


def _side(request: ApiRequest, name: str) -> int:
    """Return the consumer's maximum in pixels. Raises Invalid."""
    text = request.query.get(name, "")
    if not text:
        return MAX_SIDE
    if not (text.isascii() and text.isdecimal() and len(text) <= 9):
        raise Invalid(name, RequestProblem.PIXELS)
    return min(max(int(text), MIN_SIDE), MAX_SIDE)


def _fitted(width: int, height: int, max_width: int, max_height: int) -> tuple[int, int]:
    """Return the largest size with these proportions within the bounds, never larger than the original."""
    scale = min(1.0, max_width / width, max_height / height)
    return round(width * scale), round(height * scale)
