"""The page of one broadcast: the watch page while it is live, afterwards its title, time and a link to the channel.

Notices link to it. Broadcasts of other channels than the home channel have no page yet.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.responses import Response

from fedistream.api.http.problems import RequestProblem
from fedistream.api.http.request import ApiRequest
from fedistream.api.pages import cards, shapes, texts, watch
from fedistream.api.pages.alternate_links import varied
from fedistream.api.pages.custom import files
from fedistream.api.pages.rendering import Pages
from fedistream.api.pages.services import PagesServices
from fedistream.api.pages.site import origin
from fedistream.broadcasts.service import Broadcasts
from fedistream.broadcasts.values import BroadcastRecord, LiveStatus, State
from fedistream.core.errors import NotFound
from fedistream.thumbnails.service import Picture as Thumbnail

MAX_DIGITS = 18  # of an id: a BIGINT has 19, and 18 nines fit into it


@dataclass(frozen=True, slots=True)
class Past:
    """A broadcast that is over."""

    title: str
    started_at: datetime
    ended_at: datetime
    lasted: str


async def show(request: ApiRequest, services: PagesServices) -> Response:
    """GET /live/{broadcast_id}"""
    channel = request.channel
    found, now = await find(request.parts["broadcast_id"], channel.id, services.broadcasts), services.now(channel.id)
    if (document := await services.alternate_links.answer(request, channel, found.id)) is not None:
        return document
    fediverse = await services.alternate_links.of(channel, found.id)
    if now.live_status.broadcast_id == found.id:
        given = watch.describe(request, services, now, cards.path(found.id))
        return await watch.page(request, services, {**given, "fediverse": fediverse})
    still = await services.thumbnails.of(found.id)
    made = card(request, services, found, still, live=False)
    shown = cards.still_path(found.id) if still is not None else ""
    words = {**_ended(request, services, now.live_status, found), "card": made, "still": shown, "fediverse": fediverse}
    return varied(services.pages.page("broadcast-ended.html", words))


async def find(text: str, channel_id: int, broadcasts: Broadcasts) -> BroadcastRecord:
    """Return the channel's broadcast with the id of a URL. Raises NotFound."""
    # isdecimal is true for digits of other scripts too, which would give each broadcast more URLs
    if text.isascii() and text.isdecimal() and len(text) <= MAX_DIGITS and not text.startswith("0"):
        found = await broadcasts.find(int(text))
        if found is not None and found.channel_id == channel_id:
            return found
    raise NotFound(RequestProblem.NO_BROADCAST)


def card(
    request: ApiRequest, services: PagesServices, entry: BroadcastRecord, still: Thumbnail | None, *, live: bool
) -> cards.Card:
    """Return the card of a broadcast, running or not."""
    pages, values = services.pages, services.values(request.channel.id)
    here, channel, path = origin(request, values["node.public_url"]), shapes.channel(values), cards.path(entry.id)
    picture = cards.picture(here, entry.id, still, channel.name, pages.translations)
    if live:
        return cards.channel(here, path, channel, picture)
    past = _past(pages, entry, channel)
    _ = pages.translations.gettext
    began = past.started_at.strftime("%Y-%m-%d %H:%M")
    description = _("{name} was live on {began} UTC, for {lasted}.").format(
        name=channel.name, began=began, lasted=past.lasted
    )
    words = {"title": past.title, "description": description}
    return cards.ended(here, path, channel, words, picture)


def _ended(
    request: ApiRequest, services: PagesServices, live_status: LiveStatus, entry: BroadcastRecord
) -> dict[str, Any]:
    pages, values = services.pages, services.values(request.channel.id)
    channel = shapes.channel(values)
    return {
        "channel": channel,
        "past": _past(pages, entry, channel),
        "live": live_status.state is not State.OFFLINE,
        "custom_stylesheet": files.stylesheet_url(services, request.channel.id),
        "nsfw": bool(values["channel.nsfw"]),
        "indexed": not values["node.disable_search_indexing"],
        "page_data": {"lang": pages.language, "texts": texts.ended(pages.translations)},
    }


def _past(pages: Pages, entry: BroadcastRecord, channel: shapes.Channel) -> Past:
    # no end is stored: the process that saw it died, and the next one has not read the rows yet
    ended_at = entry.ended_at or entry.seen_at
    lasted = texts.duration(pages.translations, ended_at - entry.started_at)
    return Past(entry.title or channel.name, entry.started_at, ended_at, lasted)
